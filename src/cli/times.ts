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

/** The zone in which times are read and printed; UTC unless {@link useTimeZone} was called. */
export const timeZone = (): string => zoneOfRun;

/**
 * Reads and prints times in a zone from now on.
 *
 * @param given by the command line: an IANA name
 * @param environment TZ, which counts if it names a zone and nothing was given
 * @throws {UsageError}
 */
export function useTimeZone(given: string | undefined, environment?: string): void {
  const ofEnvironment = environment?.replace(/^:/, '') ?? '';
  zoneOfRun =
    given === undefined ? (isTimeZone(ofEnvironment) ? ofEnvironment : utc) : readTimeZone(given);
}

/** @throws {UsageError} if it is no zone's name */
export function readTimeZone(name: string): string {
  if (isTimeZone(name)) return name;
  throw new UsageError(
    `"${plainQuote(name)}" is no time zone. Write a name such as Asia/Singapore, or UTC.`,
  );
}

/** What the clocks of the zone in use show. @param ms milliseconds since 1970 UTC */
export const shownTime = (ms: number): LocalTime => localTime(ms, zoneOfRun);

const toStderr = (note: string): void => void process.stderr.write(`cctv: ${note}\n`);

/**
 * A moment as an operator writes it, in milliseconds since 1970 UTC. Without Z or an offset it is of
 * the zone in use; a time that the clocks showed twice is the first.
 *
 * @param tell hears that there were two
 * @throws {UsageError} it can't be read, or there was no such time
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

/** Whether the calendar has a date, such as `2026-11-31`, which it hasn't. */
export function isDate(text: string): boolean {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00Z`) : Number.NaN;
  // JavaScript takes 31 November for 1 December.
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
 * A length of time as an operator writes it, in milliseconds.
 *
 * @throws {UsageError}
 */
export function parseDuration(text: string): number {
  const [, amount, unit = ''] = ago.exec(text.trim()) ?? [];
  if (amount !== undefined) return Number(amount) * (unitMs[unit] ?? 0);
  throw new UsageError(`"${plainQuote(text)}" is no length of time. Write ${durationFormats}.`);
}

const plainQuote = (text: string): string => text.slice(0, 60);
