import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { timeline as askTimeline, previewUrl } from '../api.ts';
import { pieceWords } from '../camera-words.ts';
import { Calendar } from '../parts/calendar.tsx';
import { DayPicker } from '../parts/day-picker.tsx';
import { ExportDialog } from '../parts/export-dialog.tsx';
import { GapList } from '../parts/gap-list.tsx';
import { Trouble } from '../parts/notes.tsx';
import { PlaybackControls } from '../parts/playback-controls.tsx';
import { usePolled } from '../parts/polled.ts';
import { TimelineBar } from '../parts/timeline-bar.tsx';
import { usePlayback } from '../parts/use-playback.ts';
import { useSound } from '../parts/use-sound.ts';
import { nextFootage } from '../player/film.ts';
import { serverClock } from '../time/server-clock.ts';
import { windowAround, windowLengths } from '../time/window.ts';
import { exactTime, dayInFull, dayWords } from '../time/words.ts';
import { type Day, dayOf, daySpan, type Span } from '../time/zone.ts';
import '../styles/now.css';
import '../styles/past.css';

interface DayViewProps {
  readonly camera: string;
  readonly names: readonly string[];
  readonly day: Day;
  readonly timeZone: string;
  readonly startAtMs: number;
  readonly go: (camera: string, atMs: number) => void;
}

/** Playback starts this long before a gap, to show what came before it. */
const beforeGapMs = 5_000;

/** One camera's day: player, timeline, gaps and calendar. */
export function DayView({ camera, names, day, timeZone, startAtMs, go }: DayViewProps) {
  const video = useRef<HTMLVideoElement>(null);
  const span = useMemo(() => daySpan(day, timeZone), [day, timeZone]);
  const nowMs = serverClock.now();
  const today = dayOf(nowMs, timeZone);
  const isToday = nowMs < span.toMs;
  const { value: timeline, error } = usePolled(
    (signal) => askTimeline(camera, span, signal),
    [camera, span.fromMs],
    { everyMs: isToday ? 5_000 : 60_000 },
  );
  const pieces = timeline?.pieces ?? [];
  const onEnded = (endMs: number): void => {
    const next = nextFootage(pieces, endMs + 500);
    if (next !== undefined) goTo(next);
    else if (!isToday) go(camera, span.toMs);
  };
  const playback = usePlayback({ video, camera, span, startAtMs, onEnded });
  const { atMs, goTo } = playback;
  const sound = useSound(video);
  /** M toggles the sound, as in other players, except while the user types. */
  const onKey = ({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent): void => {
    if (key.toLowerCase() !== 'm' || ctrlKey || metaKey || altKey) return;
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
    sound.toggle();
  };
  const [zoom, setZoom] = useState(0);
  const [isExporting, setExporting] = useState(false);
  const shown = useShownWindow(span, atMs, zoom);

  /** Seeks within the day; for another day changes the URL, so that "back" works. */
  const seek = (toMs: number): void => {
    const to = Math.min(toMs, serverClock.now());
    if (to >= span.fromMs && to < span.toMs) goTo(nextFootage(pieces, to) ?? to);
    else go(camera, to);
  };
  const seekGap = (startMs: number): void => seek(Math.max(span.fromMs, startMs - beforeGapMs));
  const gaps = pieces.filter(({ state }) => state === 'missing');
  // Playback jumps over gaps, and shows a note for some seconds.
  const skipped = gaps.find(
    ({ endMs }) => endMs <= atMs + 300 && atMs - endMs < 4_000 * Math.max(1, playback.rate),
  );
  const chooseDay = (to: Day): void => go(camera, Math.min(daySpan(to, timeZone).fromMs, nowMs));
  return (
    <section class="past" aria-label={`${camera}, ${dayInFull(day)}`}>
      <DayPicker
        camera={camera}
        names={names}
        day={day}
        today={today}
        timeZone={timeZone}
        chooseDay={chooseDay}
        go={go}
        atMs={atMs}
      />
      <div class="watch" onKeyDown={onKey}>
        <div class="screen big">
          <video
            ref={video}
            poster={previewUrl(camera, playback.openedAtMs)}
            playsInline
            disablePictureInPicture
            aria-label={`${camera}, recorded`}
          />
          <span class="badge" data-at-ms={Math.round(atMs)}>
            {dayWords(day)} {exactTime(atMs, timeZone, true)}
            {playback.isLoading && ' …'}
          </span>
          {skipped !== undefined && (
            <p class="skipped" role="status">
              Not recorded: {pieceWords(skipped, timeZone)}
            </p>
          )}
          {playback.trouble !== '' && (
            <p class="on-screen" role="alert">
              {playback.trouble}
            </p>
          )}
        </div>
        <TimelineBar
          camera={camera}
          timeZone={timeZone}
          span={shown}
          pieces={pieces}
          atMs={atMs}
          onSeek={seek}
        />
        <p class="legend" aria-hidden="true">
          <span class="piece stored" />
          stored
          <span class="piece spooled" />
          on its way
          <span class="piece missing" />
          missing
          <span class="zone">{timeZone}</span>
        </p>
        <PlaybackControls
          playback={playback}
          sound={sound}
          day={day}
          timeZone={timeZone}
          gaps={gaps}
          seek={seek}
          seekGap={seekGap}
          zoom={zoom}
          setZoom={setZoom}
          mostZoom={windowLengths.length - 1}
          onExport={() => setExporting(true)}
        />
        {error !== undefined && <Trouble>{error}</Trouble>}
        {timeline !== undefined && (
          <GapList timeline={timeline} timeZone={timeZone} onGap={seekGap} />
        )}
      </div>
      <Calendar camera={camera} day={day} today={today} onDay={chooseDay} />
      {isExporting && (
        <ExportDialog
          camera={camera}
          timeZone={timeZone}
          span={{ fromMs: atMs - 60_000, toMs: Math.min(atMs + 60_000, nowMs) }}
          onClose={() => setExporting(false)}
        />
      )}
    </section>
  );
}

/** The part of the day on the timeline. Moves only when the playhead leaves it. */
function useShownWindow(span: Span, atMs: number, zoom: number): Span {
  const length = windowLengths[zoom] ?? Number.POSITIVE_INFINITY;
  const [centreMs, setCentre] = useState(atMs);
  const shown = windowAround(span, centreMs, length);
  const isOutside = atMs < shown.fromMs || atMs > shown.toMs;
  useEffect(() => setCentre(atMs), [zoom, isOutside]);
  return shown;
}
