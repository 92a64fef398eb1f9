import { html, useEffect, useRef, useState } from '/vendor/htm-preact.js';
import { cameraPath } from '../api.ts';

const freshMs = 10_000;

export interface PictureProps {
  readonly camera: string;
  /** A picture of a silent camera doesn't change; it is asked for all the same, but seldom. */
  readonly isRecording: boolean;
}

/** A picture no older than some seconds. The next is shown only when it is all there. */
export function Picture({ camera, isRecording }: PictureProps) {
  const [shown, setShown] = useState('');
  const image = useRef<HTMLImageElement | null>(null);
  useEffect(() => {
    let isOver = false;
    let timer = 0;
    const load = (): void => {
      if (document.hidden) return;
      clearTimeout(timer);
      const next = new Image();
      const url = `${cameraPath(camera)}/picture?at=${Date.now()}`;
      const again = (): void => {
        if (!isOver) timer = setTimeout(load, isRecording ? freshMs : 6 * freshMs);
      };
      next.addEventListener('load', () => {
        if (!isOver) setShown(url);
        again();
      });
      // There is none yet, or the server cannot be reached: the words beside it say what is wrong.
      next.addEventListener('error', again);
      next.src = url;
    };
    load();
    document.addEventListener('visibilitychange', load);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', load);
    };
  }, [camera, isRecording]);
  return shown === ''
    ? html`<div class="no-picture" aria-hidden="true">no picture yet</div>`
    : html`<img ref=${image} src=${shown} alt=${`${camera}, ${isRecording ? 'a moment ago' : 'the last picture'}`} />`;
}
