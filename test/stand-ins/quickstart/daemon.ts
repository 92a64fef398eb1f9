import { createWriteStream } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import type { StatusAnswer, TunnelInfo } from '../../../src/console/api.ts';
import { Child } from '../../../src/lib/child.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { S3Address } from '../s3-server.ts';

const bin = join(import.meta.dirname, '../../../bin');
const readyWithinMs = 30_000;

export interface DaemonOptions {
  /** Gets config.yaml, daemon.log and state/. */
  readonly directory: string;
  readonly store: S3Address;
  readonly bucket: string;
  readonly tunnelPort: number;
  readonly gatewayPort: number;
  /** A warning or an error of the daemon's log. */
  readonly onTrouble: (line: string) => void;
}

/** bin/cctvd with a configuration of its own, and bin/cctv to talk to it. */
export class Daemon implements AsyncDisposable {
  readonly directory: string;
  readonly #configFile: string;
  readonly #child: Child;

  private constructor(directory: string, configFile: string, child: Child) {
    this.directory = directory;
    this.#configFile = configFile;
    this.#child = child;
  }

  static async start(options: DaemonOptions): Promise<Daemon> {
    const file = await writeConfig(options);
    const log = createWriteStream(join(options.directory, 'daemon.log'), { flags: 'a' });
    const child = new Child({
      name: 'cctvd',
      file: join(bin, 'cctvd'),
      args: ['--config', file],
      onStdoutLine: (line) => {
        log.write(`${line}\n`);
        if (/^\S+ (warn|error)/.test(line)) options.onTrouble(line);
      },
      onStderrLine: (line) => options.onTrouble(line),
      graceMs: 20_000,
    });
    void child.gone().then(() => log.end());
    return new Daemon(options.directory, file, child);
  }

  /** Resolves when cameras may dial in, with how; rejects if the daemon ends before. */
  async ready(signal: AbortSignal): Promise<TunnelInfo> {
    const deadline = performance.now() + readyWithinMs;
    let death: unknown;
    void this.#child.ended(signal).catch((error: unknown) => {
      death = error;
    });
    for (;;) {
      signal.throwIfAborted();
      if (death !== undefined) throw death;
      try {
        return (JSON.parse(await this.cctv(['status', '--json'])) as StatusAnswer).tunnel;
      } catch (cause) {
        if (performance.now() > deadline) throw new Error('the daemon does not answer', { cause });
      }
      await systemClock.sleep(100, signal);
    }
  }

  /** Runs `cctv` and gives what it prints. */
  async cctv(args: readonly string[], input = ''): Promise<string> {
    const { stdout } = await execa(join(bin, 'cctv'), ['--config', this.#configFile, ...args], {
      input,
    });
    return stdout;
  }

  /** `cctv camera status --watch --json`: what is connected, each second. */
  watchCameras(onLine: (line: string) => void): Child {
    return new Child({
      name: 'cctv camera status --watch',
      file: join(bin, 'cctv'),
      args: ['--config', this.#configFile, 'camera', 'status', '--watch', '--json'],
      onStdoutLine: onLine,
    });
  }

  ended(signal: AbortSignal): Promise<void> {
    return this.#child.ended(signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child.stop();
  }
}

async function writeConfig(options: DaemonOptions): Promise<string> {
  const { endpoint, region, accessKeyId, secretAccessKey } = options.store;
  const config = {
    stateDirectory: 'state',
    bucket: {
      name: options.bucket,
      endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
    },
    tunnel: { listen: `127.0.0.1:${options.tunnelPort}` },
    gateway: { listen: `127.0.0.1:${options.gatewayPort}` },
    // A minute is better for all but the impatient.
    archive: { segmentSeconds: 10 },
    control: { socket: 'control.sock' },
  };
  const file = join(options.directory, 'config.yaml');
  await writeFile(file, `# Written anew by each start of bin/quickstart.\n${stringify(config)}`);
  await chmod(file, 0o600);
  return file;
}
