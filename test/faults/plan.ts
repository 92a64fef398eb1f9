import { type FaultKind, isCamerasOwn } from './fault.ts';
import { Random } from './random.ts';

/** A fault to come. */
export interface Planned {
  readonly number: number;
  readonly kind: FaultKind;
  /** Index of the camera that it befalls, where it befalls one. */
  readonly camera: number;
  /** From the start of the run. */
  readonly atMs: number;
  readonly lastsMs: number;
  /** From 0 to 1, for what else is left to chance. */
  readonly chance: number;
}

export interface PlanOptions {
  readonly seed: number;
  readonly cameras: number;
  readonly kinds: readonly FaultKind[];
  /** Mean time from a fault to the next. */
  readonly everyMs: number;
}

/** After a fault, before the next in the same place: what follows from it is to be seen too. */
const pauseMs = 3_000;

/** Which camera's, if it is one's own. */
export const placeOf = ({ kind, camera }: Pick<Planned, 'kind' | 'camera'>): string =>
  isCamerasOwn(kind) ? `${kind.place} ${camera}` : kind.place;

/** The faults in the order in which they come, without end; the same for the same options. */
export function* plan({ seed, cameras, kinds, everyMs }: PlanOptions): Generator<Planned> {
  const random = new Random(seed);
  const freeAtMs = new Map<string, number>();
  const lots = kinds.flatMap((kind) => Array<FaultKind>(kind.weight).fill(kind));
  // Each kind comes once, in a random order, before chance alone decides: a short run has seen most.
  const first = kinds
    .map((kind) => ({ kind, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ kind }) => kind);
  let atMs = 0;
  for (let number = 1; ; ) {
    atMs += random.between(0, 2 * everyMs);
    for (const drawn of [...first, ...Array.from({ length: 20 }, () => random.of(lots))]) {
      const camera = random.below(cameras);
      const place = placeOf({ kind: drawn, camera });
      if ((freeAtMs.get(place) ?? 0) > atMs) continue;
      const [low, high] = drawn.lasts;
      const lastsMs = Math.round(random.between(low, high) * 1_000);
      freeAtMs.set(place, atMs + lastsMs + pauseMs);
      if (first.includes(drawn)) first.splice(first.indexOf(drawn), 1);
      yield { number, kind: drawn, camera, atMs: Math.round(atMs), lastsMs, chance: random.next() };
      number += 1;
      break;
    }
  }
}
