import * as z from 'zod';
import { ms, type Sent } from './answer.ts';
import { gap, lastMs, moment, TimelineRequest } from './continuity.ts';

const via = z
  .literal('daemon')
  .optional()
  .meta({ description: 'For browsers that cannot read the bucket themselves.' });
export const FileRequest = z.object({ via });

/** A playlist of more would be megabytes. */
const maxPlaylistMs = 3 * 86_400_000;
export const PlaylistRequest = TimelineRequest.safeExtend({ via }).refine(
  ({ from, to }) => to - from <= maxPlaylistMs,
  { error: () => 'at most 3 days at a time' },
);

export const PreviewRequest = z.object({ at: moment });

const exportTime = z.int().min(0).max(lastMs);
export const ExportRequest = z
  .strictObject({ fromMs: exportTime, toMs: exportTime })
  .refine(({ fromMs, toMs }) => fromMs < toMs, { error: () => 'fromMs must be before toMs' });

export const StartedExport = z.object({
  id: z.string(),
  fileName: z.string(),
  gaps: z.array(gap).meta({ description: 'What is missing in it.' }),
  estimatedBytes: z.number(),
});
export type StartedExport = Sent<typeof StartedExport>;

export const ExportStatus = z.object({
  id: z.string(),
  camera: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  progress: z.number().min(0).max(1).meta({ description: 'From 0 to 1.' }),
  fileName: z.string(),
  bytes: z.number().optional(),
  sha256: z.string().optional(),
  error: z.string().optional().meta({ description: 'Why it failed.' }),
  changedAtMs: ms.optional().meta({
    description:
      'When the format changed, if it failed for that: it can be exported up to then, and from then on.',
  }),
  expiresMs: ms.optional().meta({ description: 'Until when it can be had.' }),
});
export type ExportStatus = Sent<typeof ExportStatus>;

export const ExportList = z.object({ exports: z.array(ExportStatus) });
export type ExportList = Sent<typeof ExportList>;
