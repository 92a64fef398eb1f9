import { createWriteStream } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, ExecaError } from 'execa';
import { stringify } from 'yaml';
import type { StatusAnswer, TunnelInfo } from '../../../src/contract/status.ts';
import { Child } from '../../../src/lib/child.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { S3Address } from '../s3-server.ts';

const bin = join(import.meta.dirname, '../../../bin');
const tellWaitingEveryMs = 5_000;
const cctvWithinMs = 60_000;

export interface DaemonOptions {
  /** Gets config.yaml, daemon.log and state/. */
  readonly directory: string;
  readonly store: S3Address;
  readonly bucket: string;
  readonly tunnelPort: number;
  readonly gatewayPort: number;
  readonly webPort: number;
  /** The control socket, at most 107 bytes long (unix(7)). */
  readonly controlSocket: string;
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

  /**
   * Resolves when cameras may dial in, with how; rejects if the daemon ends before. It may take long on a busy
   * machine: `onWaiting` is told every few seconds, with the seconds that have passed.
   */
  async ready(onWaiting: (seconds: number) => void, signal: AbortSignal): Promise<TunnelInfo> {
    const startedAt = performance.now();
    let tellAt = startedAt + tellWaitingEveryMs;
    let death: unknown;
    void this.#child.ended(signal).catch((error: unknown) => {
      death = error;
    });
    for (;;) {
      signal.throwIfAborted();
      if (death !== undefined) throw death;
      try {
        return (JSON.parse(await this.cctv(['status', '--json'])) as StatusAnswer).tunnel;
      } catch {
        // It doesn't listen yet.
      }
      if (performance.now() > tellAt) {
        onWaiting((performance.now() - startedAt) / 1_000);
        tellAt += tellWaitingEveryMs;
      }
      await systemClock.sleep(100, signal);
    }
  }

  /**
   * Runs `cctv` and gives what it prints.
   *
   * @throws {Error} with what it says if it fails
   */
  async cctv(args: readonly string[], input = ''): Promise<string> {
    try {
      const { stdout } = await execa(join(bin, 'cctv'), ['--config', this.#configFile, ...args], {
        input,
        timeout: cctvWithinMs,
      });
      return stdout;
    } catch (cause) {
      const said = cause instanceof ExecaError ? String(cause.stderr).trim() : '';
      throw new Error(`cctv ${args.slice(0, 2).join(' ')} failed: ${said || String(cause)}`, {
        cause,
      });
    }
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
    console: { web: { listen: `127.0.0.1:${options.webPort}` } },
    control: { socket: options.controlSocket },
  };
  const file = join(options.directory, 'config.yaml');
  await writeFile(file, `# Written anew by each start of bin/quickstart.\n${stringify(config)}`);
  await chmod(file, 0o600);
  return file;
}
