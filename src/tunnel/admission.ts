import { networkOf } from '../lib/addresses.ts';

export interface AdmissionLimits {
  /** Connections that have not logged in yet, in all. */
  readonly maxUnauthenticated: number;
  /** The same, of one IPv4 address or one IPv6 network (/64). */
  readonly maxUnauthenticatedPerAddress: number;
  /** At the limit in all, one that has not logged in for this long makes room for a new one. */
  readonly patienceMs: number;
}

interface Visitor {
  readonly network: string;
  readonly sinceMs: number;
  evict(): void;
}

/** The strangers at the door: bounds how many there are at a time. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #visitors = new Set<Visitor>();
  readonly #perNetwork = new Map<string, number>();

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /**
   * Lets a connection in, or says why not.
   *
   * @param evict is called when it must make room; it has to lead to `leave`
   * @returns a function to call once when it has logged in or gone
   */
  enter(address: string, evict: () => void): (() => void) | string {
    const { maxUnauthenticated, maxUnauthenticatedPerAddress, patienceMs } = this.#limits;
    const network = networkOf(address);
    const count = this.#perNetwork.get(network) ?? 0;
    if (count >= maxUnauthenticatedPerAddress) {
      return `${count} connections of this address have not logged in yet`;
    }
    if (this.#visitors.size >= maxUnauthenticated) {
      // The newest is refused, not the oldest, as long as that may still be on its way in: else a
      // thousand cameras that come back after a power cut would keep each other out.
      const [oldest] = this.#visitors;
      if (oldest === undefined || performance.now() - oldest.sinceMs < patienceMs) {
        return `${this.#visitors.size} connections have not logged in yet`;
      }
      oldest.evict();
    }
    const visitor: Visitor = { network, sinceMs: performance.now(), evict };
    this.#visitors.add(visitor);
    this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1);
    return () => this.#leave(visitor);
  }

  #leave(visitor: Visitor): void {
    if (!this.#visitors.delete(visitor)) return;
    const left = (this.#perNetwork.get(visitor.network) ?? 1) - 1;
    if (left === 0) this.#perNetwork.delete(visitor.network);
    else this.#perNetwork.set(visitor.network, left);
  }
}
