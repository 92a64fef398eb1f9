import type { Clock } from '../lib/clock.ts';
import { RtspClient, RtspRefusalError } from '../media/rtsp/client.ts';
import { packetOf } from '../media/rtsp/rtp.ts';
import { Scope } from '../lib/scope.ts';
import { rejectOnAbort } from '../lib/until.ts';
import { H264Depacketizer } from '../media/h264/depacketizer.ts';
import type { PictureSink } from '../media/h264/picture-sink.ts';
import { StreamEndedError } from './stream-ended.ts';
import { findVideo } from './video-description.ts';

export interface RtspSourceOptions {
  readonly url: string;
  readonly sink: PictureSink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const keepAliveMs = 25_000;

/**
 * Plays a stream if it is H.264, until `signal` aborts, and closes the RTSP session before it resolves.
 *
 * @returns at once with the encoding's name if that is not H.264
 * @throws {StreamEndedError} there is no stream, or it has ended
 */
export async function playH264({ url, sink, clock, signal }: RtspSourceOptions): Promise<string> {
  using scope = new Scope(signal);
  let depacketizer: H264Depacketizer | undefined;
  let gone: string | undefined;
  await using client = new RtspClient(url, {
    onFrame: (frame) => {
      if (frame.channel === 0) depacketizer?.push(packetOf(frame));
    },
    onFrames: () => {},
    onGone: (reason) => {
      gone = reason;
      scope.end();
    },
  });
  const begin = async (): Promise<string> => {
    const video = findVideo(await client.describe());
    if (video === undefined) throw new StreamEndedError('the stream has no video');
    if (video.encoding !== 'H264') return video.encoding;
    sink.describe(video.parameterSets);
    client.controls = [video.control];
    await client.setUp(0);
    depacketizer = new H264Depacketizer(video.payloadType, {
      onUnit: (unit) => sink.unit(unit),
      onLoss: () => sink.lost(),
    });
    await client.play();
    return video.encoding;
  };
  try {
    const encoding = await Promise.race([begin(), rejectOnAbort(scope.signal)]);
    if (encoding !== 'H264') return encoding;
    while (!scope.signal.aborted) {
      await clock.sleep(keepAliveMs, scope.signal);
      // onGone reports a failure.
      if (!scope.signal.aborted) client.keepAlive().catch(() => {});
    }
  } catch (error) {
    const refused = error instanceof RtspRefusalError;
    if (!scope.signal.aborted && !refused) throw error;
    if (refused) gone ??= error.message;
  }
  if (gone !== undefined && !signal.aborted) throw new StreamEndedError(gone);
  return 'H264';
}
