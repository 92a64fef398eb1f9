import type { OwnCamera } from '../../contract/cameras.ts';
import { timeline } from '../api.ts';
import { continuityWords } from '../camera-words.ts';
import { routeHash } from '../route.ts';
import { serverClock } from '../time/server-clock.ts';
import { CameraState } from './camera-state.tsx';
import { Live } from './live.tsx';
import { Picture } from './picture.tsx';
import { usePolled } from './polled.ts';
import { Strip } from './strip.tsx';

interface CameraTileProps {
  readonly camera: OwnCamera;
  readonly nowMs: number;
  readonly timeZone: string;
  readonly isLive: boolean;
  readonly onToggle: () => void;
}

const dayMs = 86_400_000;

export function CameraTile({ camera, nowMs, timeZone, isLive, onToggle }: CameraTileProps) {
  const { name, isRecording } = camera;
  const label = isLive ? `Stop ${name} live` : `Watch ${name} live`;
  const Screen = isLive ? Live : Picture;
  return (
    <li class={isRecording ? 'tile' : 'tile silent'}>
      <div class="screen">
        <Screen camera={camera} timeZone={timeZone} />
        {camera.live && (
          <button type="button" class="cover" aria-label={label} onClick={onToggle}>
            {!isLive && (
              <svg viewBox="0 0 24 24" aria-hidden="true">
                <path d="M8 5v14l11-7z" />
              </svg>
            )}
          </button>
        )}
      </div>
      <div class="about">
        <h2>
          <a href={routeHash({ view: 'live', camera: name })}>{name}</a>
        </h2>
        <CameraState camera={camera} nowMs={nowMs} timeZone={timeZone} />
        <LastDay camera={name} />
      </div>
    </li>
  );
}

/** An overview of the last 24 hours, with a link to the timeline. */
function LastDay({ camera }: { readonly camera: string }) {
  const { value } = usePolled(
    (signal) => {
      const toMs = serverClock.now();
      return timeline(camera, { fromMs: toMs - dayMs, toMs }, signal);
    },
    [camera],
    { everyMs: 60_000 },
  );
  return (
    <a class="last-day" href={routeHash({ view: 'past', camera })}>
      {value && (
        <Strip span={{ fromMs: value.toMs - dayMs, toMs: value.toMs }} pieces={value.pieces} />
      )}
      <span>Last 24 h: {value === undefined ? '…' : continuityWords(value)}</span>
    </a>
  );
}
