import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { OwnersPiece } from '../../contract/continuity.ts';
import { pieceWords } from '../camera-words.ts';
import { tickStep } from '../time/window.ts';
import { clockTime, exactTime } from '../time/words.ts';
import { type Span, ticks } from '../time/zone.ts';
import { Strip } from './strip.tsx';
import { usePreview } from './use-preview.ts';

interface TimelineBarProps {
  readonly camera: string;
  readonly timeZone: string;
  /** The visible part of the day. */
  readonly span: Span;
  readonly pieces: readonly OwnersPiece[];
  /** Position of playback. */
  readonly atMs: number;
  readonly onSeek: (atMs: number) => void;
}

const secondMs = 1000;
/** Seconds by which each key moves playback. */
const keySteps: Readonly<Record<string, number>> = {
  ArrowRight: 10,
  ArrowUp: 10,
  ArrowLeft: -10,
  ArrowDown: -10,
  PageUp: 600,
  PageDown: -600,
};

/** The timeline, operated by dragging or keys. A bubble describes and previews the moment under the pointer. */
export function TimelineBar({ camera, timeZone, span, pieces, atMs, onSeek }: TimelineBarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const [pointedMs, setPointed] = useState<number>();
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
    return `${exactTime(at, timeZone, true)} – ${what}`;
  };
  const pointed = pointedMs === undefined ? undefined : pieceAt(pointedMs);
  const hasFootage = pointed !== undefined && pointed.state !== 'missing';
  // Rounded to a pixel, so that the picture is cached when the pointer comes back.
  const grainMs = Math.max(secondMs, length / Math.max(200, width));
  const previewMs =
    hasFootage && pointedMs !== undefined ? Math.floor(pointedMs / grainMs) * grainMs : undefined;
  const preview = usePreview(camera, previewMs);
  const down = (event: PointerEvent): void => {
    // Capture the pointer, so that a finger that slides off the bar goes on scrubbing.
    bar.current?.setPointerCapture(event.pointerId);
    setPointed(momentAt(event));
  };
  const move = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse' || event.buttons > 0) setPointed(momentAt(event));
  };
  const up = (event: PointerEvent): void => {
    if (bar.current?.hasPointerCapture(event.pointerId)) onSeek(momentAt(event));
    // A mouse still hovers. A finger is gone, but the bubble stays, so that it can be read.
    if (event.pointerType === 'mouse') setPointed(momentAt(event));
  };
  const leave = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse') setPointed(undefined);
  };
  const keyTarget = ({ key, shiftKey }: KeyboardEvent): number | undefined => {
    if (key === 'Home') return span.fromMs;
    if (key === 'End') return span.toMs - secondMs;
    const step = keySteps[key];
    return step === undefined ? undefined : atMs + step * secondMs * (shiftKey ? 6 : 1);
  };
  const press = (event: KeyboardEvent): void => {
    const to = keyTarget(event);
    if (to === undefined) return;
    event.preventDefault();
    setPointed(undefined);
    onSeek(to);
  };
  return (
    <div class="timeline">
      {pointedMs !== undefined && (
        <div class="bubble" style={{ left: `clamp(92px, ${percent(pointedMs)}, 100% - 92px)` }}>
          {hasFootage && preview !== undefined && <img src={preview} alt="" />}
          <p>{words(pointedMs)}</p>
        </div>
      )}
      <div
        ref={bar}
        class="bar-of-time"
        role="slider"
        tabIndex={0}
        aria-label={`Timeline of ${camera}`}
        aria-valuemin={Math.round(span.fromMs / secondMs)}
        aria-valuemax={Math.round(span.toMs / secondMs)}
        aria-valuenow={Math.round(atMs / secondMs)}
        aria-valuetext={words(atMs)}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerLeave={leave}
        onPointerCancel={() => setPointed(undefined)}
        onBlur={() => setPointed(undefined)}
        onKeyDown={press}
      >
        <Strip span={span} pieces={pieces} />
        {atMs >= span.fromMs && atMs <= span.toMs && (
          <div class="playhead" style={{ left: percent(atMs) }} />
        )}
      </div>
      <div class="ticks" aria-hidden="true">
        {ticks(span, tickStep(span, width), timeZone).map((at) => (
          <span
            key={at}
            class={edgeOf((at - span.fromMs) / length, width)}
            style={{ left: percent(at) }}
          >
            {clockTime(at, timeZone)}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Labels at the ends are not centred on their tick, as half of them would be cut off. */
function edgeOf(part: number, width: number): string {
  const halfLabel = 22 / width;
  return part < halfLabel ? 'first' : part > 1 - halfLabel ? 'last' : '';
}

function useWidth(of: RefObject<HTMLElement | null>): number {
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
