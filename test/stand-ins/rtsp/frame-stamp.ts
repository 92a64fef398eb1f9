/** Says of one picture, in the stream and in what becomes of it, when it was sent and to whom. */
export interface FrameStamp {
  /** Number of the RTSP connection at the camera, from 1. */
  readonly connection: number;
  /** Number of the picture since the camera started; the same in all connections. */
  readonly picture: number;
  /** Milliseconds since 1970 UTC. */
  readonly sentMs: number;
}

// As text: neither a start code nor what would have to be escaped can come about in it.
const uuid = Buffer.from('cctv-frame-stamp', 'latin1');
const sei = 6;
const userDataUnregistered = 5;
const rtpHeaderBytes = 12;
const interleavedBytes = 4;

/** A NAL unit of H.264 with supplemental enhancement information: user data (ITU-T H.264, D.1.6). */
export function stampNal({ connection, picture, sentMs }: FrameStamp): Buffer {
  const text = Buffer.from(`${connection} ${picture} ${sentMs}`, 'latin1');
  const head = [sei, userDataUnregistered, uuid.length + text.length];
  return Buffer.concat([Buffer.from(head), uuid, text, Buffer.from([0x80])]);
}

/** Reads what {@link stampNal} wrote; undefined for any other NAL unit. */
export function readStamp(nal: Buffer): FrameStamp | undefined {
  const [type = 0, payload, bytes = 0] = nal;
  if ((type & 0x1f) !== sei || payload !== userDataUnregistered) return undefined;
  if (!nal.subarray(3, 3 + uuid.length).equals(uuid)) return undefined;
  const text = nal.toString('latin1', 3 + uuid.length, 3 + bytes);
  const [connection = NaN, picture = NaN, sentMs = NaN] = text.split(' ').map(Number);
  return Number.isNaN(connection + picture + sentMs) ? undefined : { connection, picture, sentMs };
}

/** An interleaved RTP packet with a stamp, to be sent before `first`, the first one of its picture. */
export function stampPacket(first: Buffer, stamp: FrameStamp): Buffer {
  const header = Buffer.from(first.subarray(0, interleavedBytes + rtpHeaderBytes));
  // Neither padding nor extension nor sources, no marker: more of this picture follows.
  header[interleavedBytes] = 0x80;
  header[interleavedBytes + 1] = (first[interleavedBytes + 1] ?? 0) & 0x7f;
  const packet = Buffer.concat([header, stampNal(stamp)]);
  packet.writeUInt16BE(packet.length - interleavedBytes, 2);
  return packet;
}

/** Gives an interleaved RTP packet another sequence number. */
export function renumbered(frame: Buffer, sequence: number): Buffer {
  const copy = Buffer.from(frame);
  copy.writeUInt16BE(sequence & 0xffff, interleavedBytes + 2);
  return copy;
}
