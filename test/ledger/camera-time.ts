import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import type { SegmentRecord } from '../../src/model/segment.ts';
import type { PublicKey } from '../../src/model/public-key.ts';
import type { Continuity } from '../../src/contract/continuity.ts';
import type { RecordingState } from '../../src/model/gap-cause.ts';
import type { CameraName } from '../../src/model/camera-name.ts';

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

export const door: CameraName = { account: 'bach', camera: 'door' };

export const key = (n: number): PublicKey => ({
  algorithm: 'ssh-ed25519',
  blob: Buffer.from(`blob ${n}`),
  fingerprint: `SHA256:${n}`,
  comment: '',
});

/** A ledger with one camera, whose only clock is set by hand. */
export class CameraTime implements Disposable {
  readonly file: string;
  ledger: Ledger;
  readonly #directory = mkdtempSync(join(tmpdir(), 'cctv-continuity-'));
  #nowMs: number;

  /** @param enrolledMs when the camera is added */
  constructor(enrolledMs: number) {
    this.#nowMs = enrolledMs;
    mock.timers.enable({ apis: ['Date'], now: enrolledMs });
    this.file = join(this.#directory, 'ledger.sqlite');
    this.ledger = openLedger(this.file);
    this.ledger.accounts.add(door.account);
    this.ledger.cameras.add({ ...door, key: key(1) });
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** May go back. */
  set nowMs(ms: number) {
    this.#nowMs = ms;
    mock.timers.setTime(ms);
  }

  note(state: RecordingState, detail = '', atMs = this.nowMs): void {
    this.ledger.states.note(door, state, detail, atMs);
  }

  /** Footage without any seam, that is stored. */
  footage(startMs: number, endMs: number): SegmentRecord {
    const segment = segmentOf(startMs, endMs);
    this.ledger.segments.stored(segment, { key: 'k' });
    return segment;
  }

  continuity(fromMs: number, toMs: number, isRecording = false): Continuity {
    return this.ledger.continuity.sum(door, { fromMs, toMs, nowMs: this.nowMs, isRecording });
  }

  /** Gaps as `[start, end, cause, detail]`, in ms after `fromMs`. */
  gaps(fromMs: number, toMs: number, isRecording = false): unknown[] {
    return this.continuity(fromMs, toMs, isRecording).gaps.map(
      ({ startMs, endMs, cause, detail }) => [startMs - fromMs, endMs - fromMs, cause, detail],
    );
  }

  [Symbol.dispose](): void {
    this.ledger[Symbol.dispose]();
    mock.timers.reset();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

let count = 0;

export const segmentOf = (startMs: number, endMs: number): SegmentRecord => ({
  ...door,
  startMs,
  durationMs: endMs - startMs,
  bytes: 1000,
  sha256: createHash('sha256').update(`${++count}`).digest('hex'),
});
