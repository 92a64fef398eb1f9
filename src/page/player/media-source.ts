interface ManagedWindow {
  readonly ManagedMediaSource?: typeof MediaSource;
}

/** Prefers ManagedMediaSource, which saves battery and is the only one on iPhones. */
export function mediaSourceClass(): typeof MediaSource | undefined {
  return (
    (globalThis as ManagedWindow).ManagedMediaSource ??
    (typeof MediaSource === 'undefined' ? undefined : MediaSource)
  );
}

/** Opens a media source in a video element. Aborting `signal` releases it. */
export async function openMediaSource(
  video: HTMLVideoElement,
  signal: AbortSignal,
): Promise<MediaSource> {
  const Source = mediaSourceClass();
  if (Source === undefined) throw new Error('this browser cannot play live pictures');
  const source = new Source();
  const url = URL.createObjectURL(source);
  // ManagedMediaSource never opens unless AirPlay is offered or ruled out.
  video.disableRemotePlayback = true;
  const opened = new Promise<void>((resolve, reject) => {
    source.addEventListener('sourceopen', () => resolve(), { once: true });
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  signal.addEventListener(
    'abort',
    () => {
      URL.revokeObjectURL(url);
      video.removeAttribute('src');
      video.load();
    },
    { once: true },
  );
  video.src = url;
  await opened;
  return source;
}
