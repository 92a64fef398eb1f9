import { execa } from 'execa';

/** What a reader gets of an RTSP stream: packets of each kind within `seconds`, by codec. */
export async function readStream(url: string, seconds: number): Promise<Record<string, number>> {
  const { stdout } = await execa(
    'ffprobe',
    [
      '-v',
      'error',
      '-rtsp_transport',
      'tcp',
      '-show_entries',
      'stream=codec_name,nb_read_packets',
      '-count_packets',
      '-read_intervals',
      `%+${seconds}`,
      '-of',
      'csv=p=0',
      url,
    ],
    { timeout: 30_000 },
  );
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(','))
      .map(([codec = '', count]) => [codec, Number(count)]),
  );
}
