import { html } from '/vendor/htm-preact.js';
import type { Piece } from '../api-types.ts';
import type { Span } from '../time/zone.ts';

export interface StripProps {
  readonly span: Span;
  readonly pieces: readonly Piece[];
}

/** Least width of a missing piece, in hundredths of the strip: what is missing is never too thin to see. */
const leastMissing = 0.5;

/**
 * Footage along time: stored, spooled, missing, and nothing where it isn't known (the future). Colour
 * isn't all that tells them apart: missing is hatched, spooled is low.
 */
export function Strip({ span, pieces }: StripProps) {
  const length = span.toMs - span.fromMs;
  const draw = ({ startMs, endMs, state }: Piece) => {
    const from = Math.max(startMs, span.fromMs);
    const to = Math.min(endMs, span.toMs);
    if (to <= from) return null;
    const width = Math.max((100 * (to - from)) / length, state === 'missing' ? leastMissing : 0);
    const x = Math.min((100 * (from - span.fromMs)) / length, 100 - width);
    return html`<div class=${`piece ${state}`} style=${{ left: `${x}%`, width: `${width}%` }}></div>`;
  };
  // What is missing is drawn last, over its neighbours.
  const isMissing = ({ state }: Piece): boolean => state === 'missing';
  return html`<div class="strip" aria-hidden="true">
    ${pieces.filter((piece) => !isMissing(piece)).map(draw)}${pieces.filter(isMissing).map(draw)}
  </div>`;
}
