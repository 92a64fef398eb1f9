import * as z from 'zod';
import { isLabel, labelRule } from '../model/camera-name.ts';
import { absentStates, connectedStates } from '../model/camera-state.ts';
import { gapCauses } from '../model/gap-cause.ts';

// What is asked and answered. Times are milliseconds since 1970 UTC, sizes bytes.

/** The end of the year 9999. */
const lastMs = 253_402_300_799_999;

const moment = z
  .string()
  .regex(/^\d{1,15}$/, { error: () => 'must be milliseconds since 1970 UTC' })
  .transform(Number)
  .refine((ms) => ms <= lastMs, { error: () => 'is too far in the future' });

export const cameraParams = z.object({
  camera: z.string().refine(isLabel, { error: () => `must be ${labelRule}` }),
});
export const fileParams = cameraParams.extend({
  file: z.string().regex(/^\d{8}T\d{6}\.\d{3}Z_\d{1,10}_[0-9a-f]{64}\.mp4$/),
});
export const exportParams = z.object({ id: z.string().regex(/^[\w-]{22}$/) });

const maxRangeMs = 32 * 86_400_000;

export const range = z
  .object({ from: moment, to: moment })
  .refine(({ from, to }) => from < to, { error: () => 'from must be before to' })
  .refine(({ from, to }) => to - from <= maxRangeMs, { error: () => 'at most 32 days at a time' });

/** A playlist of more would be megabytes. */
const maxPlaylistMs = 3 * 86_400_000;
const way = {
  via: z
    .literal('daemon')
    .optional()
    .meta({ description: 'For browsers that cannot read the bucket themselves.' }),
};
export const playlistRange = range
  .safeExtend(way)
  .refine(({ from, to }) => to - from <= maxPlaylistMs, {
    error: () => 'at most 3 days at a time',
  });
export const fileWay = z.object(way);

export const at = z.object({ at: moment });

const date = z.iso.date().refine((day) => day >= '1970-01-02' && day <= '9998-12-31', {
  error: () => 'is too far away',
});
const maxDays = 62;
const oneDayMs = 86_400_000;
export const dayRange = z
  .object({ from: date, to: date })
  .refine(({ from, to }) => from <= to, { error: () => 'from must not be after to' })
  .refine(({ from, to }) => Date.parse(to) - Date.parse(from) < maxDays * oneDayMs, {
    error: () => `at most ${maxDays} days at a time`,
  });

export const login = z.strictObject({
  account: z.string().max(63).optional().meta({ description: 'Absent or empty: of an operator.' }),
  user: z.string().min(1).max(64),
  password: z.string().min(1).max(200),
});

const time = z.int().min(0).max(lastMs);
export const exportRange = z
  .strictObject({ fromMs: time, toMs: time })
  .refine(({ fromMs, toMs }) => fromMs < toMs, { error: () => 'fromMs must be before toMs' });

const ms = z.number();
const recordingState = z.enum(['recording', ...gapCauses]);

export const problem = z.object({ error: z.string() });

export const session = z.discriminatedUnion('role', [
  z.object({
    role: z.literal('viewer'),
    account: z.string(),
    user: z.string(),
    timeZone: z.string(),
    csrf: z.string(),
  }),
  z.object({ role: z.literal('operator'), user: z.string(), csrf: z.string() }),
]);

const camera = z.object({
  name: z.string(),
  isRecording: z.boolean(),
  state: recordingState,
  sinceMs: ms,
  lastFootageAtMs: ms.optional(),
  live: z.boolean().meta({ description: 'Whether it can be watched live.' }),
});
export const cameras = z.object({ nowMs: ms, cameras: z.array(camera) });

const sums = { storedMs: ms, spooledMs: ms, missingMs: ms };
const gap = z.object({
  startMs: ms,
  endMs: ms,
  cause: z.enum(gapCauses),
});
export const timeline = z.object({
  fromMs: ms,
  toMs: ms,
  ...sums,
  pieces: z.array(
    z.object({
      startMs: ms,
      endMs: ms,
      state: z.enum(['stored', 'spooled', 'missing']),
      cause: z.enum(gapCauses).optional(),
    }),
  ),
});
export const days = z.object({
  days: z.array(z.object({ day: z.string(), fromMs: ms, toMs: ms, ...sums })),
});

export const startedExport = z.object({
  id: z.string(),
  fileName: z.string(),
  gaps: z.array(gap).meta({ description: 'What is missing in it.' }),
  estimatedBytes: z.number(),
});
export const exportState = z.object({
  id: z.string(),
  camera: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  /** 0 to 1. */
  progress: z.number().min(0).max(1),
  fileName: z.string(),
  bytes: z.number().optional(),
  sha256: z.string().optional(),
  error: z.string().optional(),
  changedAtMs: ms.optional().meta({
    description:
      'It failed since the format changed then: it can be exported up to then, and from then on.',
  }),
  expiresMs: ms.optional(),
});

export const overview = z.object({
  nowMs: ms,
  version: z.string(),
  cameras: z.array(
    camera.omit({ live: true, isRecording: true }).extend({
      account: z.string(),
      doing: z.enum([...connectedStates, ...absentStates]),
      isNew: z.boolean(),
      detail: z.string(),
      isRecording: z.boolean(),
      last24h: z.object(sums),
    }),
  ),
  uploads: z.looseObject({
    uploading: z.number(),
    waiting: z.number(),
    stored: z.number(),
    failing: z.looseObject({ sinceMs: ms, cause: z.string() }).optional(),
  }),
  spool: z.looseObject({
    files: z.number(),
    bytes: z.number(),
    oldestMs: ms.optional(),
    disk: z.looseObject({
      state: z.enum(['ok', 'nearly full', 'full']),
      detail: z.string().optional(),
      freeBytes: z.number(),
      lastsMs: ms.optional(),
    }),
  }),
  alerts: z.array(z.looseObject({})),
  alertsFailing: z.array(z.looseObject({})),
});

// What the page reads of it.
export type SessionAnswer = z.infer<typeof session>;
export type WatchedCameras = z.infer<typeof cameras>;
export type WatchedCamera = WatchedCameras['cameras'][number];
export type TimelineAnswer = z.infer<typeof timeline>;
export type TimelinePiece = TimelineAnswer['pieces'][number];
export type DaySums = z.infer<typeof days>['days'][number];
export type StartedExportAnswer = z.infer<typeof startedExport>;
export type ExportState = z.infer<typeof exportState>;
export type OverviewAnswer = z.infer<typeof overview>;
