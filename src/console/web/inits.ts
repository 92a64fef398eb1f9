import type { FootageSegment } from '../../ledger/footage.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Camera, SegmentInit } from '../../ledger/types.ts';
import { type FootageSource, FootageGoneError } from './footage.ts';
import { Limit } from './limit.ts';
import { readInit } from './mp4.ts';

/** All but always enough for what comes before the media. */
const headBytes = 4096;
const mostBytes = 1024 * 1024;
const atOnce = 8;
const maxWaiting = 20_000;

export type WithInit = FootageSegment & { readonly init: SegmentInit };

/** Where in segments the media begin: read once from each, and kept in the ledger. */
export class Inits {
  readonly #ledger: Ledger;
  readonly #footage: FootageSource;
  readonly #limit = new Limit(atOnce, maxWaiting);

  constructor(ledger: Ledger, footage: FootageSource) {
    this.#ledger = ledger;
    this.#footage = footage;
  }

  /** Those that are gone or damaged are left out. */
  async complete(
    camera: Camera,
    segments: readonly FootageSegment[],
    signal: AbortSignal,
  ): Promise<WithInit[]> {
    const found: WithInit[] = [];
    const complete = await Promise.all(
      segments.map(async (segment): Promise<WithInit | undefined> => {
        if (segment.init !== undefined) return { ...segment, init: segment.init };
        const init = await this.#limit.run(() => this.#read(camera, segment, signal));
        if (init === undefined) return undefined;
        const one = { ...segment, init };
        found.push(one);
        return one;
      }),
    );
    if (found.length > 0) this.#ledger.noteInits(camera, found);
    return complete.filter((segment) => segment !== undefined);
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
