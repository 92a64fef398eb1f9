import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps what was made of our code, so that the next start of this user need not make it again. Where
 * nothing can be kept, all works as well and takes longer.
 */
export function cacheCompiledCode(): void {
  try {
    const directory = cacheDirectory();
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (isOursAlone(directory)) enableCompileCache(directory);
  } catch {
    // A user without a home, or a home that can't be written.
  }
}

/** As the unit says; else in the home that the machine's table of users names. */
function cacheDirectory(): string {
  const ofUnit = process.env['CACHE_DIRECTORY'];
  if (ofUnit !== undefined && ofUnit !== '') return join(ofUnit, 'code');
  // Not by HOME: with some sudo's it is another user's, who could put code of his own there for root.
  const { homedir } = userInfo();
  if (!existsSync(homedir)) throw new Error(`there is no ${homedir}`);
  return join(homedir, '.cache', 'sapiengraph-cctv');
}

/** What lies there is run as this user: nobody else may have put it there. */
function isOursAlone(directory: string): boolean {
  const { uid, mode } = lstatSync(directory);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}
