import type { PictureSink } from './h264/picture-sink.ts';

const fileHeadBytes = 13;
const tagHeadBytes = 11;
const videoTag = 9;
const avc = 7;
const maxTagBytes = 4 * 1024 * 1024;
const ticksPerMs = 90;

/** The bytes are not FLV with H.264. */
export class FlvError extends Error {
  override name = 'FlvError';
}

/** NAL units, each preceded by its length in `lengthBytes` bytes. */
function* nalsOf(bytes: Buffer, lengthBytes: number, count = Infinity): Generator<Buffer> {
  let at = 0;
  for (let i = 0; i < count && at + lengthBytes < bytes.length; i += 1) {
    const end = at + lengthBytes + bytes.readUIntBE(at, lengthBytes);
    if (end > bytes.length) return;
    if (end > at + lengthBytes) yield bytes.subarray(at + lengthBytes, end);
    at = end;
  }
}

/** The parameter sets of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1). */
function parameterSetsOf(record: Buffer): Buffer[] {
  if (record.length < 7) return [];
  const sequences = [...nalsOf(record.subarray(6), 2, record.readUInt8(5) & 0x1f)];
  const picturesAt = sequences.reduce((sum, { length }) => sum + 2 + length, 6);
  if (picturesAt >= record.length) return sequences;
  const count = record.readUInt8(picturesAt);
  return [...sequences, ...nalsOf(record.subarray(picturesAt + 1), 2, count)];
}

/**
 * Reads a stream of FLV with H.264 (Adobe, Flash Video File Format 10.1, annex E). Of the formats that
 * ffmpeg can write to a pipe, FLV shows a picture's end without waiting for the next picture.
 */
export class FlvReader {
  readonly #sink: PictureSink;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #wanted = fileHeadBytes;
  #state: 'file' | 'head' | 'body' = 'file';
  #head: Buffer = Buffer.alloc(0);

  constructor(sink: PictureSink) {
    this.#sink = sink;
  }

  /** @throws {FlvError} the stream can't be read any further */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#wanted) return;
    const bytes = Buffer.concat(this.#chunks);
    let at = 0;
    while (bytes.length - at >= this.#wanted) {
      const part = bytes.subarray(at, at + this.#wanted);
      at += this.#wanted;
      this.#take(part);
    }
    const rest = bytes.subarray(at);
    this.#chunks = [rest];
    this.#bytes = rest.length;
  }

  #take(part: Buffer): void {
    switch (this.#state) {
      case 'file':
        if (part.toString('latin1', 0, 3) !== 'FLV') throw new FlvError('not FLV');
        break;
      case 'head': {
        const bodyBytes = part.readUIntBE(1, 3);
        if (bodyBytes > maxTagBytes) throw new FlvError('a picture too large');
        this.#head = part;
        this.#state = 'body';
        // The tag is followed by its size in 4 bytes.
        this.#wanted = bodyBytes + 4;
        return;
      }
      case 'body':
        if (this.#head.readUInt8(0) === videoTag) this.#video(part.subarray(0, -4));
    }
    this.#state = 'head';
    this.#wanted = tagHeadBytes;
  }

  #video(body: Buffer): void {
    if (body.length < 5 || (body.readUInt8(0) & 0x0f) !== avc) return;
    const kind = body.readUInt8(1);
    if (kind === 0) this.#sink.describe(parameterSetsOf(body.subarray(5)));
    if (kind !== 1) return;
    const decodedAtMs = this.#head.readUIntBE(4, 3) + this.#head.readUInt8(7) * 2 ** 24;
    const timestamp = ((decodedAtMs + body.readIntBE(2, 3)) * ticksPerMs) >>> 0;
    const nals = [...nalsOf(body.subarray(5), 4)];
    if (nals.length > 0) this.#sink.unit({ nals, timestamp });
  }
}
