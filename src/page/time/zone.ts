/** A calendar day, as `2026-11-23`. */
export type Day = string;

const dayMs = 86_400_000;
const clocks = new Map<string, Intl.DateTimeFormat>();

/** A formatter of wall-clock parts. One per zone is kept, since making one is slow. */
function clock(timeZone: string): Intl.DateTimeFormat {
  let made = clocks.get(timeZone);
  if (made === undefined) {
    const numbers = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    const times = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
    made = new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', ...numbers, ...times });
    clocks.set(timeZone, made);
  }
  return made;
}

/**
 * The wall-clock time in the zone at a moment, as ms since 1970 as if it were UTC.
 * @param atMs ms since 1970 UTC
 */
export function wallMs(atMs: number, timeZone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of clock(timeZone).formatToParts(atMs)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((atMs % 1000) + 1000) % 1000);
}

/**
 * The first moment at which clocks in the zone show `wall`. A time that is skipped in spring is taken
 * as if clocks had not jumped.
 * @param wall as {@link wallMs} gives
 */
export function momentOf(wall: number, timeZone: string): number {
  // No zone changes its offset twice within two days, so it is one of these two.
  const offsets = [wall - dayMs, wall + dayMs].map((near) => wallMs(near, timeZone) - near);
  const moments = offsets.map((offset) => wall - offset).sort((a, b) => a - b);
  const shown = moments.find((moment) => wallMs(moment, timeZone) === wall);
  return shown ?? wall - (offsets[0] ?? 0);
}

export const dayOf = (atMs: number, timeZone: string): Day =>
  new Date(wallMs(atMs, timeZone)).toISOString().slice(0, 10);

export const addDays = (day: Day, days: number): Day =>
  new Date(Date.parse(`${day}T00:00Z`) + days * dayMs).toISOString().slice(0, 10);

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From the first moment of a day to that of the next: 23, 24 or 25 hours. */
export const daySpan = (day: Day, timeZone: string): Span => ({
  fromMs: momentOf(Date.parse(`${day}T00:00Z`), timeZone),
  toMs: momentOf(Date.parse(`${addDays(day, 1)}T00:00Z`), timeZone),
});

/** For an input of type datetime-local: `2026-11-23T10:42:07`. */
export const toLocalInput = (atMs: number, timeZone: string): string =>
  new Date(wallMs(atMs, timeZone)).toISOString().slice(0, 19);

/** @returns undefined if it is no date and time */
export function fromLocalInput(text: string, timeZone: string): number | undefined {
  const wall = Date.parse(`${text}Z`);
  return Number.isNaN(wall) ? undefined : momentOf(wall, timeZone);
}

/** The moments within a span at which clocks show a multiple of the step. */
export function ticks({ fromMs, toMs }: Span, stepMs: number, timeZone: string): number[] {
  const found: number[] = [];
  // Zones are offset by quarters of an hour, so each wanted moment is a multiple of the stride in UTC too.
  const strideMs = Math.min(stepMs, 900_000);
  for (let at = Math.ceil(fromMs / strideMs) * strideMs; at <= toMs; at += strideMs) {
    if (wallMs(at, timeZone) % stepMs === 0) found.push(at);
  }
  return found;
}
