import type { Site } from '../support/site.ts';

/** prom-client measures the event loop with a timer of this period, which its figures contain. */
const timerMs = 10;

/** What a daemon says of itself for Prometheus. */
export class Metrics {
  readonly #values: ReadonlyMap<string, number>;

  private constructor(values: ReadonlyMap<string, number>) {
    this.#values = values;
  }

  /** Asking begins a new measurement of the event loop's delay. */
  static async of(site: Site): Promise<Metrics> {
    const line = site.log.find(({ message }) => message === 'serving metrics');
    const answer = await fetch(`http://${String(line?.['address'])}/metrics`, {
      signal: AbortSignal.timeout(30_000),
    });
    const lines = (await answer.text()).split('\n').filter((one) => !one.startsWith('#'));
    return new Metrics(
      new Map(
        lines.map((one) => {
          const space = one.lastIndexOf(' ');
          return [one.slice(0, space), Number(one.slice(space + 1))] as const;
        }),
      ),
    );
  }

  get(series: string): number {
    return this.#values.get(series) ?? Number.NaN;
  }

  /** Over all its labels. */
  sum(name: string): number {
    const series = [...this.#values].filter(([one]) => one.startsWith(`${name}{`));
    return series.reduce((sum, [, value]) => sum + value, 0);
  }

  /** Of the event loop, since the daemon was asked before. */
  get loop(): { readonly p99Ms: number; readonly maxMs: number } {
    const of = (part: string): number =>
      Math.max(0, this.get(`nodejs_eventloop_lag_${part}_seconds`) * 1_000 - timerMs);
    return { p99Ms: of('p99'), maxMs: of('max') };
  }
}
