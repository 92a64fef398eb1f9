import type { Comparison, Difference, NameCount } from '../../catalog/rebuild-compare.ts';
import type { Rebuilt } from '../../catalog/rebuild.ts';
import { plain } from '../plain.ts';
import { facts } from '../table.ts';
import { count, formatBytes } from '../../lib/words.ts';

const shown = 20;

/** What `cctv ledger rebuild` made from the bucket. */
export function rebuildScreen(rebuilt: Rebuilt): string[] {
  const { file, segments, bytes, cameras, documents, unusable, strange, foreign } = rebuilt;
  return [
    ...facts([
      ['Rebuilt', file],
      ['Footage', `${count(segments, 'segment')}, ${formatBytes(bytes)}`],
      ['Cameras', `${cameras}, from ${count(documents, 'document')} in the bucket`],
    ]),
    ...list(
      'cameras have footage and no document; they are kept as removed ones. To go on with one: cctv camera add',
      { count: foreign.length, first: foreign },
    ),
    ...list('documents could not be used', {
      count: unusable.length,
      first: unusable.map(({ name, why }) => `${name}: ${why}`),
    }),
    ...list('objects in the bucket are no footage of ours; left alone', strange),
  ];
}

/** Data that the bucket doesn't have, and how to restore it. */
export function lackingScreen(rebuilt: Rebuilt): string[] {
  return [
    'Not in the bucket, and so not in the rebuilt ledger:',
    '- viewers and their passwords. Add them again: cctv viewer add ACCOUNT/NAME',
    '- tokens of open enrolments. Make new ones: cctv enrol token ACCOUNT',
    '- which checksum the store confirmed for each segment; when it was stored is the store’s own time',
    '- segments that were not stored yet. The daemon finds them in the spool as it starts',
    '- RTSP passwords of cameras. Remove such a camera and add it again with its key and password; its footage stays with it',
    ...list('cameras had one', named(rebuilt.withoutPassword)),
    ...list(
      'cameras had a secret in their RTSP path; it is /unicast now. Add them again likewise',
      named(rebuilt.withoutPath),
    ),
  ];
}

/** How the rebuilt ledger differs from the present one. */
export function comparisonScreen(
  present: string,
  comparison: Comparison | string | undefined,
): string[] {
  if (comparison === undefined) return [`There is no ledger ${present} to compare it with.`];
  if (typeof comparison === 'string') {
    return [`The present ledger ${present} can't be read, so nothing was compared: ${comparison}`];
  }
  const { cameras, segments, states, losses, lacking, identical } = comparison;
  return [
    `Compared with ${present}: ${identical ? 'identical, but for what was never stored' : 'they differ'}.`,
    ...facts([
      ['Segments', summary(segments)],
      ['Cameras', summary(cameras)],
      ['States', summary(states)],
      ['Losses', summary(losses)],
      [
        'Only in the present one, as the bucket can’t have it',
        `${count(lacking.spooled, 'segment')} in the spool, ${count(lacking.viewers, 'viewer')}, ${count(lacking.tokens, 'token')}, ${count(lacking.rtspPasswords, 'RTSP password')}`,
      ],
    ]),
    ...differences('segments', segments),
    ...differences('cameras', cameras),
    ...differences('states', states),
    ...differences('losses', losses),
    ...(identical
      ? []
      : ['A running daemon writes cameras, states and losses into the bucket every few minutes.']),
  ];
}

const summary = ({ same, onlyPresent, onlyRebuilt, different }: Difference): string =>
  `${same} the same, ${different.count} different, ${onlyPresent.count} only in the present one, ${onlyRebuilt.count} only in the rebuilt one`;

const differences = (what: string, difference: Difference): string[] => [
  ...list(`${what} differ`, difference.different),
  ...list(`${what} are only in the present ledger`, difference.onlyPresent),
  ...list(`${what} are only in the rebuilt ledger`, difference.onlyRebuilt),
];

const named = (names: readonly string[]): NameCount => ({ count: names.length, first: names });

function list(what: string, { count: all, first }: NameCount): string[] {
  if (all === 0) return [];
  const names = first.slice(0, shown).map((name) => `  ${plain(name)}`);
  const more = all > names.length ? [`  and ${all - names.length} more`] : [];
  return [`${all} ${what}:`, ...names, ...more];
}
