import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RtspCamera, startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { descendants, processes } from '../support/processes.ts';
import { Site } from '../support/site.ts';
import { eventually } from '../support/until.ts';
import { Bridge } from './generic-bridge.ts';
import { addCamera, hostKeyLineOf, snapshot, writeTunnelDirectory } from './tunnel-directory.ts';

/** Cameras of the shop, each at an address of its own, with the RTSP path and login of its make. */
const shop = [
  { name: 'till', host: '127.0.0.11', path: 'Streaming/Channels/101' },
  { name: 'front-door', host: '127.0.0.12', path: 'cam/realmonitor' },
  { name: 'yard', host: '127.0.0.13', path: 'stream1' },
] as const;

const login = { user: 'admin', password: 'p@ss: word' };

const startCamera = async (host: string, path: string, port = 0): Promise<RtspCamera> =>
  await startRtspCamera({
    video: 'h264',
    width: 320,
    height: 180,
    framesPerSecond: 10,
    host,
    path,
    port,
    ...login,
  });

describe('a bridge of three cameras', { timeout: 300_000 }, () => {
  let site: Site;
  let bridge: Bridge;
  const rtsp = new Map<string, RtspCamera>();

  before(async () => {
    site = await Site.start({ segmentSeconds: 2 });
    await site.cctv('account', 'add', 'bach');
    bridge = await Bridge.make();
    for (const { name, host, path } of shop) {
      const camera = await startCamera(host, path);
      rtsp.set(name, camera);
      const folder = join(bridge.folder, name);
      const publicKey = await writeTunnelDirectory(folder, {
        login: `bach.${name}`,
        rtsp: `${host}:${camera.port}`,
        server: `127.0.0.1:${site.tunnelPort}`,
        hostKeyLine: hostKeyLineOf(site),
      });
      const options = { path: site.directory, publicKey, rtspPath: `/${path}`, ...login };
      await addCamera(site, `bach/${name}`, options);
    }
    await bridge.install();
  });

  after(async () => {
    await bridge[Symbol.asyncDispose]();
    for (const camera of rtsp.values()) await camera[Symbol.asyncDispose]();
    await site[Symbol.asyncDispose]();
  });

  const statuses = async () =>
    new Map((await site.connected()).map((one) => [one.camera, one] as const));

  const allRecording = async (since: Readonly<Record<string, number>> = {}) =>
    await eventually('recordings of all three', 40_000, async () => {
      const found = await statuses();
      const good = shop.every(({ name }) => {
        const one = found.get(name);
        return one?.state === 'recording' && one.connectedAtMs > (since[name] ?? 0);
      });
      return good && found;
    });

  it('records all three', async () => {
    for (const { name } of shop) bridge.start(name);
    await allRecording();
    for (const { name } of shop) {
      const [segment] = await eventually(`footage of ${name}`, 30_000, async () => {
        const segments = await site.stored(`bach/${name}`);
        return segments.length > 0 && segments;
      });
      assert.ok(segment);
      assert.equal((await site.probe(segment)).video.width, 320);
    }
  });

  it('brings a killed dbclient back without touching the others', async () => {
    const earlier = await allRecording();
    const pids = shop.map(({ name }) => bridge.pid(name));
    process.kill(pids[0] ?? assert.fail('till has a process'), 'SIGKILL');
    const later = await allRecording({ till: earlier.get('till')?.connectedAtMs ?? 0 });
    assert.notEqual(bridge.pid('till'), pids[0]);
    for (const name of ['front-door', 'yard']) {
      assert.equal(later.get(name)?.connectedAtMs, earlier.get(name)?.connectedAtMs);
      assert.equal(later.get(name)?.restarts, earlier.get(name)?.restarts);
    }
  });

  it('records a camera again that was without power, in the same tunnel', async () => {
    const earlier = await allRecording();
    const yard = rtsp.get('yard') ?? assert.fail('the yard has a camera');
    const { port } = yard;
    await yard[Symbol.asyncDispose]();
    await eventually('the loss to show', 30_000, async () => {
      return (await statuses()).get('yard')?.state !== 'recording';
    });
    rtsp.set('yard', await startCamera('127.0.0.13', 'stream1', port));
    const later = await allRecording();
    for (const { name } of shop) {
      assert.equal(later.get(name)?.connectedAtMs, earlier.get(name)?.connectedAtMs);
    }
    for (const name of ['till', 'front-door']) {
      assert.equal(later.get(name)?.restarts, earlier.get(name)?.restarts);
    }
  });

  it('does the same by run-all.sh where there is no systemd', async () => {
    const before = await statuses();
    await bridge.stop();
    const runAll = bridge.runAll();
    const pid = runAll.pid ?? assert.fail('run-all.sh runs');
    try {
      const since = Object.fromEntries(
        [...before].map(([name, { connectedAtMs }]) => [name, connectedAtMs]),
      );
      const dialled = await allRecording(since);
      const client = descendants(pid).find(({ command }) => /dbclient.*bach\.till/.test(command));
      process.kill(client?.pid ?? assert.fail('till has a dbclient'), 'SIGKILL');
      const later = await allRecording({ till: dialled.get('till')?.connectedAtMs ?? 0 });
      assert.equal(later.get('yard')?.connectedAtMs, dialled.get('yard')?.connectedAtMs);
    } finally {
      const gone = once(runAll, 'exit');
      runAll.kill();
      await gone;
    }
    await eventually('the end of all tunnels', 10_000, async () => (await statuses()).size === 0);
    await eventually('the end of all that it started', 15_000, () =>
      processes().every(({ command }) => !command.includes(bridge.cameras)),
    );
  });
});

describe("the bridge's install.sh", { timeout: 300_000 }, () => {
  const somewhere = {
    rtsp: '192.0.2.7:554',
    server: 'cctv.example.com:2222',
    hostKeyLine: 'ssh-ed25519 AAAA',
  };

  const withCameras = async (...names: readonly string[]): Promise<Bridge> => {
    const bridge = await Bridge.make();
    for (const name of names) {
      const options = { ...somewhere, login: `bach.${name}` };
      await writeTunnelDirectory(join(bridge.folder, name), options);
    }
    return bridge;
  };

  const enabled = async (bridge: Bridge): Promise<string[]> =>
    await readdir(join(bridge.root, 'etc/systemd/system/multi-user.target.wants'));

  it('enables a unit for each camera, which systemd finds right', async () => {
    await using bridge = await withCameras('till', 'front-door');
    await bridge.install();
    assert.deepEqual((await enabled(bridge)).sort(), [
      'sapiengraph-bridge@front-door.service',
      'sapiengraph-bridge@till.service',
    ]);
    assert.equal(await bridge.verify('till'), '');
    const mode = statSync(join(bridge.cameras, 'till/id_dropbear')).mode & 0o777;
    assert.equal(mode, 0o600);
  });

  it('changes nothing when it runs again', async () => {
    await using bridge = await withCameras('till');
    await bridge.install();
    const installed = await snapshot(bridge.root);
    await bridge.install();
    assert.deepEqual(await snapshot(bridge.root), installed);
  });

  it('takes a new camera over and leaves the present ones alone', async () => {
    await using bridge = await withCameras('till');
    await bridge.install();
    const till = await snapshot(join(bridge.cameras, 'till'));
    await cp(join(bridge.folder, 'till'), join(bridge.folder, 'yard'), { recursive: true });
    await bridge.install();
    assert.equal((await enabled(bridge)).length, 2);
    assert.deepEqual(await snapshot(join(bridge.cameras, 'till')), till);
  });

  it('makes a camera with a key of its own, and says what the server must be told', async () => {
    await using bridge = await Bridge.make();
    const said = await bridge.install(
      'add',
      'bach/till',
      '192.0.2.7:554',
      '[2001:db8::7]:2222',
      'ssh-ed25519 AAAA',
    );
    assert.match(said, /echo 'ssh-ed25519 AAAA\S+ .*' \| cctv camera add bach\/till --key -/);
    const till = join(bridge.cameras, 'till');
    assert.equal(
      readFileSync(join(till, 'tunnel.conf'), 'utf8'),
      "SERVERS='[2001:db8::7]:2222'\nLOGIN='bach.till'\nRTSP='192.0.2.7:554'\n",
    );
    assert.equal(
      readFileSync(join(till, '.ssh/known_hosts'), 'utf8'),
      '2001:db8::7 ssh-ed25519 AAAA\n',
    );
    assert.equal(statSync(join(till, 'id_dropbear')).mode & 0o777, 0o600);
    assert.deepEqual(await enabled(bridge), ['sapiengraph-bridge@till.service']);
  });

  it('refuses what would mean something to a shell', async () => {
    await using bridge = await Bridge.make();
    for (const [name, rtsp, server] of [
      ['bach/till', "192.0.2.7:554'; reboot; '", 'cctv.example.com:2222'],
      ['bach/till', '192.0.2.7:554', '$(reboot):2222'],
      ['bach/till', '192.0.2.7:554', 'cctv.example.com'],
      ['bach/../till', '192.0.2.7:554', 'cctv.example.com:2222'],
      ['bach/Front Door', '192.0.2.7:554', 'cctv.example.com:2222'],
    ] as const) {
      await assert.rejects(
        bridge.install('add', name, rtsp, server, 'ssh-ed25519 AAAA'),
        /must each be HOST:PORT|can't be a camera's name/,
      );
    }
    assert.deepEqual(await readdir(bridge.cameras), ['run-all.sh']);
  });

  it('names a camera folder that is not whole', async () => {
    await using bridge = await withCameras('till');
    await mkdir(join(bridge.folder, 'yard'));
    await writeFile(join(bridge.folder, 'yard/tunnel.conf'), "LOGIN='bach.yard'\n");
    await assert.rejects(bridge.install(), /yard\/\.ssh\/known_hosts is missing/);
  });

  it('removes a camera, and all of it', async () => {
    await using bridge = await withCameras('till', 'yard');
    const before = await snapshot(bridge.root);
    await bridge.install();
    await bridge.install('remove', 'till');
    assert.deepEqual(await enabled(bridge), ['sapiengraph-bridge@yard.service']);
    assert.ok(!existsSync(join(bridge.cameras, 'till')));
    await bridge.install('uninstall');
    assert.deepEqual(Object.keys(await snapshot(bridge.root)), Object.keys(before));
  });
});
