import { problemWords } from './problem-words.ts';
import type { Problem, VerifySums } from '../../contract/verify.ts';
import { plain } from '../plain.ts';
import { count, formatBytes } from '../../lib/words.ts';

/** One line on a problem with an object. */
export const problemLine = ({ kind, key, detail }: Problem): string =>
  `${kind.padEnd(13)}  ${plain(key)}${detail === '' ? '' : ` (${plain(detail)})`}`;

/** One line on the progress. */
export const progressLine = (sums: VerifySums): string =>
  `${sums.cameras} of ${count(sums.ofCameras, 'camera')}, ${count(sums.objects, 'object')}, ${formatBytes(sums.bytes)}, ${count(wrong(sums), 'problem')} so far`;

const wrong = ({ problems }: VerifySums): number =>
  Object.values(problems).reduce((sum, n) => sum + n, 0);

/** The summary at the end. */
export function sumLines(
  sums: VerifySums & { readonly otherAccounts: readonly string[] },
  deep: boolean,
): string[] {
  const { objects, bytes, read, underWay, problems, otherAccounts } = sums;
  const found = wrong(sums);
  const how = deep
    ? 'read and found to hold what their names say'
    : `as the ledger says${read === 0 ? '' : `; ${count(read, 'object')} had been replaced and were read`}`;
  return [
    `${count(objects, 'object')}, ${formatBytes(bytes)}: ${how}.`,
    ...(underWay === 0
      ? []
      : [
          `${count(underWay, 'segment')} not in the bucket yet, or just on the way: not looked at.`,
        ]),
    ...(otherAccounts.length === 0
      ? []
      : [
          `Of other ledgers, and not looked at: ${plain(otherAccounts.join(', '))}. To look at one: --account NAME`,
        ]),
    ...Object.entries(problems).flatMap(([kind, n]) =>
      n === 0 ? [] : [`${kind}: ${n} (${problemWords[kind as Problem['kind']]})`],
    ),
    found === 0 ? 'Nothing is wrong.' : `${count(found, 'problem')}.`,
  ];
}
