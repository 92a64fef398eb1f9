import { Child, ChildDiedError } from '../lib/child.ts';
import { describeError } from '../lib/errors.ts';
import { Scope } from '../lib/scope.ts';
import { FlvReader } from '../media/flv.ts';
import type { PictureSink } from '../media/h264/picture-sink.ts';
import { StreamEndedError } from './stream-ended.ts';

export interface TranscoderOptions {
  readonly url: string;
  readonly sink: PictureSink;
  /** ffmpeg. */
  readonly program: string;
  readonly signal: AbortSignal;
}

const maxMemoryBytes = 512 * 1024 ** 2;

// biome-ignore format: each option with its value
const argumentsFor = (url: string): string[] => [
  '-nostdin',
  '-hide_banner',
  '-loglevel', 'error',
  '-fflags', 'nobuffer',
  '-flags', 'low_delay',
  '-analyzeduration', '1000000',
  // Each additional thread would delay the output by a picture.
  '-threads', '1',
  '-rtsp_transport', 'tcp',
  '-timeout', '10000000',
  '-allowed_media_types', 'video',
  '-use_wallclock_as_timestamps', '1',
  '-i', url,
  '-an',
  '-map', '0:v:0',
  '-fps_mode', 'passthrough',
  '-vf',
  "scale='min(1280,iw)':-2:flags=fast_bilinear,format=yuv420p",
  '-c:v', 'libx264',
  '-preset', 'superfast',
  '-tune', 'zerolatency',
  '-threads', '1',
  '-force_key_frames', 'expr:gte(t,n_forced*2)',
  '-g', '250',
  '-sc_threshold', '0',
  '-crf', '26',
  '-maxrate', '2500k',
  '-bufsize', '2500k',
  '-f', 'flv',
  '-flvflags', 'no_duration_filesize',
  '-flush_packets', '1',
  'pipe:1',
];

/**
 * Converts any stream that ffmpeg can read to H.264, at most 1280 pixels wide, with a key frame each 2 s,
 * until `signal` aborts. ffmpeg has ended when this settles.
 *
 * @throws {StreamEndedError} there is no stream, or it has ended
 */
export async function transcode({ url, sink, program, signal }: TranscoderOptions): Promise<void> {
  using scope = new Scope(signal);
  const reader = new FlvReader(sink);
  await using ffmpeg = new Child({
    name: 'transcoder',
    file: program,
    args: argumentsFor(url),
    onStdoutBytes: (chunk) => {
      if (scope.signal.aborted) return;
      try {
        reader.push(chunk);
      } catch (error) {
        scope.end(error);
      }
    },
    graceMs: 1_000,
    memoryBytes: maxMemoryBytes,
  });
  try {
    await ffmpeg.ended(scope.signal);
  } catch (error) {
    if (!(error instanceof ChildDiedError)) throw error;
    throw new StreamEndedError('the camera stopped sending', { cause: error });
  }
  if (!signal.aborted) {
    throw new StreamEndedError(`transcoding failed: ${describeError(scope.signal.reason)}`);
  }
}
