import { useEffect, useRef, useState } from 'preact/hooks';
import { previewUrl } from '../api.ts';

/**
 * The picture of a moment that changes quickly. One picture loads at a time, and after it the one wanted
 * last. While the next loads, or if it cannot be had, the one before stays.
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
