export interface FilmOptions {
  readonly video: HTMLVideoElement;
  /** Of an HLS playlist with the time of each segment. */
  readonly url: string;
  readonly startAtMs: number;
  /** Something cannot be played; in words. */
  readonly onTrouble: (words: string) => void;
  /** Whether what plays from here on has sound. */
  readonly onSound: (hasSound: boolean) => void;
  /** The playlist is read, and the first picture is being loaded. */
  readonly onReady: () => void;
  /** Another host that the server redirected to refused. Without it, a refusal is a trouble. */
  readonly onElsewhereRefused?: (() => void) | undefined;
}

/** Plays footage of a day as one film, and tells its moments in ms since 1970 UTC. */
export interface FilmPlayer {
  /** When the picture on the screen was recorded. */
  readonly atMs: number | undefined;
  /** Goes to a moment, or if it is in a gap to its end; false if nothing was recorded from there on. */
  goTo(atMs: number): boolean;
  setRate(rate: number): void;
  close(): void;
}

export const noFootageFromHere = 'There is no footage from here on.';
export const noFootageHere = 'There is no footage here.';
export const unreadable = 'This footage cannot be read just now.';
