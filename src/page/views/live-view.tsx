import { cameras } from '../api.ts';
import { CameraState } from '../parts/camera-state.tsx';
import { Live } from '../parts/live.tsx';
import { Looking, Trouble } from '../parts/notes.tsx';
import { Picture } from '../parts/picture.tsx';
import { usePolled } from '../parts/polled.ts';
import { routeHash } from '../route.ts';
import '../styles/now.css';

interface LiveViewProps {
  readonly camera: string;
  readonly timeZone: string;
  readonly onLoggedOut: () => void;
}

/** One camera, as large as the screen allows. */
export function LiveView({ camera: name, timeZone, onLoggedOut }: LiveViewProps) {
  const { value, error } = usePolled(cameras, [], { everyMs: 3_000, onLoggedOut });
  if (value === undefined) return <Looking error={error} />;
  const camera = value.cameras.find((one) => one.name === name);
  if (camera === undefined) return <Trouble>There is no camera {name}.</Trouble>;
  const Screen = camera.live ? Live : Picture;
  // iPhones lack this: they show only videos full-screen, with controls that make no sense for live pictures.
  const fill = (): void => void document.querySelector('.screen.big')?.requestFullscreen?.();
  return (
    <section class={camera.isRecording ? 'one' : 'one silent'} aria-labelledby="camera">
      <div class="headline">
        <h1 id="camera">{name}</h1>
        <CameraState camera={camera} nowMs={value.nowMs} timeZone={timeZone} role="status" />
      </div>
      <div class="screen big">
        <Screen camera={camera} timeZone={timeZone} />
      </div>
      <p class="hint">Live pictures are without sound. Recordings have it, if the camera does.</p>
      <p class="actions">
        <a class="button" href={routeHash({ view: 'past', camera: name })}>
          What happened before
        </a>
        {document.fullscreenEnabled && (
          <button type="button" onClick={fill}>
            Full screen
          </button>
        )}
        <a class="button" href={routeHash({ view: 'now' })}>
          All cameras
        </a>
      </p>
    </section>
  );
}
