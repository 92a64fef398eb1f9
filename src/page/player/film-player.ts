export interface FilmOptions {
  readonly video: HTMLVideoElement;
  /** URL of an HLS playlist with the time of each segment. */
  readonly url: string;
  readonly startAtMs: number;
  /** The film cannot be played; `words` says why. */
  readonly onTrouble: (words: string) => void;
  /** Whether the film has sound from here on. */
  readonly onSound: (hasSound: boolean) => void;
  /** The playlist has been read, and the first picture is loading. */
  readonly onReady: () => void;
  /** A host to which the server redirected has refused. Without this, a refusal goes to `onTrouble`. */
  readonly onElsewhereRefused?: (() => void) | undefined;
}

/** Plays footage of a day as one film; positions are in ms since 1970 UTC. */
export interface FilmPlayer {
  /** Recording time of the picture on the screen. */
  readonly atMs: number | undefined;
  /** Goes to a moment, or to the end of the gap around it; false if nothing was recorded from there on. */
  goTo(atMs: number): boolean;
  setRate(rate: number): void;
  close(): void;
}

export const noFootageFromHere = 'There is no footage from here on.';
export const noFootageHere = 'There is no footage here.';
export const unreadable = 'This footage cannot be read just now.';
