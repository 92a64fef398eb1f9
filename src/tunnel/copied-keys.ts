import type { CopiedKey } from '../contract/cameras.ts';
import { networkOf } from '../lib/addresses.ts';

interface TakeOver {
  readonly from: string;
  readonly to: string;
  readonly atMs: number;
}

/** Clients that share a key displace each other about every minute, as their back-off allows. */
const episodeMs = 600_000;
/**
 * How often displaced addresses must have come back. Once may be a camera whose line fails over and
 * returns; twice takes two clients that compete.
 */
const returnsOfCopies = 2;
const remembered = 8;

/** Tells keys that two clients use at the same time from cameras that change their address. */
export class CopiedKeys {
  readonly #takeOvers = new Map<string, TakeOver[]>();
  readonly #found = new Map<string, CopiedKey>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The latest episode of a key, if there was one. */
  find(fingerprint: string): CopiedKey | undefined {
    return this.#found.get(fingerprint);
  }

  /**
   * Notes that a client at `to` displaced one at `from` that was still alive.
   *
   * @returns the finding, once per episode; an episode ends after ten quiet minutes
   */
  takeOver(fingerprint: string, from: string, to: string): CopiedKey | undefined {
    if (networkOf(from) === networkOf(to)) return undefined;
    const atMs = this.#now();
    const recent = (this.#takeOvers.get(fingerprint) ?? []).filter(
      (one) => atMs - one.atMs < episodeMs,
    );
    recent.push({ from, to, atMs });
    this.#takeOvers.set(fingerprint, recent.slice(-remembered));
    const returns = recent.filter(({ to: back }, index) =>
      recent.slice(0, index).some((one) => networkOf(one.from) === networkOf(back)),
    );
    if (returns.length < returnsOfCopies) return undefined;
    const earlier = this.#found.get(fingerprint);
    const goesOn = earlier !== undefined && atMs - earlier.lastMs < episodeMs;
    const found: CopiedKey = {
      addresses: [from, to],
      sinceMs: goesOn ? earlier.sinceMs : (recent[0]?.atMs ?? atMs),
      lastMs: atMs,
    };
    this.#found.set(fingerprint, found);
    return goesOn ? undefined : found;
  }
}
