import { Counter, Gauge, type Registry } from 'prom-client';

type Sample<L extends string> = readonly [labels: Partial<Record<L, string>>, value: number];

interface Description<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly L[];
}

/** What is asked anew for each scrape. A sample that is not there any more is left out. */
export function gauge<L extends string>(
  registry: Registry,
  { name, help, labels = [] }: Description<L>,
  samples: () => Iterable<Sample<L>> | Promise<Iterable<Sample<L>>>,
): void {
  new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    async collect() {
      const found = await samples();
      this.reset();
      // Without labels there is a sample all the same, of 0.
      if (labels.length === 0) this.remove();
      for (const [given, value] of found) this.set(given, value);
    },
  });
}

/** The same, of what somebody else counts. */
export function counter<L extends string>(
  registry: Registry,
  { name, help, labels = [] }: Description<L>,
  samples: () => Iterable<Sample<L>>,
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
export const only = (value: number | undefined): Sample<never>[] =>
  value === undefined ? [] : [[{}, value]];
