import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Camera } from '../model/camera.ts';
import { parseSegmentFileName } from '../model/segment-name.ts';
import type { Api } from './api.ts';
import { sendBytes } from './byte-range.ts';
import { requireCamera } from './camera-access.ts';
import { HttpError, notThere } from '../lib/http-error.ts';
import { FootageGoneError } from '../footage/source.ts';
import { Inits } from '../footage/inits.ts';
import type { WebOptions } from './options.ts';
import { playlistOf } from '../footage/playlist.ts';
import type { Previews } from '../footage/previews.ts';
import { at, cameraParams, fileParams, fileWay, playlistRange, problem } from '../contract/web.ts';
import type { FootageSegment } from '../model/segment.ts';

/** A link to the bucket is good for so long; browsers ask for each file anew. */
const linkSeconds = 300;
/** Browsers may use a link again meanwhile. */
const linkKeptSeconds = 120;
const maxSegments = 5_000;

/** Ends when whoever asked has gone. */
export function hungUp(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort(new Error('nobody waits for the answer')));
  return gone.signal;
}

/** Watching what was recorded. */
export function addPlaybackRoutes(
  api: Api,
  { ledger, footage, proxy, log }: Pick<WebOptions, 'ledger' | 'footage' | 'proxy' | 'log'>,
  previews: Previews,
): void {
  let isDetourTold = false;
  /** Costs the daemon all that the browser reads, and whoever runs it may never know. */
  const tellDetour = (request: FastifyRequest): void => {
    if (isDetourTold || proxy) return;
    isDetourTold = true;
    log.info(
      "a browser can't read the bucket itself, so footage goes through the daemon: let the bucket allow GET from the page's origin (CORS), or set console.web.proxy",
      { origin: request.headers.origin ?? request.host, bucket: footage.bucketOrigin },
    );
  };
  const inits = new Inits(ledger, footage);

  api.add({
    method: 'GET',
    path: '/api/cameras/{camera}/playlist.m3u8',
    summary: 'The footage of a range as a playlist of HLS: whole segments, gaps left out.',
    access: 'viewer',
    params: cameraParams,
    query: playlistRange,
    answers: {
      200: { description: 'RFC 8216.', type: 'application/vnd.apple.mpegurl' },
    },
    handle: async ({ session, params, query: { from, to, via }, request, reply }) => {
      const camera = requireCamera(ledger, session, params.camera);
      const range = { fromMs: from, toMs: to, limit: maxSegments + 1 };
      const segments = ledger.footage.list(camera, range);
      if (segments.length === 0) throw notThere();
      if (segments.length > maxSegments) {
        throw new HttpError(400, 'There are too many segments in it; ask for a shorter range.');
      }
      const complete = await inits.complete(camera, segments, hungUp(reply));
      if (complete.length === 0) throw notThere();
      if (via !== undefined) tellDetour(request);
      const query = via === undefined ? '' : `?via=${via}`;
      return reply.type('application/vnd.apple.mpegurl').send(playlistOf(camera, complete, query));
    },
  });

  const sendFile = async (
    camera: Camera,
    segment: FootageSegment,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> => {
    const file = await footage.open(camera, segment);
    const signal = hungUp(reply);
    // Whatever becomes of the answer.
    signal.addEventListener('abort', () => void file[Symbol.asyncDispose](), { once: true });
    return sendBytes(request, reply.header('cache-control', 'private, max-age=86400'), {
      type: 'video/mp4',
      bytes: file.bytes,
      etag: `"${segment.sha256.slice(0, 32)}"`,
      read: (start, end) => file.read(signal, start, end),
    });
  };

  api.add({
    method: 'GET',
    path: '/api/cameras/{camera}/segments/{file}',
    summary: 'One file of footage, or where it is.',
    access: 'viewer',
    params: fileParams,
    query: fileWay,
    answers: {
      200: { description: 'The file.', type: 'video/mp4' },
      206: { description: 'The range of it that was asked for.', type: 'video/mp4' },
      302: { description: 'It is in the bucket, at an address that lives for minutes.' },
      304: { description: 'It is the same.' },
      416: { description: 'The range is not in it.', schema: problem },
    },
    handle: async ({ session, params, query: { via }, request, reply }) => {
      const camera = requireCamera(ledger, session, params.camera);
      const named = parseSegmentFileName(camera, params.file);
      if (named === undefined) throw notThere();
      // Between the look and the reading, it may have been stored and deleted here.
      for (let tries = 0; ; tries += 1) {
        const segment = ledger.footage.find(camera, named);
        if (segment?.durationMs !== named.durationMs) throw notThere();
        if (segment.objectKey !== undefined && !proxy && via === undefined) {
          const link = await footage.presign(segment.objectKey, linkSeconds);
          return reply
            .header('cache-control', `private, max-age=${linkKeptSeconds}`)
            .redirect(link, 302);
        }
        try {
          return await sendFile(camera, segment, request, reply);
        } catch (error) {
          if (!(error instanceof FootageGoneError)) throw error;
          if (tries > 0) throw notThere();
        }
      }
    },
  });

  api.add({
    method: 'GET',
    path: '/api/cameras/{camera}/preview',
    summary: 'A small picture of the key frame at a moment or shortly before.',
    access: 'viewer',
    params: cameraParams,
    query: at,
    answers: {
      200: { description: 'A picture.', type: 'image/jpeg' },
      503: { description: 'Too many pictures are asked for.', schema: problem },
    },
    handle: async ({ session, params, query, reply }) => {
      const camera = requireCamera(ledger, session, params.camera);
      const segment = ledger.footage.at(camera, query.at);
      if (segment === undefined) throw notThere();
      try {
        const picture = await previews.get(camera, segment, query.at);
        return reply
          .type('image/jpeg')
          .header('cache-control', 'private, max-age=3600')
          .send(picture);
      } catch (error) {
        if (error instanceof FootageGoneError) throw notThere();
        throw error;
      }
    },
  });
}
