import { execa } from 'execa';

/** A file of footage, as ffprobe sees it. */
export interface Probed {
  readonly video: { readonly codec: string; readonly width: number; readonly height: number };
  readonly audioCodec: string | undefined;
  /** Pictures in the file, counted by decoding all of them. */
  readonly frames: number;
  /** From the first picture's time to the end of the last. */
  readonly durationMs: number;
}

/** Reads and decodes a whole file. Rejects if anything in it is damaged. */
export async function probe(file: string): Promise<Probed> {
  const { stdout, stderr } = await execa('ffprobe', [
    '-v',
    'error',
    '-count_frames',
    '-of',
    'json',
    '-show_entries',
    'stream=codec_type,codec_name,width,height,nb_read_frames,duration',
    file,
  ]);
  if (stderr !== '') throw new Error(`${file} is damaged: ${stderr.slice(0, 500)}`);
  const { streams } = JSON.parse(stdout) as { streams: Record<string, string | number>[] };
  const video = streams.find((stream) => stream['codec_type'] === 'video');
  const audio = streams.find((stream) => stream['codec_type'] === 'audio');
  if (video === undefined) throw new Error(`${file} has no picture`);
  return {
    video: {
      codec: String(video['codec_name']),
      width: Number(video['width']),
      height: Number(video['height']),
    },
    audioCodec: audio === undefined ? undefined : String(audio['codec_name']),
    frames: Number(video['nb_read_frames']),
    durationMs: Number(video['duration']) * 1000,
  };
}
