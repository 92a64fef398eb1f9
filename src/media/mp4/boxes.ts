/** A box of an MP4 file (ISO/IEC 14496-12 section 4.2). */
export interface Box {
  readonly type: string;
  /** The whole box, header included. */
  readonly whole: Buffer;
  readonly body: Buffer;
}

/** The boxes that lie one after the other in `bytes`. Stops at what can't be one. */
export function* boxes(bytes: Buffer): Generator<Box> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length) return;
    const whole = bytes.subarray(at, at + size);
    yield { type: whole.toString('latin1', 4, 8), whole, body: whole.subarray(8) };
    at += size;
  }
}
