import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** One way in one round. */
export interface Measurement {
  readonly served: number;
  readonly megabits: number;
  readonly delaysMs: readonly number[];
  /** Of the relays and what stands before them. */
  readonly cpuMs: number;
  /** Of this, what stands before the relays took. */
  readonly ownCpuMs: number;
  readonly memoryKib: number;
}

/** Of one way, over all rounds. */
interface Summary {
  readonly served: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Percent of one core for each Mbit/s to viewers. */
  readonly cpu: number;
  readonly ownCpu: number;
  readonly memoryKib: number;
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.floor(part * sorted.length)] ?? Number.NaN;
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/** Of rounds in which viewers were left out, only their number counts. */
function summary(rounds: readonly Measurement[], viewers: number): Summary {
  const whole = rounds.filter(({ served }) => served === viewers);
  const delays = whole.flatMap(({ delaysMs }) => delaysMs).toSorted((a, b) => a - b);
  const megabits = sum(whole.map((one) => one.megabits));
  return {
    served: rounds.map(({ served }) => served).join(' '),
    p50Ms: quantile(delays, 0.5),
    p99Ms: quantile(delays, 0.99),
    cpu: sum(whole.map(({ cpuMs }) => cpuMs)) / 10 / megabits,
    ownCpu: sum(whole.map(({ ownCpuMs }) => ownCpuMs)) / 10 / megabits,
    memoryKib:
      whole.length === 0 ? Number.NaN : Math.max(...whole.map((one) => one.memoryKib)) / viewers,
  };
}

export const figure = (value: number, digits: number): string =>
  Number.isNaN(value) ? '-' : value.toFixed(digits).replace(/^-(?=[0.]+$)/, '');

/** A table in Markdown, its columns as wide as they need to be; all but the first are of figures. */
export function markdown(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, 3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = widths.map((width, column) =>
      (cells[column] ?? '')[column === 0 ? 'padEnd' : 'padStart'](width),
    );
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)];
}

/** What the figures were measured on, and how much else it had to do. */
export const machine = (): string =>
  [
    `on ${availableParallelism()} cores of ${cpus()[0]?.model}`,
    `${figure(totalmem() / 2 ** 30, 0)} GiB of memory`,
    `Linux ${release()}`,
    `Node ${process.version}`,
    `load ${figure(loadavg()[0] ?? 0, 1)}`,
  ].join(', ');

/** Of values in any order; NaN of none. */
export function quantileOf(values: readonly number[], part: number): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    part,
  );
}

/** Of values in any order; NaN of none. */
export const median = (values: readonly number[]): number => quantileOf(values, 0.5);

/** What `npm run bench` prints of the gateway; ratios are to the first way. */
export function report(
  ways: ReadonlyMap<string, readonly Measurement[]>,
  viewers: number,
): readonly string[] {
  const summaries = [...ways].map(([name, rounds]) => [name, summary(rounds, viewers)] as const);
  const first = summaries[0]?.[1];
  const rows = summaries.map(([name, { served, p50Ms, p99Ms, cpu, ownCpu, memoryKib }]) => [
    name,
    served,
    figure(p50Ms, 1),
    figure(p99Ms, 1),
    figure(cpu, 3),
    figure(cpu / (first?.cpu ?? Number.NaN), 2),
    figure(ownCpu, 3),
    figure(memoryKib, 0),
    figure(memoryKib / (first?.memoryKib ?? Number.NaN), 1),
  ]);
  const head = ['way', 'served', 'p50 ms', 'p99 ms', 'CPU %', 'ratio', 'own %', 'KiB', 'ratio'];
  return [
    ...markdown(head, rows),
    '',
    `served: viewers of ${viewers}, in each round; other figures are of rounds that served all`,
    'ms: when a whole picture came, after a viewer at the relay had it',
    'CPU %: of one core, for each Mbit/s to viewers; of the relays and what stands before them (own %)',
    'KiB: that a viewer adds to the private memory of these processes, at most',
    machine(),
  ];
}
