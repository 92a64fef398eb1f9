import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type CameraName, parseCameraName } from '../../src/model/camera-name.ts';
import { loadHostKey } from '../../src/tunnel/host-key.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import {
  prepareTunnelServer,
  type TunnelServer,
  type TunnelServerOptions,
} from '../../src/tunnel/server.ts';
import type { Tunnel } from '../../src/tunnel/tunnel.ts';
import { eventually } from '../support/until.ts';
import type { PublicKey } from '../../src/model/public-key.ts';
import { KeptLog } from '../support/kept-log.ts';

const tools = join(import.meta.dirname, '..', '..', '.tools', 'dropbear');

/** A build of dropbear's client, and its key tool. */
export interface Dropbear {
  readonly version: string;
  readonly dbclient: string;
  readonly dropbearkey: string;
}

const installed: Dropbear = {
  version: 'installed',
  dbclient: 'dbclient',
  dropbearkey: 'dropbearkey',
};

/** All dropbears at hand: those that the set-up brought, else the machine's own. */
export const dropbears: readonly Dropbear[] = existsSync(tools)
  ? readdirSync(tools)
      .sort()
      .map((version) => ({
        version,
        dbclient: join(tools, version, 'dbclient'),
        dropbearkey: join(tools, version, 'dropbearkey'),
      }))
  : [installed];

const [anyDropbear = installed] = dropbears;

/** A key of a camera, in dropbear's own format. */
export interface CameraKey {
  readonly file: string;
  readonly publicKey: PublicKey;
}

export interface DialOptions {
  readonly key: CameraKey;
  readonly user: string;
  readonly dropbear?: Dropbear;
  /** Options; `-N` unless given. */
  readonly options?: readonly string[];
  /** What follows the host on the command line. */
  readonly command?: readonly string[];
  readonly input?: string;
}

// Dropbear finds known_hosts in $HOME.
const spawn = (file: string, args: readonly string[], home: string, input: string) =>
  execa(file, args, { reject: false, all: true, input, env: { HOME: home } });

/** A camera's dbclient. */
export class Dialled implements AsyncDisposable {
  readonly process: ReturnType<typeof spawn>;

  constructor(process: ReturnType<typeof spawn>) {
    this.process = process;
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('dbclient could not be started');
    return this.process.pid;
  }

  /** Its exit code and all that it wrote. */
  async ended(): Promise<{ readonly exitCode: number | undefined; readonly output: string }> {
    const { exitCode, all } = await this.process;
    return { exitCode, output: all };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
    await this.process;
  }
}

/** A tunnel server with its own directory, and cameras to dial in to it. */
export class Rig implements AsyncDisposable {
  readonly directory: string;
  readonly log = new KeptLog();
  readonly tunnels: Tunnel[] = [];
  readonly #enrolled = new Map<string, CameraName>();
  #server: TunnelServer | undefined;
  #keys = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  static async start(options: Partial<TunnelServerOptions> = {}): Promise<Rig> {
    const rig = new Rig(await mkdtemp(join(tmpdir(), 'tunnel-')));
    rig.#server = await prepareTunnelServer({
      listen: { host: '127.0.0.1', port: 0 },
      hostKeyFile: join(rig.directory, 'host-ed25519'),
      nextHostKeyFile: join(rig.directory, 'host-ed25519.next'),
      algorithms: 'default',
      log: rig.log,
      findCamera: ({ algorithm, blob }) =>
        rig.#enrolled.get(`${algorithm} ${blob.toString('base64')}`),
      onTunnel: (tunnel) => rig.tunnels.push(tunnel),
      ...options,
    });
    await rig.#server.listen();
    rig.trust(rig.server);
    return rig;
  }

  get server(): TunnelServer {
    if (this.#server === undefined) throw new Error('not started');
    return this.#server;
  }

  get port(): number {
    return this.server.address.port;
  }

  /** Writes known_hosts as a camera's card has it: no port, the name exactly as dialled. */
  trust({ hostKeys }: Pick<TunnelServer, 'hostKeys'>): void {
    mkdirSync(join(this.directory, '.ssh'), { recursive: true });
    const lines = hostKeys.map(({ line }) => `127.0.0.1 ${line}\n`);
    writeFileSync(join(this.directory, '.ssh', 'known_hosts'), lines.join(''));
  }

  makeKey(type: 'ed25519' | 'ecdsa' = 'ed25519', dropbear = anyDropbear): CameraKey {
    this.#keys += 1;
    const file = join(this.directory, `id-${this.#keys}`);
    execFileSync(dropbear.dropbearkey, ['-t', type, '-f', file], { stdio: 'ignore' });
    const text = execFileSync(dropbear.dropbearkey, ['-y', '-f', file], { encoding: 'utf8' });
    return { file, publicKey: parsePublicKey(text) };
  }

  enrol(key: PublicKey, name: string): void {
    const camera = parseCameraName(name);
    if (camera === undefined) throw new Error(`not a camera's name: ${name}`);
    this.#enrolled.set(`${key.algorithm} ${key.blob.toString('base64')}`, camera);
  }

  /** A key, enrolled for the camera of this name. */
  enrolled(name: string, type: 'ed25519' | 'ecdsa' = 'ed25519', dropbear?: Dropbear): CameraKey {
    const key = this.makeKey(type, dropbear);
    this.enrol(key.publicKey, name);
    return key;
  }

  /** A private key in OpenSSH's format, enrolled if a name is given. */
  async openSshKey(name?: string): Promise<string> {
    this.#keys += 1;
    const file = join(this.directory, `id-${this.#keys}`);
    const { line } = await loadHostKey(file, 'ssh-ed25519');
    if (name !== undefined) this.enrol(parsePublicKey(line), name);
    return await readFile(file, 'utf8');
  }

  /** Starts a dbclient, without a terminal. */
  dial({
    key,
    user,
    dropbear = anyDropbear,
    options = ['-N'],
    command,
    input,
  }: DialOptions): Dialled {
    const args = [
      '-T',
      '-i',
      key.file,
      '-p',
      String(this.port),
      ...options,
      `${user}@127.0.0.1`,
      ...(command ?? []),
    ];
    return new Dialled(spawn(dropbear.dbclient, args, this.directory, input ?? ''));
  }

  /** The tunnel that comes next, counting from 0. */
  tunnel(index = 0): Promise<Tunnel> {
    return eventually(`tunnel ${index}`, 20_000, () => this.tunnels[index]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A server on a free port of 127.0.0.1 that goes with its connections. */
export class LocalServer implements AsyncDisposable {
  readonly #server: Server;
  readonly sockets = new Set<Socket>();

  constructor(onConnection: (socket: Socket) => void) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.sockets.delete(socket));
      onConnection(socket);
    });
  }

  static async start(onConnection: (socket: Socket) => void): Promise<LocalServer> {
    const local = new LocalServer(onConnection);
    local.#server.listen(0, '127.0.0.1');
    await once(local.#server, 'listening');
    return local;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
