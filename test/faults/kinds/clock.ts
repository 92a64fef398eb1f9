import type { FaultKind, Heal, Scene } from '../fault.ts';

/** Steps the daemon's clock by from one to another number of milliseconds, forth or back, and back again. */
function step(from: number, to: number) {
  return async ({ site }: Scene, _: unknown, chance: number): Promise<Heal> => {
    const part = (2 * chance) % 1;
    const ms = Math.round(from + part * (to - from)) * (chance < 0.5 ? 1 : -1);
    site.stepClock(ms);
    return () => site.stepClock(-ms);
  };
}

/** What befalls the clock that tells the time of day. The one that measures durations can't be set. */
export const clockFaults: readonly FaultKind[] = [
  {
    name: 'a clock set by less than 2 s',
    place: 'clock',
    weight: 3,
    lasts: [3, 20],
    causes: [],
    inflict: step(100, 1_900),
  },
  {
    name: 'a clock set by more than 2 s',
    place: 'clock',
    weight: 3,
    lasts: [3, 20],
    causes: ['clock jumped', 'starting'],
    inflict: step(2_100, 9_000),
  },
];
