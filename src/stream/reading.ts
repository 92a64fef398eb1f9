import { rtpPayload } from '../media/rtsp/rtp.ts';
import type { MediaDescription } from '../media/sdp.ts';

/** Encodings of sound that are recorded; the others ffmpeg doesn't know in RTP. */
const knownSound: ReadonlySet<string> = new Set([
  'PCMU',
  'PCMA',
  'MPA',
  'MPA-ROBUST',
  'MPEG4-GENERIC',
  'MP4A-LATM',
  'OPUS',
  'L16',
  'G722',
  'AMR',
  'AMR-WB',
  'SPEEX',
  'VORBIS',
  'G726-16',
  'G726-24',
  'G726-32',
  'G726-40',
]);

/** An AudioSpecificConfig has at least two bytes, a StreamMuxConfig more (ISO/IEC 14496-3). */
const leastConfig: Readonly<Record<string, number>> = { 'MPEG4-GENERIC': 4, 'MP4A-LATM': 8 };

const parameter = ({ parameters }: MediaDescription, name: string): string | undefined =>
  new RegExp(`(?:^|[; ])${name}=([^;\\s]*)`, 'i').exec(parameters)?.[1];

/** Why the sound that a description announces can't be recorded; undefined if it can. */
export function whyUnknownSound(sound: MediaDescription): string | undefined {
  const { encoding } = sound;
  if (!knownSound.has(encoding)) return `its encoding ${encoding || 'has no name'} is not known`;
  const least = leastConfig[encoding];
  if (least === undefined || (parameter(sound, 'config') ?? '').length >= least) return undefined;
  return `it is AAC (${encoding}) whose description lacks its configuration`;
}

/** Why a packet of sound can't be understood; undefined if it can. */
export function whyUnreadableSound(sound: MediaDescription, packet: Buffer): string | undefined {
  const payload = rtpPayload(packet);
  if (sound.encoding !== 'MPEG4-GENERIC' || payload === undefined) return undefined;
  const lengthBits = Number(parameter(sound, 'sizelength') ?? 0);
  const indexBits = Number(parameter(sound, 'indexlength') ?? 0);
  if (lengthBits === 0) return undefined;
  // RFC 3640 section 3.2.1: the length of all AU headers in bits, then the headers.
  const headerBits = payload.length < 2 ? 0 : payload.readUInt16BE(0);
  const isWhole = headerBits > 0 && headerBits % (lengthBits + indexBits) === 0;
  if (isWhole && 2 + Math.ceil(headerBits / 8) < payload.length) return undefined;
  const isAdts = payload.length >= 2 && (payload.readUInt16BE(0) & 0xfff6) === 0xfff0;
  return isAdts
    ? 'it is AAC with ADTS headers, which RTP does not have (RFC 3640)'
    : 'its packets are not those of AAC in RTP (RFC 3640)';
}

const mostMjpegPixels = 2_040;

/** How a parameter set of the other encoding begins: nal_unit_type and what follows is fixed. */
const isOther: Readonly<Record<string, ((first: number, second: number) => boolean) | undefined>> =
  {
    // VPS, SPS and PPS of H.265. In H.264 the first would be of types that no camera sends.
    H264: (first, second) => second === 1 && (first === 0x40 || first === 0x42 || first === 0x44),
    // SPS of H.264, whose first byte would make a layer of H.265 that no camera sends.
    H265: (first) => first === 0x67 || first === 0x27,
  };
const otherName: Readonly<Record<string, string>> = { H264: 'H.265', H265: 'H.264' };

/** Why pictures can't be recorded as what the camera has announced; undefined if they can. */
export function whyUnreadablePictures(
  description: MediaDescription,
  packet: Buffer,
): string | undefined {
  const { encoding } = description;
  const payload = rtpPayload(packet);
  if (payload === undefined || payload.length < 8) return undefined;
  if (isOther[encoding]?.(payload.readUInt8(0), payload.readUInt8(1)) === true) {
    return `the camera now sends ${otherName[encoding]}, and announced ${encoding}`;
  }
  if (encoding !== 'JPEG') return undefined;
  const [width, height] = [8 * payload.readUInt8(6), 8 * payload.readUInt8(7)];
  const size = toldSize(description);
  const isTooLarge = Math.max(size?.width ?? 0, size?.height ?? 0) > mostMjpegPixels;
  // No camera's picture has such a shape: it is a larger one of which RTP has the lowest bits.
  const isOdd = width * height === 0 || width / height > widest || height / width > highest;
  if (!isTooLarge && !isOdd) return undefined;
  const told = isTooLarge ? `${size?.width}x${size?.height}` : `told as ${width}x${height}`;
  return `the camera's MJPEG pictures (${told}) are wider or higher than ${mostMjpegPixels} pixels, which RTP can't carry (RFC 2435): set the camera to H.264, or to a smaller picture`;
}

/** Two pictures of 16:9 side by side are 32:9. */
const widest = 5;
const highest = 3.5;

/** The size of its pictures that a description tells (RFC 6064, and what servers use besides it). */
function toldSize({
  lines,
}: MediaDescription): { readonly width: number; readonly height: number } | undefined {
  for (const line of lines) {
    const [, width, height] =
      /^a=framesize:\d{1,3} (\d{1,5})-(\d{1,5})/.exec(line) ??
      /^a=x-dimensions: ?(\d{1,5}), ?(\d{1,5})/i.exec(line) ??
      [];
    if (width !== undefined) return { width: Number(width), height: Number(height) };
    const [, high, wide] = /^a=cliprect:0,0,(\d{1,5}),(\d{1,5})/.exec(line) ?? [];
    if (wide !== undefined) return { width: Number(wide), height: Number(high) };
  }
  return undefined;
}
