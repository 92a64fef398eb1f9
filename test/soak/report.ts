import type { LogLine } from '../support/site.ts';
import { figures, type Sample } from './figures.ts';
import type { FootageAccount } from './footage.ts';
import { type Judgement, judgeAll } from './judgement.ts';

/** What a run has brought so far. */
export interface Progress {
  readonly seed: number;
  readonly samples: readonly Sample[];
  readonly warmUpHours: number;
  readonly log: readonly LogLine[];
  /** How often each thing was done, by its words. */
  readonly done: ReadonlyMap<string, number>;
  readonly troubles: readonly string[];
  /** At the end. */
  readonly footage: FootageAccount | undefined;
}

/** What grows, and what else should not be. */
export function faultsOf(progress: Progress): string[] {
  const growing = judgeAll(progress.samples, progress.warmUpHours)
    .filter(({ verdict }) => verdict === 'GROWS')
    .map(({ figure }) => `grows: ${figures[figure].words}`);
  return [...growing, ...progress.troubles, ...(progress.footage?.troubles ?? [])];
}

export function report(progress: Progress): string {
  const { samples, warmUpHours, done } = progress;
  const hours = samples.at(-1)?.hours ?? 0;
  const faults = faultsOf(progress);
  return [
    `seed ${progress.seed}, ${(hours * 60).toFixed(0)} min, ${samples.length} samples, ` +
      `judged from ${(warmUpHours * 60).toFixed(0)} min on`,
    '',
    ...figureTable(judgeAll(samples, warmUpHours)),
    '',
    ...counts('what was done', done),
    '',
    ...counts('log: what warns', graveLines(progress.log)),
    '',
    ...(progress.footage === undefined ? [] : footageTable(progress.footage)),
    `what should not be: ${faults.length}`,
    ...faults.slice(0, 30).map((one) => `  ${one}`),
    '',
  ].join('\n');
}

const cell = (value: number | undefined): string =>
  (value === undefined || !Number.isFinite(value)
    ? '-'
    : value.toFixed(Math.abs(value) < 100 && !Number.isInteger(value) ? 1 : 0)
  ).padStart(9);

function figureTable(judgements: readonly Judgement[]): string[] {
  const columns = ['first', 'max', 'last', 'max', 'an hour', '+-'].map((one) => one.padStart(9));
  return [
    `${'figure (quarters: median, max)'.padEnd(38)}${columns.join('')}  ${'verdict'.padEnd(9)}  when all have gone`,
    ...judgements.map(({ figure, first, last, trend, ebbs, verdict }) => {
      const { words, unit } = figures[figure];
      const cells = [first.median, first.max, last.median, last.max, trend?.perHour, trend?.error];
      const name = unit === '' ? words : `${words}, ${unit}`;
      const left = ebbs.map((one) => cell(one).trim()).join(' ');
      return `${name.padEnd(38)}${cells.map(cell).join('')}  ${verdict.padEnd(9)}  ${left}`;
    }),
  ];
}

function counts(title: string, of: ReadonlyMap<string, number>): string[] {
  const rows = [...of].sort(([, a], [, b]) => b - a);
  return [title, ...rows.map(([words, count]) => `${String(count).padStart(8)}  ${words}`)];
}

function graveLines(log: readonly LogLine[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { level, message } of log) {
    if (level === 'info' || level === 'debug') continue;
    const words = `${level}: ${message.replaceAll(/\d+/g, 'N')}`;
    found.set(words, (found.get(words) ?? 0) + 1);
  }
  return found;
}

function footageTable({ wholeMs, storedMs, missing, segments, bytes }: FootageAccount): string[] {
  const row = (ms: number, words: string): string =>
    `${(ms / 1_000).toFixed(0).padStart(8)}  ${words}`;
  return [
    'footage, seconds of all cameras',
    row(wholeMs, 'whole'),
    row(storedMs, `stored, in ${segments} segments of ${Math.round(bytes / segments)} bytes`),
    ...[...missing].map(([cause, { ms, gaps }]) => row(ms, `missing in ${gaps} gaps: ${cause}`)),
    '',
  ];
}
