import { basename, dirname } from 'node:path';
import { OperatorError } from '../lib/errors.ts';

/**
 * How a program is started so that the loader preloads `library`: by a path relative to its directory, since
 * blanks and colons separate libraries in LD_PRELOAD (ld.so(8)).
 *
 * @param library an absolute path
 * @throws {OperatorError} the name of the file itself has a blank or colon
 */
export function preloading(library: string): {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
} {
  const name = basename(library);
  if (/[\s:]/.test(name)) {
    throw new OperatorError(
      `relay.preload: the loader can't find a library with a blank or colon in its name: ${library}`,
    );
  }
  return { cwd: dirname(library), env: { LD_PRELOAD: `./${name}` } };
}
