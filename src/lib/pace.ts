import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { Allowance, type Rate } from './allowance.ts';

export interface PaceLimits {
  /** Of messages, or what is counted like one. */
  readonly rate: Rate;
  /** So many in a row before others run. */
  readonly perTurn: number;
  /** Who wants more than the rate for so long is over the pace. */
  readonly patienceMs: number;
}

/** A peer has sent more than it may for too long. */
export class OverPaceError extends Error {
  override name = 'OverPaceError';
}

/** How fast one connection may be served, so that none keeps the event loop from the others. */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #allowance: Allowance;
  #inThisTurn = 0;
  #overSinceMs: number | undefined;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
    this.#allowance = new Allowance(limits.rate, performance.now());
  }

  /** One message was handled, which counts as `cost`. */
  spend(cost = 1): void {
    this.#allowance.take(performance.now(), cost);
    this.#inThisTurn += cost;
  }

  /** How long the peer must wait before it is served again: 0 for a turn of the loop, undefined if it need not. */
  restMs(): number | undefined {
    const nowMs = performance.now();
    const waitMs = this.#allowance.waitMs(nowMs, 0);
    if (waitMs > 0) this.#overSinceMs ??= nowMs;
    else if (this.#allowance.left(nowMs) >= this.#limits.rate.burst / 2) {
      this.#overSinceMs = undefined;
    }
    if (waitMs === 0 && this.#inThisTurn < this.#limits.perTurn) return undefined;
    this.#inThisTurn = 0;
    return waitMs;
  }

  /** Whether the peer has wanted more than the rate for too long. */
  get isOver(): boolean {
    const since = this.#overSinceMs;
    return since !== undefined && performance.now() - since > this.#limits.patienceMs;
  }

  /** Counts a message, and resolves when it may be handled. */
  async turn(): Promise<void> {
    this.spend();
    const restMs = this.restMs();
    if (restMs === 0) await nextTurn();
    else if (restMs !== undefined) await delay(restMs);
  }
}
