import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CreateBucketCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { parseDocument } from 'yaml';
import type { SegmentIdentity } from '../../src/model/segment-name.ts';
import { parseSegmentKey } from '../../src/storage/key.ts';
import { type RtspCamera, startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { eventually } from '../support/until.ts';
import { itServesItsOperator } from './booted-operator.ts';
import { itOutlivesBadConfigurations, itRefusesAFirstConfiguration } from './booted-refusals.ts';
import { type BootedSite, etc, state } from './booted-site.ts';
import { CameraOutside } from './camera-outside.ts';
import { inside, Machine, outside, type Release } from './machine.ts';
import { asVersion } from './packages.ts';

const release = (process.env['RELEASE'] ?? 'bookworm') as Release;
/** The package that is tried, as {@link ./booted.ts} built it. */
const present = process.env['PACKAGE'] ?? '';
const cameraCount = 5;
const cameraCountAtUpgrade = 20;

const parts = new AsyncDisposableStack();
let directory: string;
let machine: Machine;
let store: S3Server;
let network: FaultProxy;
let endpoint: string;
let hostKey: string;
let rtsp: RtspCamera;
let next: string;
const cameras: CameraOutside[] = [];

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cctv-booted-'));
  parts.defer(() => rm(directory, { recursive: true, force: true }));
  [machine, next, store, rtsp] = await Promise.all([
    Machine.boot(release),
    asVersion(present, '99.0.0', join(directory, 'next')),
    startS3Server({ directory: join(directory, 's3') }),
    startRtspCamera({ video: 'h264', width: 320, height: 240, framesPerSecond: 5 }),
  ]);
  for (const part of [machine, store, rtsp]) parts.use(part);
  network = parts.use(await FaultProxy.start(store.endpoint));
  endpoint = await openToMachine(Number(new URL(network.endpoint).port));
  await s3().send(new CreateBucketCommand({ Bucket: 'footage' }));
});
after(() => parts.disposeAsync());

const s3 = (): S3Client =>
  new S3Client({
    endpoint: store.endpoint,
    region: store.region,
    forcePathStyle: true,
    credentials: store,
  });

/** The stand-in listens on loopback only: this lets the machine reach it. */
async function openToMachine(port: number): Promise<string> {
  const server = createServer((client) => {
    const up = connect({ host: '127.0.0.1', port });
    for (const [from, to] of [
      [client, up],
      [up, client],
    ] as const) {
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, outside);
  await once(server, 'listening');
  parts.defer(() => void server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `http://${outside}:${address.port}`;
}

/** Footage in the bucket. */
async function stored(): Promise<SegmentIdentity[]> {
  const keys: string[] = [];
  const query = { Bucket: 'footage', Prefix: 'bach/' };
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3() }, query))
    keys.push(...Contents.map(({ Key = '' }) => Key));
  return keys.map((key) => {
    const segment = parseSegmentKey('', key);
    assert.ok(segment !== undefined, key);
    return segment;
  });
}

const storedCount = async (): Promise<number> => (await stored()).length;

async function addCamera(name: string): Promise<void> {
  const home = join(directory, 'cameras', name);
  await mkdir(home, { recursive: true });
  const camera = await CameraOutside.make(home, `bach.${name}`, hostKey, rtsp.port);
  await copyFile(camera.publicKey, machine.path(`/root/${name}.pub`));
  await machine.run('cctv', 'camera', 'add', `bach/${name}`, '--key', `/root/${name}.pub`);
  camera.keepDialling(inside);
  cameras.push(parts.use(camera));
}

/** Until there are as many. */
async function addCameras(total: number): Promise<void> {
  while (cameras.length < total) {
    const next = Array.from({ length: Math.min(5, total - cameras.length) }, (_, index) =>
      addCamera(`camera-${cameras.length + index}`),
    );
    await Promise.all(next);
  }
}

const recordingCount = async (): Promise<number> => {
  const { cameras: all } = JSON.parse(await machine.run('cctv', 'camera', 'status', '--json')) as {
    readonly cameras: readonly { readonly state: string }[];
  };
  return all.filter((one) => one.state === 'recording').length;
};

async function allRecording(what: string, withinMs: number): Promise<void> {
  try {
    await eventually(what, withinMs, async () => (await recordingCount()) >= cameras.length);
  } catch (cause) {
    const log = await machine.run('journalctl', '-u', 'sapiengraph-cctv', '-n', '20', '-o', 'cat');
    throw new Error(log, { cause });
  }
}

/** For the tests that are elsewhere; what it has is there when they run. */
const site: BootedSite = {
  machine: () => machine,
  network: () => network,
  store: () => store,
  stored,
  allRecording,
};

describe(`the package on a booted Debian ${release}`, () => {
  it('leaves a running service that says what is still to be done', async () => {
    const said = await machine.install(present);
    assert.equal(await machine.unit('ActiveState'), 'active', said);
    assert.match(await machine.unit('StatusText'), /Nothing is recorded yet.*cctvd setup/);
    assert.match(await machine.run('cctv', 'status'), /Nothing is recorded yet.*cctvd setup/);
    assert.equal(await machine.unit('NRestarts'), '0');
    assert.match(
      await machine.run('bash', '-c', '. /usr/share/bash-completion/completions/cctv; complete'),
      /cctv/,
    );
  });

  itRefusesAFirstConfiguration(site);

  it('writes nothing when the bucket can’t be used, and is set up when it can', async () => {
    await writeFile(machine.path('/root/wrong'), 'not the secret');
    await writeFile(machine.path('/root/secret'), store.secretAccessKey);
    const setup = (secret: string): Promise<string> =>
      machine.run(
        'cctvd',
        'setup',
        '--bucket',
        'footage',
        '--endpoint',
        endpoint,
        '--region',
        store.region,
        '--access-key-id',
        store.accessKeyId,
        '--secret-access-key-file',
        secret,
      );
    assert.match(await setup('/root/wrong'), /FAILED {2}store an object[^]*Nothing was written/);
    assert.deepEqual(await readdir(machine.path(etc)), ['config.example.yaml', 'credentials']);
    assert.match(await setup('/root/secret'), /ok {6}delete it again[^]*is written/);
    await eventually('a daemon that takes cameras', 20_000, async () =>
      /0 cameras connected/.test(await machine.unit('StatusText')),
    );
    const modes = await machine.run(
      'stat',
      '-c',
      '%a %U:%G',
      `${etc}/config.yaml`,
      `${etc}/credentials`,
    );
    assert.deepEqual(modes.split('\n'), ['640 root:sapiengraph-cctv', '700 root:root']);
    assert.match(await machine.run('cctvd', 'check'), /can be used/);
  });

  it('records a camera that dials in, in a sandbox that it can’t write or look out of', async () => {
    await writeFile(machine.path('/home/diary'), 'private');
    await copyFile(
      join(import.meta.dirname, 'try-sandbox.sh'),
      machine.path('/usr/local/bin/try-sandbox'),
    );
    const config = parseDocument(await readFile(machine.path(`${etc}/config.yaml`), 'utf8'));
    config.setIn(['archive', 'segmentSeconds'], 4);
    config.setIn(['archive', 'profile'], 'copy');
    config.set('processors', [{ name: 'try', command: ['/usr/local/bin/try-sandbox'] }]);
    await writeFile(machine.path(`${etc}/config.yaml`), String(config));
    await machine.run('systemctl', 'restart', 'sapiengraph-cctv');
    await machine.run('cctv', 'account', 'add', 'bach');
    hostKey = (
      JSON.parse(await machine.run('cctv', 'status', '--json')) as {
        tunnel: { hostKeyLine: string };
      }
    ).tunnel.hostKeyLine;
    await addCameras(1);
    await allRecording('recording', 20_000);
    await eventually('an object in the bucket', 20_000, async () => (await storedCount()) > 0);
    const tried = await eventually(
      'what was tried',
      10_000,
      () =>
        /^done$/m.test(readFileSync(machine.path(`${state}/tried`), 'utf8')) &&
        readFileSync(machine.path(`${state}/tried`), 'utf8'),
    );
    assert.doesNotMatch(tried, /^DONE/m);
    assert.match(tried, /user sapiengraph-cctv$/m);
    await addCameras(cameraCount);
    await allRecording('all cameras recording', 60_000);
    assert.match(await machine.unit('StatusText'), /cameras connected, \d+ recording/);
  });

  itServesItsOperator(site);

  itOutlivesBadConfigurations(site);

  it('is back after kill -9', async () => {
    const before = await machine.unit('MainPID');
    const countBefore = await storedCount();
    await machine.run('kill', '-9', before);
    await eventually('another daemon', 20_000, async () => {
      const pid = await machine.unit('MainPID');
      return pid !== '0' && pid !== before && (await machine.unit('SubState')) === 'running';
    });
    await allRecording('recording again', 60_000);
    await eventually('more objects', 20_000, async () => (await storedCount()) > countBefore);
  });

  for (const [what, hold] of [
    ['its event loop is blocked', (pid: string) => blockEventLoop(pid)],
    ['it stands still', (pid: string) => machine.run('kill', '-STOP', pid)],
  ] as const) {
    it(`is started anew when ${what}`, async () => {
      const drops = '/run/systemd/system/sapiengraph-cctv.service.d';
      await machine.sh(
        `mkdir -p ${drops}; printf '[Service]\\nWatchdogSec=5\\n' >${drops}/soon.conf
        systemctl daemon-reload; systemctl restart sapiengraph-cctv`,
      );
      await allRecording('recording under a short watchdog', 60_000);
      const before = await machine.unit('MainPID');
      const timeouts = await watchdogTimeouts();
      await hold(before);
      await eventually('another daemon', 40_000, async () => {
        const pid = await machine.unit('MainPID');
        return pid !== '0' && pid !== before && (await machine.unit('SubState')) === 'running';
      });
      assert.ok((await watchdogTimeouts()) > timeouts);
      await machine.sh(`rm -r ${drops}; systemctl daemon-reload`);
      await allRecording('recording again', 60_000);
    });
  }

  it('stops with programs that ignore SIGTERM, and leaves nothing of it', async () => {
    const startedAt = performance.now();
    await machine.run('systemctl', 'stop', 'sapiengraph-cctv');
    assert.equal(await machine.unit('Result'), 'success');
    assert.ok(performance.now() - startedAt < 30_000);
    const left = await machine.run('ps', '-u', 'sapiengraph-cctv', '-o', 'pid,args');
    assert.doesNotMatch(left, /\n/);
    await machine.run('systemctl', 'start', 'sapiengraph-cctv');
    await allRecording('recording again', 60_000);
  });

  it('is upgraded while cameras are connected, which are back soon, and keeps its configuration', async (test) => {
    await addCameras(cameraCountAtUpgrade);
    await allRecording('all cameras recording', 60_000);
    const config = await readFile(machine.path(`${etc}/config.yaml`), 'utf8');
    const before = await storedCount();
    const said = await machine.install(next);
    const installedAt = performance.now();
    assert.match(await machine.run('cctv', 'status'), /version 99\.0\.0/, said);
    await allRecording('recording again', 60_000);
    const seconds = Math.round((performance.now() - installedAt) / 1_000);
    test.diagnostic(`all ${cameras.length} were recorded again ${seconds} s after the upgrade`);
    assert.equal(await readFile(machine.path(`${etc}/config.yaml`), 'utf8'), config);
    await eventually('more objects', 20_000, async () => (await storedCount()) > before);
  });

  for (const [how, whatHappens] of [
    ['is rebooted', () => machine.powerOff()],
    ['loses its power', () => machine.cutPower()],
  ] as const) {
    it(`stores each segment once, and loses none, when its machine ${how} in mid-upload`, async (test) => {
      const before = await stored();
      // One upload comes through and is not answered, others are on their way, and more have not begun.
      network.next.push('withhold answer');
      await eventually('one that came through unanswered', 30_000, async () => {
        const names = await spooled();
        const there = (await stored()).some(({ sha256 }) =>
          names.some((name) => name.includes(sha256)),
        );
        return there && network.next.length === 0;
      });
      network.bytesPerSecond = 20_000;
      await eventually('segments that wait', 40_000, async () => (await spooled()).length > 20);
      await whatHappens();
      const left = await spooled();
      assert.ok(left.length > 10, `only ${left.length} segments in the spool`);
      test.diagnostic(`${left.length} segments were in the spool`);
      network.bytesPerSecond = undefined;
      await network.refuse();
      await network.accept();
      await machine.start();
      await allRecording('recording again', 60_000);
      const now = await eventually('all that were left in the bucket', 60_000, async () => {
        const segments = await stored();
        const hashes = new Set(segments.map(({ sha256 }) => sha256));
        return left.every((name) => hashes.has(name.slice(-68, -4))) && segments;
      });
      const hashes = now.map(({ sha256 }) => sha256);
      // Of which camera and when, or it can't be told what it was that came twice.
      const twice = repeated(hashes);
      assert.deepEqual(
        now.filter(({ sha256 }) => twice.includes(sha256)),
        [],
      );
      assert.deepEqual(repeated(now.map(({ camera, startMs }) => `${camera} ${startMs}`)), []);
      const lost = before.filter(({ sha256 }) => !hashes.includes(sha256));
      assert.deepEqual(lost, []);
      assert.match(await machine.run('cctv', 'verify', '--deep'), /^Nothing is wrong\.$/m);
    });
  }

  it('is purged without footage that is nowhere else, and wholly when there is none', async () => {
    await store.stop();
    await eventually('footage that waits', 20_000, () =>
      spooled().then((names) => names.length > 0),
    );
    const said = await machine.run('apt-get', 'purge', '--yes', 'sapiengraph-cctv');
    assert.match(said, /footage that is not in the bucket is left/);
    assert.ok((await spooled()).length > 0);
    assert.deepEqual(await readdir(machine.path(state)), ['spool']);
    assert.equal(
      await machine
        .sh(`ls -d ${etc} /usr/lib/sapiengraph-cctv || true`)
        .then((text) => text.match(/^\//gm)),
      null,
    );
    await machine.install(present);
    await rm(machine.path(`${state}/spool`), { recursive: true });
    await machine.run('apt-get', 'purge', '--yes', 'sapiengraph-cctv');
    assert.match(await machine.run('ls', state), /No such file/);
  });
});

async function blockEventLoop(pid: string): Promise<void> {
  const script = 'block-event-loop.mjs';
  await copyFile(join(import.meta.dirname, script), machine.path(`/root/${script}`));
  await machine.run('/usr/lib/sapiengraph-cctv/node/bin/node', `/root/${script}`, pid);
}

/** How often systemd lost its patience. */
async function watchdogTimeouts(): Promise<number> {
  const log = await machine.run('journalctl', '-u', 'sapiengraph-cctv', '-o', 'cat');
  return log.split('Watchdog timeout').length - 1;
}

const repeated = (values: readonly string[]): string[] =>
  values.filter((value, index) => values.indexOf(value) !== index);

/** Finished segments on the machine's disk. */
async function spooled(): Promise<string[]> {
  const names = await readdir(machine.path(`${state}/spool`), { recursive: true });
  return names.filter((name) => name.includes('ready') && name.endsWith('.mp4'));
}
