import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * Caches our compiled code for this user's next start. Where no cache is possible, starts are only
 * slower.
 */
export function cacheCompiledCode(): void {
  try {
    const directory = cacheDirectory();
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (isOursAlone(directory)) enableCompileCache(directory);
  } catch {
    // The user has no home, or can't write to it.
  }
}

/** The unit's CACHE_DIRECTORY, or else a directory in the home that the user database names. */
function cacheDirectory(): string {
  const ofUnit = process.env['CACHE_DIRECTORY'];
  if (ofUnit !== undefined && ofUnit !== '') return join(ofUnit, 'code');
  // HOME is unsafe: some versions of sudo keep the caller's, who could plant code there for root to run.
  const { homedir } = userInfo();
  if (!existsSync(homedir)) throw new Error(`there is no ${homedir}`);
  return join(homedir, '.cache', 'sapiengraph-cctv');
}

/** Code in the directory runs as this user, so nobody else may be able to write there. */
function isOursAlone(directory: string): boolean {
  const { uid, mode } = lstatSync(directory);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}
