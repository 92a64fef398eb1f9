import { type Scrape, scrape, sumOf } from '../support/scrape.ts';
import type { Site } from '../support/site.ts';

/** prom-client measures the event loop with a timer of this period, which its figures contain. */
const timerMs = 10;

/** What a daemon says of itself for Prometheus. */
export class Metrics {
  readonly #values: Scrape;

  private constructor(values: Scrape) {
    this.#values = values;
  }

  /** Asking begins a new measurement of the event loop's delay. */
  static async of(site: Site): Promise<Metrics> {
    return new Metrics(await scrape(site, 30_000));
  }

  get(series: string): number {
    return this.#values.get(series) ?? Number.NaN;
  }

  /** Over all its labels. */
  sum(name: string): number {
    return sumOf(this.#values, `${name}{`);
  }

  /** Of the event loop, since the daemon was asked before. */
  get loop(): { readonly p99Ms: number; readonly maxMs: number } {
    const of = (part: string): number =>
      Math.max(0, this.get(`nodejs_eventloop_lag_${part}_seconds`) * 1_000 - timerMs);
    return { p99Ms: of('p99'), maxMs: of('max') };
  }
}
