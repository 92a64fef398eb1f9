/** The data types of SSH (RFC 4251 section 5) that occur in keys. */

/** A string: its length in 4 bytes, then its bytes. */
export function wireString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([wireNumber(bytes.length), bytes]);
}

/** An unsigned 32 bit number. */
export function wireNumber(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A positive integer, given as big-endian bytes. */
export function wireInteger(value: Uint8Array): Buffer {
  const first = value.findIndex((byte) => byte !== 0);
  const bytes = first === -1 ? new Uint8Array() : value.subarray(first);
  // A leading zero, because the top bit is the sign.
  const positive = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([new Uint8Array(1), bytes]) : bytes;
  return wireString(positive);
}

/** The strings in `buffer`; undefined if it doesn't consist of complete strings. */
export function readWireStrings(buffer: Buffer): Buffer[] | undefined {
  const strings: Buffer[] = [];
  for (let at = 0; at < buffer.length; ) {
    if (at + 4 > buffer.length) return undefined;
    const end = at + 4 + buffer.readUInt32BE(at);
    if (end > buffer.length) return undefined;
    strings.push(buffer.subarray(at + 4, end));
    at = end;
  }
  return strings;
}
