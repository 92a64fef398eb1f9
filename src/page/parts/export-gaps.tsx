import { timeline } from '../api.ts';
import { pieceWords } from '../camera-words.ts';
import { lengthWords } from '../time/words.ts';
import type { Span } from '../time/zone.ts';
import { Trouble } from './notes.tsx';
import { usePolled } from './polled.ts';

interface ExportGapsProps {
  readonly camera: string;
  readonly timeZone: string;
  readonly span: Span;
}

const mostShown = 5;

/** The gaps that an exported file will have. */
export function ExportGaps({ camera, timeZone, span }: ExportGapsProps) {
  const { value, error } = usePolled(
    (signal) => timeline(camera, span, signal),
    [camera, span.fromMs, span.toMs],
  );
  if (error !== undefined) return <Trouble>{error}</Trouble>;
  if (value === undefined) return <p role="status">Looking for gaps…</p>;
  const recordedMs = value.storedMs + value.spooledMs;
  const gaps = value.pieces.filter(({ state }) => state === 'missing');
  if (recordedMs === 0) {
    return (
      <p class="trouble" role="status">
        There is no footage between these times.
      </p>
    );
  }
  if (gaps.length === 0) {
    return <p role="status">{lengthWords(recordedMs)} of footage, without a gap.</p>;
  }
  return (
    <div class="lacks" role="status">
      <p>
        The file will have {gaps.length === 1 ? 'one gap' : `${gaps.length} gaps`},{' '}
        {lengthWords(value.missingMs)} in all:
      </p>
      <ul>
        {gaps.slice(0, mostShown).map((gap) => (
          <li key={gap.startMs}>{pieceWords(gap, timeZone)}</li>
        ))}
      </ul>
      {gaps.length > mostShown && <p>and {gaps.length - mostShown} more</p>}
    </div>
  );
}
