import { formatBitRate, lengthOfTime } from '../lib/words.ts';

/** Pictures wait for the line from a camera. */
export interface SlowLine {
  readonly lateMs: number;
  /** Bits per second that arrive, and that the camera sends; undefined until they are measured. */
  readonly carried?: number | undefined;
  readonly sent?: number | undefined;
}

/** `the line carries 250 kb/s of 320 kb/s, pictures come 5 s late` */
export function slowLineWords({ lateMs, carried, sent }: SlowLine): string {
  const late = `pictures come ${lengthOfTime(lateMs)} late`;
  if (carried === undefined || sent === undefined || carried > sent)
    return `the line is held up, ${late}`;
  return `the line carries ${formatBitRate(carried)} of ${formatBitRate(sent)}, ${late}`;
}
