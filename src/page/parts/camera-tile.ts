import { html } from '/vendor/htm-preact.js';
import { timeline } from '../api.ts';
import type { Camera } from '../api-types.ts';
import { continuityWords, stateWords } from '../camera-words.ts';
import { routeHash } from '../route.ts';
import { serverClock } from '../time/server-clock.ts';
import { Live } from './live.ts';
import { Picture } from './picture.ts';
import { usePolled } from './polled.ts';
import { Strip } from './strip.ts';

export interface CameraTileProps {
  readonly camera: Camera;
  readonly nowMs: number;
  readonly timeZone: string;
  readonly isLive: boolean;
  readonly onToggle: () => void;
}

const dayMs = 86_400_000;

export function CameraTile({ camera, nowMs, timeZone, isLive, onToggle }: CameraTileProps) {
  const { name, isRecording } = camera;
  const label = isLive ? `Stop ${name} live` : `Watch ${name} live`;
  return html`<li class=${isRecording ? 'tile' : 'tile silent'}>
    <div class="screen">
      ${isLive ? html`<${Live} ...${{ camera, timeZone }} />` : html`<${Picture} ...${{ ...camera, camera: name, timeZone }} />`}
      ${
        camera.live &&
        html`<button type="button" class="cover" aria-label=${label} onClick=${onToggle}>
          ${!isLive && html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M8 5v14l11-7z" /></svg>`}
        </button>`
      }
    </div>
    <div class="about">
      <h2><a href=${routeHash({ view: 'live', camera: name })}>${name}</a></h2>
      <p class="state"><span class="mark" aria-hidden="true"></span>${stateWords(camera, nowMs, timeZone)}</p>
      <${LastDay} camera=${name} />
    </div>
  </li>`;
}

/** The last 24 hours at a glance; leads to the timeline. */
function LastDay({ camera }: { readonly camera: string }) {
  const { value } = usePolled(
    (signal) => {
      const toMs = serverClock.now();
      return timeline(camera, { fromMs: toMs - dayMs, toMs }, signal);
    },
    [camera],
    { everyMs: 60_000 },
  );
  const words = value === undefined ? '…' : continuityWords(value);
  return html`<a class="last-day" href=${routeHash({ view: 'past', camera })}>
    ${value !== undefined && html`<${Strip} span=${{ fromMs: value.toMs - dayMs, toMs: value.toMs }} pieces=${value.pieces} />`}
    <span>Last 24 h: ${words}</span>
  </a>`;
}
