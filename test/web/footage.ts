import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { ffmpeg } from '../support/tools.ts';

export interface Look {
  readonly seconds?: number;
  readonly size?: string;
  readonly sound?: boolean;
  /** Of the picture, as ffmpeg names it. */
  readonly color?: string;
}

/** A file of footage as the archiver makes them: fragments, a key frame a second, times from 0 on. */
export async function makeFootage(look: Look = {}): Promise<Buffer> {
  const { seconds = 4, size = '320x240', sound = false, color } = look;
  const directory = await mkdtemp(join(tmpdir(), 'cctv-footage-'));
  try {
    const source =
      color === undefined ? `testsrc=s=${size}:r=10` : `color=c=${color}:s=${size}:r=10`;
    await execa(ffmpeg(), [
      '-nostdin',
      '-loglevel',
      'error',
      '-f',
      'lavfi',
      '-i',
      source,
      ...(sound ? ['-f', 'lavfi', '-i', 'sine=f=440:r=16000', '-c:a', 'aac', '-ac', '1'] : []),
      '-t',
      `${seconds}`,
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-threads',
      '1',
      '-pix_fmt',
      'yuv420p',
      '-g',
      '10',
      '-bf',
      '0',
      '-video_track_timescale',
      '90000',
      '-movflags',
      '+frag_keyframe+empty_moov+default_base_moof+skip_trailer',
      '-use_editlist',
      '0',
      '-frag_duration',
      '500000',
      join(directory, 'out.mp4'),
    ]);
    return await readFile(join(directory, 'out.mp4'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
