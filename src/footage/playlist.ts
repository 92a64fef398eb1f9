import type { Camera } from '../model/camera.ts';
import { segmentFileName } from '../model/segment-name.ts';
import type { WithInit } from './inits.ts';

/** Two lives of a camera may overlap: a segment that adds no more than this is skipped. */
const overlapMs = 1000;

/**
 * An HLS playlist (RFC 8216) of segments in spool and bucket. Each file's media times begin at 0,
 * hence a discontinuity before each.
 *
 * @param segments in the order of time
 * @param query appended to each file's URL: empty, or begins with `?`
 */
export function playlistOf(camera: Camera, segments: readonly WithInit[], query = ''): string {
  const longestMs = Math.max(1000, ...segments.map(({ durationMs }) => durationMs));
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-TARGETDURATION:${Math.ceil(longestMs / 1000)}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
  ];
  let init: string | undefined;
  let playedToMs = -Infinity;
  let isFirst = true;
  for (const segment of segments) {
    const { startMs, durationMs, bytes } = segment;
    const endMs = startMs + durationMs;
    if (durationMs === 0 || endMs <= playedToMs + overlapMs) continue;
    playedToMs = endMs;
    const file = `segments/${segmentFileName({ ...camera, ...segment })}${query}`;
    if (!isFirst) lines.push('#EXT-X-DISCONTINUITY');
    isFirst = false;
    if (segment.init.hash !== init) {
      init = segment.init.hash;
      lines.push(`#EXT-X-MAP:URI="${file}",BYTERANGE="${segment.init.bytes}@0"`);
    }
    lines.push(
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(startMs).toISOString()}`,
      `#EXTINF:${(durationMs / 1000).toFixed(3)},`,
      `#EXT-X-BYTERANGE:${bytes - segment.init.bytes}@${segment.init.bytes}`,
      file,
    );
  }
  return `${[...lines, '#EXT-X-ENDLIST'].join('\n')}\n`;
}
