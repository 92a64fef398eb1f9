import { html, useEffect, useState } from '/vendor/htm-preact.js';
import { cameraPath, previewUrl } from '../api.ts';
import { serverClock } from '../time/server-clock.ts';
import { sinceWords } from '../time/words.ts';

const freshMs = 10_000;
/** The newest footage is still being written; what lies this far back was in it for certain. */
const marginMs = 2_000;

export interface PictureProps {
  readonly camera: string;
  readonly isRecording: boolean;
  readonly lastFootageAtMs?: number;
  readonly timeZone: string;
}

/**
 * A picture no older than some seconds, or of a silent camera the last that there is, with its time. The
 * next is shown only when it is all there.
 */
export function Picture({ camera, isRecording, lastFootageAtMs, timeZone }: PictureProps) {
  const [shown, setShown] = useState('');
  const oldMs = isRecording ? undefined : lastFootageAtMs;
  useEffect(() => {
    let isOver = false;
    let timer = 0;
    const load = (): void => {
      if (document.hidden) return;
      clearTimeout(timer);
      const next = new Image();
      const url =
        oldMs === undefined
          ? `${cameraPath(camera)}/picture?at=${Date.now()}`
          : previewUrl(camera, oldMs - marginMs);
      const again = (): void => {
        if (!isOver) timer = setTimeout(load, freshMs);
      };
      next.addEventListener('load', () => {
        if (isOver) return;
        setShown(url);
        // That of a silent camera doesn't change.
        if (oldMs === undefined) again();
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
  }, [camera, oldMs]);
  if (shown === '') return html`<div class="no-picture" aria-hidden="true">no picture</div>`;
  const old =
    oldMs === undefined ? '' : `picture of ${sinceWords(oldMs, serverClock.now(), timeZone)}`;
  return html`<img src=${shown} alt=${`${camera}, ${old === '' ? 'a moment ago' : old}`} />
    ${old !== '' && html`<span class="badge" aria-hidden="true">${old}</span>`}`;
}
