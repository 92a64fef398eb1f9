import { useMemo } from 'preact/hooks';
import { cameras } from '../api.ts';
import { Looking, Trouble } from '../parts/notes.tsx';
import { usePolled } from '../parts/polled.ts';
import { routeHash } from '../route.ts';
import { serverClock } from '../time/server-clock.ts';
import { dayOf } from '../time/zone.ts';
import { DayView } from './day-view.tsx';

interface PastViewProps {
  readonly timeZone: string;
  readonly camera?: string | undefined;
  readonly atMs?: number | undefined;
  readonly onLoggedOut: () => void;
}

/** A camera's past: chooses the camera and the day; DayView shows the day. */
export function PastView({ timeZone, camera: wanted, atMs, onLoggedOut }: PastViewProps) {
  const { value, error } = usePolled(cameras, [], { onLoggedOut });
  // Read once the server's clock is known, and then kept, so that the day doesn't change.
  const nowMs = useMemo(() => serverClock.now(), [wanted, atMs, value]);
  if (value === undefined) return <Looking error={error} />;
  const names = value.cameras.map(({ name }) => name);
  const camera = wanted ?? names[0];
  if (camera === undefined) return <p class="note">There are no cameras yet.</p>;
  if (!names.includes(camera)) return <Trouble>There is no camera {camera}.</Trouble>;
  const startAtMs = Math.min(atMs ?? nowMs - 60_000, nowMs);
  const day = dayOf(startAtMs, timeZone);
  const go = (to: string, toMs: number): void => {
    location.hash = routeHash({ view: 'past', camera: to, atMs: toMs });
  };
  return (
    <DayView
      key={`${camera} ${day}`}
      camera={camera}
      names={names}
      day={day}
      timeZone={timeZone}
      startAtMs={startAtMs}
      go={go}
    />
  );
}
