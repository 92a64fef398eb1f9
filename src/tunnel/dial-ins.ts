import { Allowance, type Rate } from '../lib/allowance.ts';
import { Remembered } from '../lib/remembered.ts';

/** Cameras whose dial-ins are remembered. Only enrolled keys get here. */
const maxCameras = 10_000;

/** A camera on a bad line dials in often for minutes; one that does it for longer waits longer. */
export const usualDialIns: readonly Rate[] = [
  { burst: 10, everyMs: 3_000 },
  { burst: 60, everyMs: 15_000 },
];

interface Waiting {
  readonly timer: NodeJS.Timeout;
  /** A newer dial-in of the camera waits instead. */
  readonly giveUp: () => void;
}

/**
 * Spaces out how often a camera may begin a tunnel: each one costs a relay's start, log lines and rows of
 * the ledger. Of each camera, only the newest dial-in waits.
 */
export class DialIns implements Disposable {
  readonly #rates: readonly Rate[];
  readonly #allowances = new Remembered<readonly Allowance[]>(maxCameras);
  readonly #waiting = new Map<string, Waiting>();

  constructor(rates: readonly Rate[] = usualDialIns) {
    this.#rates = rates;
  }

  /**
   * Calls `begin` when the camera may begin a tunnel: at once, or later.
   *
   * @param giveUp called instead, when the camera has dialled in again meanwhile
   * @returns milliseconds that it must wait
   */
  enter(camera: string, begin: () => void, giveUp: () => void): number {
    const before = this.#waiting.get(camera);
    if (before !== undefined) {
      clearTimeout(before.timer);
      this.#waiting.delete(camera);
      before.giveUp();
    }
    const nowMs = performance.now();
    const allowances = this.#of(camera, nowMs);
    const waitMs = Math.max(...allowances.map((one) => one.waitMs(nowMs)));
    const go = (): void => {
      this.#waiting.delete(camera);
      for (const one of allowances) one.take(performance.now());
      begin();
    };
    if (waitMs === 0) go();
    else this.#waiting.set(camera, { timer: setTimeout(go, waitMs), giveUp });
    return waitMs;
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #of(camera: string, nowMs: number): readonly Allowance[] {
    const known = this.#allowances.get(camera);
    const allowances = known ?? this.#rates.map((rate) => new Allowance(rate, nowMs));
    this.#allowances.set(camera, allowances);
    return allowances;
  }
}
