import { addDays, momentOf, startOfDay } from '../../lib/time.ts';
import { dayWords } from '../time/words.ts';
import type { Day } from '../time/zone.ts';

interface DayPickerProps {
  readonly camera: string;
  readonly names: readonly string[];
  readonly day: Day;
  readonly today: Day;
  readonly timeZone: string;
  readonly atMs: number;
  readonly chooseDay: (day: Day) => void;
  readonly go: (camera: string, atMs: number) => void;
}

/** Chooses the camera and the day. Has a button for last night, which people often want in the morning. */
export function DayPicker(props: DayPickerProps) {
  const { camera, names, day, today, timeZone, atMs, chooseDay, go } = props;
  const lastNightMs = momentOf(Date.parse(`${addDays(today, -1)}T22:00Z`), timeZone);
  const dayAfter = (): void => go(camera, startOfDay(addDays(day, 1), timeZone));
  return (
    <div class="day-picker">
      <label>
        <span class="unseen">Camera</span>
        <select onChange={({ currentTarget }) => go(currentTarget.value, atMs)}>
          {names.map((name) => (
            <option key={name} value={name} selected={name === camera}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <div class="days">
        <button
          type="button"
          aria-label="The day before"
          onClick={() => chooseDay(addDays(day, -1))}
        >
          ‹
        </button>
        <h1>{day === today ? `Today, ${dayWords(day)}` : dayWords(day)}</h1>
        <button type="button" aria-label="The day after" disabled={day >= today} onClick={dayAfter}>
          ›
        </button>
      </div>
      <button type="button" onClick={() => go(camera, lastNightMs)}>
        Last night, 22:00
      </button>
    </div>
  );
}
