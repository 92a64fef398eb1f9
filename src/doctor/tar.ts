const blockBytes = 512;

/** An archive in POSIX format (ustar, pax(1)). Names must be ASCII, and at most 100 bytes long. */
export function tar(files: ReadonlyMap<string, Buffer>, nowMs: number): Buffer {
  const blocks: Buffer[] = [];
  for (const [name, content] of files) {
    blocks.push(header(name, content.length, nowMs), content);
    blocks.push(Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes));
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

function header(name: string, bytes: number, nowMs: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  if (Buffer.byteLength(name) > 100) throw new RangeError(`${name} is too long a name`);
  block.write(name, 0, 'latin1');
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes, 124, 12);
  octal(Math.floor(nowMs / 1000), 136, 12);
  // The checksum is computed with its own field filled with blanks.
  block.write('        0', 148, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
