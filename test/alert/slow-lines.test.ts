import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CameraInput, JudgedEvent } from '../../src/alert/incident.ts';
import {
  beginWithSlowLines,
  judgeSlowLines,
  type SlowLineMemory,
} from '../../src/alert/slow-lines.ts';

const words = 'the line carries 250 kb/s of 320 kb/s, pictures come 5 s late';
const dayMs = 86_400_000;

/** Lines of simulated cameras, and what accounts are told of them. */
class Lines {
  readonly cameras: { -readonly [Key in keyof CameraInput]: CameraInput[Key] }[] = [];
  readonly told: JudgedEvent[] = [];
  #at = 0;
  #state = beginWithSlowLines(new Map());

  get wallMs(): number {
    return Date.UTC(2026, 10, 23, 10, 0) + this.#at;
  }

  add(account: string, camera: string) {
    const added: Lines['cameras'][number] = {
      id: this.cameras.length + 1,
      account,
      camera,
      shouldRecord: true,
      afterMs: 60_000,
      state: 'recording',
    };
    this.cameras.push(added);
    return added;
  }

  pass(seconds: number, each: (second: number) => void = () => {}): void {
    for (let second = 0; second < seconds; second += 1) {
      each(second);
      this.#step(1_000);
    }
  }

  passDays(days: number): void {
    for (let hour = 0; hour < 24 * days; hour += 1) this.#step(3_600_000);
  }

  /** Forgets all but what is kept. */
  restart(): void {
    const kept = JSON.stringify([...this.#state.told]);
    this.#state = beginWithSlowLines(new Map(JSON.parse(kept) as [number, SlowLineMemory][]));
  }

  #step(ms: number): void {
    this.#at += ms;
    const now = { at: this.#at, wallMs: this.wallMs };
    const { state, events } = judgeSlowLines(this.#state, now, this.cameras);
    this.#state = state;
    this.told.push(...events);
  }
}

describe('a slow line', () => {
  it('is told of after five minutes, once, with its figures and since when', () => {
    const lines = new Lines();
    const camera = lines.add('bach', 'front-door');
    lines.pass(60);
    const sinceMs = lines.wallMs + 1_000;
    // A few good seconds in between are no end.
    lines.pass(299, (second) => (camera.slowLine = second % 60 > 30 ? undefined : words));
    assert.deepEqual(lines.told, []);
    camera.slowLine = words;
    lines.pass(20_000);
    assert.deepEqual(
      lines.told.map(({ kind, account, cameras }) => ({ kind, account, cameras })),
      [
        {
          kind: 'slow-line',
          account: 'bach',
          cameras: [{ name: 'front-door', sinceMs, cause: 'line too slow', detail: words }],
        },
      ],
    );
    lines.restart();
    lines.pass(1_000);
    assert.equal(lines.told.length, 1);
  });

  it('is not told of that is slow for some minutes now and then', () => {
    const lines = new Lines();
    const camera = lines.add('bach', 'front-door');
    lines.pass(7_200, (second) => (camera.slowLine = second % 400 < 240 ? words : undefined));
    assert.deepEqual(lines.told, []);
  });

  it('is told of once if it is slow each evening, and again after a good week', () => {
    const lines = new Lines();
    const camera = lines.add('bach', 'front-door');
    for (let day = 0; day < 10; day += 1) {
      camera.slowLine = words;
      lines.pass(1_000);
      camera.slowLine = undefined;
      lines.passDays(1);
      lines.restart();
    }
    assert.equal(lines.told.length, 1);
    lines.passDays(7);
    camera.slowLine = words;
    lines.pass(1_000);
    assert.equal(lines.told.length, 2);
    assert.ok((lines.told[1]?.atMs ?? 0) > (lines.told[0]?.atMs ?? 0) + 16 * dayMs);
  });

  it('of several cameras of an account is one message; of another account another', () => {
    const lines = new Lines();
    for (const [account, camera] of [
      ['bach', 'yard'],
      ['bach', 'front-door'],
      ['mozart', 'till'],
    ] as const) {
      const added = lines.add(account, camera);
      lines.pass(60);
      added.slowLine = words;
    }
    lines.add('bach', 'fast');
    lines.pass(1_000);
    assert.deepEqual(
      lines.told.map(({ account, cameras }) => [account, cameras.map(({ name }) => name)]),
      [
        ['bach', ['front-door', 'yard']],
        ['mozart', ['till']],
      ],
    );
  });

  it('is not told of where alerts are off, silenced or the camera is disabled', () => {
    const lines = new Lines();
    const silenced = lines.add('bach', 'silenced');
    silenced.silentUntilMs = lines.wallMs + 1_000_000;
    lines.add('bach', 'off').afterMs = 0;
    lines.add('bach', 'disabled').shouldRecord = false;
    for (const camera of lines.cameras) camera.slowLine = words;
    const told = () => lines.told.map(({ cameras }) => cameras.map(({ name }) => name));
    lines.pass(990);
    assert.deepEqual(told(), []);
    lines.pass(60);
    assert.deepEqual(told(), [['silenced']]);
  });
});
