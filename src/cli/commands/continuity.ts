import type { Command } from 'commander';
import type { ContinuityAnswer } from '../../contract/continuity.ts';
import { clientOf, pathOf, print, printJson, readCameraName } from '../context.ts';
import { UsageError } from '../errors.ts';
import { continuityScreen, monthScreen } from '../screens/continuity-screen.ts';
import { startOfDay } from '../../lib/time.ts';
import { isDate, parseTime, shownTime, timeFormats, timeZone } from '../times.ts';

interface ContinuityOptions {
  readonly day?: string | true;
  readonly month?: string | true;
  readonly from?: string;
  readonly to?: string;
  readonly json?: true;
}

const dayMs = 86_400_000;

export function addContinuityCommand(command: Command): void {
  command
    .argument('<account/name>')
    .description(
      'what became of each second of a camera: in the bucket, waiting in the spool, or missing and why',
    )
    .option('--day [date]', 'of a day, such as 2026-11-22; today unless given')
    .option('--month [month]', 'of a month, such as 2026-11, day by day; this one unless given')
    .option('--from <time>', `from when: ${timeFormats} (default: 24h)`)
    .option('--to <time>', 'until when, likewise (default: now)')
    .option('--json', 'print JSON; with --month, of each day')
    .action(async (text: string, options: ContinuityOptions) => {
      const { json, month } = options;
      const path = `/continuity/${pathOf(readCameraName(text))}`;
      const client = clientOf(command);
      const ranges = rangesOf(options, Date.now());
      const answers: ContinuityAnswer[] = [];
      for (const [from, to] of ranges) {
        answers.push(await client.get(path, 'ContinuityAnswer', { from, to }));
      }
      const [answer] = answers;
      if (month !== undefined) {
        if (json) printJson({ days: answers });
        else print(monthScreen(answers));
      } else if (answer !== undefined) {
        if (json) printJson(answer);
        else print(continuityScreen(answer));
      }
    });
}

type Range = readonly [number, number];

/** Start and exclusive end in milliseconds since 1970 UTC; for a month, one range per day. */
function rangesOf({ day, month, from, to }: ContinuityOptions, nowMs: number): readonly Range[] {
  const given = [day, month, from ?? to].filter((option) => option !== undefined);
  if (given.length > 1) throw new UsageError('Give --day, --month, or --from and --to.');
  const today = shownTime(nowMs).date;
  if (day !== undefined) return [rangeOfDay(day === true ? today : checkedDay(day))];
  if (month !== undefined)
    return daysOf(month === true ? today.slice(0, 7) : month).map(rangeOfDay);
  const range: Range = [
    parseTime(from ?? '24h', nowMs),
    to === undefined ? nowMs : parseTime(to, nowMs),
  ];
  if (range[0] >= range[1]) throw new UsageError('--from must be before --to.');
  return [range];
}

/** A day has 23 or 25 hours when the clocks change. */
const rangeOfDay = (date: string): Range => [
  startOfDay(date, timeZone()),
  startOfDay(nextDay(date), timeZone()),
];

const nextDay = (date: string): string =>
  new Date(Date.parse(`${date}T00:00Z`) + dayMs).toISOString().slice(0, 10);

function checkedDay(text: string): string {
  if (isDate(text)) return text;
  throw new UsageError(`"${text.slice(0, 60)}" is no day. Write 2026-11-22.`);
}

/** The dates of a month, such as `2026-11`. */
function daysOf(month: string): string[] {
  if (!isDate(`${month}-01`)) {
    throw new UsageError(`"${month.slice(0, 60)}" is no month. Write 2026-11.`);
  }
  const days: string[] = [];
  for (let day = `${month}-01`; day.startsWith(month); day = nextDay(day)) days.push(day);
  return days;
}
