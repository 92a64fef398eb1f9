import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The control socket's HTTP header `server`. */
export const serverName = (version: string): string => `sapiengraph-cctv/${version}`;

/** The version of this program, from its package.json. */
export function readVersion(): string {
  const file = join(import.meta.dirname, '..', '..', 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
  return typeof version === 'string' ? version : 'unknown';
}
