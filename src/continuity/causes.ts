import type { GapCause, RecordingState } from '../model/gap-cause.ts';
import type { Gap } from '../contract/continuity.ts';

/** What recording did from `atMs` on, until the next state. */
export interface StateRow {
  readonly atMs: number;
  readonly state: RecordingState;
  readonly detail: string;
}

/** Why a time is without footage, from `startMs` to just before `endMs`. */
export interface Loss {
  readonly startMs: number;
  readonly endMs: number;
  readonly cause: GapCause;
  readonly detail: string;
}

type Explanation = Pick<Gap, 'cause' | 'detail'>;

/** Trouble is noticed late, and that it is over may be noted early: by no more than this. */
export const noticedWithinMs = 30_000;

export const unexplained: Explanation = {
  cause: 'unexplained',
  detail: 'it was being recorded, and no trouble was noted within 30 s',
};
export const unknown: Explanation = {
  cause: 'unexplained',
  detail: 'nothing is known of this time: the notes of it are gone, or were never made',
};

/** Says why footage is missing, of stretches that are asked for in the order of time. */
export class Causes {
  readonly #states: readonly StateRow[];
  readonly #losses: readonly Loss[];
  /** Losses before this one ended before what is asked for now. */
  #firstLoss = 0;

  /** States are in the order of time, losses in that of their starts. */
  constructor(states: readonly StateRow[], losses: readonly Loss[]) {
    this.#states = states;
    this.#losses = losses;
  }

  /** Whether anything was noted of a stretch, or within `marginMs` of it. */
  isNoted(startMs: number, endMs: number, marginMs: number): boolean {
    const state = this.#states[this.#indexAt(endMs + marginMs)];
    if (state !== undefined && state.atMs >= startMs - marginMs) return true;
    return this.#lossesIn(startMs, endMs).length > 0;
  }

  /**
   * The gaps that a stretch without footage consists of. A loss explains its time; what else there
   * is, the state of then does. Where that is `recording`, the trouble was noticed a little later, or
   * the end of trouble was noted a little early.
   *
   * The stretch must be whole, from footage to footage, else the answer depends on who asks for what.
   */
  explain(startMs: number, endMs: number): Gap[] {
    const losses = this.#lossesIn(startMs, endMs);
    const cuts = new Set([startMs]);
    const cut = (ms: number) => ms > startMs && ms < endMs && cuts.add(ms);
    for (const loss of losses) {
      cut(loss.startMs);
      cut(loss.endMs);
    }
    for (let i = this.#indexAt(startMs) + 1; ; i += 1) {
      const state = this.#states[i];
      if (state === undefined || state.atMs >= endMs) break;
      cut(state.atMs);
    }
    const starts = Float64Array.from(cuts).sort();
    const gaps: Gap[] = [];
    for (const [i, fromMs] of starts.entries()) {
      // The last to begin is the one that says most about this time.
      const loss = losses.findLast((one) => one.startMs <= fromMs && one.endMs > fromMs);
      const { cause, detail } = loss ?? this.#byState(fromMs, startMs, endMs);
      addGap(gaps, { startMs: fromMs, endMs: starts[i + 1] ?? endMs, cause, detail });
    }
    return gaps;
  }

  #byState(atMs: number, startMs: number, endMs: number): Explanation {
    const index = this.#indexAt(atMs);
    const here = this.#cause(index);
    if (here !== undefined) return here;
    if (index < 0) return unknown;
    let [first, next] = [index, index + 1];
    while (this.#states[next]?.state === 'recording') next += 1;
    while (this.#states[first - 1]?.state === 'recording') first -= 1;
    const noticedMs = this.#states[next]?.atMs ?? Infinity;
    const overMs = this.#states[first]?.atMs ?? -Infinity;
    return (
      (noticedMs <= endMs + noticedWithinMs ? this.#cause(next) : undefined) ??
      (overMs >= startMs - noticedWithinMs ? this.#cause(first - 1) : undefined) ??
      unexplained
    );
  }

  /** Undefined where there is no state, or recording. */
  #cause(index: number): Explanation | undefined {
    const row = this.#states[index];
    if (row === undefined || row.state === 'recording') return undefined;
    return { cause: row.state, detail: row.detail };
  }

  /** Of the state that holds at a moment; -1 before the first. */
  #indexAt(ms: number): number {
    let [low, high] = [0, this.#states.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#states[middle]?.atMs ?? Infinity) <= ms) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #lossesIn(startMs: number, endMs: number): Loss[] {
    while ((this.#losses[this.#firstLoss]?.endMs ?? Infinity) <= startMs) this.#firstLoss += 1;
    const found: Loss[] = [];
    for (let i = this.#firstLoss; ; i += 1) {
      const loss = this.#losses[i];
      if (loss === undefined || loss.startMs >= endMs) return found;
      if (loss.endMs > startMs) found.push(loss);
    }
  }
}

/** Appends a gap; one that goes on as the last did makes that longer. */
export function addGap(gaps: Gap[], gap: Gap): void {
  const last = gaps.at(-1);
  const isSame =
    last?.endMs === gap.startMs && last.cause === gap.cause && last.detail === gap.detail;
  if (isSame) gaps[gaps.length - 1] = { ...last, endMs: gap.endMs };
  else gaps.push(gap);
}
