import { html, useMemo } from '/vendor/htm-preact.js';
import { cameras } from '../api.ts';
import { usePolled } from '../parts/polled.ts';
import { routeHash } from '../route.ts';
import { serverClock } from '../time/server-clock.ts';
import { dayOf } from '../time/zone.ts';
import { DayView } from './day-view.ts';

export interface PastViewProps {
  readonly timeZone: string;
  readonly camera?: string;
  readonly atMs?: number;
  readonly onLoggedOut: () => void;
}

/** A camera's past: which camera and which day; the day itself is DayView's. */
export function PastView({ timeZone, camera: wanted, atMs, onLoggedOut }: PastViewProps) {
  const { value, error } = usePolled(cameras, [], { onLoggedOut });
  // Once the server's clock is known; not again as it goes on.
  const nowMs = useMemo(() => serverClock.now(), [wanted, atMs, value]);
  if (value === undefined) return html`<p class="note" role="status">${error ?? 'Looking…'}</p>`;
  const names = value.cameras.map(({ name }) => name);
  const camera = wanted ?? names[0];
  if (camera === undefined) return html`<p class="note">There are no cameras yet.</p>`;
  if (!names.includes(camera)) {
    return html`<p class="note" role="alert">There is no camera ${camera}.</p>`;
  }
  const startAtMs = Math.min(atMs ?? nowMs - 60_000, nowMs);
  const day = dayOf(startAtMs, timeZone);
  const go = (to: string, toMs: number): void => {
    location.hash = routeHash({ view: 'past', camera: to, atMs: toMs });
  };
  return html`<${DayView} key=${`${camera} ${day}`} ...${{ camera, names, day, timeZone, startAtMs, go }} />`;
}
