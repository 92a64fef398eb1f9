import { type Ref, useEffect, useRef, useState } from '/vendor/htm-preact.js';
import { playlistUrl } from '../api.ts';
import { filmAround } from '../player/film.ts';
import { RecordedPlayer } from '../player/recorded-player.ts';
import type { Span } from '../time/zone.ts';

export interface Playback {
  /** Where it is, in ms since 1970 UTC. */
  readonly atMs: number;
  /** The moment that was opened last: its picture stands until the film runs. */
  readonly openedAtMs: number;
  readonly isPlaying: boolean;
  /** Pictures are on their way. */
  readonly isLoading: boolean;
  readonly rate: number;
  readonly trouble: string;
  /** Whether what plays has sound, as far as is known. */
  readonly hasSound: boolean | undefined;
  readonly goTo: (atMs: number) => void;
  readonly toggle: () => void;
  readonly setRate: (rate: number) => void;
}

export interface PlaybackOptions {
  readonly video: Ref<HTMLVideoElement | null>;
  readonly camera: string;
  /** A day; another one is another film. */
  readonly span: Span;
  readonly startAtMs: number;
  /** All that was opened has been played, up to that moment. */
  readonly onEnded: (atMs: number) => void;
}

/** The bucket is not for this browser, as was seen: stored footage comes through the daemon. */
let mustAskDaemon = false;

/** Plays a day's footage. Nothing is fetched before it is wanted. */
export function usePlayback(options: PlaybackOptions): Playback {
  const { video, camera, span, startAtMs } = options;
  const player = useRef<RecordedPlayer | undefined>(undefined);
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
  const [hasSound, setHasSound] = useState<boolean | undefined>(undefined);

  const close = (): void => {
    player.current?.close();
    player.current = undefined;
  };
  const open = (fromMs: number): void => {
    const element = video.current;
    close();
    setTrouble('');
    if (element === null) return;
    if (!RecordedPlayer.isSupported) {
      setTrouble('This browser cannot play recordings. iPhones can from iOS 17.1 on.');
      return;
    }
    setLoading(true);
    setOpenedAt(fromMs);
    film.current = filmAround(span, fromMs);
    player.current = new RecordedPlayer({
      video: element,
      url: playlistUrl(camera, film.current, mustAskDaemon),
      startAtMs: fromMs,
      onElsewhereRefused: mustAskDaemon
        ? undefined
        : () => {
            mustAskDaemon = true;
            // Before the first picture, it is nowhere yet.
            const begun = element.currentTime > 0;
            open((begun ? player.current?.atMs : undefined) ?? fromMs);
          },
      onSound: setHasSound,
      onTrouble: (words) => {
        setTrouble(words);
        setLoading(false);
        // Most troubles pass; the next try reads the list of segments anew.
        close();
      },
      onReady: () => {
        player.current?.setRate(rateNow.current);
        // A browser that wants a touch first leaves it paused, and the button says so.
        if (wantsToPlay.current) element.play().catch(() => undefined);
      },
    });
  };

  useEffect(() => {
    setAt(startAtMs);
    setOpenedAt(startAtMs);
    setHasSound(undefined);
    if (wantsToPlay.current) open(startAtMs);
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
    // What came after the list of segments was read is found by reading it again.
    if (!isOpen) open(toMs);
  };
  const toggle = (): void => {
    const element = video.current;
    if (element === null) return;
    wantsToPlay.current = element.paused || player.current === undefined;
    // Played again, what has ended would begin at the start of the day; more may have come meanwhile.
    if (element.ended) close();
    if (!wantsToPlay.current) element.pause();
    else if (player.current === undefined) open(atMs);
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
