import * as z from 'zod';
import type { Timeline, TimelinePiece } from '../model/continuity.ts';
import { gapCauses } from '../model/gap-cause.ts';
import { count, ms, type Sent, time } from './answer.ts';

export const sums = { storedMs: ms, spooledMs: ms, missingMs: ms };
const range = { fromMs: ms, toMs: ms };

/** A stretch without footage, from `startMs` to just before `endMs`. */
export const gap = z.object({
  startMs: ms,
  endMs: ms,
  cause: z.enum(gapCauses),
});
const detailedGap = gap.extend({ detail: z.string().meta({ description: 'May be empty.' }) });
export type Gap = Sent<typeof detailedGap>;

const causeSum = z.object({ cause: z.enum(gapCauses), gaps: count, missingMs: ms });
export type CauseSum = Sent<typeof causeSum>;

/**
 * Where each millisecond of a stretch of a camera's time is:
 * `storedMs + spooledMs + missingMs === toMs - fromMs`, and the gaps sum up to `missingMs`.
 */
const continuity = z.object({
  /** The range that was asked for, as far as it lies between the camera's enrolment and now. */
  ...range,
  ...sums,
  /** In the order of time. */
  gaps: z.array(detailedGap),
  /** Of causes that there are, the one with most missing time first. */
  causes: z.array(causeSum),
  /** How many segments have a part of the range. */
  segments: z.object({ stored: count, spooled: count }),
});
export type Continuity = Sent<typeof continuity>;

export const ContinuityRequest = z
  .strictObject({ from: time, to: time })
  .refine(({ from, to }) => from < to, { error: () => 'from must be before to' });

export const ContinuityAnswer = continuity.extend({ account: z.string(), camera: z.string() });
export type ContinuityAnswer = Sent<typeof ContinuityAnswer>;

/** The end of the year 9999. */
export const lastMs = 253_402_300_799_999;

export const moment = z
  .string()
  .regex(/^\d{1,15}$/, { error: () => 'must be milliseconds since 1970 UTC' })
  .transform(Number)
  .refine((value) => value <= lastMs, { error: () => 'is too far in the future' });

const dayMs = 86_400_000;

export const TimelineRequest = z
  .object({ from: moment, to: moment })
  .refine(({ from, to }) => from < to, { error: () => 'from must be before to' })
  .refine(({ from, to }) => to - from <= 32 * dayMs, { error: () => 'at most 32 days at a time' });

const piece = z.object({
  startMs: ms,
  endMs: ms,
  state: z.enum(['stored', 'spooled', 'missing']),
  cause: z.enum(gapCauses).optional(),
}) satisfies z.ZodType<TimelinePiece>;

export const TimelineAnswer = z.object({
  ...range,
  ...sums,
  pieces: z.array(piece),
}) satisfies z.ZodType<Timeline>;
export type TimelineAnswer = Sent<typeof TimelineAnswer>;
export type OwnersPiece = TimelineAnswer['pieces'][number];

const date = z.iso.date().refine((day) => day >= '1970-01-02' && day <= '9998-12-31', {
  error: () => 'is too far away',
});
const maxDays = 62;

export const DaysRequest = z
  .object({ from: date, to: date })
  .refine(({ from, to }) => from <= to, { error: () => 'from must not be after to' })
  .refine(({ from, to }) => Date.parse(to) - Date.parse(from) < maxDays * dayMs, {
    error: () => `at most ${maxDays} days at a time`,
  });

export const DaysAnswer = z.object({
  days: z.array(z.object({ day: z.string(), ...range, ...sums })),
});
export type DaySums = Sent<typeof DaysAnswer>['days'][number];
