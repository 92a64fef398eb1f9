import type { Frame } from './message.ts';

/** Where the fields of an RTP packet begin in an interleaved frame, which has a header of four bytes. */
const packetAt = 4;
const sequenceAt = packetAt + 2;
const timestampAt = packetAt + 4;
const headerBytes = 12;

/** The header of an RTP packet (RFC 3550 section 5.1). */
export interface RtpHeader {
  readonly payloadType: number;
  /** 16 bits; wraps around. */
  readonly sequence: number;
  /** 32 bits, in ticks of the track's clock; wraps around. */
  readonly timestamp: number;
  /** Identifies the sender of the track. */
  readonly source: number;
}

/** Reads the header of a frame's RTP packet. Undefined if the frame carries RTCP, or no RTP at all. */
export function readRtp({ bytes }: Frame): RtpHeader | undefined {
  if (bytes.length < packetAt + headerBytes || bytes.readUInt8(packetAt) >> 6 !== 2)
    return undefined;
  const payloadType = bytes.readUInt8(packetAt + 1) & 0x7f;
  // RTCP's packet types 200 to 207, without their first bit (RFC 5761 section 4).
  if (payloadType >= 72 && payloadType <= 79) return undefined;
  return {
    payloadType,
    sequence: bytes.readUInt16BE(sequenceAt),
    timestamp: bytes.readUInt32BE(timestampAt),
    source: bytes.readUInt32BE(packetAt + 8),
  };
}

/** Gives a frame's RTP packet another timestamp, in place. */
export function setTimestamp({ bytes }: Frame, timestamp: number): void {
  bytes.writeUInt32BE(timestamp >>> 0, timestampAt);
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
