import type { Frame } from './message.ts';

const interleavedBytes = 4;
const headerBytes = 12;
const timestampAt = 4;

/** The header of an RTP packet (RFC 3550 section 5.1). */
export interface RtpHeader {
  readonly marker: boolean;
  readonly payloadType: number;
  /** 16 bits; wraps around. */
  readonly sequence: number;
  /** 32 bits, in ticks of the track's clock; wraps around. */
  readonly timestamp: number;
}

/** The packet of an interleaved frame. */
export const packetOf = ({ bytes }: Frame): Buffer => bytes.subarray(interleavedBytes);

/** Reads the header of an RTP packet. Undefined for RTCP, and for what is no RTP at all. */
export function readRtp(packet: Buffer): RtpHeader | undefined {
  if (packet.length < headerBytes || packet.readUInt8(0) >> 6 !== 2) return undefined;
  const payloadType = packet.readUInt8(1) & 0x7f;
  // RTCP's packet types 200 to 207, without their first bit (RFC 5761 section 4).
  if (payloadType >= 72 && payloadType <= 79) return undefined;
  return {
    marker: packet.readUInt8(1) >= 0x80,
    payloadType,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(timestampAt),
  };
}

/** What an RTP packet carries (RFC 3550 sections 5.1 and 5.3.1). Undefined if that is nothing. */
export function rtpPayload(packet: Buffer): Buffer | undefined {
  const first = packet.readUInt8(0);
  let start = headerBytes + 4 * (first & 0x0f);
  if (first & 0x10) {
    if (packet.length < start + 4) return undefined;
    start += 4 + 4 * packet.readUInt16BE(start + 2);
  }
  const padding = first & 0x20 ? packet.readUInt8(packet.length - 1) : 0;
  const end = packet.length - padding;
  return start >= end ? undefined : packet.subarray(start, end);
}

/** Gives an RTP packet another timestamp, in place. */
export function setTimestamp(packet: Buffer, timestamp: number): void {
  packet.writeUInt32BE(timestamp >>> 0, timestampAt);
}

/** Seconds from 1900, where NTP's time begins, to 1970. */
const ntpOffset = 2_208_988_800;

export interface SenderReport {
  readonly channel: number;
  readonly source: number;
  /** Whole seconds since 1970 UTC. */
  readonly seconds: number;
  /** The RTP timestamp of the same moment. */
  readonly timestamp: number;
}

/** An interleaved frame with an RTCP sender report (RFC 3550 section 6.4.1) that counts no packets. */
export function senderReport({ channel, source, seconds, timestamp }: SenderReport): Buffer {
  const report = Buffer.alloc(32);
  report.set([0x24, channel, 0, 28, 0x80, 200, 0, 6]);
  report.writeUInt32BE(source, 8);
  report.writeUInt32BE((seconds + ntpOffset) % 2 ** 32, 12);
  report.writeUInt32BE(timestamp >>> 0, 20);
  return report;
}
