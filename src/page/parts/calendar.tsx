import { useState } from 'preact/hooks';
import { days } from '../api.ts';
import { continuityWords, type FootageSums } from '../camera-words.ts';
import { monthDays, monthStart, nextMonth, weeks } from '../time/month.ts';
import { dayInFull, monthWords } from '../time/words.ts';
import type { Day } from '../time/zone.ts';
import { Share } from './camera-state.tsx';
import { Trouble } from './notes.tsx';
import { usePolled } from './polled.ts';

interface CalendarProps {
  readonly camera: string;
  readonly day: Day;
  readonly today: Day;
  readonly onDay: (day: Day) => void;
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** A month in which each day shows the recorded share. */
export function Calendar({ camera, day, today, onDay }: CalendarProps) {
  const [turned, setTurned] = useState<{ readonly of: Day; readonly month: Day }>();
  // When another day is chosen elsewhere, show its month.
  const month = turned?.of === day ? turned.month : monthStart(day);
  const turn = (months: number): void => setTurned({ of: day, month: nextMonth(month, months) });
  const all = monthDays(month);
  const { value = [], error } = usePolled(
    (signal) => days(camera, all[0] ?? month, all.at(-1) ?? month, signal),
    [camera, month],
    { everyMs: 60_000 },
  );
  const sums = new Map(value.map((one) => [one.day, one]));
  const arrow = (words: string, sign: string, months: number, disabled: boolean) => (
    <button
      type="button"
      class="quiet"
      aria-label={words}
      disabled={disabled}
      onClick={() => turn(months)}
    >
      {sign}
    </button>
  );
  return (
    <section class="calendar" aria-label="Calendar">
      <div class="month">
        {arrow('Month before', '‹', -1, false)}
        <h2 aria-live="polite">{monthWords(month)}</h2>
        {arrow('Month after', '›', 1, nextMonth(month, 1) > today)}
      </div>
      {error !== undefined && <Trouble>{error}</Trouble>}
      <table>
        <thead>
          <tr>
            {weekdays.map((name) => (
              <th key={name} scope="col">
                <abbr title={name}>{name.slice(0, 2)}</abbr>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks(month).map((week, row) => (
            <tr key={row}>
              {week.map((one, column) => (
                <td key={column}>
                  {one !== undefined && (
                    <CalendarDay
                      day={one}
                      sums={sums.get(one)}
                      isChosen={one === day}
                      today={today}
                      onDay={onDay}
                    />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface CalendarDayProps {
  readonly day: Day;
  readonly sums: FootageSums | undefined;
  readonly isChosen: boolean;
  readonly today: Day;
  readonly onDay: (day: Day) => void;
}

const nothing = { storedMs: 0, spooledMs: 0, missingMs: 0 };

function CalendarDay({ day, sums = nothing, isChosen, today, onDay }: CalendarDayProps) {
  const recordedMs = sums.storedMs + sums.spooledMs;
  const knownMs = recordedMs + sums.missingMs;
  const level = knownMs === 0 ? 'none' : sums.missingMs === 0 ? 'whole' : 'holes';
  const words = continuityWords(sums);
  return (
    <button
      type="button"
      class={`day ${level}`}
      aria-label={`${dayInFull(day)}: ${day > today ? 'to come' : words}`}
      aria-pressed={isChosen}
      aria-current={day === today ? 'date' : undefined}
      title={words}
      disabled={day > today}
      onClick={() => onDay(day)}
    >
      {Number(day.slice(8))}
      <Share of={knownMs === 0 ? 0 : recordedMs / knownMs} />
    </button>
  );
}
