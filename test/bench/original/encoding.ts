/** What is made of a camera's picture: as it comes, or as small as the daemon makes it. */
export type Kind = 'copy' | 'downsample';

/** ffmpeg's arguments before its input. */
export const decoding = (kind: Kind): string[] => (kind === 'copy' ? [] : ['-threads', '1']);

/** ffmpeg's arguments behind its input, but for the files' names: files cut on the clock, as is usual. */
export function encoding(kind: Kind, segmentSeconds: number): string[] {
  const small = [
    '-vf',
    'fps=10,scale=640:-2:flags=fast_bilinear,format=yuv420p',
    '-c:v',
    'libx264',
    '-preset',
    'superfast',
    '-threads',
    '1',
    '-bf',
    '0',
    '-sc_threshold',
    '0',
    '-g',
    '20',
    '-crf',
    '28',
    '-maxrate',
    '400k',
    '-bufsize',
    '800k',
  ];
  return [
    '-map',
    '0:v:0',
    ...(kind === 'copy' ? ['-c:v', 'copy'] : small),
    '-f',
    'segment',
    '-segment_time',
    `${segmentSeconds}`,
    '-segment_atclocktime',
    '1',
    '-reset_timestamps',
    '1',
    '-strftime',
    '1',
  ];
}
