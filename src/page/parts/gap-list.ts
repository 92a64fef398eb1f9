import { html } from '/vendor/htm-preact.js';
import type { Timeline } from '../api-types.ts';
import { continuityWords, pieceWords } from '../camera-words.ts';

export interface GapListProps {
  readonly timeline: Timeline;
  readonly timeZone: string;
  readonly onGap: (startMs: number) => void;
}

const mostShown = 100;

/** What is missing on a day, in words; each leads there. */
export function GapList({ timeline, timeZone, onGap }: GapListProps) {
  const gaps = timeline.pieces.filter(({ state }) => state === 'missing');
  return html`<section class="gaps" aria-labelledby="gaps-title">
    <h2 id="gaps-title">This day: ${continuityWords(timeline)}</h2>
    <ul>
      ${gaps.slice(0, mostShown).map(
        (gap) => html`<li key=${gap.startMs}>
          <button type="button" class="gap" onClick=${() => onGap(gap.startMs)}>
            <span class="mark" aria-hidden="true"></span>${pieceWords(gap, timeZone)}
          </button>
        </li>`,
      )}
    </ul>
    ${gaps.length > mostShown && html`<p>and ${gaps.length - mostShown} more</p>`}
  </section>`;
}
