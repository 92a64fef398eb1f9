import type { Packet } from './source.ts';

/** Announced, and then: comes late, never, or with headers of a file (ADTS) instead of those of RTP. AAC. */
export type OddSound = 'late' | 'never' | 'ADTS';

const lateMs = 12_000;
const interleavedBytes = 4;
const payloadAt = interleavedBytes + 12;

/** @returns the packet of sound as it is sent; undefined if it is not */
export function oddPacket(
  odd: OddSound | undefined,
  { frame, rtcp }: Packet,
  playedMs: number,
): Buffer | undefined {
  if (odd === 'never' || (odd === 'late' && playedMs < lateMs)) return undefined;
  return odd === 'ADTS' && !rtcp ? withAdts(frame) : frame;
}

/** Puts ADTS headers (ISO/IEC 14496-3, 1.A.2) for AU headers (RFC 3640): AAC-LC, 16 kHz, one channel. */
function withAdts(frame: Buffer): Buffer {
  const count = frame.readUInt16BE(payloadAt) / 16;
  const parts = [frame.subarray(0, payloadAt)];
  let at = payloadAt + 2 + 2 * count;
  for (let i = 0; i < count; i++) {
    const bytes = frame.readUInt16BE(payloadAt + 2 + 2 * i) >> 3;
    const whole = bytes + 7;
    const length = [0x40 | (whole >> 11), (whole >> 3) & 0xff, ((whole & 7) << 5) | 0x1f];
    parts.push(Buffer.from([0xff, 0xf1, 0x60, ...length, 0xfc]), frame.subarray(at, at + bytes));
    at += bytes;
  }
  const changed = Buffer.concat(parts);
  changed.writeUInt16BE(changed.length - interleavedBytes, 2);
  return changed;
}
