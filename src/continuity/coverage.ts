import type { FootageState, TimelinePiece } from '../model/continuity.ts';

/** Stretches of time, in any order; they may overlap. Not objects, since a year has half a million. */
export class Stretches {
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  add(startMs: number, endMs: number): void {
    if (endMs <= startMs) return;
    this.starts.push(startMs);
    this.ends.push(endMs);
  }
}

export interface Footage {
  readonly stored: Stretches;
  readonly spooled: Stretches;
  /** Where one segment, among those that have the time, has no picture. */
  readonly holes: Stretches;
}

/**
 * Cuts the time from `fromMs` to `toMs` into pieces by where it is, in the order of time, without
 * seams; each is of another state than the one before. What is both stored and spooled is stored. A
 * hole in one segment takes nothing away from another that has the same time.
 */
export function* piecesOf(
  { stored, spooled, holes }: Footage,
  fromMs: number,
  toMs: number,
): Generator<TimelinePiece> {
  const layers = [new Depth(stored), new Depth(spooled), new Depth(holes)] as const;
  const [inStored, inSpooled, inHoles] = layers;
  let startMs = fromMs;
  let state: FootageState | undefined;
  for (let atMs = fromMs; atMs < toMs; ) {
    let nextMs = toMs;
    for (const layer of layers) {
      layer.moveTo(atMs);
      if (layer.nextMs < nextMs) nextMs = layer.nextMs;
    }
    const pictures = inStored.depth + inSpooled.depth - inHoles.depth;
    const here = pictures <= 0 ? 'missing' : inStored.depth > 0 ? 'stored' : 'spooled';
    if (state !== undefined && here !== state) {
      yield { startMs, endMs: atMs, state };
      startMs = atMs;
    }
    state = here;
    atMs = nextMs;
  }
  if (state !== undefined) yield { startMs, endMs: toMs, state };
}

/** Counts the stretches that have a certain moment. The moment only moves forward. */
class Depth {
  depth = 0;
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  #started = 0;
  #ended = 0;

  constructor({ starts, ends }: Stretches) {
    this.#starts = Float64Array.from(starts).sort();
    this.#ends = Float64Array.from(ends).sort();
  }

  /** When the depth may change next. */
  get nextMs(): number {
    const start = this.#starts[this.#started] ?? Infinity;
    const end = this.#ends[this.#ended] ?? Infinity;
    return start < end ? start : end;
  }

  moveTo(ms: number): void {
    while ((this.#starts[this.#started] ?? Infinity) <= ms) this.#started += 1;
    while ((this.#ends[this.#ended] ?? Infinity) <= ms) this.#ended += 1;
    this.depth = this.#started - this.#ended;
  }
}
