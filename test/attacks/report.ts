import { type Row, wrongs } from './judge.ts';

const columns: readonly (readonly [string, (row: Row) => string])[] = [
  ['attack', ({ name }) => name],
  ['by', ({ by }) => by],
  ['rate', ({ counted, seconds, unit }) => `${rate(counted / seconds)} ${unit}/s`],
  ['CPU', ({ cpu }) => `${(100 * cpu).toFixed(0)} %`],
  ['loop late', ({ lagMs, lateMs }) => `${Math.max(lagMs, lateMs).toFixed(0)} ms`],
  ['by CPU of a turn', ({ turnMs }) => `${turnMs.toFixed(0)} ms`],
  ['lost', ({ lostSeconds }) => `${lostSeconds.toFixed(1)} s`],
  ['pictures', ({ lostPictures }) => String(lostPictures)],
  ['camera gets in', (row) => waited(row, 'camera')],
  ['viewer', (row) => waited(row, 'viewer')],
  ['watching', (row) => waited(row, 'watching')],
  ['log-in', (row) => waited(row, 'owner')],
  ['page', (row) => waited(row, 'page')],
  [
    'RSS MB',
    ({ rssBefore, rssPeak, rssAfter }) =>
      `${rssBefore.toFixed(0)} ^${rssPeak.toFixed(0)} ${rssAfter.toFixed(0)}`,
  ],
  ['uncaught', ({ uncaught }) => String(uncaught)],
  ['log lines', ({ lines }) => String(lines)],
];

const rate = (perSecond: number): string => perSecond.toFixed(perSecond < 10 ? 1 : 0);

function waited({ waits }: Row, who: Parameters<Row['waits']['get']>[0]): string {
  const { worstMs = 0, failures = [], tries = 0 } = waits.get(who) ?? {};
  const failed = failures.length === 0 ? '' : ` (${failures.length} of ${tries} failed)`;
  return `${(worstMs / 1_000).toFixed(1)} s${failed}`;
}

export const controlOf = (rows: readonly Row[]): Row | undefined =>
  rows.find(({ name }) => name === 'control');

/** A table of all attacks, and what is wrong with them. */
export function report(rows: readonly Row[]): string {
  const texts = [
    columns.map(([title]) => title),
    ...rows.map((row) => columns.map(([, of]) => of(row))),
  ];
  const widths = columns.map((_, i) => Math.max(...texts.map((cells) => cells[i]?.length ?? 0)));
  const table = texts.map((cells) =>
    cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '),
  );
  const bad = rows.flatMap((row) =>
    wrongs(row, controlOf(rows)).map((words) => `  ${row.name}: ${words}`),
  );
  return [...table, '', bad.length === 0 ? 'nothing is wrong' : 'wrong:', ...bad].join('\n');
}
