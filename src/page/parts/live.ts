import { html, useEffect, useRef, useState } from '/vendor/htm-preact.js';
import { cameraPath } from '../api.ts';
import type { Camera } from '../api-types.ts';
import { type LiveState, playLive } from '../player/live-player.ts';
import { Picture } from './picture.ts';

export interface LiveProps {
  readonly camera: Camera;
  readonly timeZone: string;
}

/** A camera's live picture, with how old it is. Until it plays, the latest still picture is beneath. */
export function Live({ camera: shown, timeZone }: LiveProps) {
  const { name: camera } = shown;
  const video = useRef<HTMLVideoElement | null>(null);
  const [state, setState] = useState<LiveState>({ is: 'connecting' });
  const [delayMs, setDelayMs] = useState<number | undefined>(undefined);
  useEffect(() => {
    if (video.current === null) return undefined;
    const url = `${cameraPath(camera)}/live`.replace(/^/, location.origin.replace(/^http/, 'ws'));
    return playLive({ url, video: video.current, onState: setState, onDelay: setDelayMs });
  }, [camera]);
  const isPlaying = state.is === 'playing';
  return html`<div class=${isPlaying ? 'live playing' : 'live'}>
    ${!isPlaying && html`<${Picture} ...${{ ...shown, camera, timeZone }} />`}
    <video ref=${video} muted playsinline disablepictureinpicture aria-label=${`${camera}, live`}></video>
    <span class="badge" aria-hidden=${isPlaying ? 'true' : undefined} data-delay-ms=${isPlaying ? delayMs : undefined}>
      ${badgeWords(state, delayMs)}
    </span>
  </div>`;
}

function badgeWords(state: LiveState, delayMs: number | undefined): string {
  switch (state.is) {
    case 'connecting':
      return 'connecting…';
    case 'waiting':
      return `not live: ${state.why}`;
    case 'playing':
      return delayMs === undefined ? 'live' : `live · ${(delayMs / 1000).toFixed(2)} s behind`;
  }
}
