import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { Child } from '../../../src/lib/child.ts';
import { makeDropbearKey } from '../../../src/provision/dropbear-key.ts';
import { freePort } from '../../../src/relay/port.ts';
import type { S3Address } from '../../stand-ins/s3-server.ts';
import { dbclients, ffmpeg, live555ProxyServer, loopbackOnly } from '../../support/tools.ts';
import { eventually } from '../../support/until.ts';
import { treeOf } from '../chain-cost.ts';
import { findRival } from '../rival.ts';
import { decoding, encoding, type Kind } from './encoding.ts';

export type Uploader = 'aws' | 'rclone';

export interface OriginalOptions {
  /** Is there, and empty. */
  readonly directory: string;
  readonly store: S3Address;
  /** Is there. */
  readonly bucket: string;
  readonly kind: Kind;
  readonly segmentSeconds: number;
  readonly uploader: Uploader;
}

const sshdProgram = '/usr/sbin/sshd';

/** Who uploads for the original, with its version. */
export const findUploader = (uploader: Uploader) =>
  uploader === 'aws'
    ? findRival('/usr/bin/aws', 'awscli', ['--version'])
    : findRival('/usr/bin/rclone', 'rclone', ['version']);

export const findSshd = () => findRival(sshdProgram, 'openssh-server', ['-V']);

/**
 * The same service out of what a server has: OpenSSH's sshd runs a shell script for each camera that dials
 * in, and that runs a relay, ffmpeg, and a program that uploads each finished file.
 */
export class Original implements AsyncDisposable {
  readonly #directory: string;
  readonly #sshd: Child;
  readonly #port: number;
  readonly #clients = new Set<ChildProcess>();

  private constructor(directory: string, sshd: Child, port: number) {
    this.#directory = directory;
    this.#sshd = sshd;
    this.#port = port;
  }

  static async start(options: OriginalOptions): Promise<Original> {
    const { directory } = options;
    const port = await freePort();
    await mkdir(join(directory, '.ssh'), { recursive: true, mode: 0o700 });
    // Where Debian's sshd wants it; made at each boot by who starts its service.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
    const hostKey = join(directory, 'host_key');
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', hostKey]);
    const { stdout: hostKeyLine } = await execa('ssh-keygen', ['-y', '-f', hostKey]);
    const key = makeDropbearKey();
    await writeFile(join(directory, 'id_dropbear'), key.file, { mode: 0o600 });
    await writeFile(join(directory, 'authorized_keys'), `${key.publicLine}\n`);
    await writeFile(join(directory, '.ssh', 'known_hosts'), `127.0.0.1 ${hostKeyLine}\n`);
    const settings = join(directory, 'settings');
    await writeFile(settings, settingsFile(options), { mode: 0o600 });
    const configuration = join(directory, 'sshd_config');
    await writeFile(configuration, sshdConfiguration(directory, port, settings));
    const sshd = new Child({
      name: 'sshd',
      file: findSshd().file,
      args: ['-D', '-e', '-f', configuration],
    });
    await delay(300);
    return new Original(directory, sshd, port);
  }

  get pid(): number {
    return this.#sshd.pid ?? 0;
  }

  /** A camera with its RTSP server at this port dials in. */
  async dial(camera: string, rtspPort: number): Promise<void> {
    const [forward, relay] = [await freePort(), await freePort()];
    const dbclient = dbclients().at(-1)?.dbclient ?? '';
    const client = spawn(
      'setpriv',
      [
        '--pdeathsig',
        'KILL',
        '--',
        dbclient,
        '-T',
        '-K',
        '3',
        '-i',
        join(this.#directory, 'id_dropbear'),
        '-o',
        'ExitOnForwardFailure=yes',
        '-R',
        `127.0.0.1:${forward}:127.0.0.1:${rtspPort}`,
        '-p',
        `${this.#port}`,
        `${userInfo().username}@127.0.0.1`,
        `${camera} ${forward} ${relay}`,
      ],
      { env: { ...process.env, HOME: this.#directory }, stdio: ['pipe', 'ignore', 'inherit'] },
    );
    this.#clients.add(client);
    client.once('exit', () => this.#clients.delete(client));
  }

  /** The cameras' side. */
  get clientPids(): number[] {
    return [...this.#clients].flatMap(({ pid }) => pid ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) {
      const gone = once(client, 'exit');
      client.kill('SIGKILL');
      await gone;
    }
    const beneath = (): number[] => treeOf(this.pid).filter((pid) => pid !== this.pid);
    await eventually('the end of what sshd ran', 15_000, () => beneath().length === 0).catch(() => {
      for (const pid of beneath()) process.kill(pid, 'SIGKILL');
    });
    await this.#sshd.stop();
  }
}

function settingsFile(options: OriginalOptions): string {
  const { directory, store, bucket, kind, segmentSeconds, uploader } = options;
  const settings = {
    archive: join(directory, 'archive'),
    live555: live555ProxyServer(),
    preload: loopbackOnly(),
    ffmpeg: ffmpeg(),
    decoding: decoding(kind).join(' '),
    encoding: encoding(kind, segmentSeconds).join(' '),
    uploader,
    uploader_program: findUploader(uploader).file,
    endpoint: store.endpoint,
    bucket,
  };
  const environment = {
    TZ: 'UTC',
    AWS_ACCESS_KEY_ID: store.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
    AWS_DEFAULT_REGION: store.region,
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_STORE_TYPE: 's3',
    RCLONE_CONFIG_STORE_PROVIDER: 'Other',
    RCLONE_CONFIG_STORE_ENV_AUTH: 'true',
    RCLONE_CONFIG_STORE_REGION: store.region,
    RCLONE_CONFIG_STORE_ENDPOINT: store.endpoint,
    // The bucket is there, and the file's name is new.
    RCLONE_S3_NO_CHECK_BUCKET: 'true',
    RCLONE_NO_CHECK_DEST: 'true',
  };
  const lines = (entries: Readonly<Record<string, string>>, before: string): string[] =>
    Object.entries(entries).map(([name, value]) => `${before}${name}='${value}'`);
  return `${[...lines(settings, ''), ...lines(environment, 'export ')].join('\n')}\n`;
}

function sshdConfiguration(directory: string, port: number, settings: string): string {
  return `
ListenAddress 127.0.0.1:${port}
HostKey ${join(directory, 'host_key')}
AuthorizedKeysFile ${join(directory, 'authorized_keys')}
PidFile none
LogLevel ERROR
AuthenticationMethods publickey
UsePAM no
StrictModes no
AllowTcpForwarding remote
PermitTTY no
PrintMotd no
PrintLastLog no
X11Forwarding no
# Pictures are compressed already.
Compression no
ClientAliveInterval 5
MaxStartups 200
ForceCommand exec ${join(import.meta.dirname, 'archive.sh')} ${settings}
`;
}
