import type { OwnersPiece } from '../../contract/continuity.ts';
import type { Span } from '../time/zone.ts';

interface StripProps {
  readonly span: Span;
  readonly pieces: readonly OwnersPiece[];
}

/** Minimum width of a missing piece, in percent of the strip, so that it can be seen. */
const leastMissing = 0.5;

/**
 * Footage along time: stored, spooled or missing; empty where nothing is known (the future). The kinds
 * also differ in shape: missing is hatched, spooled is low.
 */
export function Strip({ span, pieces }: StripProps) {
  const length = span.toMs - span.fromMs;
  // Missing pieces are drawn last, over their neighbours.
  const ordered = pieces.toSorted(
    (one, other) => Number(one.state === 'missing') - Number(other.state === 'missing'),
  );
  return (
    <div class="strip" aria-hidden="true">
      {ordered.map(({ startMs, endMs, state }) => {
        const from = Math.max(startMs, span.fromMs);
        const to = Math.min(endMs, span.toMs);
        if (to <= from) return null;
        const least = state === 'missing' ? leastMissing : 0;
        const width = Math.max((100 * (to - from)) / length, least);
        const left = Math.min((100 * (from - span.fromMs)) / length, 100 - width);
        const style = { left: `${left}%`, width: `${width}%` };
        return <div key={`${startMs} ${state}`} class={`piece ${state}`} style={style} />;
      })}
    </div>
  );
}
