import { addDays, localTime, momentsOf, wallMs } from '../../lib/time.ts';
import type { Day } from './zone.ts';

const utc = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });
const shortDay = utc({ weekday: 'short', day: 'numeric', month: 'short' });
const longDay = utc({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const monthAndYear = utc({ month: 'long', year: 'numeric' });

/** `10:42`; with seconds `10:42:07`. */
export const clockTime = (atMs: number, timeZone: string, seconds = false): string =>
  localTime(atMs, timeZone).time.slice(0, seconds ? 8 : 5);

/** The same; where the clocks repeat that time, with the offset that tells which it is: `02:30 (+01:00)`. */
export function exactTime(atMs: number, timeZone: string, seconds = false): string {
  const time = clockTime(atMs, timeZone, seconds);
  const isRepeated = momentsOf(wallMs(atMs, timeZone), timeZone).length > 1;
  return isRepeated ? `${time} (${localTime(atMs, timeZone).offset})` : time;
}

/** `Mon 23 Nov`. */
export const dayWords = (day: Day): string => shortDay.format(Date.parse(`${day}T00:00Z`));
export const dayInFull = (day: Day): string => longDay.format(Date.parse(`${day}T00:00Z`));
export const monthWords = (day: Day): string => monthAndYear.format(Date.parse(`${day}T00:00Z`));

/** A clock time, with the day unless it is today: `10:42`, `yesterday 22:10`, `Mon 23 Nov, 22:10`. */
export function sinceWords(atMs: number, nowMs: number, timeZone: string): string {
  const day = localTime(atMs, timeZone).date;
  const today = localTime(nowMs, timeZone).date;
  const time = exactTime(atMs, timeZone);
  if (day === today) return time;
  if (day === addDays(today, -1)) return `yesterday ${time}`;
  return `${dayWords(day)}, ${time}`;
}

/** `40 s`, `12 min`, `3 h 5 min`, `2 d 4 h`; rounded up. */
export function lengthWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Rounded down: 100 % means complete. */
export function percentWords(part: number, whole: number): string {
  if (whole <= 0) return '–';
  if (part >= whole) return '100 %';
  const percent = (100 * part) / whole;
  return percent >= 99
    ? `${(Math.floor(percent * 10) / 10).toFixed(1)} %`
    : `${Math.floor(percent)} %`;
}
