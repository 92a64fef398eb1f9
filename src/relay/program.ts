import { basename, dirname } from 'node:path';
import type { ChildOptions } from '../lib/child.ts';
import { OperatorError } from '../lib/errors.ts';

export interface RelayProgram {
  /** The program live555ProxyServer. */
  readonly program: string;
  /** Absolute path of the library that keeps the relay to loopback and to its camera (loopback-only.c). */
  readonly preload: string;
  /** The camera's stream: rtsp://127.0.0.1:port/path. */
  readonly source: string;
  /** On which it is to listen. */
  readonly port: number;
}

const defaultRtspPort = '554';
/** A relay needs a few megabytes. */
const memoryBytes = 256 * 1024 ** 2;

/**
 * How live555ProxyServer is started for one camera.
 *
 * The library is named relative to its directory, since blanks and colons separate libraries in
 * LD_PRELOAD (ld.so(8)).
 *
 * @throws {OperatorError} the name of the library's file itself has a blank or colon
 */
export function relayProgram({ program, preload, source, port }: RelayProgram): ChildOptions {
  const library = basename(preload);
  if (/[\s:]/.test(library)) {
    throw new OperatorError(
      `relay.preload: the loader can't find a library with a blank or colon in its name: ${preload}`,
    );
  }
  const cameraPort = new URL(source).port || defaultRtspPort;
  return {
    name: 'relay',
    file: program,
    // -V: the only way to learn why there is no stream. It logs nothing while a stream flows.
    args: ['-V', '-t', '-p', String(port), source],
    cwd: dirname(preload),
    env: { LD_PRELOAD: `./${library}`, RELAY_CAMERA_PORT: cameraPort },
    graceMs: 1_000,
    memoryBytes,
  };
}
