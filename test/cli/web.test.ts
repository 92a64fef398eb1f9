import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Exports } from '../../src/footage/exports.ts';
import { FootageSource } from '../../src/footage/source.ts';
import { isPassword } from '../../src/lib/password-hash.ts';
import { silentLog } from '../../src/lib/log.ts';
import { parseSegmentFileName, segmentFileName } from '../../src/model/segment-name.ts';
import { ConsoleFixture } from '../control/fixture.ts';
import { makeFootage } from '../web/footage.ts';
import { probe } from '../support/media.ts';
import { ffmpeg } from '../support/tools.ts';
import { run } from './run.ts';

const door = { account: 'bach', camera: 'front-door' };
const startMs = Date.UTC(2026, 10, 22, 13);

describe('cctv, of what is seen in browsers', () => {
  const fixture = new ConsoleFixture();
  const spool = join(fixture.directory, 'spool');
  let exports: Exports | undefined;

  before(async () => {
    fixture.addCamera(door, 1);
    mkdirSync(spool);
    const footage = new FootageSource({
      bucketOrigin: 'https://bucket.example.net',
      bucket: { open: async () => undefined, presign: async () => '' },
      findSpooled: (camera, name) => {
        const identity = parseSegmentFileName(camera, name);
        const path = join(spool, name);
        return identity && { ...identity, path, bytes: readFileSync(path).length };
      },
    });
    exports = await Exports.open({
      ledger: fixture.ledger,
      footage,
      program: ffmpeg(),
      log: silentLog,
      version: '0.1.0',
      directory: join(fixture.directory, 'exports'),
      isRecording: () => false,
      reserveBytes: () => 0,
    });
    const content = await makeFootage();
    const sha256 = createHash('sha256').update(content).digest('hex');
    const segment = { ...door, startMs, durationMs: 4_000, sha256, bytes: content.length };
    writeFileSync(join(spool, segmentFileName(segment)), content);
    fixture.ledger.segments.spooled(segment);
    fixture.exports = exports;
    await fixture.open();
  });
  after(async () => {
    await fixture.close();
    await exports?.[Symbol.asyncDispose]();
    await fixture[Symbol.asyncDispose]();
  });

  const cctv = (...args: string[]) => run('cctv', ['--socket', fixture.socket, ...args]);
  const good = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cctv(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  it('operator: add, list, password and remove', async () => {
    const added = await good('operator', 'add', 'olga');
    const password = /^Password +(\S+)$/m.exec(added)?.[1] ?? '';
    assert.match(password, /^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
    assert.equal(await isPassword(password, fixture.ledger.operators.find('olga')), true);
    assert.match(await good('operator', 'list'), /^olga +\d\d:\d\dZ +\d\d:\d\dZ$/m);
    assert.match((await cctv('operator', 'add', 'olga')).stderr, /operator olga already/);
    assert.match((await cctv('operator', 'add', 'O/x')).stderr, /can't be the name of an operator/);
    const changed = await good('operator', 'password', 'olga');
    assert.ok(!changed.includes(password));
    assert.equal(await isPassword(password, fixture.ledger.operators.find('olga')), false);
    await good('operator', 'remove', 'olga', '--yes');
    assert.match((await cctv('operator', 'remove', 'olga', '--yes')).stderr, /no operator olga/);
    assert.match(await good('operator', 'list'), /no operators/);
  });

  it('export: writes the file and what it consists of', async () => {
    const file = join(fixture.directory, 'out.mp4');
    const range = ['--from', '2026-11-22T13:00Z', '--to', '2026-11-22T13:00:10Z'];
    const printed = await good('export', 'bach/front-door', ...range, '--out', file);
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    assert.match(printed, new RegExp(`^SHA-256 ${sha256}$`, 'm'));
    assert.equal((await probe(file)).frames, 40);
    assert.match(readFileSync(join(fixture.directory, 'out.txt'), 'utf8'), new RegExp(sha256));
    const again = await cctv('export', 'bach/front-door', ...range, '--out', file);
    assert.match(again.stderr, /There is a file .* already/);
    const none = join(fixture.directory, 'none.mp4');
    const empty = ['--from', '2026-11-20T13:00Z', '--to', '2026-11-20T14:00Z', '--out', none];
    assert.match((await cctv('export', 'bach/front-door', ...empty)).stderr, /no footage/);
    assert.equal(existsSync(none), false);
    assert.equal((await cctv('export', 'bach/front-door')).code, 2);
  });
});
