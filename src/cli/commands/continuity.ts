import type { Command } from 'commander';
import type { ContinuityAnswer } from '../../console/api.ts';
import { clientOf, pathOf, print, printJson, readCameraName } from '../context.ts';
import { UsageError } from '../errors.ts';
import { continuityScreen, monthScreen } from '../screens/continuity-screen.ts';
import { parseTime, timeFormats } from '../times.ts';

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
    .option('--day [date]', 'of a UTC day, such as 2026-11-22; today unless given')
    .option('--month [month]', 'of a UTC month, such as 2026-11, day by day; this one unless given')
    .option('--from <time>', `from when: ${timeFormats} (default: 24h)`)
    .option('--to <time>', 'until when, likewise (default: now)')
    .option('--json', 'print JSON; with --month, of each day')
    .action(async (text: string, options: ContinuityOptions) => {
      const { json, month } = options;
      const path = `/continuity/${pathOf(readCameraName(text))}`;
      const client = clientOf(command);
      const ask = (from: number, to: number): Promise<ContinuityAnswer> =>
        client.get<ContinuityAnswer>(path, { from, to });
      const [from, to] = rangeOf(options, Date.now());
      if (month === undefined) {
        const answer = await ask(from, to);
        return json ? printJson(answer) : print(continuityScreen(answer));
      }
      const days: ContinuityAnswer[] = [];
      for (let start = from; start < to; start += dayMs) days.push(await ask(start, start + dayMs));
      if (json) printJson({ days });
      else print(monthScreen(days));
    });
}

/** Milliseconds since 1970 UTC, the second exclusive. */
function rangeOf({ day, month, from, to }: ContinuityOptions, nowMs: number): [number, number] {
  const given = [day, month, from ?? to].filter((option) => option !== undefined);
  if (given.length > 1) throw new UsageError('Give --day, --month, or --from and --to.');
  const now = new Date(nowMs).toISOString();
  if (day !== undefined) {
    const start = startOf(day === true ? now.slice(0, 10) : day, 'day', '2026-11-22');
    return [start, start + dayMs];
  }
  if (month !== undefined) {
    const start = startOf(month === true ? now.slice(0, 7) : month, 'month', '2026-11');
    const next = new Date(start);
    return [start, next.setUTCMonth(next.getUTCMonth() + 1)];
  }
  const range: [number, number] = [
    parseTime(from ?? '24h', nowMs),
    to === undefined ? nowMs : parseTime(to, nowMs),
  ];
  if (range[0] >= range[1]) throw new UsageError('--from must be before --to.');
  return range;
}

function startOf(text: string, what: 'day' | 'month', example: string): number {
  const start = text.length === example.length ? Date.parse(`${text}T00:00Z`) : Number.NaN;
  const monthStart = Date.parse(`${text}-01T00:00Z`);
  const ms = what === 'day' ? start : text.length === example.length ? monthStart : Number.NaN;
  // 31 February can be read, but is another day.
  if (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)) return ms;
  throw new UsageError(`"${text.slice(0, 60)}" is no ${what}. Write ${example}.`);
}
