import { useEffect, useState } from 'preact/hooks';
import type { OwnCamera } from '../../contract/cameras.ts';
import { cameraPath, previewUrl } from '../api.ts';
import { serverClock } from '../time/server-clock.ts';
import { sinceWords } from '../time/words.ts';

const refreshMs = 10_000;
/** The last footage may end within a fragment; a picture this much earlier certainly exists. */
const marginMs = 2_000;

interface PictureProps {
  readonly camera: OwnCamera;
  readonly timeZone: string;
}

/**
 * A still picture some seconds old, or the last picture of a silent camera, with its time. A new picture
 * replaces the old one only once it is loaded, so that nothing flickers.
 */
export function Picture({ camera, timeZone }: PictureProps) {
  const { name, isRecording, lastFootageAtMs } = camera;
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
          ? `${cameraPath(name)}/picture?at=${Date.now()}`
          : previewUrl(name, oldMs - marginMs);
      const again = (): void => {
        if (!isOver) timer = setTimeout(load, refreshMs);
      };
      next.addEventListener('load', () => {
        if (isOver) return;
        setShown(url);
        // A silent camera's last picture doesn't change, so load it only once.
        if (oldMs === undefined) again();
      });
      // There is no picture yet, or the server cannot be reached; the text beside the picture says so.
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
  }, [name, oldMs]);
  if (shown === '') {
    return (
      <div class="no-picture" aria-hidden="true">
        no picture
      </div>
    );
  }
  const old = oldMs && `picture of ${sinceWords(oldMs, serverClock.now(), timeZone)}`;
  return (
    <>
      <img src={shown} alt={`${name}, ${old ?? 'a moment ago'}`} />
      {old !== undefined && (
        <span class="badge" aria-hidden="true">
          {old}
        </span>
      )}
    </>
  );
}
