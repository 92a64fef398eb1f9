import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Server } from 'node:https';
import { describeError, OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';

interface Files {
  /** PEM: the server's certificate, then the intermediate ones. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** @throws {OperatorError} a file can't be read, or certificate and key don't belong together */
export async function readCertificate({ certificateFile, keyFile }: Files): Promise<Pair> {
  try {
    const [cert, key] = await Promise.all([readFile(certificateFile), readFile(keyFile)]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    throw new OperatorError(
      `console.web: the TLS certificate ${certificateFile} with the key ${keyFile} can not be used: ${describeError(cause)}`,
      { cause },
    );
  }
}

const lookEveryMs = 60_000;

const stampOf = async ({ certificateFile, keyFile }: Files): Promise<string> => {
  const stats = await Promise.all([stat(certificateFile), stat(keyFile)]);
  return stats.map(({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`).join();
};

/** Uses a renewed certificate for new connections within a minute. */
export function followCertificate(server: Server, files: Files, log: Log): AsyncDisposable {
  let seen: string | undefined;
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      const stamp = await stampOf(files);
      if (seen !== undefined && stamp !== seen) {
        server.setSecureContext({ ...(await readCertificate(files)), minVersion: 'TLSv1.2' });
        log.info('the web certificate was read again');
      }
      seen = stamp;
    } catch (error) {
      log.warn('the web certificate could not be read again; the earlier one stays in use', {
        cause: describeError(error),
      });
    }
  };
  looking = look();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, lookEveryMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await looking;
    },
  };
}
