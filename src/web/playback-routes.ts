import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendBytes } from '../api/byte-range.ts';
import type { Door } from '../api/door.ts';
import { hungUp } from '../api/reach.ts';
import { FileRequest, PlaylistRequest, PreviewRequest } from '../contract/footage.ts';
import { Inits } from '../footage/inits.ts';
import { playlistOf } from '../footage/playlist.ts';
import type { Previews } from '../footage/previews.ts';
import { FootageGoneError, type FootageSource } from '../footage/source.ts';
import type { FootageSegment } from '../model/segment.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { unwaited } from '../lib/background.ts';
import { HttpError, notThere } from '../lib/http-error.ts';
import type { Log } from '../lib/log.ts';
import type { Camera } from '../model/camera.ts';
import { parseSegmentFileName } from '../model/segment-name.ts';
import { requireCamera } from './camera-access.ts';
import type { ViewerSession } from './sessions.ts';

export interface PlaybackParts {
  readonly ledger: Ledger;
  readonly footage: FootageSource;
  /** Whether stored footage goes through the daemon instead of straight from the bucket. */
  readonly proxy: boolean;
  readonly log: Log;
}

/** How long a link to the bucket is valid; browsers ask for each file anew. */
const linkSeconds = 300;
/** A browser asks before each use of what it keeps: somebody else may have logged in in it, whose camera has the same name. */
const revalidated = 'private, no-cache';
const maxSegments = 5_000;

/** Watching what was recorded. */
export function addPlaybackRoutes(
  viewers: Door<ViewerSession>,
  { ledger, footage, proxy, log }: PlaybackParts,
  previews: Previews,
): void {
  let isDetourTold = false;
  /** All that the browser reads goes through the daemon then: the operator should know. */
  const tellDetour = (request: FastifyRequest): void => {
    if (isDetourTold || proxy) return;
    isDetourTold = true;
    log.info(
      "a browser can't read the bucket itself, so footage goes through the daemon: let the bucket allow GET from the page's origin (CORS), or set console.web.proxy",
      { origin: request.headers.origin ?? request.host, bucket: footage.bucketOrigin },
    );
  };
  const inits = new Inits(ledger, footage);

  viewers.get(
    '/api/cameras/{camera}/playlist.m3u8',
    {
      summary:
        'The footage of a range as a playlist of HLS (RFC 8216): whole segments, without gaps.',
      query: PlaylistRequest,
      type: 'application/vnd.apple.mpegurl',
    },
    async ({ who, params, query: { from: fromMs, to: toMs, via }, request, reply }) => {
      const camera = requireCamera(ledger, who, params.camera);
      const segments = ledger.footage.list(camera, { fromMs, toMs, limit: maxSegments + 1 });
      if (segments.length === 0) throw notThere();
      if (segments.length > maxSegments) {
        throw new HttpError(400, 'There are too many segments in it; ask for a shorter range.');
      }
      const complete = await inits.complete(camera, segments, hungUp(reply));
      if (complete.length === 0) throw notThere();
      if (via !== undefined) tellDetour(request);
      return playlistOf(camera, complete, via === undefined ? '' : `?via=${via}`);
    },
  );

  const sendFile = async (
    camera: Camera,
    segment: FootageSegment,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> => {
    const file = await footage.open(camera, segment);
    const signal = hungUp(reply);
    // However the answer ends.
    const close = (): void => {
      unwaited(file[Symbol.asyncDispose](), log, 'a file of footage could not be closed');
    };
    signal.addEventListener('abort', close, { once: true });
    return sendBytes(request, reply.header('cache-control', revalidated), {
      type: 'video/mp4',
      bytes: file.bytes,
      etag: `"${segment.sha256.slice(0, 32)}"`,
      read: (start, end) => file.read(signal, start, end),
    });
  };

  viewers.get(
    '/api/cameras/{camera}/segments/{file}',
    {
      summary: 'One file of footage, or where it is.',
      query: FileRequest,
      type: 'video/mp4',
      also: {
        206: 'The range of it that was asked for.',
        302: 'It is in the bucket, at an address that is good for minutes.',
        304: 'It is the same.',
        416: 'The range is not in it.',
      },
    },
    async ({ who, params, query: { via }, request, reply }) => {
      const camera = requireCamera(ledger, who, params.camera);
      const named = parseSegmentFileName(camera, params.file);
      if (named === undefined) throw notThere();
      // It may be stored and deleted here between look-up and reading: then it is looked up again.
      for (let tries = 0; ; tries += 1) {
        const segment = ledger.footage.find(camera, named);
        if (segment?.durationMs !== named.durationMs) throw notThere();
        if (segment.objectKey !== undefined && !proxy && via === undefined) {
          const link = await footage.presign(segment.objectKey, linkSeconds);
          return reply.redirect(link, 302);
        }
        try {
          return await sendFile(camera, segment, request, reply);
        } catch (error) {
          if (!(error instanceof FootageGoneError)) throw error;
          if (tries > 0) throw notThere();
        }
      }
    },
  );

  viewers.get(
    '/api/cameras/{camera}/preview',
    {
      summary: 'A small picture of the key frame at a moment or shortly before.',
      query: PreviewRequest,
      type: 'image/jpeg',
      also: { 304: 'It is the same.', 503: 'Too many pictures are asked for.' },
    },
    async ({ who, params, query: { at }, request, reply }) => {
      const camera = requireCamera(ledger, who, params.camera);
      const segment = ledger.footage.at(camera, at);
      if (segment === undefined) throw notThere();
      const etag = `"${segment.sha256.slice(0, 32)}-${at - segment.startMs}"`;
      void reply.header('cache-control', revalidated).header('etag', etag);
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      try {
        return await previews.get(camera, segment, at);
      } catch (error) {
        if (error instanceof FootageGoneError) throw notThere();
        throw error;
      }
    },
  );
}
