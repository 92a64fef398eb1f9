import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { describeError, OperatorError } from '../lib/errors.ts';

export interface CertificateFiles {
  /** PEM: the server's certificate, followed by the intermediate ones. */
  readonly certificateFile: string;
  /** PEM: the private key. */
  readonly keyFile: string;
}

/** A TLS certificate that can be reloaded after its renewal. */
export class Certificate {
  readonly #files: CertificateFiles;
  #context: SecureContext;
  #seen: string;

  private constructor(files: CertificateFiles, context: SecureContext, seen: string) {
    this.#files = files;
    this.#context = context;
    this.#seen = seen;
  }

  /** @throws {OperatorError} a file can't be read, or certificate and key don't belong together */
  static async load(files: CertificateFiles): Promise<Certificate> {
    const seen = await stampOf(files);
    return new Certificate(files, await read(files), seen);
  }

  /** For new connections; existing ones keep theirs. */
  get context(): SecureContext {
    return this.#context;
  }

  /** Reads the files again. If that fails, the old certificate remains in use. */
  async reload(): Promise<void> {
    this.#seen = await stampOf(this.#files);
    this.#context = await read(this.#files);
  }

  /** Whether the files have changed since they were last read. */
  async changed(): Promise<boolean> {
    return (await stampOf(this.#files)) !== this.#seen;
  }
}

async function stampOf({ certificateFile, keyFile }: CertificateFiles): Promise<string> {
  const stamps = [certificateFile, keyFile].map(async (file) => {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs} ${size} ${ino}`;
  });
  return (await Promise.all(stamps).catch(() => [])).join();
}

async function read({ certificateFile, keyFile }: CertificateFiles): Promise<SecureContext> {
  try {
    const [cert, key] = await Promise.all([readFile(certificateFile), readFile(keyFile)]);
    return createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
  } catch (cause) {
    throw new OperatorError(
      `the TLS certificate ${certificateFile} with the key ${keyFile} can not be used: ${describeError(cause)}`,
      { cause },
    );
  }
}
