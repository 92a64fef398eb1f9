import { createReadStream } from 'node:fs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Api, Askers } from './api.ts';
import { sendBytes } from './byte-range.ts';
import { requireCamera } from './camera-access.ts';
import type { Exports } from '../footage/exports.ts';
import type { WebParts } from './options.ts';
import {
  cameraParams,
  exportParams,
  exportRange,
  exportState,
  problem,
  startedExport,
} from '../contract/web.ts';

/** The finished file; a download that broke off can be resumed. */
export function sendExport(
  request: FastifyRequest,
  reply: FastifyReply,
  { path, fileName, bytes = 0, sha256 = '' }: ReturnType<Exports['file']>,
): FastifyReply {
  void reply
    .header('content-disposition', `attachment; filename="${fileName}"`)
    .header('cache-control', 'private, no-cache');
  return sendBytes(request, reply, {
    type: 'video/mp4',
    bytes,
    etag: `"${sha256}"`,
    read: (start, end) => createReadStream(path, { start, end: end - 1 }),
  });
}

const ownerOf = ({ account, user }: Askers['viewer']): string => `${account}/${user}`;

/** Footage as a file to keep. */
export function addExportRoutes(
  api: Api,
  { ledger, exports }: Pick<WebParts, 'ledger' | 'exports'>,
): void {
  /** @throws {HttpError} 404: an export goes with the right to see its camera */
  const requireOwn = (session: Askers['viewer'], id: string): string => {
    requireCamera(ledger, session, exports.status(ownerOf(session), id).camera);
    return ownerOf(session);
  };

  api.add({
    method: 'POST',
    path: '/api/cameras/{camera}/exports',
    summary: 'Begins to make one MP4 file of a stretch of footage.',
    access: 'viewer',
    params: cameraParams,
    body: exportRange,
    answers: {
      201: { description: 'It is being made.', schema: startedExport },
      429: { description: 'There are too many.', schema: problem },
      507: { description: 'There is no room for it.', schema: problem },
    },
    handle: async ({ session, params, body, reply }) => {
      const camera = requireCamera(ledger, session, params.camera);
      const { timeZone } = session;
      const started = await exports.start(camera, { ...body, timeZone, owner: ownerOf(session) });
      return reply.code(201).send(started);
    },
  });

  api.add({
    method: 'GET',
    path: '/api/exports/{id}',
    summary: 'How far an export is.',
    access: 'viewer',
    params: exportParams,
    answers: { 200: { description: 'So far.', schema: exportState } },
    handle: ({ session, params: { id } }) => exports.status(requireOwn(session, id), id),
  });

  api.add({
    method: 'GET',
    path: '/api/exports/{id}/file',
    summary: 'The finished file.',
    access: 'viewer',
    params: exportParams,
    answers: {
      200: { description: 'The file.', type: 'video/mp4' },
      206: { description: 'The range of it that was asked for.', type: 'video/mp4' },
      304: { description: 'It is the same.' },
      409: { description: 'It is not ready.', schema: problem },
      416: { description: 'The range is not in it.', schema: problem },
    },
    handle: ({ session, params: { id }, request, reply }) =>
      sendExport(request, reply, exports.file(requireOwn(session, id), id)),
  });

  api.add({
    method: 'GET',
    path: '/api/exports/{id}/evidence.txt',
    summary: 'What the file consists of, with hashes, and what is missing in it.',
    access: 'viewer',
    params: exportParams,
    answers: {
      200: { description: 'In words.', type: 'text/plain; charset=utf-8' },
      409: { description: 'It is not ready.', schema: problem },
    },
    handle: ({ session, params: { id }, reply }) => {
      const { fileName, text } = exports.file(requireOwn(session, id), id);
      return reply
        .type('text/plain; charset=utf-8')
        .header(
          'content-disposition',
          `attachment; filename="${fileName.replace(/\.mp4$/, '.txt')}"`,
        )
        .send(text);
    },
  });
}
