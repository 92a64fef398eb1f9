import * as z from 'zod';
import { isLabel } from './camera-name.ts';
import { formerCauses, gapCauses } from './gap-cause.ts';

// What a ledger writes into the bucket beside the segments, so that the bucket alone can bring it
// back. Nothing in it is secret: who may read the bucket sees the footage, but can't log in anywhere.
// Times are milliseconds since 1970 UTC.

const label = z.string().refine(isLabel);
const time = z.int();
const causeWord = z.preprocess((word) => formerCauses.get(String(word)) ?? word, z.enum(gapCauses));
const stateWord = z.union([z.literal('recording'), causeWord]);

const formerName = z.object({ name: label, untilMs: time });

const key = z.object({
  algorithm: z.string(),
  /** In its wire form, as base64. */
  blob: z.base64(),
  fingerprint: z.string(),
  comment: z.string(),
  addedMs: time,
  isSuccessor: z.boolean(),
});

const camera = z.object({
  account: label,
  camera: label,
  /** Absent: it seemed to hold a secret. */
  rtspPath: z.string().optional(),
  rtspUser: z.string().optional(),
  /** Whether there is a password. The password itself is not in the bucket. */
  hasRtspPassword: z.boolean(),
  profile: z.enum(['copy', 'downsample']).optional(),
  createdMs: time,
  removedMs: time.optional(),
  newSinceMs: time.optional(),
  disabledMs: time.optional(),
  firstContactMs: time.optional(),
  keys: z.array(key),
  formerNames: z.array(formerName),
});

const account = z.object({
  name: label,
  createdMs: time,
  removedMs: time.optional(),
  formerNames: z.array(formerName).default([]),
});

/** The format of documents; another number is that of a newer program. */
export const documentFormat = 1;

export const camerasDocument = z.object({
  format: z.literal(documentFormat),
  ledgerId: z.string(),
  writtenMs: time,
  accounts: z.array(account),
  cameras: z.array(camera),
});

export type DocumentedAccount = z.output<typeof account>;
export type DocumentedCamera = z.output<typeof camera>;
export type CamerasDocument = z.output<typeof camerasDocument>;

const stateNote = z.object({
  account: label,
  camera: label,
  atMs: time,
  state: stateWord,
  detail: z.string(),
});

const lossNote = z.object({
  account: label,
  camera: label,
  startMs: time,
  durationMs: z.int().min(1),
  cause: causeWord,
  detail: z.string(),
  /** true: a segment has this time, and no picture of it; false: a segment that had it is gone. */
  hole: z.boolean(),
});

/** From `atMs` on the camera's recording was in this state. The camera has the name of that time. */
export type StateNote = z.output<typeof stateNote>;
/** A stretch without footage. The camera has the name of that time. */
export type LossNote = z.output<typeof lossNote>;
export type Note = StateNote | LossNote;

export const note = z.union([stateNote, lossNote]);
