import { addDays } from '../../lib/time.ts';
import type { Day } from './zone.ts';

/** The first day of a day's month. */
export const monthStart = (day: Day): Day => `${day.slice(0, 7)}-01`;

/** The first day of the month that is `months` later. */
export function nextMonth(month: Day, months: number): Day {
  const date = new Date(`${monthStart(month)}T00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().slice(0, 10);
}

export function monthDays(month: Day): Day[] {
  const found: Day[] = [];
  for (let day = monthStart(month); day < nextMonth(month, 1); day = addDays(day, 1)) {
    found.push(day);
  }
  return found;
}

/** Weeks from Monday on; days outside the month are undefined. */
export function weeks(month: Day): (Day | undefined)[][] {
  const before = (new Date(`${monthStart(month)}T00:00Z`).getUTCDay() + 6) % 7;
  const cells: (Day | undefined)[] = [
    ...Array.from({ length: before }, () => undefined),
    ...monthDays(month),
  ];
  while (cells.length % 7 !== 0) cells.push(undefined);
  return Array.from({ length: cells.length / 7 }, (_, row) => cells.slice(7 * row, 7 * row + 7));
}
