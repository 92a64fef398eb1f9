import { tables } from './schema-tables.ts';
import { triggers } from './schema-triggers.ts';

/**
 * The schema, as the steps that lead to it: a ledger of version N has had the first N. Never change
 * a step that was released; add one. Times are milliseconds since 1970 UTC, lengths of time
 * milliseconds, sizes bytes.
 *
 * Removing an account or a camera marks it as removed: the footage of its name stays in the bucket,
 * and so do its rows here. A name that is added again goes on with its earlier footage.
 */
export const migrations: readonly string[] = [tables + triggers];
