import { useEffect, useState } from 'preact/hooks';
import { ApiError, errorWords } from '../api.ts';

export interface Polled<T> {
  /** The last answer, also while the server cannot be reached. */
  readonly value?: T;
  readonly error?: string;
}

export interface PolledOptions {
  /** Time from an answer to the next request; without it, there is only one request. */
  readonly everyMs?: number;
  /** Called when the session has ended. */
  readonly onLoggedOut?: () => void;
}

/**
 * Calls `ask` now, and then periodically while the page is visible.
 * @param inputs when they change, old answers are dropped and the new `ask` is used
 */
export function usePolled<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  inputs: readonly unknown[],
  { everyMs, onLoggedOut }: PolledOptions = {},
): Polled<T> {
  const [state, setState] = useState<Polled<T>>({});
  useEffect(() => {
    const over = new AbortController();
    let timer = 0;
    let isAsking = false;
    const askOnce = async (): Promise<void> => {
      if (isAsking || document.hidden) return;
      isAsking = true;
      clearTimeout(timer);
      try {
        const value = await ask(over.signal);
        if (!over.signal.aborted) setState({ value });
      } catch (error) {
        if (over.signal.aborted) return;
        if (error instanceof ApiError && error.status === 401) onLoggedOut?.();
        setState((previous) => ({ ...previous, error: errorWords(error) }));
      }
      isAsking = false;
      if (everyMs !== undefined && !over.signal.aborted) {
        timer = setTimeout(() => void askOnce(), everyMs);
      }
    };
    const again = (): void => void askOnce();
    setState({});
    again();
    document.addEventListener('visibilitychange', again);
    return () => {
      over.abort(new Error('closed'));
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', again);
    };
  }, inputs);
  return state;
}
