import { useEffect, useRef, useState } from 'preact/hooks';
import { previewUrl } from '../api.ts';

/**
 * The picture of a quickly changing moment. Loads one picture at a time, then the one requested last.
 * Until a picture is loaded, or if loading fails, the previous one stays.
 */
export function usePreview(camera: string, atMs: number | undefined): string | undefined {
  const [shown, setShown] = useState<string>();
  const wanted = useRef<string>(undefined);
  const isLoading = useRef(false);
  useEffect(() => {
    wanted.current = atMs === undefined ? undefined : previewUrl(camera, atMs);
    if (wanted.current === undefined) return setShown(undefined);
    const load = (url: string): void => {
      isLoading.current = true;
      const image = new Image();
      const done = (isThere: boolean): void => {
        isLoading.current = false;
        if (isThere && wanted.current !== undefined) setShown(url);
        if (wanted.current !== undefined && wanted.current !== url) load(wanted.current);
      };
      image.addEventListener('load', () => done(true));
      image.addEventListener('error', () => done(false));
      image.src = url;
    };
    if (!isLoading.current) load(wanted.current);
  }, [camera, atMs]);
  return shown;
}
