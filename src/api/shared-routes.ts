import { createReadStream } from 'node:fs';
import { ExportList, ExportRequest, ExportStatus, StartedExport } from '../contract/footage.ts';
import type { Exports } from '../footage/exports.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Camera } from '../model/camera.ts';
import { sendBytes } from './byte-range.ts';
import type { Door } from './door.ts';
import { hungUp, type Reach } from './reach.ts';

const notReady = { 409: 'It is not ready.' };

/** Footage as a file to keep. */
export function addExportRoutes<Who>(
  door: Door<Who>,
  reach: Reach<Who>,
  { ledger, exports }: { readonly ledger: Ledger; readonly exports: Exports },
): void {
  const exportPath = `${reach.prefix}/exports/{id}` as const;

  /** The owner of an export that `who` may have. */
  const checkedOwner = (who: Who, id: string): string | undefined => {
    const owner = reach.ownerOf(who);
    reach.checkExport(who, exports.status(owner, id).camera);
    return owner;
  };

  door.post(
    `${reach.cameraPath}/exports`,
    {
      summary: 'Begins to make one MP4 file of a stretch of footage.',
      body: ExportRequest,
      answer: StartedExport,
      status: 201,
      also: { 429: 'There are too many.', 507: 'There is no room for it.' },
    },
    ({ who, params, body }) => {
      const camera = reach.requireCamera(who, params);
      const timeZone = ledger.accounts.timeZone(camera.account) ?? 'UTC';
      const withDetails = reach.showsDetails;
      return exports.start(camera, { ...body, timeZone, withDetails, owner: reach.ownerOf(who) });
    },
  );

  door.get(
    `${reach.prefix}/exports`,
    { summary: 'The exports that were begun, the newest first.', answer: ExportList },
    ({ who }) => ({ exports: exports.list(reach.ownerOf(who)) }),
  );

  door.delete(
    exportPath,
    { summary: 'Deletes an export; one that is under way ends.' },
    ({ who, params: { id } }) => exports.delete(reach.ownerOf(who), id),
  );

  door.get(
    exportPath,
    { summary: 'The progress of an export.', answer: ExportStatus },
    ({ who, params: { id } }) => exports.status(checkedOwner(who, id), id),
  );

  door.get(
    `${exportPath}/file`,
    {
      summary: 'The finished file. A download that broke off can be resumed.',
      type: 'video/mp4',
      also: {
        206: 'The range of it that was asked for.',
        304: 'It is the same.',
        416: 'The range is not in it.',
        ...notReady,
      },
    },
    ({ who, params: { id }, request, reply }) => {
      const { path, fileName, bytes = 0, sha256 } = exports.file(checkedOwner(who, id), id);
      void reply
        .header('content-disposition', `attachment; filename="${fileName}"`)
        .header('cache-control', 'private, no-cache');
      return sendBytes(request, reply, {
        type: 'video/mp4',
        bytes,
        etag: `"${sha256}"`,
        read: (start, end) => createReadStream(path, { start, end: end - 1 }),
      });
    },
  );

  door.get(
    `${exportPath}/evidence.txt`,
    {
      summary: 'What the file consists of, with hashes, and what is missing in it.',
      type: 'text/plain; charset=utf-8',
      also: notReady,
    },
    ({ who, params: { id }, reply }) => {
      const { fileName, text } = exports.file(checkedOwner(who, id), id);
      const name = fileName.replace(/\.mp4$/, '.txt');
      void reply.header('content-disposition', `attachment; filename="${name}"`);
      return text;
    },
  );
}

/** @param picture what a camera shows now, as JPEG */
export function addPictureRoute<Who>(
  door: Door<Who>,
  reach: Reach<Who>,
  picture: (camera: Camera, signal: AbortSignal) => Promise<Buffer>,
): void {
  door.get(
    `${reach.cameraPath}/picture`,
    {
      summary: 'What a camera shows now, at most some 10 seconds old.',
      type: 'image/jpeg',
      also: { 503: 'Too many pictures are asked for.' },
    },
    ({ who, params, reply }) => picture(reach.requireCamera(who, params), hungUp(reply)),
  );
}
