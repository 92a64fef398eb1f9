import { zonedTime } from '../lib/zoned-time.ts';

interface LocalTime {
  /** `2026-11-23` */
  readonly date: string;
  /** `10:42` */
  readonly time: string;
}

/**
 * @param ms milliseconds since 1970 UTC
 * @param timeZone an IANA name
 */
export function localTime(ms: number, timeZone: string): LocalTime {
  const { date, hour, minute: minutes } = zonedTime(ms, timeZone);
  return { date, time: `${hour}:${minutes}` };
}

/** `10:42`, with its date if that is not the date of `nowMs`. */
export function shortTime(ms: number, nowMs: number, timeZone: string): string {
  const { date, time } = localTime(ms, timeZone);
  return date === localTime(nowMs, timeZone).date ? time : `${date} ${time}`;
}

/** Whether a moment is in a stretch of the day, `HH:MM` each, which may pass midnight. */
export function isWithin(
  { from, to }: { readonly from: string; readonly to: string },
  ms: number,
  timeZone: string,
): boolean {
  const { time } = localTime(ms, timeZone);
  return from < to ? time >= from && time < to : time >= from || time < to;
}

const minute = 60_000;

/** `45 s`, `23 min`, `2 h 5 min`, `3 d 2 h`. */
export function lengthOfTime(ms: number): string {
  if (ms < 2 * minute) return `${Math.max(0, Math.round(ms / 1_000))} s`;
  const minutes = Math.round(ms / minute);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
