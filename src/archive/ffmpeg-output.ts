/** The picture as the camera sends it. */
export interface PictureFormat {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** As declared in the stream, if it is. */
  readonly framesPerSecond?: number;
}

/** One line of ffmpeg's log at `-loglevel level+info`. */
export interface LogLine {
  readonly isTrouble: boolean;
  /** The line without the memory address of ffmpeg's object. */
  readonly text: string;
  /** The same for similar lines, to collapse a flood of them. */
  readonly kind: string;
}

const lineForm = /^(?:\[([^\]]*?)(?: @ 0x[0-9a-f]+)?\] )*?\[(\w+)\]\s*(.*)$/;
const trouble = new Set(['panic', 'fatal', 'error', 'warning']);

/** Warnings of ffmpeg about things that we want, or can't change. */
const harmless = [
  'Guessed Channel Layout',
  'codec frame size is not set',
  'deprecated pixel format used',
  'No meaningful edit list',
  // Two pictures came at once, or one came early: it is moved by less than a picture's duration.
  'Non-monotonous DTS',
  // Of the first pictures where there are B frames.
  'Invalid DTS',
  'Packet duration:',
  'pts has no value',
  'Estimating the duration of the last packet',
];

export function readLogLine(line: string): LogLine {
  const [, part, level, rest] = lineForm.exec(line) ?? [];
  const text = rest === undefined ? line : part === undefined ? rest : `${part}: ${rest}`;
  // A line of another form comes from the loader or a crash, not from ffmpeg's log.
  const isTrouble =
    level === undefined || (trouble.has(level) && !harmless.some((known) => text.includes(known)));
  return { isTrouble, text, kind: text.replaceAll(/0x[0-9a-f]+|[0-9]+/gi, '#') };
}

/** Parses the line in which ffmpeg describes a video stream; undefined for any other line. */
export function readPicture(line: string): PictureFormat | undefined {
  // One step at a time: a single expression takes time cubic in what a camera can repeat here.
  const [stream] = /Stream #0:\d.*$/.exec(line) ?? [];
  const [video = '', codec = ''] = /: Video: (\w{1,32}).*$/.exec(stream ?? '') ?? [];
  const size = /, (\d{2,5})x(\d{2,5})(?=[\s,])(.*)$/.exec(video);
  if (size === null) return undefined;
  const [, width, height, rest = ''] = size;
  // Without a measured rate, tbr is from the parameter sets; or it is the clock's rate, which we
  // reject as too high.
  const rate = [/\b([\d.]{1,16}) fps/, /\b([\d.]{1,16}) tbr/]
    .map((form) => Number(form.exec(rest)?.[1]))
    .find((number) => number > 0 && number <= 120);
  return {
    codec,
    width: Number(width),
    height: Number(height),
    framesPerSecond: rate,
  };
}
