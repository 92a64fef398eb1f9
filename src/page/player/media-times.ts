/** One segment in a playlist: where it lies in media time, and when it was recorded. */
export interface PlayedSegment {
  /** In seconds of media time. */
  readonly start: number;
  /** In seconds. */
  readonly duration: number;
  /** ms since 1970 UTC. */
  readonly programDateTime: number | null;
}

/** When the picture at a media time was recorded. Media time skips gaps; this doesn't. */
export function recordedAtMs(
  segments: readonly PlayedSegment[],
  mediaS: number,
): number | undefined {
  const segment = segments.findLast(({ start }) => start <= mediaS + 0.001) ?? segments[0];
  if (segment?.programDateTime == null) return undefined;
  const intoS = Math.min(Math.max(0, mediaS - segment.start), segment.duration);
  return segment.programDateTime + intoS * 1000;
}

/**
 * The media time of what was recorded at a moment; within a gap, of the first picture after it.
 * @returns undefined if nothing was recorded at or after the moment
 */
export function mediaTimeOf(segments: readonly PlayedSegment[], atMs: number): number | undefined {
  for (const { start, duration, programDateTime } of segments) {
    if (programDateTime === null || programDateTime + duration * 1000 <= atMs) continue;
    return start + Math.max(0, (atMs - programDateTime) / 1000);
  }
  return undefined;
}
