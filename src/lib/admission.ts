import { networkOf, wideNetworkOf } from './addresses.ts';

export interface AdmissionLimits {
  /** Limit of connections that are not let in yet. */
  readonly most: number;
  /** The same, per IPv4 address or IPv6 network (/64). */
  readonly mostPerNetwork: number;
  /** At the limit, the oldest connection is evicted if it has waited for this long. */
  readonly patienceMs: number;
}

interface Visitor {
  readonly network: string;
  readonly wide: string;
  readonly sinceMs: number;
  evict(): void;
}

/** No wide network (IPv4 /24, IPv6 /48) has more than this share of all places. */
const mostOfWide = 3 / 4;

/**
 * Limits the connections that are not let in yet. When all places are taken, who comes from a network with
 * few of them gets one of the network that has most: so whoever takes many keeps out only himself.
 */
export class Admission {
  readonly #limits: () => AdmissionLimits;
  readonly #now: () => number;
  /** Oldest first. */
  readonly #visitors = new Set<Visitor>();
  readonly #counts = new Map<string, number>();

  constructor(limits: () => AdmissionLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Admits a connection, or says why not.
   *
   * @param evict ends the connection to make room
   * @returns a function to call when the connection was let in or is gone; or why it's refused
   */
  enter(address: string, evict: () => void): (() => void) | string {
    const { most, mostPerNetwork } = this.#limits();
    const network = networkOf(address);
    const wide = wideNetworkOf(address);
    const count = this.#count(network);
    if (count >= mostPerNetwork) {
      return `${count} connections of this address have not logged in yet`;
    }
    if (this.#count(wide) >= Math.max(mostPerNetwork, most * mostOfWide)) {
      return `${this.#count(wide)} connections of the network ${wide} have not logged in yet`;
    }
    if (this.#visitors.size >= most) {
      const victim = this.#victim(this.#count(wide));
      if (victim === undefined) {
        return `${this.#visitors.size} connections have not logged in yet`;
      }
      this.#leave(victim);
      victim.evict();
    }
    const visitor: Visitor = { network, wide, sinceMs: this.#now(), evict };
    this.#visitors.add(visitor);
    for (const key of [network, wide]) this.#counts.set(key, this.#count(key) + 1);
    return () => this.#leave(visitor);
  }

  /** Whose place somebody gets from whose network `own` others wait. */
  #victim(own: number): Visitor | undefined {
    // One pass without a list: a flood has it done for each connection.
    let heaviest = 0;
    let candidates = 0;
    let oldest: Visitor | undefined;
    let anyOne: Visitor | undefined;
    for (const visitor of this.#visitors) {
      const count = this.#count(visitor.wide);
      if (count < heaviest) continue;
      if (count > heaviest) {
        heaviest = count;
        candidates = 0;
        oldest = visitor;
      }
      candidates += 1;
      // Each is as likely as the others.
      if (Math.random() * candidates < 1) anyOne = visitor;
    }
    if (heaviest > own + 1) return anyOne;
    // The oldest is kept while it may still be logging in: otherwise a thousand cameras that come
    // back after a power cut would keep each other out.
    if (oldest === undefined) return undefined;
    return this.#now() - oldest.sinceMs >= this.#limits().patienceMs ? oldest : undefined;
  }

  #count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  #leave(visitor: Visitor): void {
    if (!this.#visitors.delete(visitor)) return;
    for (const key of [visitor.network, visitor.wide]) {
      const left = this.#count(key) - 1;
      if (left === 0) this.#counts.delete(key);
      else this.#counts.set(key, left);
    }
  }
}
