import { Counter, Gauge, type Registry } from 'prom-client';

type MetricSample<L extends string> = readonly [labels: Partial<Record<L, string>>, value: number];

interface MetricDescription<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly L[];
}

/** A gauge that asks for its samples at each scrape, and forgets those of the one before. */
export function gauge<L extends string>(
  registry: Registry,
  { name, help, labels = [] }: MetricDescription<L>,
  samples: () => Iterable<MetricSample<L>> | Promise<Iterable<MetricSample<L>>>,
): void {
  new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    async collect() {
      const found = await samples();
      this.reset();
      // reset() leaves a sample of 0 where there are no labels.
      if (labels.length === 0) this.remove();
      for (const [given, value] of found) this.set(given, value);
    },
  });
}

/** The same for a counter that is counted elsewhere. */
export function counter<L extends string>(
  registry: Registry,
  { name, help, labels = [] }: MetricDescription<L>,
  samples: () => Iterable<MetricSample<L>>,
): void {
  new Counter({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      this.reset();
      for (const [given, value] of samples()) this.inc(given, value);
    },
  });
}

/** One number without labels. */
export const only = (value: number | undefined): MetricSample<never>[] =>
  value === undefined ? [] : [[{}, value]];
