import * as z from 'zod';
import { formerCauses, gapCauses } from '../model/gap-cause.ts';
import { isLabel } from '../model/camera-name.ts';

// What a ledger writes into the bucket beside the segments, so that the bucket alone can bring it
// back. Nothing in it is secret: who may read the bucket sees the footage, but can't log in anywhere.
// Times are milliseconds since 1970 UTC.

const dayMs = 86_400_000;

export const camerasName = (ledgerId: string): string => `${ledgerId}/cameras.json`;

/** @param day days since 1970 UTC */
export const notesName = (ledgerId: string, day: number): string =>
  `${ledgerId}/notes/${new Date(day * dayMs).toISOString().slice(0, 10).replaceAll('-', '/')}.jsonl`;

/** What a document's name says; undefined if it is not one of a ledger's. */
export function parseDocumentName(
  name: string,
): { readonly ledgerId: string; readonly kind: 'cameras' | 'notes' } | undefined {
  const match =
    /^([0-9a-f]{16})\/(?:(cameras)\.json|notes\/\d{4}\/\d\d\/\d\d\.jsonl)$/.exec(name) ?? undefined;
  const [, ledgerId = '', cameras] = match ?? [];
  return match && { ledgerId, kind: cameras === undefined ? 'notes' : 'cameras' };
}

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
  /** Whether there is one. It is not in the bucket. */
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
  /** Programs that could not rename accounts wrote none. */
  formerNames: z.array(formerName).default([]),
});

/** Format of documents; another number is a newer program's. */
const format = 1;

const camerasDocument = z.object({
  format: z.literal(format),
  ledgerId: z.string(),
  writtenMs: time,
  accounts: z.array(account),
  cameras: z.array(camera),
});

export type KnownAccount = z.output<typeof account>;
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
  /** Whether a segment has this time, and no picture of it; else a segment that had it is gone. */
  hole: z.boolean(),
});

/** From `atMs` on the camera's recording was in this state. The camera has the name of that time. */
export type StateNote = z.output<typeof stateNote>;
/** A stretch without footage. The camera has the name of that time. */
export type LossNote = z.output<typeof lossNote>;
export type Note = StateNote | LossNote;

const note = z.union([stateNote, lossNote]);

export const formatCameras = (document: Omit<CamerasDocument, 'format'>): Buffer =>
  Buffer.from(`${JSON.stringify({ format, ...document }, undefined, 1)}\n`);

/** One JSON a line. */
export function formatNotes(notes: Iterable<Note>): Buffer {
  const lines: string[] = [];
  for (const one of notes) lines.push(`${JSON.stringify(one)}\n`);
  return Buffer.from(lines.join(''));
}

/** @throws if it is damaged, of a newer format, or another ledger's */
export function parseCameras(ledgerId: string, body: Buffer | undefined): CamerasDocument {
  const document = check(camerasDocument, linesOf(body).join('\n'));
  if (document.ledgerId !== ledgerId) throw new Error('it says that it is of another ledger');
  return document;
}

/** @throws if it is damaged, or of a newer format */
export const parseNotes = (body: Buffer | undefined): Note[] =>
  linesOf(body).map((line) => check(note, line));

function linesOf(body: Buffer | undefined): string[] {
  if (body === undefined) throw new Error('it is gone, or larger than any that is written');
  return body
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}

function check<T extends z.ZodType>(schema: T, json: string): z.output<T> {
  const parsed = schema.safeParse(JSON.parse(json));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it is damaged'}`);
}
