import { UsageError } from './errors.ts';
import { isTimeZone, localTime, type LocalTime, momentsOf, startOfDay, utc } from '../lib/time.ts';

const ago = /^(\d{1,6})\s*([smhd])$/;
const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

export const timeFormats =
  '2026-11-23T10:42, with Z or an offset if it is not of --time-zone; 2026-11-23; 10:42 (the last time it was that); or 2h, 30m, 7d ago';

let zoneOfRun = utc;

/** The zone in which times are parsed and printed; UTC unless {@link useTimeZone} was called. */
export const timeZone = (): string => zoneOfRun;

/**
 * Sets the zone in which times are parsed and printed.
 *
 * @param given an IANA name from the command line
 * @param environment the value of TZ, used if `given` is undefined and TZ names a zone
 * @throws {UsageError}
 */
export function useTimeZone(given: string | undefined, environment?: string): void {
  const ofEnvironment = environment?.replace(/^:/, '') ?? '';
  zoneOfRun =
    given === undefined ? (isTimeZone(ofEnvironment) ? ofEnvironment : utc) : readTimeZone(given);
}

/** @throws {UsageError} the name is no time zone */
export function readTimeZone(name: string): string {
  if (isTimeZone(name)) return name;
  throw new UsageError(
    `"${plainQuote(name)}" is no time zone. Write a name such as Asia/Singapore, or UTC.`,
  );
}

/** The local time in the current zone. @param ms milliseconds since 1970 UTC */
export const shownTime = (ms: number): LocalTime => localTime(ms, zoneOfRun);

const toStderr = (note: string): void => {
  process.stderr.write(`cctv: ${note}\n`);
};

/**
 * Parses a time that an operator wrote; returns milliseconds since 1970 UTC. A time without Z or an
 * offset is in the current zone; of a local time that occurred twice, the first is taken.
 *
 * @param tell gets a note if the time occurred twice
 * @throws {UsageError} the text is no time, or the time never occurred
 */
export function parseTime(text: string, nowMs: number, tell = toStderr): number {
  const value = text.trim();
  const [, amount, unit = ''] = ago.exec(value) ?? [];
  if (amount !== undefined) return nowMs - Number(amount) * (unitMs[unit] ?? 0);
  if (value === 'now') return nowMs;
  const [, clock] = /^(\d{1,2}:\d\d(?::\d\d)?)$/.exec(value) ?? [];
  if (clock !== undefined) return lastTime(text, clock.replace(/^\d:/, '0$&'), nowMs, tell);
  const [, date, time, offset] = iso.exec(value) ?? [];
  if (date === undefined) throw noTime(text);
  if (!isDate(date)) throw noTime(text, 'there is no such day');
  if (time === undefined) return startOfDay(date, zoneOfRun);
  const local = Date.parse(`${date}T${checkedClock(text, time)}Z`);
  return offset === undefined ? momentOf(text, local, tell) : local - offsetMs(text, offset);
}

const iso =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?$/i;

function lastTime(
  text: string,
  clock: string,
  nowMs: number,
  tell: (note: string) => void,
): number {
  const today = Date.parse(`${shownTime(nowMs).date}T${checkedClock(text, clock)}Z`);
  const [ofToday] = momentsOf(today, zoneOfRun);
  const isPast = ofToday !== undefined && ofToday <= nowMs;
  return momentOf(text, isPast ? today : today - (unitMs['d'] ?? 0), tell);
}

function momentOf(text: string, local: number, tell: (note: string) => void): number {
  const [first, second] = momentsOf(local, zoneOfRun);
  const shown = new Date(local).toISOString().slice(0, 16).replace('T', ' ');
  if (first === undefined) {
    throw noTime(text, `at ${shown} the clocks of ${zoneOfRun} had been put forward past it`);
  }
  if (second !== undefined) {
    const [one, other] = [first, second].map((ms) => localTime(ms, zoneOfRun).offset);
    tell(
      `${shown} was twice in ${zoneOfRun}. The first is taken, ${one}; for the second write ${other} behind it.`,
    );
  }
  return first;
}

/** Whether a date exists: `2026-11-31`, for example, does not. */
export function isDate(text: string): boolean {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00Z`) : Number.NaN;
  // JavaScript parses 31 November as 1 December.
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

function checkedClock(text: string, clock: string): string {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  if (hours > 23 || minutes > 59 || seconds >= 60) {
    throw noTime(text, 'no clock shows such a time');
  }
  return clock.padStart(clock.indexOf(':') === 1 ? clock.length + 1 : clock.length, '0');
}

function offsetMs(text: string, offset: string): number {
  if (/^z$/i.test(offset)) return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  if (hours > 23 || minutes > 59) throw noTime(text, 'there is no such offset');
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

const noTime = (text: string, why?: string): UsageError =>
  new UsageError(
    `"${plainQuote(text)}" is no time${why === undefined ? '' : `: ${why}`}. Write ${timeFormats}.`,
  );

export const durationFormats = '90m, 24h or 7d';

/**
 * Parses a duration that an operator wrote; returns milliseconds.
 *
 * @throws {UsageError}
 */
export function parseDuration(text: string): number {
  const [, amount, unit = ''] = ago.exec(text.trim()) ?? [];
  if (amount !== undefined) return Number(amount) * (unitMs[unit] ?? 0);
  throw new UsageError(`"${plainQuote(text)}" is no length of time. Write ${durationFormats}.`);
}

const plainQuote = (text: string): string => text.slice(0, 60);
