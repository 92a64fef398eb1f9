import { useEffect, useState } from '/vendor/htm-preact.js';
import { ApiError } from '../api.ts';

export interface Polled<T> {
  /** The last answer, also while the server cannot be reached. */
  readonly value?: T;
  readonly error?: string;
}

export interface PolledOptions {
  /** Between an answer and the next question; once only if not given. */
  readonly everyMs?: number;
  /** Told when the server no longer knows the session. */
  readonly onLoggedOut?: () => void;
}

/**
 * Asks now and, while somebody can see the page, again and again.
 * @param ask another one when `inputs` change, which also forgets the old answers
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
        const words = error instanceof ApiError ? error.message : 'The server cannot be reached.';
        setState((previous) => ({ ...previous, error: words }));
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

/** The time, each so many ms: for words that age. */
export function useNow(now: () => number, everyMs: number): number {
  const [at, setAt] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setAt(now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return at;
}
