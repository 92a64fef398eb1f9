import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import type { CameraAnswer, CamerasAnswer, LedgerSegment } from '../../src/contract/cameras.ts';
import type { StatusAnswer } from '../../src/contract/status.ts';
import { type RtspCamera, startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { Site, SiteCamera } from '../support/site.ts';
import { dbclients, ffprobe } from '../support/tools.ts';
import { eventually } from '../support/until.ts';

const [dropbear] = dbclients().slice(-1);
const cctvd = join(import.meta.dirname, '../../src/cli/cctvd.ts');

/** A card as a batch has it: who uses it makes a key of its own. */
interface Card {
  readonly home: string;
  readonly key: string;
  readonly publicKey: string;
}

describe('cameras that enrol themselves', { timeout: 180_000 }, () => {
  let site: Site;
  let rtsp: RtspCamera;
  let hostKeys: readonly string[];
  const dialling = new AbortController();
  const loops: Promise<void>[] = [];
  const cameras: SiteCamera[] = [];

  before(async () => {
    site = await Site.start();
    rtsp = await startRtspCamera({ video: 'h264' });
    hostKeys = (await status()).tunnel.hostKeys.map(({ line }) => line);
    await site.cctv('account', 'add', 'bach');
  });
  after(async () => {
    dialling.abort();
    await Promise.all(loops);
    await Promise.all(cameras.map((camera) => camera[Symbol.asyncDispose]()));
    await rtsp[Symbol.asyncDispose]();
    await site[Symbol.asyncDispose]();
  });

  const status = async () => JSON.parse(await site.cctv('status', '--json')) as StatusAnswer;
  const known = async () =>
    (JSON.parse(await site.cctv('camera', 'list', '--json')) as CamerasAnswer).cameras;
  const shown = async (name: string) =>
    JSON.parse(await site.cctv('camera', 'show', name, '--json')) as CameraAnswer;
  const segments = async (name: string) =>
    (JSON.parse(await site.cctv('segments', name, '--json')) as { segments: LedgerSegment[] })
      .segments;
  const logged = (message: RegExp) => site.log.filter((line) => message.test(line.message));

  let cards = 0;
  async function makeCard(): Promise<Card> {
    cards += 1;
    const home = join(site.directory, `card-${cards}`);
    mkdirSync(join(home, '.ssh'), { recursive: true });
    pin(home, hostKeys);
    const key = join(home, 'id_dropbear');
    const { stdout } = await execa(dropbear?.dropbearkey ?? '', ['-t', 'ed25519', '-f', key]);
    const publicKey = `${key}.pub`;
    writeFileSync(publicKey, stdout.split('\n').find((line) => line.startsWith('ssh-')) ?? '');
    return { home, key, publicKey };
  }

  function pin(home: string, lines: readonly string[]): void {
    const known_hosts = lines.map((line) => `127.0.0.1 ${line}\n`).join('');
    writeFileSync(join(home, '.ssh', 'known_hosts'), known_hosts);
  }

  /** What dials as `account.camera`, or `enrol.TOKEN`. */
  function insert({ home, key }: Card, account: string, name: string): SiteCamera {
    const files = { home, key, dbclient: dropbear?.dbclient ?? '' };
    const camera = new SiteCamera(site, `${account}/${name}`, files, rtsp, false);
    cameras.push(camera);
    return camera;
  }

  const recording = (name: string) =>
    eventually(`recording of ${name}`, 20_000, async () =>
      (await site.connected()).find(
        (one) => `${one.account}/${one.camera}` === name && one.state === 'recording',
      ),
    );

  let token = '';
  let first = '';
  let card: Card;

  it('as many as the token has uses are served at once, and shown as new with a picture', async () => {
    const printed = await site.cctv('enrol', 'token', 'bach', '--uses', '2', '--expires', '1h');
    [token = ''] = printed.split('\n');
    assert.match(token, /^[a-z0-9]{32}$/);
    card = await makeCard();
    const batch = [card, await makeCard(), await makeCard()];
    for (const one of batch) {
      loops.push(insert(one, 'enrol', token).keepDialling(dialling.signal));
    }
    await eventually('two new cameras', 10_000, async () => (await known()).length === 2);
    await eventually('a refusal', 10_000, () =>
      logged(/not enrolled: the token \w+… is used up/).at(0),
    );
    const [one, two] = (await known()).map(({ account, camera }) => `${account}/${camera}`);
    first = one ?? '';
    await recording(first);
    await recording(two ?? '');
    assert.match(await site.cctv('camera', 'list'), /^bach\/new-[0-9a-f]{4,5} +new, recording/m);
    assert.match(
      await site.cctv('camera', 'status'),
      /^2 cameras are new\. Look: cctv camera picture/m,
    );
    assert.match(await site.cctv('enrol', 'list', 'bach'), /2 of 2 +used up/);

    const file = join(site.directory, 'new.jpg');
    let mostClients = 0;
    const counting = setInterval(() => {
      mostClients = Math.max(mostClients, rtsp.clients);
    }, 20);
    try {
      await site.cctv('camera', 'picture', first, '--out', file);
    } finally {
      clearInterval(counting);
    }
    assert.equal(mostClients, 2, 'each camera goes on having one client');
    const { stdout } = await execa(ffprobe(), [
      '-v',
      'error',
      '-show_entries',
      'stream=codec_name,width,height',
      '-of',
      'csv=p=0',
      file,
    ]);
    const { picture } = (await shown(first)).connection ?? {};
    assert.equal(stdout, `mjpeg,${picture?.width},${picture?.height}`);
    assert.doesNotMatch(JSON.stringify(site.log), new RegExp(token), 'the token is in no log');
  });

  it('one is rejected, and does not come back with the same token', async () => {
    const second = (await known())
      .map(({ account, camera }) => `${account}/${camera}`)
      .find((name) => name !== first);
    await site.cctv('camera', 'reject', second ?? '', '--yes');
    await eventually('its refusal', 10_000, () => logged(/has let this key in before/).at(0));
    assert.equal((await known()).length, 1);
  });

  it('one is adopted under another name, which its card does not know, and keeps its footage', async () => {
    await eventually('footage', 20_000, async () => (await site.stored(first)).length > 0);
    await site.cctv('camera', 'adopt', first, 'front-door');
    await recording('bach/front-door');
    await eventually('footage under both names', 25_000, async () => {
      const found = await segments('bach/front-door');
      return [`${first}/`, 'bach/front-door/'].every((prefix) =>
        found.some(({ objectKey }) => objectKey?.startsWith(prefix)),
      );
    });
    // In this order: more is stored while it is looked at.
    const listed = await segments('bach/front-door');
    const stored = await site.stored();
    for (const { objectKey } of listed) {
      assert.ok(objectKey === undefined || stored.some(({ key }) => key === objectKey));
    }
    assert.match(await site.cctv('camera', 'show', 'bach/front-door'), /^Was called +new-/m);
  });

  it('that is disabled is out until it is enabled', async () => {
    await site.cctv('camera', 'disable', 'bach/front-door');
    await eventually('its refusal', 10_000, () => logged(/bach\/front-door is disabled/).at(0));
    assert.match(await site.cctv('camera', 'list'), /^bach\/front-door +disabled/m);
    await assert.rejects(
      site.cctv('camera', 'picture', 'bach/front-door', '--out', '/dev/null'),
      /not connected, so there is no picture/,
    );
    await site.cctv('camera', 'enable', 'bach/front-door');
    await recording('bach/front-door');
  });

  it('gets a new key, and the old one ends when that is used; then other hardware', async () => {
    const next = await makeCard();
    await site.cctv('camera', 'rotate-key', 'bach/front-door', '--key', next.publicKey);
    assert.match(await site.cctv('camera', 'show', 'bach/front-door'), /SHA256:\S+ \(next\)/);
    await recording('bach/front-door');
    insert(next, 'bach', 'front-door').dial();
    await eventually('the new key', 10_000, () => logged(/uses its new key/).at(0));
    const { settings } = await shown('bach/front-door');
    assert.equal(settings?.keys.length, 1);
    await recording('bach/front-door');

    const other = await makeCard();
    await site.cctv('camera', 'replace', 'bach/front-door', '--key', other.publicKey);
    await eventually('its end', 10_000, async () => (await site.connected()).length === 0);
    assert.match(await site.cctv('camera', 'list'), /^bach\/front-door +never connected/m);
    card = other;
    insert(other, 'bach', 'front-door').dial();
    await recording('bach/front-door');
  });

  it('knows the next host key from its card, and goes on when that is promoted', async () => {
    const config = ['--config', join(site.directory, 'config.yaml')];
    const hostKey = async (what: string): Promise<string> =>
      (await execa(process.execPath, [cctvd, 'host-key', what, ...config])).stdout;
    const made = await hostKey('next');
    const [present, next] = (await status()).tunnel.hostKeys;
    assert.equal(present?.state, 'present');
    assert.equal(next?.state, 'next');
    assert.ok(made.includes(next.line));
    const screen = await site.cctv('status');
    assert.ok(screen.includes(next.line) && screen.includes(present.line));

    assert.match(await hostKey('promote'), /kept as .*host-ed25519\.until-/);
    await site.stopDaemon();
    await site.startDaemon();
    const now = (await status()).tunnel.hostKeys;
    assert.deepEqual(
      now.map(({ state, line }) => [state, line]),
      [['present', next.line]],
    );
    pin(card.home, [next.line]);
    insert(card, 'bach', 'front-door').dial();
    await recording('bach/front-door');
  });
});
