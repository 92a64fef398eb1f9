import { zonedTime } from './zoned-time.ts';

/** `2026-11-22_21-00-00+0800`: for the names of files. */
export function fileTime(ms: number, timeZone: string): string {
  const { date, hour, minute: minutes, second, offset } = zonedTime(ms, timeZone);
  return `${date}_${hour}-${minutes}-${second}${offset}`;
}

const minute = 60_000;
const dayMs = 86_400_000;
/** No zone is further from UTC. */
const furthestMs = 15 * 60 * minute;
const maxKept = 20_000;

const starts = new Map<string, number>();

/** When a date of a zone begins: with its first moment, since its midnight may not exist. */
function startOf(date: string, timeZone: string): number {
  const key = `${date} ${timeZone}`;
  const kept = starts.get(key);
  if (kept !== undefined) return kept;
  const utc = Date.parse(`${date}T00:00Z`);
  let [before, from] = [utc - furthestMs, utc + furthestMs];
  // Offsets have been whole minutes since 1972.
  while (from - before > minute) {
    const middle = before + Math.floor((from - before) / minute / 2) * minute;
    if (zonedTime(middle, timeZone).date < date) before = middle;
    else from = middle;
  }
  if (starts.size >= maxKept) starts.clear();
  starts.set(key, from);
  return from;
}

export interface LocalDay {
  /** `2026-11-22` */
  readonly day: string;
  readonly fromMs: number;
  /** Exclusive. The day has 23 or 25 hours where the clocks were changed. */
  readonly toMs: number;
}

/** The days of a zone from one date to another, both inclusive (`2026-11-22`). */
export function localDays(from: string, to: string, timeZone: string): LocalDay[] {
  const days: LocalDay[] = [];
  for (let ms = Date.parse(`${from}T00:00Z`); ms <= Date.parse(`${to}T00:00Z`); ms += dayMs) {
    const [day, next] = [ms, ms + dayMs].map((at) => new Date(at).toISOString().slice(0, 10));
    if (day === undefined || next === undefined) break;
    days.push({ day, fromMs: startOf(day, timeZone), toMs: startOf(next, timeZone) });
  }
  return days;
}
