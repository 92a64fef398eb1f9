import type { Ledger } from '../ledger/ledger.ts';
import type { FootageSegment, SegmentInit } from '../model/segment.ts';
import type { Camera } from '../model/camera.ts';
import { type FootageSource, FootageGoneError } from './source.ts';
import { Slots } from '../lib/slots.ts';
import { readInit } from '../media/mp4/stream.ts';

/** Nearly always enough for the part before the media. */
const headBytes = 4096;
const mostBytes = 1024 * 1024;
const atOnce = 8;
const maxWaiting = 20_000;

export type WithInit = FootageSegment & { readonly init: SegmentInit };

/** A recorder that restarts, perhaps with another format, leaves a longer seam. */
const seamMs = 100;

/** Where the media begin in segments. Reads as few as possible; keeps the results in the ledger. */
export class Inits {
  readonly #ledger: Ledger;
  readonly #footage: FootageSource;
  readonly #slots = new Slots(atOnce, maxWaiting);

  constructor(ledger: Ledger, footage: FootageSource) {
    this.#ledger = ledger;
    this.#footage = footage;
  }

  /**
   * Leaves out segments that prove to be gone or damaged; not all are read.
   *
   * @param segments in the order of time
   */
  async complete(
    camera: Camera,
    segments: readonly FootageSegment[],
    signal: AbortSignal,
  ): Promise<WithInit[]> {
    const inits = segments.map(({ init }) => init);
    const found: WithInit[] = [];
    const look = async (i: number): Promise<void> => {
      const segment = segments[i];
      if (segment === undefined || inits[i] !== undefined) return;
      const init = await this.#slots.run(() => this.#read(camera, segment, signal));
      if (init === undefined) return;
      inits[i] = init;
      found.push({ ...segment, init });
    };
    /** Without a seam, all between two equal inits are equal; otherwise bisects for the change. */
    const fill = async (first: number, last: number): Promise<void> => {
      await Promise.all([look(first), look(last)]);
      if (last - first < 2) return;
      const [before, after] = [inits[first], inits[last]];
      if (before !== undefined && before.hash === after?.hash) {
        for (let i = first + 1; i < last; i += 1) inits[i] ??= before;
        return;
      }
      const middle = (first + last) >> 1;
      await look(middle);
      await Promise.all([fill(first, middle), fill(middle, last)]);
    };
    await Promise.all(runsOf(segments).map(([first, last]) => fill(first, last)));
    if (found.length > 0) this.#ledger.footage.noteInits(camera, found);
    return segments.flatMap((segment, i) => {
      const init = inits[i];
      return init === undefined ? [] : [{ ...segment, init }];
    });
  }

  async #read(
    camera: Camera,
    segment: FootageSegment,
    signal: AbortSignal,
  ): Promise<SegmentInit | undefined> {
    signal.throwIfAborted();
    try {
      await using file = await this.#footage.open(camera, segment);
      for (const most of [headBytes, mostBytes]) {
        const end = Math.min(most, file.bytes);
        const init = await readInit(file.read(signal, 0, end));
        if (init !== undefined) return init.summary;
        if (end === file.bytes) break;
      }
    } catch (error) {
      if (!(error instanceof FootageGoneError)) throw error;
    }
    return undefined;
  }
}

/** The first and last index of each run of segments without a seam. */
function runsOf(segments: readonly FootageSegment[]): [first: number, last: number][] {
  const runs: [number, number][] = [];
  let endMs = -Infinity;
  for (const [i, { startMs, durationMs }] of segments.entries()) {
    const run = runs.at(-1);
    if (run !== undefined && Math.abs(startMs - endMs) <= seamMs) run[1] = i;
    else runs.push([i, i]);
    endMs = startMs + durationMs;
  }
  return runs;
}
