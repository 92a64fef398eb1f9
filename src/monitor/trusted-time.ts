import { lengthOfTime } from '../lib/words.ts';

/** Clocks that differ by less agree: stores refuse requests whose time differs by 15 minutes. */
const farMs = 5 * 60_000;
const lookEachMs = 100;

export interface MachineClocks {
  /** Milliseconds since 1970 UTC, as the machine's clock says. */
  readonly wallMs: () => number;
  /** Milliseconds since the machine started, those in which it was suspended included. */
  readonly sinceBootMs: () => number;
  /** Monotonic milliseconds, cheap to ask for. */
  readonly nowMs: () => number;
}

/**
 * What time it is where this machine's clock may be wrong. Footage is dated by it, so a clock that is far
 * off, or is set to another day, is not followed: the bucket's clock is, or what the ledger proves.
 */
export class TrustedTime {
  readonly #clocks: MachineClocks;
  #correctionMs = 0;
  /** Whether the bucket has told the time: what is told here agrees with it. */
  #isVouched = false;
  #offsetMs: number;
  #lookedAtMs: number;
  /** What is wrong, in words for the operator; undefined if nothing is. */
  trouble: string | undefined;

  constructor(clocks: MachineClocks) {
    this.#clocks = clocks;
    this.#offsetMs = this.#offset();
    this.#lookedAtMs = clocks.nowMs();
  }

  /** Milliseconds since 1970 UTC. */
  wallNow(): number {
    this.#look();
    return this.#clocks.wallMs() + this.#correctionMs;
  }

  /** Takes the newest time that the ledger has: it can't be earlier than that. */
  ledgerSays(newestMs: number): void {
    const aheadMs = newestMs - this.wallNow();
    if (aheadMs < farMs) return;
    this.#correctionMs += aheadMs;
    this.trouble = `this machine's clock is ${lengthOfTime(aheadMs)} behind the newest time in the ledger: until the bucket tells the time, footage is dated from that time on, approximately`;
  }

  /**
   * Takes what time it is at the bucket.
   *
   * @param isKeptByNtp whether the machine's clock is known to be kept right
   */
  bucketSays(bucketMs: number, isKeptByNtp: boolean): void {
    this.#isVouched = true;
    this.#offsetMs = this.#offset();
    const behindMs = bucketMs - this.#clocks.wallMs();
    if (Math.abs(behindMs) < farMs) {
      this.#correctionMs = 0;
      this.trouble = undefined;
      return;
    }
    const differs = `this machine's clock is ${lengthOfTime(Math.abs(behindMs))} ${behindMs > 0 ? 'behind' : 'ahead of'} the bucket's`;
    if (isKeptByNtp) {
      this.#correctionMs = 0;
      this.trouble = `${differs}, though NTP keeps it right: set the clock of the bucket's server`;
      return;
    }
    this.#correctionMs = behindMs;
    this.trouble = `${differs}: footage is dated by the bucket's. Set the clock of this machine, by NTP`;
  }

  /** Whether the time differs from that of the machine's clock, so that the bucket should be asked soon. */
  get isCorrected(): boolean {
    return this.#correctionMs !== 0;
  }

  /** A clock that is set to another time than the bucket told is not followed, until the bucket is asked again. */
  #look(): void {
    const nowMs = this.#clocks.nowMs();
    if (nowMs - this.#lookedAtMs < lookEachMs) return;
    this.#lookedAtMs = nowMs;
    const offsetMs = this.#offset();
    const stepMs = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (Math.abs(stepMs) < farMs || !this.#isVouched) return;
    this.#correctionMs -= stepMs;
    this.trouble =
      Math.abs(this.#correctionMs) < farMs
        ? undefined
        : `this machine's clock was set ${lengthOfTime(Math.abs(stepMs))} ${stepMs > 0 ? 'ahead' : 'back'}: footage is dated as if it had not been, until the bucket tells the time`;
    if (this.trouble === undefined) this.#correctionMs = 0;
  }

  #offset(): number {
    return this.#clocks.wallMs() - this.#clocks.sinceBootMs();
  }
}
