import { shownTime } from './times.ts';

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

function scaled(value: number, names: readonly string[]): string {
  let rest = value;
  let index = 0;
  while (rest >= 999.5 && index < names.length - 1) {
    rest /= 1000;
    index += 1;
  }
  const digits = index === 0 || rest >= 99.5 ? 0 : 1;
  return `${rest.toFixed(digits)} ${names[index]}`;
}

export const formatBytes = (bytes: number): string => scaled(bytes, units);

export const formatBitRate = (bitsPerSecond: number): string =>
  scaled(bitsPerSecond, ['b/s', 'kb/s', 'Mb/s', 'Gb/s']);

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n} ${n === 1 ? one : many}`;

/** How long, in its two largest units: `2h 14m`, `3d 1h`, `12s`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first === -1) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value}${unit}`)
    .join(' ');
}

/** Roughly how long, in its largest unit: `11m`, `3d`; hours with their minutes: `2h 14m`. */
export function formatAge(ms: number): string {
  const duration = formatDuration(ms);
  return /^\d+h/.test(duration) ? duration : (duration.split(' ')[0] ?? '');
}

/** A moment of the day: `10:42Z` or `18:42+08:00`, with the date if it is not today's. */
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
