/** The picture as the camera sends it. */
export interface PictureFormat {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** As the stream itself says, if it does. */
  readonly framesPerSecond?: number;
}

/** One line of ffmpeg's log at `-loglevel level+info`. */
export interface LogLine {
  readonly isTrouble: boolean;
  /** The line without the address of the object that speaks. */
  readonly text: string;
  /** The same for all lines of a kind, to collapse a flood of them. */
  readonly kind: string;
}

const lineForm = /^(?:\[([^\]]*?)(?: @ 0x[0-9a-f]+)?\] )*?\[(\w+)\]\s*(.*)$/;
const trouble = new Set(['panic', 'fatal', 'error', 'warning']);

/** What ffmpeg warns of though it is as we want it, or can't be helped. */
const harmless = [
  'Guessed Channel Layout',
  'codec frame size is not set',
  'deprecated pixel format used',
  'No meaningful edit list',
  // Two pictures arrived at once, or one before its time: it is moved by less than a picture's time.
  'Non-monotonous DTS',
  'Packet duration:',
  'pts has no value',
  'Estimating the duration of the last packet',
];

export function readLogLine(line: string): LogLine {
  const [, part, level, rest] = lineForm.exec(line) ?? [];
  const text = rest === undefined ? line : part === undefined ? rest : `${part}: ${rest}`;
  // A line of another form is not ffmpeg's own, but the loader's or a crash's.
  const isTrouble =
    level === undefined || (trouble.has(level) && !harmless.some((known) => text.includes(known)));
  return { isTrouble, text, kind: text.replaceAll(/0x[0-9a-f]+|[0-9]+/gi, '#') };
}

/** Reads the line in which ffmpeg describes a stream of pictures; undefined for any other line. */
export function readPicture(line: string): PictureFormat | undefined {
  const match = /Stream #0:\d+.*?: Video: (\w+).*?, (\d{2,5})x(\d{2,5})(?=[\s,])(.*)$/.exec(line);
  if (match === null) return undefined;
  const [, codec = '', width, height, rest = ''] = match;
  // tbr is what the parameter sets say, where nothing has been measured; or it is the clock's rate.
  const rate = [/([\d.]+) fps/, /([\d.]+) tbr/]
    .map((form) => Number(form.exec(rest)?.[1]))
    .find((number) => number > 0 && number <= 120);
  return {
    codec,
    width: Number(width),
    height: Number(height),
    framesPerSecond: rate,
  };
}
