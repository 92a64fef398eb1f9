import { UsageError } from './errors.ts';

const ago = /^(\d{1,6})\s*([smhd])$/;
const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const dayMs = 86_400_000;

export const timeFormats =
  'ISO 8601 (2026-11-23T10:42Z), 2026-11-23, 10:42 (the last time it was that), or 2h, 30m, 7d ago; UTC unless it has a zone';

/**
 * A moment as an operator writes it, in milliseconds since 1970 UTC. Without a zone it is UTC, as is
 * all that is printed.
 *
 * @throws {UsageError}
 */
export function parseTime(text: string, nowMs: number): number {
  const value = text.trim();
  const [, amount, unit = ''] = ago.exec(value) ?? [];
  if (amount !== undefined) return nowMs - Number(amount) * (unitMs[unit] ?? 0);
  if (value === 'now') return nowMs;
  if (/^\d{1,2}:\d\d(:\d\d)?$/.test(value)) {
    const today = new Date(nowMs).toISOString().slice(0, 10);
    const ms = parseIso(
      `${today}T${value.padStart(value.length === 4 || value.length === 7 ? value.length + 1 : value.length, '0')}`,
    );
    if (ms !== undefined) return ms > nowMs ? ms - dayMs : ms;
  }
  const ms = parseIso(value.replace(/^(\d{4}-\d\d-\d\d) (?=\d)/, '$1T'));
  if (ms !== undefined) return ms;
  throw new UsageError(`"${plainQuote(text)}" is no time. Write ${timeFormats}.`);
}

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

const iso = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

function parseIso(text: string): number | undefined {
  const match = iso.exec(text);
  if (match === null) return undefined;
  // Without a zone, JavaScript would take a date with a time as local.
  const ms = Date.parse(text.includes('T') && match[1] === undefined ? `${text}Z` : text);
  return Number.isNaN(ms) ? undefined : ms;
}

const plainQuote = (text: string): string => text.slice(0, 60);
