import type { Span } from './zone.ts';

const minuteMs = 60_000;

/** How much of a day the timeline shows at each zoom level, in ms: first the whole day. */
export const windowLengths = [30 * 60 * minuteMs, 6 * 60 * minuteMs, 60 * minuteMs, 10 * minuteMs];

/** A part of a day, with the moment as close to its middle as the day allows. */
export function windowAround(day: Span, atMs: number, lengthMs: number): Span {
  const length = Math.min(lengthMs, day.toMs - day.fromMs);
  const fromMs = Math.min(Math.max(day.fromMs, atMs - length / 2), day.toMs - length);
  return { fromMs, toMs: fromMs + length };
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360].map((minutes) => minutes * minuteMs);

/** The smallest step in ms at which labels don't overlap. */
export function tickStep({ fromMs, toMs }: Span, widthPx: number): number {
  const labels = Math.max(2, Math.floor(widthPx / 64));
  return steps.find((step) => (toMs - fromMs) / step <= labels) ?? 360 * minuteMs;
}
