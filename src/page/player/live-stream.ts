import { serverClock } from '../time/server-clock.ts';
import { decodeTimeOf, timescaleOf } from './boxes.ts';
import { CaptureTimes } from './capture-times.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { RecentLeast, steer, targetLagS } from './live-edge.ts';
import { openMediaSource } from './media-source.ts';

/** After this much silence the connection is dead, even if the browser has not noticed. */
const silenceMs = 10_000;

export interface LiveSocketOptions {
  readonly url: string;
  readonly video: HTMLVideoElement;
  /** Aborting ends playback. */
  readonly signal: AbortSignal;
  readonly onPlaying: () => void;
  /** Called some times a second with the age of the picture on the screen, in ms. */
  readonly onDelay: (delayMs: number) => void;
}

/** Plays the pictures of one WebSocket until it ends, then rejects with the reason for the user. */
export async function playLiveStream(options: LiveSocketOptions): Promise<never> {
  const { video } = options;
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const socket = new WebSocket(new URL(options.url, location.href));
  socket.binaryType = 'arraybuffer';
  try {
    // The socket connects while the media source opens; messages that arrive earlier are queued.
    const { promise: over, reject: end } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => end(signal.reason as Error), { once: true });
    const messages: MessageEvent<unknown>[] = [];
    let handle = (message: MessageEvent<unknown>): void => void messages.push(message);
    let watchdog = setTimeout(() => {}, 0);
    const alive = (): void => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => end(new Error('no picture for a while')), silenceMs);
    };
    signal.addEventListener('abort', () => clearTimeout(watchdog), { once: true });
    alive();
    socket.addEventListener('message', (message: MessageEvent<unknown>) => {
      alive();
      try {
        handle(message);
      } catch (error) {
        end(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.addEventListener('close', () => end(new Error('the connection was lost')));
    const play = async (): Promise<never> => {
      const source = await openMediaSource(video, signal);
      const take = takeMessages({ ...options, source, signal, end });
      handle = take;
      for (const message of messages.splice(0)) take(message);
      return await over;
    };
    return await Promise.race([play(), over]);
  } finally {
    ended.abort(new Error('closed'));
    socket.close();
  }
}

interface Playing extends LiveSocketOptions {
  readonly source: MediaSource;
  readonly end: (reason: Error) => void;
}

function takeMessages(playing: Playing): (message: MessageEvent<unknown>) => void {
  const { video, source, signal, end } = playing;
  const captured = new CaptureTimes();
  const lag = new RecentLeast(8);
  let buffer: FrameBuffer | undefined;
  let timescale: number | undefined;
  let isPlaying = false;

  const stayAtTheEdge = (): void => {
    const endS = buffer?.endS;
    if (buffer === undefined || endS === undefined) return;
    if (!isPlaying) {
      isPlaying = true;
      // All pictures since the last key frame arrived together; only the newest is live.
      video.currentTime = Math.max(buffer.startS, endS - targetLagS);
      video.play().catch(end);
      return;
    }
    const move = steer(lag.add(endS - video.currentTime));
    if (move.seek) {
      lag.clear();
      video.currentTime = Math.max(buffer.startS, endS - targetLagS);
    } else if (video.playbackRate !== move.rate) {
      video.playbackRate = move.rate;
    }
  };
  followPictures(playing, captured);

  return ({ data }) => {
    if (typeof data === 'string') {
      const message = JSON.parse(data) as { type: string; mime?: string; reason?: string };
      if (message.type === 'end') end(new Error(message.reason ?? 'the camera stopped'));
      if (message.type !== 'init' || message.mime === undefined) return;
      // An init is repeated when pictures were skipped or the camera changed its format.
      timescale = undefined;
      buffer?.changeType(message.mime);
      buffer ??= new FrameBuffer(source, message.mime, video, stayAtTheEdge, signal);
      return;
    }
    if (!(data instanceof ArrayBuffer) || buffer === undefined) return;
    if (timescale === undefined) {
      const init = new Uint8Array(data);
      timescale = timescaleOf(init) ?? 90_000;
      buffer.append(init);
      return;
    }
    const fragment = new Uint8Array(data, 8);
    const ticks = decodeTimeOf(fragment);
    if (ticks !== undefined) captured.add(ticks / timescale, new DataView(data).getFloat64(0));
    buffer.append(fragment);
  };
}

/** Reports the first picture, and the age of later ones. */
function followPictures(playing: Playing, captured: CaptureTimes): void {
  const { video, signal } = playing;
  let told = 0;
  let isFirst = true;
  const presented = (nowMs: number, picture: VideoFrameCallbackMetadata): void => {
    if (signal.aborted) return;
    video.requestVideoFrameCallback(presented);
    if (isFirst) playing.onPlaying();
    isFirst = false;
    const capturedAtMs = captured.at(picture.mediaTime);
    if (capturedAtMs === undefined || nowMs - told < 250) return;
    told = nowMs;
    const shownAtMs = serverClock.at(performance.timeOrigin + picture.expectedDisplayTime);
    playing.onDelay(Math.max(0, shownAtMs - capturedAtMs));
  };
  video.requestVideoFrameCallback(presented);
}
