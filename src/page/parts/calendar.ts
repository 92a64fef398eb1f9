import { html, useState } from '/vendor/htm-preact.js';
import { days } from '../api.ts';
import type { DaySums } from '../api-types.ts';
import { continuityWords } from '../camera-words.ts';
import { monthDays, monthStart, nextMonth, weeks } from '../time/month.ts';
import { dayInFull, monthWords } from '../time/words.ts';
import type { Day } from '../time/zone.ts';
import { usePolled } from './polled.ts';

export interface CalendarProps {
  readonly camera: string;
  readonly day: Day;
  readonly today: Day;
  readonly onDay: (day: Day) => void;
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** A month, each day with how much of it there is. */
export function Calendar({ camera, day, today, onDay }: CalendarProps) {
  const [turned, setTurned] = useState<{ readonly of: Day; readonly month: Day } | undefined>(
    undefined,
  );
  // Once another day is chosen elsewhere, its month is shown again.
  const month = turned?.of === day ? turned.month : monthStart(day);
  const turn = (months: number): void => setTurned({ of: day, month: nextMonth(month, months) });
  const all = monthDays(month);
  const { value = [], error } = usePolled(
    (signal) => days(camera, all[0] ?? month, all.at(-1) ?? month, signal),
    [camera, month],
    { everyMs: 60_000 },
  );
  const sums = new Map(value.map((one) => [one.day, one]));
  return html`<section class="calendar" aria-label="Calendar">
    <div class="month">
      <button type="button" class="quiet" aria-label="Month before" onClick=${() => turn(-1)}>‹</button>
      <h2 aria-live="polite">${monthWords(month)}</h2>
      <button type="button" class="quiet" aria-label="Month after" disabled=${nextMonth(month, 1) > today} onClick=${() => turn(1)}>›</button>
    </div>
    ${error !== undefined && html`<p class="trouble" role="alert">${error}</p>`}
    <table>
      <thead>
        <tr>${weekdays.map((name) => html`<th scope="col"><abbr title=${name}>${name.slice(0, 2)}</abbr></th>`)}</tr>
      </thead>
      <tbody>
        ${weeks(month).map(
          (week) => html`<tr>
            ${week.map(
              (one) =>
                html`<td>${one !== undefined && html`<${CalendarDay} ...${{ day: one, sums: sums.get(one), isChosen: one === day, isToday: one === today, isFuture: one > today, onDay }} />`}</td>`,
            )}
          </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

interface CalendarDayProps {
  readonly day: Day;
  readonly sums: DaySums | undefined;
  readonly isChosen: boolean;
  readonly isToday: boolean;
  readonly isFuture: boolean;
  readonly onDay: (day: Day) => void;
}

function CalendarDay({ day, sums, isChosen, isToday, isFuture, onDay }: CalendarDayProps) {
  const there = sums === undefined ? 0 : sums.storedMs + sums.spooledMs;
  const known = there + (sums?.missingMs ?? 0);
  const share = known === 0 ? 0 : there / known;
  const level = known === 0 ? 'none' : share === 1 ? 'whole' : 'holes';
  const words = sums === undefined || known === 0 ? 'no footage' : continuityWords(sums);
  return html`<button
    type="button"
    class=${`day ${level}`}
    aria-label=${`${dayInFull(day)}: ${isFuture ? 'to come' : words}`}
    aria-pressed=${isChosen}
    aria-current=${isToday ? 'date' : undefined}
    title=${words}
    disabled=${isFuture}
    onClick=${() => onDay(day)}
  >
    ${Number(day.slice(8))}
    <span class="share" aria-hidden="true"><span style=${{ width: `${100 * share}%` }}></span></span>
  </button>`;
}
