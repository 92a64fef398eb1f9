import { type FrameStamp, readStamp } from '../stand-ins/rtsp/frame-stamp.ts';

interface Box {
  readonly type: string;
  readonly start: number;
  readonly body: Buffer;
}

const containers = ['moov', 'trak', 'mdia', 'moof', 'traf'];

/**
 * The stamped pictures of a fragmented MP4 file with H.264 (ISO/IEC 14496-12 and -15), in the order in
 * which they lie there. Nothing is decoded, and nothing of the daemon's own reading of files is used.
 *
 * @throws Error if anything in the file is cut off or does not add up
 */
export function storedPictures(file: Buffer): FrameStamp[] {
  const all = [...boxes(file)];
  const video = all.find((box, i) => box.type === 'tkhd' && handlerAfter(all, i) === 'vide');
  if (video === undefined) throw new Error('there is no video track in it');
  const track = video.body.readUInt32BE(video.body[0] === 1 ? 20 : 12);
  const pictures: FrameStamp[] = [];
  let moofStart = 0;
  let header: Buffer = Buffer.alloc(0);
  for (const { type, start, body } of all) {
    if (type === 'moof') moofStart = start;
    else if (type === 'tfhd') header = body;
    else if (type === 'trun' && header.readUInt32BE(4) === track) {
      for (const sample of samples(file, moofStart, header, body)) {
        const stamp = stampOf(sample);
        if (stamp !== undefined) pictures.push(stamp);
      }
    }
  }
  return pictures;
}

function* boxes(file: Buffer, from = 0, to = file.length): Generator<Box> {
  for (let at = from; at < to; ) {
    if (to - at < 8) throw new Error(`a box is cut off at ${at}`);
    const bytes = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    if (bytes < 8 || at + bytes > to) throw new Error(`the box ${type} at ${at} is cut off`);
    yield { type, start: at, body: file.subarray(at + 8, at + bytes) };
    if (containers.includes(type)) yield* boxes(file, at + 8, at + bytes);
    at += bytes;
  }
}

function handlerAfter(all: readonly Box[], tkhd: number): string | undefined {
  return all
    .slice(tkhd)
    .find(({ type }) => type === 'hdlr')
    ?.body.toString('latin1', 8, 12);
}

/** The samples of a track run. Data offsets count from the moof (default-base-is-moof). */
function* samples(file: Buffer, moofStart: number, header: Buffer, run: Buffer): Generator<Buffer> {
  const headerFlags = header.readUInt32BE(0) & 0xffffff;
  const flags = run.readUInt32BE(0) & 0xffffff;
  if ((flags & 1) === 0 || (headerFlags & 1) !== 0)
    throw new Error('a run does not say where it is');
  // Behind the track's number: description, duration, and then size, each if its flag is set.
  const sizeAt = 8 + ((headerFlags & 2) === 0 ? 0 : 4) + ((headerFlags & 8) === 0 ? 0 : 4);
  const usualBytes = (headerFlags & 0x10) === 0 ? 0 : header.readUInt32BE(sizeAt);
  const count = run.readUInt32BE(4);
  let dataAt = moofStart + run.readInt32BE(8);
  let at = (flags & 4) === 0 ? 12 : 16;
  const fields = [0x100, 0x200, 0x400, 0x800].filter((flag) => (flags & flag) !== 0);
  for (let i = 0; i < count; i++) {
    const sizeField = fields.indexOf(0x200);
    const bytes = sizeField < 0 ? usualBytes : run.readUInt32BE(at + 4 * sizeField);
    if (dataAt + bytes > file.length) throw new Error('a sample is cut off');
    yield file.subarray(dataAt, dataAt + bytes);
    dataAt += bytes;
    at += 4 * fields.length;
  }
}

/** Of a picture that is there: a stamp alone, whose slices never came, is none. */
function stampOf(sample: Buffer): FrameStamp | undefined {
  let stamp: FrameStamp | undefined;
  for (let at = 0; at < sample.length; ) {
    const bytes = at + 4 <= sample.length ? sample.readUInt32BE(at) : Infinity;
    if (at + 4 + bytes > sample.length) throw new Error('a NAL unit is cut off');
    const nal = sample.subarray(at + 4, at + 4 + bytes);
    stamp ??= readStamp(nal);
    const type = (nal[0] ?? 0) & 0x1f;
    if (stamp !== undefined && (type === 1 || type === 5)) return stamp;
    at += 4 + bytes;
  }
  return undefined;
}
