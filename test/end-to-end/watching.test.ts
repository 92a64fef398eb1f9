import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import type { WatchersAnswer } from '../../src/contract/viewers.ts';
import { writeCertificate } from '../support/certificate.ts';
import { assertEachOnce } from '../support/footage.ts';
import { probe } from '../support/media.ts';
import { Site, type SiteCamera } from '../support/site.ts';
import { ffmpeg } from '../support/tools.ts';
import { eventually } from '../support/until.ts';

const frameMs = 1_000 / 15;

describe('an owner who watches', () => {
  let directory: string;
  let site: Site;
  let camera: SiteCamera;
  let attic: SiteCamera;
  let password: string;

  const told = async (...command: string[]): Promise<string> => {
    const printed = await site.cctv(...command);
    return /^Password +(\S+)$/m.exec(printed)?.[1] ?? assert.fail(printed);
  };
  const newPassword = () => told('account', 'password', 'bach');
  const addresses = async (): Promise<[string, string]> => {
    const [secure = '', plain = ''] = (await site.cctv('camera', 'url', camera.name)).split('\n');
    return [secure, plain];
  };
  const watchers = async (): Promise<WatchersAnswer['watchers']> =>
    (JSON.parse(await site.cctv('viewer', 'watching', '--json')) as WatchersAnswer).watchers;

  /** Plays for some seconds as a player would; what it said if it could not. */
  const play = async (address: string, secret: string, seconds = 2, user = 'bach') => {
    const file = join(directory, `${Math.random()}.mp4`);
    const url = address.replace('//', `//${user}:${secret}@`);
    const limits = ['-t', String(seconds), '-c', 'copy', '-y', file];
    const { failed, stderr } = await execa(
      ffmpeg(),
      ['-nostdin', '-v', 'error', '-i', url, ...limits],
      { reject: false, timeout: 20_000 },
    );
    return { file, failed, stderr };
  };
  const plays = async (address: string, secret: string, seconds = 2): Promise<void> => {
    const { file, failed, stderr } = await play(address, secret, seconds);
    assert.ok(!failed, stderr);
    const { frames, durationMs } = await probe(file);
    // ffmpeg waits for a key frame, of which there is one a second.
    assert.ok(frames >= (seconds - 1.2) * 15, `${frames} pictures in ${seconds} s`);
    assert.ok(Math.abs(durationMs - frames * frameMs) < 2 * frameMs, `${frames} in ${durationMs}`);
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cctv-watching-'));
    const [keyFile, certificateFile] = [join(directory, 'key'), join(directory, 'certificate')];
    await writeCertificate({ certificateFile, keyFile }, 'localhost');
    const tls = { listen: '127.0.0.1:0', keyFile, certificateFile };
    site = await Site.start({
      profile: 'copy',
      config: { gateway: { listen: '127.0.0.1:0', tls } },
    });
    camera = await site.addCamera('bach/front-door', { stamped: true });
    password = await newPassword();
  });
  after(async () => {
    await site[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  it('does so by RTSP and RTSPS, beside the recording and without a trace in it', async () => {
    camera.dial();
    await camera.recording();
    const [secure, plain] = await addresses();
    assert.match(secure, /^rtsps:\/\/127\.0\.0\.1:\d+\/bach\/front-door$/);
    assert.match(plain, /^rtsp:\/\/127\.0\.0\.1:\d+\/bach\/front-door$/);

    const playing = [plain, plain, secure].map((address) => plays(address, password, 8));
    const seen = await eventually('three viewers', 8_000, async () => {
      const all = await watchers();
      return all.length === 3 && all.every(({ state, bytes }) => state === 'playing' && bytes > 0)
        ? all
        : undefined;
    });
    assert.equal(camera.rtsp.clients, 1);
    assert.equal(seen.filter((one) => one.secure).length, 1);
    for (const one of seen) {
      assert.equal(`${one.account}/${one.camera}`, camera.name);
      assert.equal(one.viewer, 'bach');
      assert.equal(one.address, '127.0.0.1');
      assert.match(one.player, /^Lavf/);
    }
    const screen = await site.cctv('viewer', 'watching');
    assert.match(screen, /^bach\/front-door +bach +playing +.* ago\) +.*127\.0\.0\.1 +rtsps? /m);
    await Promise.all(playing);
    await plays(plain, password);
    await eventually('the end of all', 5_000, async () => (await watchers()).length === 0);

    assert.equal(camera.rtsp.clients, 1);
    assert.equal((await camera.recording()).restarts, 0);
    const segments = await eventually('segments from before to after', 20_000, async () => {
      const stored = await site.stored();
      return stored.length >= 4 ? stored : undefined;
    });
    assertEachOnce(camera.name, await site.pictures(segments));
  });

  it('gets nowhere with a wrong password or name', async () => {
    const [secure, plain] = await addresses();
    for (const address of [plain, secure]) {
      assert.match((await play(address, 'wrong')).stderr, /401 Unauthorized/);
    }
    const none = plain.replace('front-door', 'attic');
    assert.match((await play(none, 'wrong')).stderr, /401 Unauthorized/);
    assert.match((await play(none, password)).stderr, /404 No Such Camera/);
    assert.match((await play(plain.replace('bach', 'vermeer'), password)).stderr, /401/);
  });

  it('sees the cameras that were said and no other', async () => {
    attic = await site.addCamera('bach/attic');
    const secret = await told('viewer', 'add', 'bach/anna', '--camera', 'attic');
    const [, plain] = await addresses();
    const seen = async (address: string) => (await play(address, secret, 1, 'anna')).stderr;
    assert.match(await seen(plain), /404 No Such Camera/);
    assert.match(await seen(plain.replace('front-door', 'attic')), /404 Camera Is Offline/);
  });

  it('is disconnected when the password changes, and comes back with the new one', async () => {
    const [, plain] = await addresses();
    const endless = play(plain, password, 60);
    await eventually('a viewer', 5_000, async () => (await watchers()).length === 1);
    const old = password;
    password = await newPassword();
    await endless;
    assert.deepEqual(await watchers(), []);
    const left = site.log.findLast(({ message }) => message === 'viewer left');
    assert.equal(left?.['reason'], 'the password was changed');
    assert.match((await play(plain, old)).stderr, /401/);
    await plays(plain, password);
  });

  it('is told that the camera is offline, and gets the picture when it is back', async () => {
    const [, plain] = await addresses();
    const endless = play(plain, password, 60);
    await eventually('a viewer', 5_000, async () => (await watchers()).length === 1);
    camera.killClients();
    await endless;
    const askedAt = performance.now();
    assert.match((await play(plain, password)).stderr, /404 Camera Is Offline/);
    assert.ok(performance.now() - askedAt < 10_000);

    const returned = eventually('the picture', 15_000, async () => {
      const { failed } = await play(plain, password, 1);
      return !failed;
    });
    camera.dial();
    await returned;
    await plays(plain, password);
  });

  it('is disconnected when the camera is removed', async () => {
    const [, plain] = await addresses();
    const endless = play(plain, password, 60);
    await eventually('a viewer', 5_000, async () => (await watchers()).length === 1);
    await site.cctv('camera', 'remove', camera.name, '--yes');
    await endless;
    const left = site.log.findLast(({ message }) => message === 'viewer left');
    assert.equal(left?.['reason'], 'the camera was removed');
    assert.match((await play(plain, password)).stderr, /404 No Such Camera/);
  });

  it('is disconnected when the daemon stops, which waits for nobody', async () => {
    attic.dial();
    await attic.recording();
    const [, plain] = (await site.cctv('camera', 'url', attic.name)).split('\n');
    const endless = play(plain ?? '', password, 60);
    await eventually('a viewer', 5_000, async () => (await watchers()).length === 1);
    await site.stopDaemon();
    await endless;
    const left = site.log.findLast(({ message }) => message === 'viewer left');
    assert.equal(left?.['reason'], 'the gateway is stopping');
  });

  it('has no password in the log, nor in the database', async () => {
    assert.ok(!JSON.stringify(site.log).includes(password));
    const ledger = join(site.directory, 'state/ledger');
    for (const file of await readdir(ledger)) {
      assert.ok(!(await readFile(join(ledger, file))).includes(password), file);
    }
  });
});
