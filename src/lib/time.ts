const formats = new Map<string, Intl.DateTimeFormat>();

/** Cached by zone, since creating a format is expensive. */
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

/** Whether a name is an IANA zone such as `Asia/Singapore`. Refuses offsets, which may not hold all year. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Date and time in a zone. */
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

/** The local time of a zone at a moment, read as if it were UTC: milliseconds since 1970. */
export function wallMs(ms: number, zone: string): number {
  const { date, time } = localTime(ms, zone);
  return Date.parse(`${date}T${time}Z`);
}

const dayMs = 86_400_000;
const offsetAt = (ms: number, zone: string): number => wallMs(ms, zone) - ms;

// Clocks change at most once in the two days around a moment, so the offsets a day before and a day
// after it are the only candidates.
const later = (wall: number, zone: string): number => wall - offsetAt(wall - dayMs, zone);
const earlier = (wall: number, zone: string): number => wall - offsetAt(wall + dayMs, zone);

/**
 * The moments at which a zone has a local time, earliest first: usually one, none if the clocks skipped
 * the time, two if they repeated it.
 *
 * @param wall as {@link wallMs} returns it
 */
export function momentsOf(wall: number, zone: string): readonly number[] {
  const candidates = new Set([earlier(wall, zone), later(wall, zone)]);
  return [...candidates].filter((ms) => wallMs(ms, zone) === wall).toSorted((a, b) => a - b);
}

/**
 * The first moment at which a zone has a local time. A time that the clocks skipped is converted with the
 * offset before the change, as people mean it.
 *
 * @param wall as {@link wallMs} returns it
 */
export const momentOf = (wall: number, zone: string): number =>
  momentsOf(wall, zone)[0] ?? later(wall, zone);

/** The first moment of a day in a zone, even if midnight does not exist. @param date `2026-11-23` */
export const startOfDay = (date: string, zone: string): number =>
  momentOf(Date.parse(`${date}T00:00Z`), zone);

export interface LocalDay {
  /** `2026-11-22` */
  readonly day: string;
  readonly fromMs: number;
  /** Exclusive. The day has 23 or 25 hours when the clocks change. */
  readonly toMs: number;
}

/** The days in a zone from one date to another (`2026-11-22`), both inclusive. */
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

/** A time for names of files: `2026-11-22_21-00-00+0800`. */
export function fileTime(ms: number, zone: string): string {
  const { date, time, offset } = localTime(ms, zone);
  const zoneOfName = offset === 'Z' ? '+0000' : offset.replace(':', '');
  return `${date}_${time.slice(0, 8).replaceAll(':', '-')}${zoneOfName}`;
}

/** `10:42`, with its date if that differs from the date of `nowMs`. */
export function shortTime(ms: number, nowMs: number, zone: string): string {
  const { date, time } = localTime(ms, zone);
  const clock = time.slice(0, 5);
  return date === localTime(nowMs, zone).date ? clock : `${date} ${clock}`;
}

/** A daily period, each end as `HH:MM`; it may pass midnight. */
export interface DayTimes {
  readonly from: string;
  readonly to: string;
}

/** An end that the clocks repeat or skip is that of {@link momentOf}: a period that is over doesn't begin again. */
export function isWithin({ from, to }: DayTimes, ms: number, zone: string): boolean {
  const today = localTime(ms, zone).date;
  const at = (day: string, clock: string): number => momentOf(Date.parse(`${day}T${clock}Z`), zone);
  return [addDays(today, -1), today].some(
    (day) => ms >= at(day, from) && ms < at(from < to ? day : addDays(day, 1), to),
  );
}
