/** Fields of a sequence parameter set (ITU-T H.264 section 7.3.2.1.1). */
export interface Sequence {
  readonly id: number;
  readonly profile: number;
  readonly constraints: number;
  readonly level: number;
  /** Pixels, cropped. */
  readonly width: number;
  readonly height: number;
  readonly chromaFormat: number;
  readonly lumaBits: number;
  readonly chromaBits: number;
}

/** Reads a NAL unit bit by bit. Throws RangeError beyond its end. */
class Bits {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(nal: Buffer) {
    const plain: number[] = [];
    let zeros = 0;
    for (const byte of nal) {
      // 00 00 03: the 03 was inserted to prevent a start code (section 7.4.1).
      if (zeros >= 2 && byte === 3) {
        zeros = 0;
        continue;
      }
      zeros = byte === 0 ? zeros + 1 : 0;
      plain.push(byte);
    }
    this.#bytes = Buffer.from(plain);
  }

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i += 1, this.#at += 1) {
      value = value * 2 + ((this.#bytes.readUInt8(this.#at >> 3) >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  /** ue(v), section 9.1. */
  unsigned(): number {
    let zeros = 0;
    while (this.read(1) === 0) zeros += 1;
    if (zeros > 31) throw new RangeError('not an Exp-Golomb code');
    return 2 ** zeros - 1 + this.read(zeros);
  }

  /** se(v), section 9.1.1. */
  signed(): number {
    const code = this.unsigned();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }
}

const profilesWithChroma: ReadonlySet<number> = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);
const maxPixels = 16_384;

function skipScalingLists(bits: Bits, chromaFormat: number): void {
  for (let list = 0; list < (chromaFormat === 3 ? 12 : 8); list += 1) {
    if (bits.read(1) === 0) continue;
    let last = 8;
    let next = 8;
    for (let i = 0; i < (list < 6 ? 16 : 64); i += 1) {
      if (next !== 0) next = (last + bits.signed() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

function skipOrder(bits: Bits): void {
  const kind = bits.unsigned();
  if (kind === 0) bits.unsigned();
  if (kind !== 1) return;
  bits.read(1);
  bits.signed();
  bits.signed();
  const count = bits.unsigned();
  if (count > 255) throw new RangeError('too many reference frames');
  for (let i = 0; i < count; i += 1) bits.signed();
}

function readSequence(nal: Buffer): Sequence {
  const bits = new Bits(nal.subarray(1));
  const [profile, constraints, level] = [bits.read(8), bits.read(8), bits.read(8)];
  const id = bits.unsigned();
  let chromaFormat = 1;
  let lumaBits = 8;
  let chromaBits = 8;
  if (profilesWithChroma.has(profile)) {
    chromaFormat = bits.unsigned();
    if (chromaFormat === 3) bits.read(1);
    lumaBits = 8 + bits.unsigned();
    chromaBits = 8 + bits.unsigned();
    bits.read(1);
    if (bits.read(1) === 1) skipScalingLists(bits, chromaFormat);
  }
  bits.unsigned();
  skipOrder(bits);
  bits.unsigned();
  bits.read(1);
  const across = bits.unsigned() + 1;
  const down = bits.unsigned() + 1;
  const fields = 2 - bits.read(1);
  if (fields === 2) bits.read(1);
  bits.read(1);
  const crop = bits.read(1) === 1 ? Array.from({ length: 4 }, () => bits.unsigned()) : [0, 0, 0, 0];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const unitY = (chromaFormat === 1 ? 2 : 1) * fields;
  const width = 16 * across - unitX * (left + right);
  const height = 16 * down * fields - unitY * (top + bottom);
  const sane =
    id < 32 &&
    chromaFormat < 4 &&
    lumaBits <= 16 &&
    chromaBits <= 16 &&
    width > 0 &&
    height > 0 &&
    width <= maxPixels &&
    height <= maxPixels;
  if (!sane) throw new RangeError('not a sequence parameter set');
  return { id, profile, constraints, level, width, height, chromaFormat, lumaBits, chromaBits };
}

/** @returns undefined if the NAL unit is damaged */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @returns undefined if the NAL unit is no valid sequence parameter set */
export const parseSequence = (nal: Buffer): Sequence | undefined =>
  attempt(() => readSequence(nal));

/** Real parameter sets have some dozens of bytes. */
const maxBytes = 1_024;
const maxPictureSets = 32;

/** The parameter sets of a stream: the newest of each id. */
export class ParameterSets {
  readonly #sequences = new Map<number, Buffer>();
  readonly #pictures = new Map<number, Buffer>();

  /** Takes an SPS or PPS NAL unit. @returns whether it changed anything */
  take(nal: Buffer): boolean {
    if (nal.length < 2 || nal.length > maxBytes) return false;
    const isSequence = (nal.readUInt8(0) & 0x1f) === 7;
    const id = isSequence
      ? parseSequence(nal)?.id
      : attempt(() => new Bits(nal.subarray(1)).unsigned());
    const sets = isSequence ? this.#sequences : this.#pictures;
    if (id === undefined || id > 255 || sets.get(id)?.equals(nal)) return false;
    if (!isSequence && !sets.has(id) && sets.size === maxPictureSets) return false;
    sets.set(id, Buffer.from(nal));
    return true;
  }

  get sequences(): readonly Buffer[] {
    return [...this.#sequences.values()];
  }

  get pictures(): readonly Buffer[] {
    return [...this.#pictures.values()];
  }
}
