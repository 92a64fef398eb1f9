import type * as z from 'zod';
import {
  type CamerasDocument,
  camerasDocument,
  documentFormat,
  type Note,
  note,
} from '../model/journal-documents.ts';

const dayMs = 86_400_000;

export const camerasName = (ledgerId: string): string => `${ledgerId}/cameras.json`;

/** @param day days since 1970 UTC */
export const notesName = (ledgerId: string, day: number): string =>
  `${ledgerId}/notes/${new Date(day * dayMs).toISOString().slice(0, 10).replaceAll('-', '/')}.jsonl`;

/** Reads the name of a document; undefined if no ledger writes such names. */
export function parseDocumentName(
  name: string,
): { readonly ledgerId: string; readonly kind: 'cameras' | 'notes' } | undefined {
  const match =
    /^([0-9a-f]{16})\/(?:(cameras)\.json|notes\/\d{4}\/\d\d\/\d\d\.jsonl)$/.exec(name) ?? undefined;
  const [, ledgerId = '', cameras] = match ?? [];
  return match && { ledgerId, kind: cameras === undefined ? 'notes' : 'cameras' };
}

export const formatCameras = (document: Omit<CamerasDocument, 'format'>): Buffer =>
  Buffer.from(`${JSON.stringify({ format: documentFormat, ...document }, undefined, 1)}\n`);

/** One JSON object a line. */
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
