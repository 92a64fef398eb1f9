import { useEffect, useRef, useState } from '/vendor/htm-preact.js';
import { previewUrl } from '../api.ts';

/**
 * The picture of a moment, while it changes quickly: one is under way at a time, and then the one that
 * is wanted last. What cannot be had leaves the one before.
 */
export function usePreview(camera: string, atMs: number | undefined): string | undefined {
  const [shown, setShown] = useState<string | undefined>(undefined);
  const wanted = useRef<string | undefined>(undefined);
  const isLoading = useRef(false);
  useEffect(() => {
    const url = atMs === undefined ? undefined : previewUrl(camera, atMs);
    wanted.current = url;
    if (url === undefined) {
      setShown(undefined);
      return undefined;
    }
    const load = (next: string): void => {
      isLoading.current = true;
      const image = new Image();
      const done = (isThere: boolean): void => {
        isLoading.current = false;
        if (isThere && wanted.current !== undefined) setShown(next);
        if (wanted.current !== undefined && wanted.current !== next) load(wanted.current);
      };
      image.addEventListener('load', () => done(true));
      image.addEventListener('error', () => done(false));
      image.src = next;
    };
    if (!isLoading.current) load(url);
    return undefined;
  }, [camera, atMs]);
  return shown;
}
