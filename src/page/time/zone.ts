import { addDays, localTime, momentOf, momentsOf, startOfDay, wallMs } from '../../lib/time.ts';

/** A calendar day, as `2026-11-23`. */
export type Day = string;

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export const dayOf = (atMs: number, timeZone: string): Day => localTime(atMs, timeZone).date;

/** From the start of a day to the start of the next: 23, 24 or 25 hours. */
export const daySpan = (day: Day, timeZone: string): Span => ({
  fromMs: startOfDay(day, timeZone),
  toMs: startOfDay(addDays(day, 1), timeZone),
});

/** For an input of type datetime-local: `2026-11-23T10:42:07`. */
export const toLocalInput = (atMs: number, timeZone: string): string =>
  new Date(wallMs(atMs, timeZone)).toISOString().slice(0, 19);

/**
 * The moments that a typed date and time may mean: none if it is no date and time, two if the clocks repeat
 * it. A time that the clocks skip is the moment that people mean by it.
 */
export function momentsOfInput(text: string, timeZone: string): readonly number[] {
  const wall = Date.parse(`${text}Z`);
  if (Number.isNaN(wall)) return [];
  const moments = momentsOf(wall, timeZone);
  return moments.length === 0 ? [momentOf(wall, timeZone)] : moments;
}

/** Of the moments that a typed time may mean, the one nearest to the moment before it was typed. */
export const nearest = (moments: readonly number[], atMs = 0): number | undefined =>
  moments.toSorted((a, b) => Math.abs(a - atMs) - Math.abs(b - atMs))[0];

/** The moments within a span whose local time is a multiple of the step. */
export function ticks({ fromMs, toMs }: Span, stepMs: number, timeZone: string): number[] {
  const found: number[] = [];
  // Zone offsets are multiples of 15 minutes, so each tick is a multiple of the stride in UTC, too.
  const strideMs = Math.min(stepMs, 900_000);
  for (let at = Math.ceil(fromMs / strideMs) * strideMs; at <= toMs; at += strideMs) {
    if (wallMs(at, timeZone) % stepMs === 0) found.push(at);
  }
  return found;
}
