import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../lib/child.ts';
import { OperatorError } from '../lib/errors.ts';
import { TimeoutError, within } from '../lib/until.ts';

export interface PictureOptions {
  /** ffmpeg. */
  readonly program: string;
  /** Of the camera's relay: the camera itself has one client, and it stays that way. */
  readonly relayUrl: string;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/** One frame of any camera needs far less. */
const maxMemoryBytes = 512 * 1024 ** 2;

/**
 * Takes the camera's next whole picture, as JPEG.
 *
 * @throws {OperatorError} if none comes in time
 */
export async function takePicture(options: PictureOptions): Promise<Buffer> {
  const { program, relayUrl, withinMs, signal } = options;
  const directory = await mkdtemp(join(tmpdir(), 'cctv-picture-'));
  const file = join(directory, 'picture.jpg');
  try {
    await using ffmpeg = new Child({
      name: 'picture',
      file: program,
      // biome-ignore format: each option with its value
      args: [
        '-nostdin',
        '-loglevel', 'error',
        '-rtsp_transport', 'tcp',
        // What comes before the first whole picture would show as grey blocks.
        '-skip_frame', 'nokey',
        '-i', relayUrl,
        '-an',
        '-frames:v', '1',
        '-update', '1',
        '-q:v', '3',
        '-pix_fmt', 'yuvj420p',
        '-strict', 'unofficial',
        '-y', file,
      ],
      graceMs: 500,
      memoryBytes: maxMemoryBytes,
    });
    await within(withinMs, 'the picture', signal, () => ffmpeg.gone());
    return await readFile(file);
  } catch (error) {
    if (signal.aborted) throw error;
    const why = error instanceof TimeoutError ? ` within ${withinMs / 1000} s` : '';
    throw new OperatorError(`No picture came${why}: the camera may be about to start. Try again.`, {
      cause: error,
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
