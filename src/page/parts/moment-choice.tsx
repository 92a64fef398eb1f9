import { localTime } from '../../lib/time.ts';

interface MomentChoiceProps {
  /** What the field with the time is called. */
  readonly of: string;
  /** The moments that have the typed time. */
  readonly moments: readonly number[];
  readonly atMs: number | undefined;
  readonly timeZone: string;
  readonly isDisabled?: boolean;
  readonly onChoose: (atMs: number) => void;
}

/** Where the clocks repeat a typed time, asks which of the two moments is meant. */
export function MomentChoice(props: MomentChoiceProps) {
  const { of, moments, atMs, timeZone, isDisabled = false, onChoose } = props;
  if (moments.length < 2) return null;
  return (
    <label class="which">
      <span class="unseen">{of}: which of the two</span>
      <select
        disabled={isDisabled}
        onChange={({ currentTarget }) => onChoose(Number(currentTarget.value))}
      >
        {moments.map((moment, index) => (
          <option key={moment} value={moment} selected={moment === atMs}>
            {index === 0 ? 'first' : 'second'} time, {localTime(moment, timeZone).offset}
          </option>
        ))}
      </select>
    </label>
  );
}
