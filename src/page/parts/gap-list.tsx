import type { TimelineAnswer } from '../../contract/continuity.ts';
import { continuityWords, pieceWords } from '../camera-words.ts';
import { Mark } from './camera-state.tsx';

interface GapListProps {
  readonly timeline: TimelineAnswer;
  readonly timeZone: string;
  readonly onGap: (startMs: number) => void;
}

const mostShown = 100;

/** The gaps of a day in words; a click on a gap plays from there. */
export function GapList({ timeline, timeZone, onGap }: GapListProps) {
  const gaps = timeline.pieces.filter(({ state }) => state === 'missing');
  return (
    <section class="gaps" aria-labelledby="gaps-title">
      <h2 id="gaps-title">This day: {continuityWords(timeline)}</h2>
      <ul>
        {gaps.slice(0, mostShown).map((gap) => (
          <li key={gap.startMs}>
            <button type="button" class="gap" onClick={() => onGap(gap.startMs)}>
              <Mark />
              {pieceWords(gap, timeZone)}
            </button>
          </li>
        ))}
      </ul>
      {gaps.length > mostShown && <p>and {gaps.length - mostShown} more</p>}
    </section>
  );
}
