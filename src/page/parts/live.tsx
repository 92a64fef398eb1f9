import { useEffect, useRef, useState } from 'preact/hooks';
import type { OwnCamera } from '../../contract/cameras.ts';
import { cameraPath } from '../api.ts';
import { type LiveState, playLive } from '../player/live-player.ts';
import { Picture } from './picture.tsx';

interface LiveProps {
  readonly camera: OwnCamera;
  readonly timeZone: string;
}

/** A camera's live picture, with its age. Until it plays, the latest still picture is shown. */
export function Live({ camera, timeZone }: LiveProps) {
  const { name } = camera;
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<LiveState>({ is: 'connecting' });
  const [delayMs, setDelayMs] = useState<number>();
  useEffect(() => {
    if (video.current === null) return undefined;
    const url = new URL(`${cameraPath(name)}/live`, location.origin.replace(/^http/, 'ws')).href;
    return playLive({ url, video: video.current, onState: setState, onDelay: setDelayMs });
  }, [name]);
  const isPlaying = state.is === 'playing';
  return (
    <div class={isPlaying ? 'live playing' : 'live'}>
      {!isPlaying && <Picture camera={camera} timeZone={timeZone} />}
      <video ref={video} muted playsInline disablePictureInPicture aria-label={`${name}, live`} />
      <span class="badge" aria-hidden={isPlaying} data-delay-ms={isPlaying ? delayMs : undefined}>
        {badgeWords(state, delayMs)}
      </span>
    </div>
  );
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
