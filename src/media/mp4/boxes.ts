/** A box of an MP4 file (ISO/IEC 14496-12 section 4.2). */
export interface Box {
  readonly type: string;
  /** The whole box, header included. */
  readonly whole: Buffer;
  readonly body: Buffer;
}

/** The bytes are no fragmented MP4, or contradict themselves. */
export class Mp4Error extends Error {
  override name = 'Mp4Error';

  constructor(options?: ErrorOptions) {
    super('this is no fragmented MP4', options);
  }
}

/** Limit on the size of a box, larger than any in real footage. */
const maxBoxBytes = 128 * 1024 * 1024;

const boxOf = (whole: Buffer): Box => ({
  type: whole.toString('latin1', 4, 8),
  whole,
  body: whole.subarray(8),
});

/** The consecutive boxes in `bytes`. Stops at the first incomplete box. */
export function* boxes(bytes: Buffer): Generator<Box> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length) return;
    yield boxOf(bytes.subarray(at, at + size));
    at += size;
  }
}

/** The bodies of the boxes at the end of `path`, in which each box contains the next. */
export function findBoxes(bytes: Buffer, ...path: readonly string[]): Buffer[] {
  let found = [bytes];
  for (const name of path) {
    found = found.flatMap((inside) =>
      [...boxes(inside)].filter(({ type }) => type === name).map(({ body }) => body),
    );
  }
  return found;
}

/** The first of {@link findBoxes}. */
export const findBox = (bytes: Buffer, ...path: readonly string[]): Buffer | undefined =>
  findBoxes(bytes, ...path)[0];

/**
 * Yields the complete boxes of a file as its bytes arrive. Leaves out an incomplete last box.
 *
 * @throws {Mp4Error} a box has an impossible size
 */
export async function* readBoxes(source: AsyncIterable<Uint8Array>): AsyncGenerator<Box> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let wanted = 8;
  for await (const chunk of source) {
    parts.push(chunk);
    length += chunk.length;
    if (length < wanted) continue;
    let rest = Buffer.concat(parts);
    for (wanted = 8; rest.length >= 8; wanted = 8) {
      const size = rest.readUInt32BE(0);
      if (size < 8 || size > maxBoxBytes) throw new Mp4Error();
      wanted = size;
      if (rest.length < size) break;
      yield boxOf(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
    parts = [rest];
    length = rest.length;
  }
}
