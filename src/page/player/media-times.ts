/** One segment in a playlist: its media time, and when it was recorded. */
export interface PlayedSegment {
  /** In seconds of media time. */
  readonly start: number;
  /** In seconds. */
  readonly duration: number;
  /** ms since 1970 UTC. */
  readonly programDateTime: number | null;
}

/** The segments of an HLS playlist (RFC 8216). */
export function readPlaylist(text: string): PlayedSegment[] {
  const segments: PlayedSegment[] = [];
  let programDateTime: number | null = null;
  let start = 0;
  for (const [, tag, value = ''] of text.matchAll(/^#(EXT[A-Z-]+):(.*)$/gm)) {
    if (tag === 'EXT-X-PROGRAM-DATE-TIME') programDateTime = Date.parse(value);
    if (tag !== 'EXTINF') continue;
    const duration = Number.parseFloat(value);
    segments.push({ start, duration, programDateTime });
    start += duration;
    if (programDateTime !== null) programDateTime += duration * 1000;
  }
  return segments;
}

/** When the picture at a media time was recorded. Media time has no gaps, but recording time has. */
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
 * The media time of the picture recorded at a moment; for a moment in a gap, of the first picture after it.
 * @returns undefined if nothing was recorded at or after the moment
 */
export function mediaTimeOf(segments: readonly PlayedSegment[], atMs: number): number | undefined {
  for (const { start, duration, programDateTime } of segments) {
    if (programDateTime === null || programDateTime + duration * 1000 <= atMs) continue;
    return start + Math.max(0, (atMs - programDateTime) / 1000);
  }
  return undefined;
}
