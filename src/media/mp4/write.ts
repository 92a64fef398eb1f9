import { parseSequence } from '../h264/parameter-sets.ts';

/** Ticks per second of all times in this file, as in RTP's video clocks. */
export const ticksPerSecond = 90_000;

/** What a player needs before the first picture. */
export interface Initialization {
  /** MIME type with the codec (RFC 6381). */
  readonly mime: string;
  /** ftyp and moov. */
  readonly segment: Buffer;
}

export interface LiveSample {
  /** NAL units. */
  readonly nals: readonly Buffer[];
  readonly isKey: boolean;
  /** Like `showTime` and `duration`, in ticks. */
  readonly decodeTime: number;
  readonly showTime: number;
  readonly duration: number;
  /** When the camera took it, milliseconds since 1970 UTC. */
  readonly takenAtMs: number;
}

function box(type: string, ...parts: readonly (Buffer | readonly number[])[]): Buffer {
  const body = parts.map((part) => Buffer.from(part));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.reduce((sum, { length }) => sum + length, 8));
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...body]);
}

const u32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value >>> 0, 4 * i));
  return bytes;
};
const u16 = (...values: readonly number[]): number[] =>
  values.flatMap((value) => [value >> 8, value & 0xff]);
const zeros = (count: number): Buffer => Buffer.alloc(count);
const matrix = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
const withLength = (nal: Buffer): Buffer => Buffer.concat([Buffer.from(u16(nal.length)), nal]);

/**
 * The beginning of a fragmented MP4 stream of one H.264 track (ISO/IEC 14496-12, 14496-15).
 *
 * @returns undefined if the parameter sets are not usable
 */
export function initialization(
  sequences: readonly Buffer[],
  pictures: readonly Buffer[],
): Initialization | undefined {
  const [first] = sequences;
  const sequence = first === undefined ? undefined : parseSequence(first);
  if (first === undefined || sequence === undefined || pictures.length === 0) return undefined;
  const { profile, constraints, level, width, height } = sequence;
  // avcC has five bits for the number of sequence parameter sets.
  const told = sequences.slice(0, 31);
  const isHigh = ![66, 77, 88].includes(profile);
  const avcC = box(
    'avcC',
    [1, profile, constraints, level, 0xff, 0xe0 | told.length],
    ...told.map(withLength),
    [pictures.length],
    ...pictures.map(withLength),
    isHigh
      ? [
          0xfc | sequence.chromaFormat,
          0xf8 | ((sequence.lumaBits - 8) & 7),
          0xf8 | ((sequence.chromaBits - 8) & 7),
          0,
        ]
      : [],
  );
  const avc1 = box(
    'avc1',
    zeros(6),
    u16(1),
    zeros(16),
    u16(width, height),
    u32(0x480000, 0x480000, 0),
    u16(1),
    zeros(32),
    u16(0x18, 0xffff),
    avcC,
  );
  const stbl = box(
    'stbl',
    box('stsd', u32(0, 1), avc1),
    box('stts', u32(0, 0)),
    box('stsc', u32(0, 0)),
    box('stsz', u32(0, 0, 0)),
    box('stco', u32(0, 0)),
  );
  const dinf = box('dinf', box('dref', u32(0, 1), box('url ', u32(1))));
  const mdia = box(
    'mdia',
    box('mdhd', u32(0, 0, 0, ticksPerSecond, 0), u16(0x55c4, 0)),
    box('hdlr', u32(0, 0), Buffer.from('vide'), zeros(12), Buffer.from('live\0')),
    box('minf', box('vmhd', u32(1), zeros(8)), dinf, stbl),
  );
  const tkhd = box(
    'tkhd',
    u32(3, 0, 0, 1, 0, 0),
    zeros(16),
    matrix,
    u32(width * 0x10000, height * 0x10000),
  );
  const moov = box(
    'moov',
    box('mvhd', u32(0, 0, 0, 1000, 0, 0x10000), u16(0x100, 0), zeros(8), matrix, zeros(24), u32(2)),
    box('trak', tkhd, mdia),
    box('mvex', box('trex', u32(0, 1, 1, 0, 0, 0))),
  );
  const ftyp = box('ftyp', Buffer.from('iso5'), u32(512), Buffer.from('iso5iso6avc1mp41'));
  const codec = Buffer.from([profile, constraints, level]).toString('hex');
  return { mime: `video/mp4; codecs="avc1.${codec}"`, segment: Buffer.concat([ftyp, moov]) };
}

const captureTimeBytes = 8;
const headBytes = 112;
const syncSample = 0x02000000;
const otherSample = 0x01010000;

/** A live message: the time of arrival (float64), a moof box and an mdat box. */
export function fragment(sequenceNumber: number, sample: LiveSample): Buffer {
  const { nals, isKey, decodeTime, showTime, duration } = sample;
  const sampleBytes = nals.reduce((sum, { length }) => sum + 4 + length, 0);
  const message = Buffer.allocUnsafe(captureTimeBytes + headBytes + sampleBytes);
  message.writeDoubleBE(sample.takenAtMs);
  const tfdt = Buffer.alloc(12);
  tfdt[0] = 1;
  tfdt.writeBigUInt64BE(BigInt(decodeTime), 4);
  const flags = isKey ? syncSample : otherSample;
  const moof = box(
    'moof',
    box('mfhd', u32(0, sequenceNumber)),
    box(
      'traf',
      // Flag 0x020000: offsets are relative to the moof box.
      box('tfhd', u32(0x020000, 1)),
      box('tfdt', tfdt),
      // Version 1 allows a picture's show time before its decode time.
      box(
        'trun',
        u32(0x01000f01, 1, headBytes, duration, sampleBytes, flags, showTime - decodeTime),
      ),
    ),
  );
  let at = captureTimeBytes + moof.copy(message, captureTimeBytes);
  at = message.writeUInt32BE(8 + sampleBytes, at);
  at += message.write('mdat', at, 'latin1');
  for (const nal of nals) {
    at = message.writeUInt32BE(nal.length, at);
    at += nal.copy(message, at);
  }
  return message;
}
