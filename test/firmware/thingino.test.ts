import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RtspCamera, startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { Site } from '../support/site.ts';
import { eventually } from '../support/until.ts';
import { ThinginoCamera } from './thingino-camera.ts';
import { snapshot, writeTunnelDirectory } from './tunnel-directory.ts';

const respawnLine = '::respawn:/etc/sapiengraph/tunnel.sh';

const respawnLines = (camera: ThinginoCamera): number =>
  camera
    .inittab()
    .split('\n')
    .filter((line) => line === respawnLine).length;

/** A server that nobody listens at: 0 is no port that one can connect to. */
const nobody = { rtsp: '127.0.0.1:554', server: '127.0.0.1:1', hostKeyLine: 'ssh-ed25519 AAAA' };

describe('a thingino camera', () => {
  let site: Site;
  let prudynt: RtspCamera;
  let camera: ThinginoCamera;

  before(async () => {
    site = await Site.start({ segmentSeconds: 2 });
    prudynt = await startRtspCamera({
      video: 'h264',
      path: 'ch0',
      user: 'thingino',
      password: 'thingino',
    });
    camera = await ThinginoCamera.make();
  });

  after(async () => {
    await camera[Symbol.asyncDispose]();
    await prudynt[Symbol.asyncDispose]();
    await site[Symbol.asyncDispose]();
  });

  const status = async () => (await site.connected()).find((one) => one.camera === 'front-door');
  const recording = async (after = 0) =>
    await eventually('a recording', 30_000, async () => {
      const now = await status();
      return now?.state === 'recording' && now.connectedAtMs > after ? now : undefined;
    });

  it('is recorded after its first boot with the card of cctv', { timeout: 300_000 }, async () => {
    const card = join(camera.root, 'cards/bach');
    await mkdir(card);
    const passwordFile = join(site.directory, 'wifi-password');
    await writeFile(passwordFile, 'not "that" $ecret\n', { mode: 0o600 });
    await site.cctv('account', 'add', 'bach');
    await site.cctv(
      'camera',
      'add',
      'bach/front-door',
      '--card',
      card,
      '--model',
      'thingino',
      '--wifi-ssid',
      'Bäckerei "Süd"',
      '--wifi-password-file',
      passwordFile,
      '--server',
      `127.0.0.1:${site.tunnelPort}`,
    );
    // Port 554 of this machine may be anybody's.
    const conf = join(card, 'sapiengraph/tunnel.conf');
    const text = await readFile(conf, 'utf8');
    assert.match(text, /^RTSP='127\.0\.0\.1:554'$/m);
    await writeFile(conf, text.replace('127.0.0.1:554', `127.0.0.1:${prudynt.port}`));

    await camera.insert(card);
    await camera.powerOn();
    await recording();
    const [segment] = await eventually('footage in the bucket', 30_000, async () => {
      const segments = await site.stored('bach/front-door');
      return segments.length >= 2 && segments;
    });
    assert.ok(segment);
    assert.equal((await site.probe(segment)).video?.codec, 'h264');

    assert.ok(existsSync(join(card, 'runonce.done')));
    assert.match(await readFile(join(card, 'sapiengraph.log'), 'utf8'), /is installed/);
    assert.equal(respawnLines(camera), 1);
    const mode = statSync(join(camera.root, 'etc/sapiengraph/id_dropbear')).mode & 0o777;
    const wifi = await readFile(join(camera.root, 'etc/wpa_supplicant.conf'), 'utf8');
    assert.match(wifi, /ssid=42c3a4636b65726569202253c3bc6422/);
    assert.equal(mode, 0o600, 'the private key is readable for root only, whatever FAT says');
  });

  it("is brought back by init when its connection's program is killed", {
    timeout: 300_000,
  }, async () => {
    const before = await recording();
    const [client] = camera.tunnels();
    assert.ok(client);
    assert.equal(client.parent, camera.processes()[0]?.pid, 'init itself watches dbclient');
    process.kill(client.pid, 'SIGKILL');
    await recording(before.connectedAtMs);
    await eventually('the older program to be gone', 5_000, () => camera.tunnels().length === 1);
  });

  it('needs no card any more after that', { timeout: 300_000 }, async () => {
    const before = await recording();
    await camera.eject();
    await camera.powerOff();
    await camera.powerOn();
    await recording(before.connectedAtMs);
    assert.equal(respawnLines(camera), 1);
  });

  it('is the same after the card has run again, while it records', {
    timeout: 300_000,
  }, async () => {
    const before = await recording();
    const etc = await snapshot(join(camera.root, 'etc'));
    const card = join(camera.root, 'cards/bach');
    await rm(join(card, 'runonce.done'));
    await camera.runCard(card);
    await recording(before.connectedAtMs);
    assert.deepEqual(await snapshot(join(camera.root, 'etc')), etc);
    await eventually('the older program to be gone', 5_000, () => camera.tunnels().length === 1);
  });

  it('goes down and comes up in good order', { timeout: 300_000 }, async () => {
    const etc = await snapshot(join(camera.root, 'etc'));
    const before = await recording();
    const [init] = camera.processes();
    assert.ok(init);
    process.kill(init.pid, 'SIGUSR1'); // halt: the shutdown lines of the inittab are run
    await eventually('the tunnel to end', 10_000, async () => (await status()) === undefined);
    await camera.powerOff();
    await camera.powerOn();
    await recording(before.connectedAtMs);
    assert.deepEqual(await snapshot(join(camera.root, 'etc')), etc);
  });
});

describe('the card of a thingino camera', () => {
  it('leaves nothing on the camera once it is undone', { timeout: 300_000 }, async () => {
    await using camera = await ThinginoCamera.make();
    const untouched = await snapshot(join(camera.root, 'etc'));
    const card = await camera.makeCard('bach');
    const directory = join(card, 'sapiengraph');
    await writeTunnelDirectory(directory, { ...nobody, login: 'bach.front-door' });
    const settings = {
      'wpa_supplicant.conf': 'network={}\n',
      hostname: 'door\n',
      ntp: '10.0.0.1\n',
    };
    for (const [name, text] of Object.entries(settings)) {
      await writeFile(join(directory, name), text);
    }
    await camera.insert(card);
    await camera.powerOn();
    await eventually('a tunnel', 10_000, () => camera.tunnels().length > 0);
    const etc = (name: string): string => readFileSync(join(camera.root, 'etc', name), 'utf8');
    assert.equal(etc('wpa_supplicant.conf'), 'network={}\n');
    assert.equal(etc('hostname'), 'door\n');
    assert.equal(etc('default/ntp.conf'), 'server 10.0.0.1 iburst\n');
    assert.match(etc('cfg-backup.list'), /^\/etc\/sapiengraph\n\/etc\/init.d\/S95sapiengraph\n/m);
    await camera.eject();
    const undo = await camera.makeUndoCard();
    await camera.runCard(undo);
    assert.deepEqual(await snapshot(join(camera.root, 'etc')), untouched);
    await eventually('the end of the tunnel', 5_000, () => camera.tunnels().length === 0);
    await rm(join(undo, 'runonce.done'));
    await camera.runCard(undo);
    assert.deepEqual(await snapshot(join(camera.root, 'etc')), untouched);
    assert.deepEqual(camera.tunnels(), [], 'init does not bring it back');
  });

  it('of a batch does not take the key that the camera made', { timeout: 300_000 }, async () => {
    await using camera = await ThinginoCamera.make();
    const card = await camera.makeCard('batch');
    const options = { ...nobody, login: 'enrol.token', key: 'none' } as const;
    await writeTunnelDirectory(join(card, 'sapiengraph'), options);
    await camera.insert(card);
    await camera.powerOn();
    const key = join(camera.root, 'etc/sapiengraph/id_dropbear');
    await eventually('a key', 10_000, () => existsSync(key));
    await camera.eject();
    const made = await readFile(key);
    await rm(join(card, 'runonce.done'));
    await camera.runCard(card);
    assert.deepEqual(await readFile(key), made);
  });

  it('installs although it is read-only, at every boot anew', { timeout: 300_000 }, async () => {
    await using camera = await ThinginoCamera.make();
    const card = await camera.makeCard('locked');
    await writeTunnelDirectory(join(card, 'sapiengraph'), { ...nobody, login: 'bach.front-door' });
    await writeFile(join(camera.root, 'dev/card-is-read-only'), '');
    await camera.insert(card);
    for (const boot of ['first', 'second']) {
      await camera.powerOn();
      await eventually(
        `a tunnel after the ${boot} boot`,
        10_000,
        () => camera.tunnels().length > 0,
      );
      assert.equal(respawnLines(camera), 1);
      await camera.powerOff();
    }
    assert.ok(!existsSync(join(card, 'runonce.done')));
  });

  it('says what is missing on it, and changes nothing', { timeout: 300_000 }, async () => {
    await using camera = await ThinginoCamera.make();
    const untouched = await snapshot(join(camera.root, 'etc'));
    const card = await camera.makeCard('half');
    await camera.insert(card);
    await camera.powerOn();
    const log = join(card, 'sapiengraph.log');
    const reason = /tunnel\.conf is missing on the card/;
    await eventually(
      'a reason',
      10_000,
      () => existsSync(log) && reason.test(readFileSync(log, 'utf8')),
    );
    assert.ok(!existsSync(join(card, 'runonce.done')), 'it is tried again at the next boot');
    assert.deepEqual(await snapshot(join(camera.root, 'etc')), untouched);
  });

  it('says that the flash takes nothing, and installs at a later boot', {
    timeout: 300_000,
  }, async () => {
    await using camera = await ThinginoCamera.make();
    const card = await camera.makeCard('bach');
    await writeTunnelDirectory(join(card, 'sapiengraph'), { ...nobody, login: 'bach.front-door' });
    const inTheWay = join(camera.root, 'etc/sapiengraph');
    await writeFile(inTheWay, '');
    await camera.insert(card);
    await camera.powerOn();
    const log = join(card, 'sapiengraph.log');
    const reason = /tunnel\.sh could not be written; is the flash full/;
    await eventually(
      'a reason',
      10_000,
      () => existsSync(log) && reason.test(readFileSync(log, 'utf8')),
    );
    assert.ok(!existsSync(join(card, 'runonce.done')));
    await camera.powerOff();
    await rm(inTheWay);
    await camera.powerOn();
    await eventually('a tunnel', 10_000, () => camera.tunnels().length > 0);
  });
});
