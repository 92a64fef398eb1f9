import { backOffMs } from './back-off.ts';
import { playLiveStream } from './live-stream.ts';

export type LiveState =
  | { readonly is: 'connecting' }
  | { readonly is: 'playing' }
  | { readonly is: 'waiting'; readonly why: string };

export interface LivePlayerOptions {
  readonly url: string;
  readonly video: HTMLVideoElement;
  readonly onState: (state: LiveState) => void;
  readonly onDelay: (delayMs: number) => void;
}

/**
 * Plays a camera live, and reconnects when the connection is lost. Disconnects while the page is hidden,
 * to spare the server and a phone's battery.
 * @returns a function that stops playing
 */
export function playLive(options: LivePlayerOptions): () => void {
  const over = new AbortController();
  // Never rejects: errors become states.
  void keepPlaying(options, over.signal);
  return () => over.abort(new Error('closed'));
}

async function keepPlaying(options: LivePlayerOptions, over: AbortSignal): Promise<void> {
  let failures = 0;
  while (!over.aborted) {
    await untilVisible(over);
    if (over.aborted) return;
    const hidden = new AbortController();
    const hide = (): void => {
      if (document.hidden) hidden.abort(new Error('hidden'));
    };
    document.addEventListener('visibilitychange', hide);
    options.onState({ is: 'connecting' });
    try {
      await playLiveStream({
        ...options,
        signal: AbortSignal.any([over, hidden.signal]),
        onPlaying: () => {
          failures = 0;
          options.onState({ is: 'playing' });
        },
      });
    } catch (error) {
      if (over.aborted) return;
      if (hidden.signal.aborted) continue;
      options.onState({
        is: 'waiting',
        why: error instanceof Error ? error.message : String(error),
      });
      await pause(backOffMs(failures), over);
      failures += 1;
    } finally {
      document.removeEventListener('visibilitychange', hide);
    }
  }
}

const untilVisible = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (!document.hidden || signal.aborted) return resolve();
    const look = (): void => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener('visibilitychange', look);
      signal.removeEventListener('abort', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    signal.addEventListener('abort', look);
  });

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
