import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from '../../src/lib/child.ts';

const program = join(import.meta.dirname, 'smtp-server.py');
const readyWithinMs = 20_000;

export interface SmtpServerOptions {
  /** Of the Maildir; made if it is not there. */
  readonly directory: string;
  /** Asked for, if given. */
  readonly user?: string;
  readonly password?: string;
  /** PEM files. */
  readonly certificate?: string;
  readonly key?: string;
  readonly tls?: 'starttls' | 'tls';
}

/** A real SMTP server on 127.0.0.1 that delivers to a Maildir. */
export interface SmtpServer extends AsyncDisposable {
  readonly port: number;
  /** All mails that were delivered, as they lie there. */
  mails(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Answers by the time it is returned. It dies with this process. See smtp-server.py for what else it does. */
export async function startSmtpServer(options: SmtpServerOptions): Promise<SmtpServer> {
  const ready = Promise.withResolvers<{ port: number }>();
  const timeout = AbortSignal.timeout(readyWithinMs);
  const server = new Child({
    name: 'SMTP server',
    file: '/usr/bin/python3',
    args: ['-s', '-W', 'ignore', program, JSON.stringify(options)],
    onStdoutLine: (line) => ready.resolve(JSON.parse(line) as { port: number }),
  });
  try {
    await Promise.race([ready.promise, server.ended(timeout)]);
    timeout.throwIfAborted();
    const { port } = await ready.promise;
    const arrived = join(options.directory, 'new');
    return {
      port,
      mails: async () =>
        Promise.all((await readdir(arrived)).map((name) => readFile(join(arrived, name), 'utf8'))),
      stop: () => server.stop(),
      [Symbol.asyncDispose]: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
