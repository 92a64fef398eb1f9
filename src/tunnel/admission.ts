import { networkOf } from '../lib/addresses.ts';

export interface AdmissionLimits {
  /** Limit of connections that have not logged in yet. */
  readonly maxUnauthenticated: number;
  /** The same, per IPv4 address or IPv6 network (/64). */
  readonly maxUnauthenticatedPerAddress: number;
  /** At the total limit, the oldest connection is evicted if it has not logged in for this long. */
  readonly patienceMs: number;
}

interface Visitor {
  readonly network: string;
  readonly sinceMs: number;
  evict(): void;
}

/** Limits the connections that have not logged in yet. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #visitors = new Set<Visitor>();
  readonly #perNetwork = new Map<string, number>();

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /**
   * Admits a connection, or says why not.
   *
   * @param evict ends the connection to make room; must lead to a call of the returned function
   * @returns a function to call once when the connection has logged in or gone; or why it's refused
   */
  enter(address: string, evict: () => void): (() => void) | string {
    const { maxUnauthenticated, maxUnauthenticatedPerAddress, patienceMs } = this.#limits;
    const network = networkOf(address);
    const count = this.#perNetwork.get(network) ?? 0;
    if (count >= maxUnauthenticatedPerAddress) {
      return `${count} connections of this address have not logged in yet`;
    }
    if (this.#visitors.size >= maxUnauthenticated) {
      // The oldest is kept while it may still be logging in: otherwise a thousand cameras that come
      // back after a power cut would keep each other out.
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
