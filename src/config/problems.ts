import * as z from 'zod';
import { closest } from '../lib/closest.ts';
import type { ConfigDocument, Path } from './document.ts';

/** One sentence for each problem of the file: where it is, what is wrong, and what to do. */
export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
  document: ConfigDocument,
): string[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') {
      return [`${where(issue.path, document)} ${describeValue(issue, document)}`];
    }
    const known = keysAt(schema, issue.path);
    return issue.keys.map(
      (key) => `${where([...issue.path, key], document)} is no option; ${suggest(key, known)}`,
    );
  });
}

/** `archive.segmentSeconds (line 12)` */
export function where(path: Path, document: ConfigDocument): string {
  const name = path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : `${text}${text && '.'}${String(key)}`,
    '',
  );
  const line = document.lineOf(path);
  return `${name || 'the file'}${line === undefined ? '' : ` (line ${line})`}`;
}

// `url`, `form` and `json` are templates, which may contain a password.
const secretName = /credentials|password|token|^(?:url|form|json)$/i;

function describeValue(issue: z.core.$ZodIssue, document: ConfigDocument): string {
  const value = document.at(issue.path);
  if (value === undefined) return `is missing; it ${issue.message}`;
  // The value may be a misplaced secret, which must not get to a terminal or the journal.
  if (issue.path.some((key) => secretName.test(String(key)))) return issue.message;
  const shown = JSON.stringify(value);
  return `${issue.message}, not ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`;
}

function suggest(key: string, known: readonly string[]): string {
  const near = closest(key, known);
  return near === undefined
    ? `remove it. Options here: ${known.join(', ')}`
    : `did you mean ${near}?`;
}

function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  let at = unwrap(schema);
  for (const key of path) {
    if (at instanceof z.ZodArray) at = unwrap(at.element);
    else if (at instanceof z.ZodObject) at = unwrap(at.shape[String(key)] ?? z.never());
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
    ? unwrap(schema.unwrap())
    : schema;
}
