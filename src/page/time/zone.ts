import { addDays, localTime, momentOf, startOfDay, wallMs } from '../../lib/time.ts';

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

/** @returns undefined if the text is no date and time */
export function fromLocalInput(text: string, timeZone: string): number | undefined {
  const wall = Date.parse(`${text}Z`);
  return Number.isNaN(wall) ? undefined : momentOf(wall, timeZone);
}

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
