import { html } from '/vendor/htm-preact.js';
import { cameras } from '../api.ts';
import { stateWords } from '../camera-words.ts';
import { Live } from '../parts/live.ts';
import { Picture } from '../parts/picture.ts';
import { usePolled } from '../parts/polled.ts';
import { routeHash } from '../route.ts';

export interface LiveViewProps {
  readonly camera: string;
  readonly timeZone: string;
  readonly onLoggedOut: () => void;
}

/** One camera, as large as the screen allows. */
export function LiveView({ camera: name, timeZone, onLoggedOut }: LiveViewProps) {
  const { value, error } = usePolled(cameras, [], { everyMs: 3_000, onLoggedOut });
  if (value === undefined) return html`<p class="note" role="status">${error ?? 'Looking…'}</p>`;
  const camera = value.cameras.find((one) => one.name === name);
  if (camera === undefined)
    return html`<p class="note" role="alert">There is no camera ${name}.</p>`;
  const { isRecording } = camera;
  // iPhones have it for films only, and then with controls that make no sense for live pictures.
  const fill = (): void => void document.querySelector('.screen.big')?.requestFullscreen?.();
  return html`<section class=${isRecording ? 'one' : 'one silent'} aria-labelledby="camera">
    <div class="headline">
      <h1 id="camera">${name}</h1>
      <p class="state" role="status"><span class="mark" aria-hidden="true"></span>${stateWords(camera, value.nowMs, timeZone)}</p>
    </div>
    <div class="screen big">
      ${camera.live ? html`<${Live} ...${{ camera, timeZone }} />` : html`<${Picture} ...${{ ...camera, camera: name, timeZone }} />`}
    </div>
    <p class="hint">Live pictures are without sound. Recordings have it, if the camera does.</p>
    <p class="actions">
      <a class="button" href=${routeHash({ view: 'past', camera: name })}>What happened before</a>
      ${document.fullscreenEnabled && html`<button type="button" onClick=${fill}>Full screen</button>`}
      <a class="button" href=${routeHash({ view: 'now' })}>All cameras</a>
    </p>
  </section>`;
}
