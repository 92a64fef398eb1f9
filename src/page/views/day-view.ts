import { html, useEffect, useMemo, useRef, useState } from '/vendor/htm-preact.js';
import { timeline as askTimeline, previewUrl } from '../api.ts';
import { pieceWords } from '../camera-words.ts';
import { Calendar } from '../parts/calendar.ts';
import { DayPicker } from '../parts/day-picker.ts';
import { ExportDialog } from '../parts/export-dialog.ts';
import { GapList } from '../parts/gap-list.ts';
import { PlaybackControls } from '../parts/playback-controls.ts';
import { usePolled } from '../parts/polled.ts';
import { TimelineBar } from '../parts/timeline-bar.ts';
import { usePlayback } from '../parts/use-playback.ts';
import { useSound } from '../parts/use-sound.ts';
import { nextFootage } from '../player/film.ts';
import { serverClock } from '../time/server-clock.ts';
import { windowAround, windowLengths } from '../time/window.ts';
import { clockTime, dayInFull, dayWords } from '../time/words.ts';
import { type Day, dayOf, daySpan } from '../time/zone.ts';

export interface DayViewProps {
  readonly camera: string;
  readonly names: readonly string[];
  readonly day: Day;
  readonly timeZone: string;
  readonly startAtMs: number;
  readonly go: (camera: string, atMs: number) => void;
}

/** A little before a gap, to see what came before it. */
const beforeGapMs = 5_000;

/** One camera's day: player, timeline, what is missing, calendar. */
export function DayView({ camera, names, day, timeZone, startAtMs, go }: DayViewProps) {
  const video = useRef<HTMLVideoElement | null>(null);
  const span = useMemo(() => daySpan(day, timeZone), [day, timeZone]);
  const nowMs = serverClock.now();
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
  /** As players everywhere have it; not while somebody types. */
  const onKey = ({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent): void => {
    if (key.toLowerCase() !== 'm' || ctrlKey || metaKey || altKey) return;
    if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement))
      sound.toggle();
  };
  const [zoom, setZoom] = useState(0);
  const [exporting, setExporting] = useState(false);
  const shown = useShownWindow(span, atMs, zoom);

  /** Within the day without leaving it; to another by the address, so that "back" works. */
  const seek = (toMs: number): void => {
    const to = Math.min(toMs, serverClock.now());
    if (to >= span.fromMs && to < span.toMs) goTo(nextFootage(pieces, to) ?? to);
    else go(camera, to);
  };
  const seekGap = (startMs: number): void => seek(Math.max(span.fromMs, startMs - beforeGapMs));
  const gaps = pieces.filter(({ state }) => state === 'missing');
  // The film jumps over what is missing, and says so.
  const skipped = gaps.find(
    ({ endMs }) => endMs <= atMs + 300 && atMs - endMs < 4_000 * Math.max(1, playback.rate),
  );
  const chooseDay = (to: Day): void => go(camera, Math.min(daySpan(to, timeZone).fromMs, nowMs));
  const words = `${dayWords(day)} ${clockTime(atMs, timeZone, true)}`;
  return html`<section class="past" aria-label=${`${camera}, ${dayInFull(day)}`}>
    <${DayPicker} ...${{ camera, names, day, today: dayOf(nowMs, timeZone), timeZone, chooseDay, go, atMs }} />
    <div class="watch" onKeyDown=${onKey}>
      <div class="screen big">
        <video ref=${video} poster=${previewUrl(camera, playback.openedAtMs)} playsinline disablepictureinpicture aria-label=${`${camera}, recorded`}></video>
        <span class="badge" data-at-ms=${Math.round(atMs)}>${words}${playback.isLoading ? ' …' : ''}</span>
        ${skipped !== undefined && html`<p class="skipped" role="status">Not recorded: ${pieceWords(skipped, timeZone)}</p>`}
        ${playback.trouble !== '' && html`<p class="on-screen" role="alert">${playback.trouble}</p>`}
      </div>
      <${TimelineBar} ...${{ camera, timeZone, span: shown, atMs, onSeek: seek }} pieces=${pieces} />
      <p class="legend" aria-hidden="true">
        <span class="piece stored"></span>stored <span class="piece spooled"></span>on its way <span class="piece missing"></span>missing
        <span class="zone">${timeZone}</span>
      </p>
      <${PlaybackControls}
        ...${{ playback, sound, day, timeZone, gaps, seek, seekGap, zoom, setZoom, mostZoom: windowLengths.length - 1 }}
        onExport=${() => setExporting(true)}
      />
      ${error !== undefined && html`<p class="trouble" role="alert">${error}</p>`}
      ${timeline !== undefined && html`<${GapList} ...${{ timeline, timeZone, onGap: seekGap }} />`}
    </div>
    <${Calendar} ...${{ camera, day, today: dayOf(nowMs, timeZone), onDay: chooseDay }} />
    ${
      exporting &&
      html`<${ExportDialog}
        ...${{ camera, timeZone, span: { fromMs: atMs - 60_000, toMs: Math.min(atMs + 60_000, nowMs) } }}
        onClose=${() => setExporting(false)}
      />`
    }
  </section>`;
}

/** The part of the day on the timeline; it stays until the playhead leaves it. */
function useShownWindow(span: ReturnType<typeof daySpan>, atMs: number, zoom: number) {
  const length = windowLengths[zoom] ?? Number.POSITIVE_INFINITY;
  const [centreMs, setCentre] = useState(atMs);
  const shown = windowAround(span, centreMs, length);
  const isOutside = atMs < shown.fromMs || atMs > shown.toMs;
  useEffect(() => {
    setCentre(atMs);
    return undefined;
  }, [zoom, isOutside]);
  return shown;
}
