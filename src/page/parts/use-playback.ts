import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { playlistUrl } from '../api.ts';
import { filmAround } from '../player/film.ts';
import { type FilmPlayer, unreadable } from '../player/film-player.ts';
import { loadPlayer } from '../player/load-player.ts';
import type { Span } from '../time/zone.ts';

export interface Playback {
  /** The moment shown, in ms since 1970 UTC. */
  readonly atMs: number;
  /** The moment opened last; its picture is shown until the film plays. */
  readonly openedAtMs: number;
  readonly isPlaying: boolean;
  readonly isLoading: boolean;
  readonly rate: number;
  readonly trouble: string;
  /** Whether the film has sound; undefined: not known yet. */
  readonly hasSound: boolean | undefined;
  readonly goTo: (atMs: number) => void;
  readonly toggle: () => void;
  readonly setRate: (rate: number) => void;
}

export interface PlaybackOptions {
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly camera: string;
  /** The day to play. */
  readonly span: Span;
  readonly startAtMs: number;
  /** The opened film has been played to its end, at that moment. */
  readonly onEnded: (atMs: number) => void;
}

/** Whether the bucket has refused this browser: then stored footage comes through the daemon. */
let mustAskDaemon = false;

/** Plays a day's footage. Loads the player and the footage only at the first playback. */
export function usePlayback(options: PlaybackOptions): Playback {
  const { video, camera, span, startAtMs } = options;
  const player = useRef<FilmPlayer>(undefined);
  /** Aborts when another moment is opened, or playback is closed. */
  const opening = useRef<AbortController>(undefined);
  const wantsToPlay = useRef(false);
  const onEnded = useRef(options.onEnded);
  onEnded.current = options.onEnded;
  const rateNow = useRef(1);
  const film = useRef<Span>(span);
  const [atMs, setAt] = useState(startAtMs);
  const [openedAtMs, setOpenedAt] = useState(startAtMs);
  const [isPlaying, setPlaying] = useState(false);
  const [isLoading, setLoading] = useState(false);
  const [rate, setRate] = useState(1);
  const [trouble, setTrouble] = useState('');
  const [hasSound, setHasSound] = useState<boolean>();

  const close = (): void => {
    opening.current?.abort();
    player.current?.close();
    player.current = undefined;
  };
  const fail = (words: string): void => {
    setTrouble(words);
    setLoading(false);
    // Most errors are temporary: close, so that the next try reads the playlist again.
    close();
  };
  const open = async (fromMs: number): Promise<void> => {
    const element = video.current;
    close();
    setTrouble('');
    if (element === null) return;
    setLoading(true);
    setOpenedAt(fromMs);
    film.current = filmAround(span, fromMs);
    opening.current = new AbortController();
    const { signal } = opening.current;
    const makePlayer = await loadPlayer(element).catch(() => 'unreachable' as const);
    if (signal.aborted) return;
    if (makePlayer === 'unreachable') return fail(unreadable);
    if (makePlayer === undefined) return fail('This browser cannot play recordings.');
    player.current = makePlayer({
      video: element,
      url: playlistUrl(camera, film.current, mustAskDaemon),
      startAtMs: fromMs,
      onElsewhereRefused: mustAskDaemon
        ? undefined
        : () => {
            mustAskDaemon = true;
            // Before the first picture, the player's position is not known.
            const begun = element.currentTime > 0;
            void open((begun ? player.current?.atMs : undefined) ?? fromMs);
          },
      onSound: setHasSound,
      onTrouble: fail,
      onReady: () => {
        player.current?.setRate(rateNow.current);
        // A browser that requires a user's touch first stays paused, as the button shows.
        if (wantsToPlay.current) element.play().catch(() => undefined);
      },
    });
  };

  useEffect(() => {
    setAt(startAtMs);
    setOpenedAt(startAtMs);
    setHasSound(undefined);
    if (wantsToPlay.current) void open(startAtMs);
    return close;
  }, [camera, span.fromMs, startAtMs]);

  useEffect(() => {
    const element = video.current;
    if (element === null) return undefined;
    const over = new AbortController();
    const on = (events: readonly (keyof HTMLMediaElementEventMap)[], act: () => void): void => {
      for (const event of events) element.addEventListener(event, act, { signal: over.signal });
    };
    on(['timeupdate', 'seeked'], () => setAt((last) => player.current?.atMs ?? last));
    on(['play', 'pause', 'ended'], () => setPlaying(!element.paused));
    on(['waiting', 'seeking'], () => setLoading(true));
    on(['playing', 'seeked', 'canplay'], () => setLoading(false));
    on(['ended'], () => onEnded.current(player.current?.atMs ?? film.current.toMs));
    return () => over.abort();
  }, []);

  const goTo = (toMs: number): void => {
    setAt(toMs);
    setTrouble('');
    const { fromMs, toMs: endMs } = film.current;
    const isOpen = toMs >= fromMs && toMs < endMs && player.current?.goTo(toMs) === true;
    // The moment may have been recorded after the playlist was read: read the playlist again.
    if (!isOpen) void open(toMs);
  };
  const toggle = (): void => {
    const element = video.current;
    if (element === null) return;
    wantsToPlay.current = element.paused || player.current === undefined;
    // A film that ended would restart from its beginning: open it anew, as more may have been recorded.
    if (element.ended) close();
    if (!wantsToPlay.current) element.pause();
    else if (player.current === undefined) void open(atMs);
    else element.play().catch(() => undefined);
  };
  const changeRate = (next: number): void => {
    rateNow.current = next;
    setRate(next);
    player.current?.setRate(next);
  };
  return {
    atMs,
    openedAtMs,
    isPlaying,
    isLoading,
    rate,
    trouble,
    hasSound,
    goTo,
    toggle,
    setRate: changeRate,
  };
}
