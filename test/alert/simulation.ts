import type { Now } from '../../src/alert/freshness.ts';
import type { CameraInput, JudgedEvent, Memory } from '../../src/alert/incident.ts';
import { beginJudging, defaultRules, type JudgeState, judge } from '../../src/alert/judge.ts';
import type { GapCause } from '../../src/model/gap-cause.ts';

export interface SimulatedCamera {
  readonly id: number;
  readonly account: string;
  readonly camera: string;
  /** Whether footage comes in this second of the simulation. */
  records: boolean;
  cause: GapCause;
  lastFootageAtMs?: number;
  shouldRecord: boolean;
  afterMs: number;
  silentUntilMs?: number;
}

export interface ToldEvent extends JudgedEvent {
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** A site of simulated cameras and the judge over them, second by second. */
export class Simulation {
  readonly cameras: SimulatedCamera[] = [];
  readonly told: ToldEvent[] = [];
  readonly rules = defaultRules;
  /** Monotonic, from the start of the simulation. */
  at = 0;
  /** What the wall clock is ahead of the monotonic. */
  wallOffsetMs = Date.UTC(2026, 10, 23, 10, 0);
  #bootAt = 0;
  #state: JudgeState = beginJudging(new Map(), this.now);

  get now(): Now {
    return { wallMs: this.at + this.wallOffsetMs, at: this.at - this.#bootAt };
  }

  add(account: string, camera: string, more: Partial<SimulatedCamera> = {}): SimulatedCamera {
    const added: SimulatedCamera = {
      id: this.cameras.length + 1,
      account,
      camera,
      records: true,
      cause: 'camera offline',
      lastFootageAtMs: this.now.wallMs,
      shouldRecord: true,
      afterMs: 60_000,
      ...more,
    };
    this.cameras.push(added);
    return added;
  }

  /** Ends the daemon, which forgets all but what it kept, and starts it again after `ms`. */
  restart(ms: number): void {
    const kept = JSON.stringify([...this.#state.memories]);
    this.at += ms;
    this.#bootAt = this.at - 5_000;
    this.#state = beginJudging(new Map(JSON.parse(kept) as [number, Memory][]), this.now);
  }

  second(): void {
    this.at += 1_000;
    for (const camera of this.cameras) {
      if (camera.records) camera.lastFootageAtMs = this.now.wallMs - 300;
    }
    const inputs = this.cameras.map(
      ({ records, cause, ...camera }): CameraInput => ({
        ...camera,
        state: records ? 'recording' : cause,
      }),
    );
    const { state, events } = judge(this.#state, this.now, inputs, this.rules);
    this.#state = state;
    this.told.push(...events.map((event) => ({ ...event, at: this.at })));
  }

  run(seconds: number, each: (second: number) => void = () => {}): void {
    for (let second = 0; second < seconds; second += 1) {
      each(second);
      this.second();
    }
  }

  /** Kinds and cameras of what was told, in order. */
  get story(): string[] {
    return this.told.map(
      ({ kind, account, cameras }) =>
        `${kind} ${account}: ${cameras.map(({ name }) => name).join(' ')}`,
    );
  }
}

/** Numbers from 0 to 1 that look random, and are the same each time (mulberry32). */
export function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
