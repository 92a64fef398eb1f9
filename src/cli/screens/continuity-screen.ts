import type { CauseSum, ContinuityAnswer, Gap } from '../../contract/continuity.ts';
import { plain } from '../plain.ts';
import { type Column, table } from '../table.ts';
import { shownTime, timeZone } from '../times.ts';
import { count } from '../../lib/words.ts';
import { formatExactTime } from '../units.ts';

const dayMs = 86_400_000;

/** `23:41:10.250` or `1d 23:41:10.250`; exact, so that sums can be checked by hand. */
export function formatExactDuration(ms: number): string {
  const days = Math.floor(ms / dayMs);
  return `${days === 0 ? '' : `${days}d `}${new Date(ms % dayMs).toISOString().slice(11, -1)}`;
}

/** Rounded down: 100 % means nothing is missing. A part greater than 0 never shows as 0 %. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '–';
  if (part === whole) return '100 %';
  if (part > 0 && part / whole < 0.001) return '< 0.1 %';
  return `${(Math.floor((part / whole) * 1000) / 10).toFixed(1)} %`;
}

interface Line {
  readonly name: string;
  readonly ms: number;
  readonly note: string;
}

const gapColumns = (): readonly Column<Gap>[] => [
  {
    head: `MISSING FROM (${timeZone()})`,
    stays: true,
    cell: ({ startMs }) => formatExactTime(startMs),
  },
  { head: 'LENGTH', align: 'right', cell: (gap) => formatExactDuration(gap.endMs - gap.startMs) },
  { head: 'CAUSE', stays: true, cell: ({ cause }) => cause },
  { head: 'DETAIL', wraps: true, cell: ({ detail }) => plain(detail) },
];

/** What `cctv continuity` shows of one time range. */
export function continuityScreen(answer: ContinuityAnswer): string[] {
  const { account, camera, fromMs, toMs, gaps } = answer;
  const wholeMs = toMs - fromMs;
  if (wholeMs <= 0) return [`${account}/${camera} was not enrolled in that time.`];
  return [
    `${account}/${camera}, ${formatExactTime(fromMs)} to ${formatExactTime(toMs)}`,
    '',
    ...sums(answer),
    ...(gaps.length === 0 ? [] : ['', ...table(gapColumns(), gaps)]),
    '',
    gaps.length === 0 ? 'Nothing is missing.' : `${count(gaps.length, 'gap')}.`,
  ];
}

function sums(answer: ContinuityAnswer): string[] {
  const { fromMs, toMs, storedMs, spooledMs, missingMs, segments } = answer;
  const wholeMs = toMs - fromMs;
  const lines: readonly Line[] = [
    { name: 'stored', ms: storedMs, note: `${count(segments.stored, 'segment')} in the bucket` },
    { name: 'spooled', ms: spooledMs, note: 'waiting here, or being recorded' },
    { name: 'missing', ms: missingMs, note: describeCauses(answer.causes) },
    { name: 'whole', ms: wholeMs, note: '' },
  ];
  return table<Line>(
    [
      { head: '', stays: true, cell: ({ name }) => name },
      { head: 'TIME', stays: true, align: 'right', cell: ({ ms }) => formatExactDuration(ms) },
      { head: 'SHARE', align: 'right', cell: ({ ms }) => formatShare(ms, wholeMs) },
      { head: '', wraps: true, cell: ({ note }) => note },
    ],
    lines,
  );
}

const describeCauses = (causes: readonly CauseSum[]): string =>
  causes.map(({ cause, missingMs }) => `${cause} ${formatExactDuration(missingMs)}`).join(', ');

/** What `cctv continuity --month` shows: a line for each day on which the camera was enrolled. */
export function monthScreen(days: readonly ContinuityAnswer[]): string[] {
  const enrolled = days.filter(({ fromMs, toMs }) => toMs > fromMs);
  const [first] = days;
  if (enrolled.length === 0) {
    return [`${first?.account}/${first?.camera} was not enrolled in that time.`];
  }
  const share =
    (part: (day: ContinuityAnswer) => number) =>
    (day: ContinuityAnswer): string =>
      formatShare(part(day), day.toMs - day.fromMs);
  return [
    `${first?.account}/${first?.camera}`,
    '',
    ...table<ContinuityAnswer>(
      [
        { head: `DAY (${timeZone()})`, stays: true, cell: ({ fromMs }) => shownTime(fromMs).date },
        { head: 'STORED', align: 'right', cell: share(({ storedMs }) => storedMs) },
        { head: 'SPOOLED', align: 'right', cell: share(({ spooledMs }) => spooledMs) },
        { head: 'MISSING', stays: true, align: 'right', cell: share(({ missingMs }) => missingMs) },
        { head: 'GAPS', align: 'right', cell: ({ gaps }) => String(gaps.length) },
        { head: 'WHY', wraps: true, cell: ({ causes }) => describeCauses(causes) },
      ],
      enrolled,
    ),
  ];
}
