import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ConsoleFixture, connected } from '../control/fixture.ts';
import { run } from './run.ts';

const name = { account: 'bach', camera: 'front-door' };

describe('cctv camera set', () => {
  let fixture: ConsoleFixture;
  let password: string;
  before(async () => {
    fixture = await ConsoleFixture.start();
    fixture.addCamera(name, 1);
    password = join(fixture.directory, 'password');
    writeFileSync(password, 'hush-hush\n', { mode: 0o600 });
  });
  after(() => fixture[Symbol.asyncDispose]());
  beforeEach(() => {
    const nothing = { rtspPath: null, rtspUser: null, rtspPassword: null, profile: null };
    fixture.ledger.cameras.changeStream(name, nothing);
    fixture.settingsChanged.length = 0;
    fixture.fleet = [connected(name)];
  });

  const set = (...args: string[]) =>
    run('cctv', ['--socket', fixture.socket, 'camera', 'set', 'bach/front-door', ...args]);
  const good = async (...args: string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await set(...args);
    assert.equal(code, 0, stderr);
    return stdout.split('\n');
  };
  const settings = () => {
    const { rtspPath, rtspUser, rtspPassword, profile } = fixture.ledger.cameras.require(name);
    return [rtspPath, rtspUser, rtspPassword, profile];
  };

  it('changes each setting, says from what to what, and lets a connected camera begin anew', async () => {
    const all = ['--rtsp-path', '/live', '--rtsp-user', 'admin', '--rtsp-password-file', password];
    assert.deepEqual(await good(...all, '--profile', 'copy'), [
      'Camera bach/front-door is changed:',
      '  RTSP path: /unicast -> /live',
      '  RTSP user: none -> admin',
      '  RTSP password: none -> a new one',
      '  profile: that of the configuration -> copy',
      'Its recording begins anew with that; its tunnel stays open.',
    ]);
    assert.deepEqual(settings(), ['/live', 'admin', 'hush-hush', 'copy']);
    assert.deepEqual(fixture.settingsChanged, [
      'bach/front-door: RTSP path, RTSP user, RTSP password, profile',
    ]);
    assert.deepEqual(fixture.removed, [], 'its tunnel stays');
  });

  it('takes each back', async () => {
    const before = {
      rtspPath: '/live',
      rtspUser: 'admin',
      rtspPassword: 'hush',
      profile: 'copy' as const,
    };
    fixture.ledger.cameras.changeStream(name, before);
    assert.ok((await good('--rtsp-path', 'default')).includes('  RTSP path: /live -> /unicast'));
    assert.ok(
      (await good('--profile', 'default')).includes('  profile: copy -> that of the configuration'),
    );
    assert.ok(
      (await good('--no-rtsp-password')).includes('  RTSP password: one that is not shown -> none'),
    );
    assert.deepEqual(settings(), ['/unicast', 'admin', undefined, undefined]);
    fixture.ledger.cameras.changeStream(name, before);
    const lines = await good('--no-rtsp-user');
    assert.ok(lines.includes('  RTSP user: admin -> none'));
    assert.ok(lines.includes('  RTSP password: one that is not shown -> none'));
    assert.deepEqual(settings(), ['/live', undefined, undefined, 'copy']);
  });

  it('keeps the password when only the user changes, and takes one from standard input', async () => {
    fixture.ledger.cameras.changeStream(name, { rtspUser: 'admin', rtspPassword: 'hush' });
    await good('--rtsp-user', 'root');
    assert.deepEqual(settings(), ['/unicast', 'root', 'hush', undefined]);
    const args = ['camera', 'set', 'bach/front-door', '--rtsp-password-file', '-'];
    const piped = await run('cctv', ['--socket', fixture.socket, ...args], { input: 'whisper\n' });
    assert.match(piped.stdout, /RTSP password: one that is not shown -> a new one/);
    assert.doesNotMatch(piped.stdout, /whisper|hush/);
    assert.deepEqual(settings(), ['/unicast', 'root', 'whisper', undefined]);
  });

  it('does not show a path that seems to hold a password', async () => {
    const lines = (await good('--rtsp-path', '/user=admin&password=hush-hush')).join('\n');
    assert.match(lines, /RTSP path: \/unicast -> one with a password in it/);
    assert.doesNotMatch(lines, /hush/);
  });

  it('of a camera that is not connected, says from when on it holds', async () => {
    fixture.fleet = [];
    assert.equal(
      (await good('--rtsp-path', '/live')).at(-1),
      'It is not connected. That holds from its next dial-in on.',
    );
  });

  it('leaves the recording alone when nothing changes', async () => {
    assert.deepEqual(await good('--rtsp-path', '/unicast'), [
      'Nothing changes: camera bach/front-door has these settings already.',
    ]);
    assert.deepEqual(fixture.settingsChanged, []);
  });

  it('refuses what makes no sense, and changes nothing then', async () => {
    const none = await set();
    assert.equal(none.code, 2);
    assert.match(none.stderr, /--rtsp-path, --rtsp-user, --no-rtsp-user, --rtsp-password-file/);
    assert.equal((await set('--profile', 'best')).code, 2);
    const both = await set('--no-rtsp-user', '--rtsp-password-file', password);
    assert.equal(both.code, 2);
    assert.match(both.stderr, /given and taken back at once/);
    const alone = await set('--rtsp-password-file', password);
    assert.equal(alone.code, 1);
    assert.match(alone.stderr, /An RTSP password needs an RTSP user/);
    const path = await set('--rtsp-path', 'live');
    assert.equal(path.code, 1);
    assert.match(path.stderr, /must begin with \//);
    const { code, stderr } = await run('cctv', [
      '--socket',
      fixture.socket,
      'camera',
      'set',
      'bach/front',
      '--rtsp-path',
      '/live',
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /no camera bach\/front\. There is: bach\/front-door/);
    assert.deepEqual(settings(), ['/unicast', undefined, undefined, undefined]);
    assert.deepEqual(fixture.settingsChanged, []);
  });
});
