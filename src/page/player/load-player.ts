import type { FilmOptions, FilmPlayer } from './film-player.ts';
import { mediaSourceClass } from './media-source.ts';

type MakePlayer = (options: FilmOptions) => FilmPlayer;

/** Loads hls.js, or else the browser's own HLS player; undefined if this browser supports neither. */
export async function loadPlayer(video: HTMLVideoElement): Promise<MakePlayer | undefined> {
  if (mediaSourceClass() !== undefined) {
    const { HlsPlayer } = await import('./hls-player.ts');
    if (HlsPlayer.isSupported) return (options) => new HlsPlayer(options);
  }
  if (video.canPlayType('application/vnd.apple.mpegurl') === '') return undefined;
  const { NativePlayer } = await import('./native-player.ts');
  return (options) => new NativePlayer(options);
}
