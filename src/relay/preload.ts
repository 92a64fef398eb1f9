import { basename, dirname } from 'node:path';
import { OperatorError } from '../lib/errors.ts';

export interface Preloading {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * How a relay is started so that the loader preloads `library`: by a path relative to its directory, since
 * blanks and colons separate libraries in LD_PRELOAD (ld.so(8)).
 *
 * @param library absolute path of loopback-only.so
 * @param cameraPort the only port of 127.0.0.1 that the relay may connect to
 * @throws {OperatorError} the name of the file itself has a blank or colon
 */
export function preloading(library: string, cameraPort: number): Preloading {
  const name = basename(library);
  if (/[\s:]/.test(name)) {
    throw new OperatorError(
      `relay.preload: the loader can't find a library with a blank or colon in its name: ${library}`,
    );
  }
  const env = { LD_PRELOAD: `./${name}`, RELAY_CAMERA_PORT: String(cameraPort) };
  return { cwd: dirname(library), env };
}
