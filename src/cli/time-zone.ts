import { zonedTime } from '../lib/zoned-time.ts';

export const utc = 'UTC';

/** A zone by its IANA name, such as `Asia/Singapore`; not an offset, which is none for all of a year. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What the clocks of a zone show. */
export interface LocalTime {
  /** `2026-11-23` */
  readonly date: string;
  /** `10:42:05.123` */
  readonly time: string;
  /** `Z` for UTC, else as `+08:00` */
  readonly offset: string;
}

/** @param ms milliseconds since 1970 UTC */
export function localTime(ms: number, zone: string): LocalTime {
  const iso = new Date(ms).toISOString();
  if (zone === utc) return { date: iso.slice(0, 10), time: iso.slice(11, -1), offset: 'Z' };
  const { date, hour, minute, second, offset } = zonedTime(ms, zone);
  return {
    date,
    time: `${hour}:${minute}:${second}${iso.slice(19, -1)}`,
    offset: offset.replace(/(\d\d)$/, ':$1'),
  };
}

/**
 * The moments at which the clocks of a zone show a time: one; none where they were put forward past it;
 * two, the first first, where they were put back over it.
 *
 * @param local what is shown, as if it were UTC, in milliseconds since 1970
 */
export function momentsOf(local: number, zone: string): readonly number[] {
  const shownAt = (ms: number): number => ms + offsetAt(ms, zone);
  const candidates = new Set([earlier(local, zone), later(local, zone)]);
  return [...candidates].filter((ms) => shownAt(ms) === local).toSorted((a, b) => a - b);
}

/** The first moment of a day of a zone; its midnight may not exist. @param date `2026-11-23` */
export function startOfDay(date: string, zone: string): number {
  const midnight = Date.parse(`${date}T00:00Z`);
  // Where the clocks were put forward past midnight, the day begins as they are.
  return momentsOf(midnight, zone)[0] ?? later(midnight, zone);
}

const dayMs = 86_400_000;

function offsetAt(ms: number, zone: string): number {
  const { date, time } = localTime(ms, zone);
  return Date.parse(`${date}T${time}Z`) - ms;
}

// Clocks are changed at most once in the two days around a moment. By the offset after a change a shown time is
// earlier than by the one before, if the clocks were put forward.
const later = (local: number, zone: string): number => local - offsetAt(local - dayMs, zone);
const earlier = (local: number, zone: string): number => local - offsetAt(local + dayMs, zone);
