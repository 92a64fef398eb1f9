import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A program that we are measured against. */
export interface Rival {
  readonly file: string;
  /** As it names itself. */
  readonly version: string;
}

/** @throws Error that says which package of Debian brings it, if it is not there */
export function findRival(
  file: string,
  debianPackage: string,
  askVersion: readonly string[],
): Rival {
  if (!existsSync(file)) {
    throw new Error(
      `${file} is missing: run bin/tools bench, or apt-get install --no-install-recommends ${debianPackage}`,
    );
  }
  // Some name themselves on standard error.
  const said = execFileSync('sh', ['-c', '"$@" 2>&1 || :', 'sh', file, ...askVersion], {
    encoding: 'utf8',
  });
  return { file, version: said.split('\n')[0]?.trim() ?? '' };
}
