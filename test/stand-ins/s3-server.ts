import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Child } from '../../src/lib/child.ts';
import { swiftPython } from '../support/tools.ts';

const program = join(import.meta.dirname, 's3-server.py');
const readyWithinMs = 60_000;

export interface S3ServerOptions {
  /** Holds all data; made if it is not there. What an earlier server stored in it is served again. */
  readonly directory: string;
  /** On 127.0.0.1; a free one unless given. */
  readonly port?: number;
}

export interface S3Address {
  /** To be used with path-style addressing. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  /** Made at the directory's first start, and kept in it. */
  readonly secretAccessKey: string;
}

export interface S3Server extends S3Address, AsyncDisposable {
  readonly pid: number;
  /** Resolves when `signal` aborts, rejects when the server ends by itself. */
  ended(signal: AbortSignal): Promise<void>;
  /** Resolves when the server is gone. */
  stop(): Promise<void>;
}

/** A real S3-compatible server (OpenStack Swift), answering by the time it is returned. It dies with this process. */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  await mkdir(options.directory, { recursive: true });
  const ready = Promise.withResolvers<S3Address>();
  const timeout = AbortSignal.timeout(readyWithinMs);
  const server = new Child({
    name: 'S3 server',
    file: swiftPython(),
    args: ['-s', '-W', 'ignore', program, options.directory, String(options.port ?? 0)],
    onStdoutLine: (line) => ready.resolve(JSON.parse(line) as S3Address),
  });
  try {
    await Promise.race([ready.promise, server.ended(timeout)]);
    timeout.throwIfAborted();
    return {
      ...(await ready.promise),
      pid: server.pid ?? 0,
      ended: (signal) => server.ended(signal),
      stop: () => server.stop(),
      [Symbol.asyncDispose]: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Runs until SIGTERM or SIGINT; prints one line of JSON, an {@link S3Address}, when it answers. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { directory: { type: 'string' }, port: { type: 'string', default: '0' } },
  });
  if (values.directory === undefined) throw new Error('--directory is missing');
  await using server = await startS3Server({
    directory: values.directory,
    port: Number(values.port),
  });
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  console.log(JSON.stringify({ endpoint, region, accessKeyId, secretAccessKey }));
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  await server.ended(stop.signal);
}

if (import.meta.main) await main();
