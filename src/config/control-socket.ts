import { dirname, resolve } from 'node:path';
import { ConfigError } from './errors.ts';
import { defaultControlSocket } from './places.ts';
import { readSource } from './source.ts';

/**
 * The control socket alone, for programs that talk to the daemon and may not read its secrets.
 * Other problems of the file are not theirs to report.
 *
 * @throws {OperatorError} the file can't be read, or does not say it in a way that can be understood
 */
export async function readControlSocket(path: string): Promise<string> {
  const file = resolve(path);
  const source = readSource(file);
  // Most configurations don't name it, and the reader of YAML takes longer to load than all else.
  if (!withoutComments(source).includes('socket')) return defaultControlSocket;
  const { parseConfigDocument } = await import('./document.ts');
  const document = parseConfigDocument(source);
  if (document.problems.length > 0) throw new ConfigError(file, document.problems);
  const socket = document.at(['control', 'socket']);
  if (socket === undefined) return defaultControlSocket;
  if (typeof socket === 'string' && socket !== '') return resolve(dirname(file), socket);
  throw new ConfigError(file, ['control.socket must be the path of a socket']);
}

/** Without lines that are nothing but a comment. */
const withoutComments = (source: string): string => source.replaceAll(/^[ \t]*#.*$/gm, '');
