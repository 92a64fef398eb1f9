const formats = new Map<string, Intl.DateTimeFormat>();

/** One for each zone: to make one costs more than all its uses. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZoneName: 'longOffset',
    });
    formats.set(zone, format);
  }
  return format;
}

export const utc = 'UTC';

/** A zone by its IANA name, such as `Asia/Singapore`; not an offset, which holds for no whole year. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What the clocks and calendars of a zone show. */
export interface LocalTime {
  /** `2026-11-23` */
  readonly date: string;
  /** `10:42:05.123` */
  readonly time: string;
  /** `Z` for UTC, else as `+08:00` */
  readonly offset: string;
}

/**
 * @param ms milliseconds since 1970 UTC
 * @param zone an IANA name
 */
export function localTime(ms: number, zone: string): LocalTime {
  const iso = new Date(ms).toISOString();
  if (zone === utc) return { date: iso.slice(0, 10), time: iso.slice(11, -1), offset: 'Z' };
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatOf(zone).formatToParts(ms)) parts[type] = value;
  return {
    date: `${parts.year}-${parts.month}-${parts.day}`,
    time: `${parts.hour}:${parts.minute}:${parts.second}${iso.slice(19, -1)}`,
    offset: parts.timeZoneName?.replace('GMT', '') || '+00:00',
  };
}

/** What the clocks of a zone show at a moment, as if they showed UTC: milliseconds since 1970. */
export function wallMs(ms: number, zone: string): number {
  const { date, time } = localTime(ms, zone);
  return Date.parse(`${date}T${time}Z`);
}

const dayMs = 86_400_000;
const offsetAt = (ms: number, zone: string): number => wallMs(ms, zone) - ms;

// Clocks are changed at most once in the two days around a moment. By the offset after a change a shown
// time is earlier than by the one before, if the clocks were put forward.
const later = (wall: number, zone: string): number => wall - offsetAt(wall - dayMs, zone);
const earlier = (wall: number, zone: string): number => wall - offsetAt(wall + dayMs, zone);

/**
 * The moments at which the clocks of a zone show a time: one; none where they were put forward past it;
 * two, the first first, where they were put back over it.
 *
 * @param wall as {@link wallMs} gives
 */
export function momentsOf(wall: number, zone: string): readonly number[] {
  const candidates = new Set([earlier(wall, zone), later(wall, zone)]);
  return [...candidates].filter((ms) => wallMs(ms, zone) === wall).toSorted((a, b) => a - b);
}

/**
 * The first moment at which the clocks of a zone show a time. One that they were put forward past
 * counts on from before the change, as people mean it.
 *
 * @param wall as {@link wallMs} gives
 */
export const momentOf = (wall: number, zone: string): number =>
  momentsOf(wall, zone)[0] ?? later(wall, zone);

/** The first moment of a day of a zone; its midnight may not exist. @param date `2026-11-23` */
export const startOfDay = (date: string, zone: string): number =>
  momentOf(Date.parse(`${date}T00:00Z`), zone);

export interface LocalDay {
  /** `2026-11-22` */
  readonly day: string;
  readonly fromMs: number;
  /** Exclusive. The day has 23 or 25 hours where the clocks were changed. */
  readonly toMs: number;
}

/** The days of a zone from one date to another, both inclusive (`2026-11-22`). */
export function localDays(from: string, to: string, zone: string): LocalDay[] {
  const days: LocalDay[] = [];
  let fromMs = startOfDay(from, zone);
  for (let day = from; day <= to; ) {
    const next = addDays(day, 1);
    const toMs = startOfDay(next, zone);
    days.push({ day, fromMs, toMs });
    [day, fromMs] = [next, toMs];
  }
  return days;
}

/** @param date `2026-11-23` */
export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00Z`) + days * dayMs).toISOString().slice(0, 10);

/** `2026-11-22_21-00-00+0800`: for the names of files. */
export function fileTime(ms: number, zone: string): string {
  const { date, time, offset } = localTime(ms, zone);
  const zoneOfName = offset === 'Z' ? '+0000' : offset.replace(':', '');
  return `${date}_${time.slice(0, 8).replaceAll(':', '-')}${zoneOfName}`;
}

/** `10:42`, with its date if that is not the date of `nowMs`. */
export function shortTime(ms: number, nowMs: number, zone: string): string {
  const { date, time } = localTime(ms, zone);
  const clock = time.slice(0, 5);
  return date === localTime(nowMs, zone).date ? clock : `${date} ${clock}`;
}

/** A stretch of the day, `HH:MM` each, which may pass midnight. */
export interface DayTimes {
  readonly from: string;
  readonly to: string;
}

export function isWithin({ from, to }: DayTimes, ms: number, zone: string): boolean {
  const clock = localTime(ms, zone).time.slice(0, 5);
  return from < to ? clock >= from && clock < to : clock >= from || clock < to;
}
