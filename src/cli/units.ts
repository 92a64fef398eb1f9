import { formatDuration } from '../lib/words.ts';
import { shownTime } from './times.ts';

/** A duration in its largest unit: `11m`, `3d`; hours also with minutes: `2h 14m`. */
export function formatAge(ms: number): string {
  const duration = formatDuration(ms);
  return /^\d+h/.test(duration) ? duration : (duration.split(' ')[0] ?? '');
}

/** A time of day: `10:42Z` or `18:42+08:00`, with the date unless that is today. */
export function formatTime(ms: number, nowMs: number): string {
  const { date, time, offset } = shownTime(ms);
  const isToday = shownTime(nowMs).date === date;
  return `${isToday ? '' : `${date} `}${time.slice(0, 5)}${offset}`;
}

/** `2026-11-23 10:42:05Z` */
export function formatSecond(ms: number): string {
  const { date, time, offset } = shownTime(ms);
  return `${date} ${time.slice(0, 8)}${offset}`;
}

/** `2026-11-23 10:42:05.123Z` */
export function formatExactTime(ms: number): string {
  const { date, time, offset } = shownTime(ms);
  return `${date} ${time}${offset}`;
}

/** `10:42Z (4m ago)` */
export const formatWhen = (ms: number, nowMs: number): string =>
  `${formatTime(ms, nowMs)} (${formatDuration(nowMs - ms)} ago)`;
