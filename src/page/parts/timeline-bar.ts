import { html, useLayoutEffect, useRef, useState } from '/vendor/htm-preact.js';
import type { Piece } from '../api-types.ts';
import { pieceWords } from '../camera-words.ts';
import { tickStep } from '../time/window.ts';
import { clockTime } from '../time/words.ts';
import { type Span, ticks } from '../time/zone.ts';
import { Strip } from './strip.ts';
import { usePreview } from './use-preview.ts';

export interface TimelineBarProps {
  readonly camera: string;
  readonly timeZone: string;
  /** The part of the day that is shown. */
  readonly span: Span;
  readonly pieces: readonly Piece[];
  /** Where playback is. */
  readonly atMs: number;
  readonly onSeek: (atMs: number) => void;
}

const secondMs = 1000;
const keySteps: Readonly<Record<string, number>> = {
  ArrowRight: 10,
  ArrowUp: 10,
  ArrowLeft: -10,
  ArrowDown: -10,
  PageUp: 600,
  PageDown: -600,
};

/** The timeline: drag over it, or use the arrow keys; what is under the finger is told and shown. */
export function TimelineBar({ camera, timeZone, span, pieces, atMs, onSeek }: TimelineBarProps) {
  const bar = useRef<HTMLDivElement | null>(null);
  const [pointedMs, setPointed] = useState<number | undefined>(undefined);
  const width = useWidth(bar);
  const length = span.toMs - span.fromMs;
  const percent = (at: number): string => `${(100 * (at - span.fromMs)) / length}%`;
  const momentAt = (event: PointerEvent): number => {
    const box = bar.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return span.fromMs;
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return Math.round(span.fromMs + part * length);
  };
  const pieceAt = (at: number) => pieces.find(({ startMs, endMs }) => startMs <= at && at < endMs);
  const words = (at: number): string => {
    const piece = pieceAt(at);
    const what = piece === undefined ? 'nothing is known' : pieceWords(piece, timeZone);
    return `${clockTime(at, timeZone, true)} – ${what}`;
  };
  const pointed = pointedMs === undefined ? undefined : pieceAt(pointedMs);
  const hasFootage = pointed !== undefined && pointed.state !== 'missing';
  // To the pixel and no finer: pictures of the same pixel are the same, for every cache on the way.
  const grainMs = Math.max(secondMs, length / Math.max(200, width));
  const previewMs =
    hasFootage && pointedMs !== undefined ? Math.floor(pointedMs / grainMs) * grainMs : undefined;
  const preview = usePreview(camera, previewMs);
  const down = (event: PointerEvent): void => {
    // A finger that slides off the bar goes on scrubbing.
    bar.current?.setPointerCapture(event.pointerId);
    setPointed(momentAt(event));
  };
  const up = (event: PointerEvent): void => {
    if (bar.current?.hasPointerCapture(event.pointerId)) onSeek(momentAt(event));
    // A mouse still hovers; a finger is gone, but what it touched stays to be read.
    if (event.pointerType === 'mouse') setPointed(momentAt(event));
  };
  const press = (event: KeyboardEvent): void => {
    const step = keySteps[event.key];
    const to =
      event.key === 'Home'
        ? span.fromMs
        : event.key === 'End'
          ? span.toMs - secondMs
          : step === undefined
            ? undefined
            : atMs + step * secondMs * (event.shiftKey ? 6 : 1);
    if (to === undefined) return;
    event.preventDefault();
    setPointed(undefined);
    onSeek(to);
  };
  return html`<div class="timeline">
    ${
      pointedMs !== undefined &&
      html`<div class="bubble" style=${{ left: `clamp(92px, ${percent(pointedMs)}, 100% - 92px)` }}>
        ${hasFootage && preview !== undefined && html`<img src=${preview} alt="" />`}
        <p>${words(pointedMs)}</p>
      </div>`
    }
    <div
      ref=${bar}
      class="bar-of-time"
      role="slider"
      tabindex="0"
      aria-label=${`Timeline of ${camera}`}
      aria-valuemin=${Math.round(span.fromMs / secondMs)}
      aria-valuemax=${Math.round(span.toMs / secondMs)}
      aria-valuenow=${Math.round(atMs / secondMs)}
      aria-valuetext=${words(atMs)}
      onPointerDown=${down}
      onPointerMove=${(event: PointerEvent) => {
        if (event.pointerType === 'mouse' || event.buttons > 0) setPointed(momentAt(event));
      }}
      onPointerUp=${up}
      onPointerLeave=${(event: PointerEvent) => event.pointerType === 'mouse' && setPointed(undefined)}
      onPointerCancel=${() => setPointed(undefined)}
      onBlur=${() => setPointed(undefined)}
      onKeyDown=${press}
    >
      <${Strip} span=${span} pieces=${pieces} />
      ${atMs >= span.fromMs && atMs <= span.toMs && html`<div class="playhead" style=${{ left: percent(atMs) }}></div>`}
    </div>
    <div class="ticks" aria-hidden="true">
      ${ticks(span, tickStep(span, width), timeZone).map(
        (at) =>
          html`<span key=${at} class=${edgeOf((at - span.fromMs) / length, width)} style=${{ left: percent(at) }}>${clockTime(at, timeZone)}</span>`,
      )}
    </div>
  </div>`;
}

/** Half a label has no room at the ends. */
function edgeOf(part: number, width: number): string {
  const halfLabel = 22 / width;
  return part < halfLabel ? 'first' : part > 1 - halfLabel ? 'last' : '';
}

function useWidth(of: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(360);
  useLayoutEffect(() => {
    const element = of.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width;
}
