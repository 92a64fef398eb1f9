import { dirname, resolve } from 'node:path';
import { ConfigError } from './errors.ts';
import { defaultControlSocket } from './places.ts';
import { readSource } from './source.ts';

/**
 * Reads only the path of the control socket, for programs that talk to the daemon but may not read its
 * secrets. Ignores problems with other options.
 *
 * @throws {OperatorError} the file can't be read, is no valid YAML, or its `control.socket` is invalid
 */
export async function readControlSocket(path: string): Promise<string> {
  const file = resolve(path);
  const source = readSource(file);
  // Most configurations don't set the socket, and loading the YAML parser is slow.
  if (!withoutComments(source).includes('socket')) return defaultControlSocket;
  const { parseConfigDocument } = await import('./document.ts');
  const document = parseConfigDocument(source);
  if (document.problems.length > 0) throw new ConfigError(file, document.problems);
  const socket = document.at(['control', 'socket']);
  if (socket === undefined) return defaultControlSocket;
  if (typeof socket === 'string' && socket !== '') return resolve(dirname(file), socket);
  throw new ConfigError(file, ['control.socket must be the path of a socket']);
}

/** Drops the lines that hold only a comment. */
const withoutComments = (source: string): string => source.replaceAll(/^[ \t]*#.*$/gm, '');
