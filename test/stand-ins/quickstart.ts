import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { CameraStatus } from '../../src/contract/cameras.ts';
import { makePassword } from '../../src/gateway/password.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { describeError } from '../../src/lib/errors.ts';
import { createLog } from '../../src/lib/log.ts';
import { formatCameraName } from '../../src/model/camera-name.ts';
import { Scope } from '../../src/lib/scope.ts';
import { Bucket } from './quickstart/bucket.ts';
import { Daemon } from './quickstart/daemon.ts';
import { DropbearCamera } from './quickstart/dropbear-camera.ts';
import { lock } from './quickstart/lock.ts';
import { parseRtspUrl, type RtspSource } from './quickstart/rtsp-source.ts';
import { startRtspCamera } from './rtsp-camera.ts';
import { type S3Address, startS3Server } from './s3-server.ts';
import { freePort } from '../support/ports.ts';

const account = 'trial';
const s3Port = 9000;
const tunnelPort = 2222;
const gatewayPort = 8554;
const webPort = 8080;

const startedAt = performance.now();
const say = (text: string): void => {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(7);
  process.stdout.write(`${seconds} s  ${text}\n`);
};
const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ');
const size = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

/**
 * All of it, in the order in which footage flows backwards: each part is there before the one that
 * needs it, and is ended after it.
 */
async function quickstart(
  directory: string,
  own: RtspSource | undefined,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const sockets = await directoryOfSockets(directory);
  await using _lock = await lock(join(sockets, 'quickstart.sock'));
  await using store = await startS3Server({
    directory: join(directory, 's3'),
    port: await freePort(s3Port),
  });
  const bucket = new Bucket('footage', store);
  await bucket.createIfAbsent();
  const before = await bucket.news();
  say(`S3 server: ${store.endpoint}, bucket ${bucket.name} with ${before.length} objects`);

  const web = await freePort(webPort);
  await using daemon = await Daemon.start({
    directory,
    store,
    bucket: bucket.name,
    tunnelPort: await freePort(tunnelPort),
    gatewayPort: await freePort(gatewayPort),
    webPort: web,
    controlSocket: join(sockets, 'control.sock'),
    onTrouble: (line) => say(`daemon: ${line}`),
  });
  const tunnel = await daemon.ready(
    (seconds) => say(`daemon: starting, ${seconds.toFixed(0)} s so far`),
    signal,
  );
  say(`daemon: takes cameras at ${tunnel.address}, host key ${tunnel.hostKeyFingerprint}`);

  await using standIn =
    own === undefined
      ? await startRtspCamera({ video: 'h264', audio: 'aac', clock: true, keyFrameSeconds: 2 })
      : undefined;
  const source = own ?? parseRtspUrl(standIn?.url ?? '');
  if (source === undefined) throw new Error('there is no camera');
  const name = `${account}/${own === undefined ? 'clock' : 'own'}`;
  const camera = await DropbearCamera.open(name, join(directory, 'cameras', name));
  await enrol(daemon, camera, source, join(directory, 'camera.pub'));
  const password = await viewerPassword(daemon, join(directory, 'viewer-password'));
  const watching = await watchingAddress(daemon, name, password);
  const page = `http://127.0.0.1:${web}/  (account ${account}, user ${account}, password ${password})`;
  say(`camera ${name}: RTSP server at ${source.host}:${source.port}, its key is known; dialling`);

  const log = createLog({ format: 'people', level: 'warn' });
  const [host = '', port = ''] = tunnel.address.split(':');
  using parts = new Scope(signal);
  const until = parts.signal;
  const running = [
    store.ended(until),
    daemon.ended(until),
    camera.keepDialling(
      { host, port: Number(port), hostKeyLine: tunnel.hostKeyLine, rtsp: source },
      log,
      until,
    ),
    showCamera(daemon, (status) => whereToLook(daemon, store, status, { page, watching }), until),
    bucket.watch(
      ({ key, bytes }) => say(`stored: ${key}  ${size(bytes)}`),
      1_000,
      systemClock,
      until,
    ),
  ];
  try {
    await Promise.all(running);
  } finally {
    say('ending: the camera hangs up, its last segment is finished');
    parts.end();
    await Promise.allSettled(running);
  }
}

/** Makes the account and the camera in the daemon, as the operator would. */
async function enrol(
  daemon: Daemon,
  camera: DropbearCamera,
  source: RtspSource,
  keyFile: string,
): Promise<void> {
  const { accounts } = JSON.parse(await daemon.cctv(['account', 'list', '--json'])) as {
    accounts: { name: string }[];
  };
  if (!accounts.some(({ name }) => name === account))
    await daemon.cctv(['account', 'add', account]);
  // Known from an earlier run, maybe with another address: its footage stays.
  const { cameras } = JSON.parse(await daemon.cctv(['camera', 'list', '--json'])) as {
    cameras: { account: string; camera: string }[];
  };
  if (cameras.some((one) => `${one.account}/${one.camera}` === camera.name)) {
    await daemon.cctv(['camera', 'remove', camera.name, '--yes']);
  }
  await writeFile(keyFile, `${camera.publicKey}\n`);
  await daemon.cctv(
    [
      'camera',
      'add',
      camera.name,
      '--key',
      keyFile,
      '--rtsp-path',
      source.path,
      ...(source.user === undefined ? [] : ['--rtsp-user', source.user]),
      ...(source.password === undefined ? [] : ['--rtsp-password-file', '-']),
    ],
    source.password,
  );
}

/** Tells each change of the camera's state; when it first records, the list of cameras and where to look. */
async function showCamera(
  daemon: Daemon,
  whereToLook: (camera: CameraStatus) => string,
  signal: AbortSignal,
): Promise<void> {
  let last = '';
  let overview: Promise<void> | undefined;
  const show = async (camera: CameraStatus): Promise<void> => {
    const list = await daemon.cctv(['camera', 'status']);
    process.stdout.write(`\n${indented(`${list}\n\n${whereToLook(camera)}`)}\n\n`);
  };
  await using list = daemon.watchCameras((line) => {
    const { cameras } = JSON.parse(line) as { cameras: CameraStatus[] };
    for (const camera of cameras) {
      const reason = camera.reason === undefined ? '' : `: ${camera.reason}`;
      const now = `camera ${formatCameraName(camera)}: ${camera.state}${reason}`;
      if (now !== last) say(now);
      last = now;
      if (camera.state === 'recording') overview ??= show(camera);
    }
  });
  await list.ended(signal);
  await overview;
}

/** The owner's password: it stays the same over runs, as a player's bookmark does. */
async function viewerPassword(daemon: Daemon, file: string): Promise<string> {
  let password = await readFile(file, 'utf8').catch(() => '');
  if (password === '') {
    password = makePassword();
    await writeFile(file, password, { mode: 0o600 });
  }
  await daemon.cctv(['account', 'password', account, '--password-file', '-'], password);
  return password;
}

/** Where the owner watches with a player. */
async function watchingAddress(daemon: Daemon, name: string, password: string): Promise<string> {
  const address = await daemon.cctv(['camera', 'url', name]);
  return address.trim().replace('rtsp://', `rtsp://${account}:${password}@`);
}

function whereToLook(
  daemon: Daemon,
  store: S3Address,
  camera: CameraStatus,
  { page, watching }: { readonly page: string; readonly watching: string },
): string {
  const near = relative(process.cwd(), daemon.directory);
  const directory = near.startsWith('..') ? daemon.directory : near;
  const config = join(directory, 'config.yaml');
  const cctv = `bin/cctv --config ${config.includes(' ') ? `'${config}'` : config}`;
  return [
    `the page      ${page}`,
    `live picture  ffplay ${watching}`,
    `this list     ${cctv} camera status --watch`,
    `its footage   ${cctv} segments ${formatCameraName(camera)}`,
    `the bucket    ${store.endpoint}, addressed by path; its name, key and secret are in ${config}`,
    `the log       ${join(directory, 'daemon.log')}`,
    '',
    'Segments are 10 s long here. Ctrl-C ends all of it; the next run goes on with what was there.',
  ].join('\n');
}

/**
 * Where sockets may lie: in `directory`, or, since a socket's path has 107 bytes at most, in a directory below /tmp that
 * is the same for each run.
 */
async function directoryOfSockets(directory: string): Promise<string> {
  if (Buffer.byteLength(join(directory, 'quickstart.sock')) <= 107) return directory;
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  const short = join(tmpdir(), `cctv-quickstart-${name}`);
  await mkdir(short, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(short);
  if (uid === process.getuid?.() && (mode & 0o077) === 0) return short;
  throw new Error(`${short} is another user's: remove it, or give a shorter --directory`);
}

const usage = 'bin/quickstart [--directory DIR] [rtsp://[user:password@]host[:port]/path]';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { directory: { type: 'string', default: '.quickstart' } },
    allowPositionals: true,
  });
  const [url] = positionals;
  const own = url === undefined ? undefined : parseRtspUrl(url);
  if (positionals.length > 1 || (url !== undefined && own === undefined)) {
    throw new Error(`usage: ${usage}`);
  }
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  const directory = resolve(values.directory);
  try {
    await quickstart(directory, own, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return say('ended');
    const log = join(directory, 'daemon.log');
    throw existsSync(log) ? new Error(`${describeError(error)}. The log is ${log}`) : error;
  }
  say('ended');
}

try {
  await main();
} catch (error) {
  process.stderr.write(`quickstart: ${describeError(error)}\n`);
  process.exitCode = 1;
}
