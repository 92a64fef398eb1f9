import { tables } from './schema-tables.ts';
import { triggers } from './schema-triggers.ts';

/** A longer loss may begin long before a range that it reaches into. Part of the schema: never change it. */
export const longLossMs = 3_600_000;

/**
 * The schema as a list of migrations: a ledger of version N has had the first N. Never change a released
 * step; add another. Times are milliseconds since 1970 UTC, durations milliseconds, sizes bytes.
 *
 * Removing an account or a camera only marks it as removed: its footage stays in the bucket, and its rows
 * stay here. Adding the name again continues the earlier footage.
 */
export const migrations: readonly string[] = [
  tables + triggers,
  // Where a session began: the browser's address, and what it calls itself.
  `ALTER TABLE sessions ADD COLUMN address TEXT;
   ALTER TABLE sessions ADD COLUMN agent TEXT;`,
  // Of the few long losses, those before a range that reach into it are found without reading all of them.
  `CREATE INDEX longLosses ON losses (camera, startMs) WHERE durationMs > ${longLossMs};`,
];
