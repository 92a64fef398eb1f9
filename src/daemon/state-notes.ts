import type { Ledger } from '../ledger/ledger.ts';
import { describeError, isSqliteError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { RecordingState, ToldCause } from '../model/gap-cause.ts';
import type { Hole } from '../model/segment.ts';

interface WaitingNote {
  readonly camera: CameraName;
  readonly state: RecordingState;
  readonly write: () => void;
}

/** Hundred cameras that fail each few seconds make so many in some minutes. */
const mostWaiting = 10_000;

/**
 * Notes in the ledger what the recordings do. While it can't be written, the notes wait in their
 * order, each with its time: they are the causes of gaps.
 */
export class StateNotes implements Disposable {
  readonly #ledger: Pick<Ledger, 'states' | 'segments'>;
  readonly #gate: FloodGate;
  readonly #waiting: WaitingNote[] = [];

  constructor(ledger: Pick<Ledger, 'states' | 'segments'>, log: Log) {
    this.#ledger = ledger;
    this.#gate = new FloodGate(log);
  }

  note(camera: CameraName, state: RecordingState, detail: string, atMs: number): void {
    const write = () => this.#ledger.states.note(camera, state, detail, atMs);
    this.#add({ camera, state, write });
  }

  /** Notes why there may be no footage of a period. */
  loss(camera: CameraName, period: Hole, { cause, detail }: ToldCause): void {
    const { startMs, durationMs } = period;
    const write = () =>
      this.#ledger.segments.noteLoss({ ...camera, startMs, durationMs }, cause, detail);
    this.#add({ camera, state: cause, write });
  }

  #add(note: WaitingNote): void {
    this.#waiting.push(note);
    if (this.#waiting.length > mostWaiting) this.#waiting.shift();
    this.flush();
  }

  /** Writes what waits, as far as the ledger takes it. Never throws. */
  flush(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      const { camera, state, write } = next;
      try {
        write();
      } catch (error) {
        this.#gate.warn('state', 'what the recordings do could not be noted', {
          camera: formatCameraName(camera),
          state,
          cause: describeError(error),
        });
        // An error of SQLite may pass. Any other, such as that the camera was removed, won't.
        if (isSqliteError(error)) return;
      }
      this.#waiting.shift();
    }
  }

  [Symbol.dispose](): void {
    this.flush();
    this.#gate[Symbol.dispose]();
  }
}
