import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Selection } from '../../src/gateway/gateway.ts';
import type { ViewerStatus } from '../../src/contract/viewers.ts';
import { credentialsOf } from '../../src/gateway/password.ts';
import { ConsoleFixture } from '../control/fixture.ts';
import { run } from './run.ts';

const place = {
  domain: 'cctv.example.com',
  rtsp: { host: 'server', port: 554 },
  rtsps: { host: 'server', port: 8322 },
};

describe('cctv, of viewers', () => {
  let fixture: ConsoleFixture;
  const disconnected: (Selection & { reason: string })[] = [];
  let watchers: ViewerStatus[] = [];

  before(async () => {
    fixture = new ConsoleFixture();
    const gateway = {
      place,
      viewers: () => watchers,
      disconnect: (whom: Selection, reason: string) => void disconnected.push({ ...whom, reason }),
    };
    fixture.gateway = gateway;
    fixture.addCamera({ account: 'bach', camera: 'front-door' }, 1);
    fixture.addCamera({ account: 'bach', camera: 'attic' }, 2);
    await fixture.open();
  });
  after(() => fixture[Symbol.asyncDispose]());

  const cctv = (...args: string[]) => run('cctv', ['--socket', fixture.socket, ...args]);
  const good = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cctv(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const file = (name: string, text: string): string => {
    const path = join(fixture.directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const told = (printed: string): string =>
    /^Password +(\S+)$/m.exec(printed)?.[1] ?? assert.fail(printed);
  const isPasswordOf = (account: string, name: string, password: string): void =>
    assert.deepEqual(
      fixture.ledger.viewers.find(account, name)?.credentials,
      credentialsOf('cctv', name, password),
    );

  it('account add: makes a viewer and tells its password, once, with the addresses', async () => {
    const printed = await good('account', 'add', 'vermeer');
    assert.match(printed, /^Account vermeer is added\./);
    assert.match(printed, /^User +vermeer$/m);
    assert.match(
      printed,
      /^Address +rtsps:\/\/vermeer\.cctv\.example\.com:8322\/CAMERA\n +rtsp:\/\/vermeer\.cctv\.example\.com\/CAMERA$/m,
    );
    assert.match(printed, /not shown again. For a new one: cctv account password vermeer$/m);
    assert.match(told(printed), /^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
    isPasswordOf('vermeer', 'vermeer', told(printed));
  });

  it('viewer: add, list and remove', async () => {
    const added = await good('viewer', 'add', 'bach/anna', '--camera', 'attic');
    assert.match(added, /^Viewer bach\/anna is added\.$/m);
    assert.match(added, /^Cameras +attic$/m);
    isPasswordOf('bach', 'anna', told(added));
    const own = file('own', 'correct horse battery\n');
    const carl = ['viewer', 'add', 'bach/carl%2fx@y', '--password-file', own];
    assert.match(await good(...carl), /^Password +\(your own\)$/m);
    isPasswordOf('bach', 'carl%2fx@y', 'correct horse battery');

    assert.match(await good('viewer', 'list', 'bach'), /^bach\/anna +\d\d:\d\dZ .* attic$/m);
    const { viewers } = JSON.parse(await good('viewer', 'list', 'bach', '--json')) as {
      viewers: Record<string, unknown>[];
    };
    assert.deepEqual(
      viewers.map(({ name }) => name),
      ['anna', 'carl%2fx@y'],
    );
    assert.ok(!JSON.stringify(viewers).includes('sha256'));

    assert.equal((await cctv('viewer', 'remove', 'bach/carl%2fx@y')).code, 2);
    await good('viewer', 'remove', 'bach/carl%2fx@y', '--yes');
    assert.ok(disconnected.some(({ viewer }) => viewer === 'carl%2fx@y'));
    const again = await cctv('viewer', 'remove', 'bach/carl%2fx@y', '--yes');
    assert.match(again.stderr, /no viewer bach\/carl%2fx@y\. There is: bach\/anna/);

    assert.match((await cctv('viewer', 'add', 'bach/anna')).stderr, /viewer bach\/anna already/);
    assert.match((await cctv('viewer', 'add', 'bach/a:b')).stderr, /can't be the name of a viewer/);
    assert.equal((await cctv('viewer', 'add', 'anna')).code, 2);
    const lost = await cctv('viewer', 'add', 'bach/ben', '--camera', 'atic');
    assert.match(lost.stderr, /no camera atic\. Did you mean attic\?/);
  });

  it('account password and viewer rotate: make a new one, and disconnect who has the old one', async () => {
    await good('viewer', 'add', 'bach/bach');
    const first = told(await good('account', 'password', 'bach'));
    isPasswordOf('bach', 'bach', first);
    assert.deepEqual(
      disconnected.find(({ viewer }) => viewer === 'bach'),
      { account: 'bach', viewer: 'bach', reason: 'the password was changed' },
    );
    const second = told(await good('viewer', 'rotate', 'bach/bach'));
    assert.notEqual(second, first);
    isPasswordOf('bach', 'bach', second);

    await good('viewer', 'add', 'bach/dora');
    const dora = await good('account', 'password', 'bach', 'dora');
    isPasswordOf('bach', 'dora', told(dora));
    assert.match(dora, /cctv account password bach dora$/m);
    assert.match((await cctv('account', 'password', 'bach', 'eve')).stderr, /no viewer bach\/eve/);
    assert.match((await cctv('account', 'password', 'nobody')).stderr, /no account nobody/);
  });

  it('refuses passwords that could be guessed', async () => {
    await good('viewer', 'add', 'bach/frida');
    const kept = fixture.ledger.viewers.find('bach', 'frida')?.credentials;
    const refused = async (password: string, words: RegExp) => {
      const path = file('weak', password);
      const { code, stderr } = await cctv(
        'viewer',
        'rotate',
        'bach/frida',
        '--password-file',
        path,
      );
      assert.equal(code, 1);
      assert.match(stderr, words);
    };
    await refused('short', /shorter than 12/);
    await refused('abababababababab', /fewer than 6 different/);
    await refused('welcome Frida 2026', /has "frida" in it/);
    await refused('schön genug für uns', /other characters than those of ASCII/);
    await refused('', /is empty/);
    assert.deepEqual(fixture.ledger.viewers.find('bach', 'frida')?.credentials, kept);
  });

  it('camera url: prints where a camera can be watched', async () => {
    assert.equal(
      await good('camera', 'url', 'bach/front-door'),
      'rtsps://bach.cctv.example.com:8322/front-door\nrtsp://bach.cctv.example.com/front-door',
    );
    assert.match((await cctv('camera', 'url', 'bach/cellar')).stderr, /no camera bach\/cellar/);
  });

  it('viewers: shows who watches what, since when, from where, and how much', async () => {
    assert.equal(await good('viewer', 'watching'), 'Nobody watches.');
    watchers = [
      {
        account: 'bach',
        camera: 'attic',
        viewer: 'anna',
        address: '203.0.113.7',
        secure: true,
        player: 'LIVE555\u001b]0;x\u0007',
        state: 'playing',
        sinceMs: Date.now() - 90_000,
        bytes: 12_300_000,
      },
    ];
    const screen = await good('viewer', 'watching');
    assert.match(
      screen,
      /^bach\/attic +anna +playing +.*\d\d:\d\dZ \(1m 3\ds ago\) +12\.3 MB +203\.0\.113\.7 +rtsps +LIVE555$/m,
    );
    assert.doesNotMatch(screen.replaceAll('\n', ''), /\p{Cc}/u);
    const answer = JSON.parse(await good('viewer', 'watching', '--json')) as {
      watchers: unknown[];
    };
    assert.deepEqual(answer.watchers, watchers);
    watchers = [];
  });
});

describe('cctv, without a gateway', () => {
  it('says so, and manages viewers all the same', async () => {
    await using fixture = await ConsoleFixture.start();
    fixture.addCamera({ account: 'bach', camera: 'attic' }, 1);
    const cctv = (...args: string[]) => run('cctv', ['--socket', fixture.socket, ...args]);
    assert.match(
      (await cctv('viewer', 'watching')).stdout,
      /^This daemon has no gateway, so nobody can watch/,
    );
    assert.match((await cctv('camera', 'url', 'bach/attic')).stderr, /has no gateway/);
    const added = await cctv('viewer', 'add', 'bach/anna');
    assert.match(added.stdout, /^Address +This daemon has no gateway/m);
    assert.equal(added.code, 0);
  });
});
