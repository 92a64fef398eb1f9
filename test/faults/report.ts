import type { Outcome } from './run.ts';

/** What must not be: the words, and what was found. */
function wrongs({ verdicts, bucket, unproven, troubles }: Outcome): [string, readonly string[]][] {
  const told = (missing: 'silent' | 'unfitting'): string[] =>
    verdicts.flatMap((verdict) =>
      verdict[missing].map(
        ({ camera, picture, sentMs, words }) =>
          `picture ${picture} of ${camera}, sent ${new Date(sentMs).toISOString()}: ${words}`,
      ),
    );
  return [
    ['missing, no gap', told('silent')],
    ['missing, unfitting cause', told('unfitting')],
    ['stored more than once', verdicts.flatMap(({ duplicates }) => duplicates)],
    ['corrupt files', bucket.corrupt],
    ['unproven deletions', unproven],
    ['other troubles', troubles],
  ];
}

export const isProven = (outcome: Outcome): boolean =>
  wrongs(outcome).every(([, found]) => found.length === 0);

/** The tables of a run, and the first of what is wrong. */
export function report(outcome: Outcome, seed: number): string {
  const { inflicted, missed, verdicts, bucket, gaps } = outcome;
  const sum = (of: (verdict: Outcome['verdicts'][number]) => number): number =>
    verdicts.reduce((total, verdict) => total + of(verdict), 0);
  const all = wrongs(outcome);
  const causes = [...gaps.values()].flat();
  return [
    `seed ${seed}`,
    '',
    ...table('faults', [
      ...counted(inflicted.map(({ name }) => name)),
      ['in all', inflicted.length],
    ]),
    ...(missed.length === 0 ? [] : ['', ...table('found nothing to befall', counted(missed))]),
    '',
    ...table('gaps', counted(causes.map(({ cause }) => cause))),
    '',
    ...table('pictures', [
      ['sent', sum(({ sent }) => sent)],
      ['stored', sum(({ stored }) => stored)],
      ['of these, from each of two connections', sum(({ fromTwo }) => fromTwo)],
      ['missing, and explained by a fault', sum(({ explained }) => explained)],
      ['segments', bucket.segments.length],
    ]),
    '',
    ...table(
      'must be 0',
      all.map(([words, found]) => [words, found.length]),
    ),
    ...all.flatMap(([words, found]) =>
      found.length === 0 ? [] : ['', `${words}:`, ...found.slice(0, 10).map((one) => `  ${one}`)],
    ),
  ].join('\n');
}

function counted(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

function table(title: string, rows: readonly (readonly [string, number])[]): string[] {
  return [
    title,
    ...rows.map(([words, count]) => `  ${words.padEnd(44)}${String(count).padStart(8)}`),
  ];
}
