import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openLedger } from '../../src/ledger/ledger.ts';
import { compareLedgers, type Comparison } from '../../src/catalog/rebuild-compare.ts';
import { replaceLedger } from '../../src/catalog/rebuild-replace.ts';
import { type Rebuilt, rebuildLedger } from '../../src/catalog/rebuild.ts';
import { type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { JournaledBucket, keyNumber } from '../support/journaled-bucket.ts';
import { OddStore } from '../support/odd-store.ts';
import { frontDoor, garden, someTimeMs, temporaryDirectory } from '../support/segments.ts';

const never = new AbortController().signal;
const all = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 1000 };
const minute = 60_000;

function compared(present: string, rebuilt: Rebuilt): Comparison {
  const comparison = compareLedgers(present, rebuilt.file);
  assert.ok(typeof comparison === 'object', JSON.stringify(comparison));
  return comparison;
}

describe('a ledger rebuilt from the bucket', () => {
  const resources = new AsyncDisposableStack();
  let s3: S3Server;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    s3 = resources.use(await startS3Server({ directory: `${directory.path}/s3` }));
  });
  after(() => resources.disposeAsync());

  const start = (prefix?: string) => JournaledBucket.start(s3, prefix);
  const rebuild = ({ file, store }: JournaledBucket) =>
    rebuildLedger({ file, bucket: store, version: '1', signal: never });

  it('is identical, but for what was never stored', async () => {
    await using site = await start('cctv/');
    const { ledger } = site;
    ledger.runs.begin('1', Date.now());
    ledger.accounts.add('bach');
    ledger.accounts.add('empty');
    ledger.cameras.add({
      ...frontDoor,
      key: keyNumber(1),
      rtspPath: '/live',
      profile: 'copy',
      rtspUser: 'admin',
      rtspPassword: 'hunter2',
    });
    ledger.cameras.add({ ...garden, key: keyNumber(2), rtspPath: '/user=a&password=hunter2' });
    const cellar = { account: 'bach', camera: 'cellar' };
    const shed = { account: 'bach', camera: 'shed' };
    ledger.cameras.add({ ...cellar, key: keyNumber(3) });
    ledger.cameras.add({ ...shed, key: keyNumber(4) });
    const { token } = ledger.tokens.add({ account: 'bach', uses: 3, expiresMs: Date.now() + 1e6 });
    ledger.tokens.enrol(token, keyNumber(5));
    ledger.viewers.add({
      account: 'bach',
      name: 'anna',
      credentials: { md5: 'ab'.repeat(16), sha256: 'cd'.repeat(32) },
    });
    ledger.keys.used(frontDoor, 'SHA256:1');
    ledger.states.note(frontDoor, 'recording', '', Date.now());
    ledger.states.note(shed, 'recording', '', Date.now());
    ledger.states.note(garden, 'camera sent nothing', 'DESCRIBE rtsp://a:hunter2@c/ timed out', 7);
    ledger.segments.noteHole(
      { ...frontDoor, startMs: someTimeMs, durationMs: 5_000 },
      'stream stalled',
      '',
    );
    for (let n = 0; n < 5; n += 1) await site.putMinute(frontDoor, someTimeMs + n * minute);
    await site.putMinute(garden, someTimeMs + 40 * 24 * 60 * minute);
    await site.putMinute({ account: 'vermeer', camera: 'studio' }, someTimeMs);
    ledger.keys.rotate(frontDoor, keyNumber(6));
    ledger.cameras.setDisabled(garden, true);
    ledger.cameras.remove(cellar);
    const renamed = ledger.cameras.rename(frontDoor, 'gate');
    // Another camera gets the name that became free.
    ledger.cameras.rename(shed, 'front-door');
    await site.putMinute({ account: 'bach', camera: 'gate' }, Date.now());
    await site.putMinute({ account: 'bach', camera: 'front-door' }, Date.now());
    const waiting = { ...renamed, startMs: 5, durationMs: 5, bytes: 5, sha256: 'ab'.repeat(32) };
    ledger.segments.spooled(waiting);
    await site.flush();

    const rebuilt = await rebuild(site);
    const comparison = compared(site.file, rebuilt);
    assert.deepEqual(comparison, {
      identical: true,
      cameras: { ...comparison.cameras, same: 5 },
      segments: { ...comparison.segments, same: 9 },
      states: comparison.states,
      losses: { ...comparison.losses, same: 1 },
      lacking: { spooled: 1, viewers: 1, tokens: 1, rtspPasswords: 1 },
    });
    assert.equal(rebuilt.segments, 9);
    assert.deepEqual(rebuilt.foreign, ['vermeer/studio']);
    assert.deepEqual(rebuilt.withoutPassword, ['bach/gate']);
    assert.deepEqual(rebuilt.withoutPath, ['bach/garden']);
    assert.deepEqual([rebuilt.unusable, rebuilt.strange.count], [[], 0]);

    using again = openLedger(rebuilt.file);
    assert.notEqual(again.journal.ledgerId, ledger.journal.ledgerId);
    for (const n of [1, 2, 3, 4, 5, 6]) {
      assert.deepEqual(
        again.keys.ownerOf(keyNumber(n)),
        ledger.keys.ownerOf(keyNumber(n)),
        `key ${n}`,
      );
    }
    assert.equal(again.segments.list(renamed, all).length, 6);
    const strip = (segments: ReturnType<typeof again.segments.list>) =>
      segments
        .filter(({ state }) => state === 'stored')
        .map(({ startMs, durationMs, bytes, sha256, objectKey, etag }) => ({
          startMs,
          durationMs,
          bytes,
          sha256,
          objectKey,
          etag: etag?.replaceAll('"', ''),
        }));
    for (const { account, camera } of [renamed, frontDoor, garden, cellar]) {
      const name = { account, camera };
      assert.deepEqual(
        strip(again.segments.list(name, all)),
        strip(ledger.segments.list(name, all)),
      );
    }
    // What the bucket has already is not written again, the cameras under the new name are.
    assert.deepEqual(
      again.journal.changed().map(({ day }) => day),
      [-1],
    );
  });

  it('knows accounts that were renamed, removed, and had their name given to another', async () => {
    await using site = await start('cctv/');
    site.ledger.accounts.add('bach');
    site.ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    site.ledger.accounts.add('gone');
    site.ledger.cameras.add({ account: 'gone', camera: 'shed', key: keyNumber(3) });
    await site.putMinute(frontDoor, someTimeMs);
    await site.putMinute({ account: 'gone', camera: 'shed' }, someTimeMs);
    site.ledger.states.note(frontDoor, 'recording', '', Date.now());
    site.ledger.segments.noteHole(
      { ...frontDoor, startMs: someTimeMs, durationMs: 9 },
      'relay died',
      '',
    );
    // So that what an older ledger says is read by what this one knows.
    await site.flush();
    const olderId = site.ledger.journal.ledgerId;
    const older = await site.store.documents.read(`${olderId}/cameras.json`, never);
    await delay(5);
    site.ledger.accounts.rename('bach', 'verdi');
    const verdiDoor = { ...frontDoor, account: 'verdi' };
    site.ledger.states.note(verdiDoor, 'camera offline', 'renamed', Date.now());
    const verdiGate = site.ledger.cameras.rename(verdiDoor, 'gate');
    await site.putMinute(verdiGate, Date.now());
    site.ledger.accounts.remove('gone', true);
    await delay(5);
    site.ledger.accounts.add('bach');
    site.ledger.cameras.add({ ...frontDoor, key: keyNumber(2) });
    await site.putMinute(frontDoor, Date.now());
    for (const camera of [verdiGate, frontDoor]) {
      site.ledger.states.note(camera, 'recording', '', Date.now());
    }
    await site.flush();

    for (const withOlder of [false, true]) {
      if (withOlder) {
        const another = '0123456789abcdef';
        const text = String(older).replaceAll(olderId, another);
        await site.store.documents.write(`${another}/cameras.json`, Buffer.from(text), never);
      }
      const rebuilt = await rebuild(site);
      const comparison = compared(site.file, rebuilt);
      assert.ok(comparison.identical, JSON.stringify(comparison));
      assert.deepEqual(rebuilt.foreign, []);
      using again = openLedger(rebuilt.file);
      assert.deepEqual(again.accounts.list(), site.ledger.accounts.list());
      assert.equal(again.segments.list(verdiGate, all).length, 2);
      assert.equal(again.segments.list(frontDoor, all).length, 1);
      for (const n of [1, 2, 3]) {
        assert.deepEqual(again.keys.ownerOf(keyNumber(n)), site.ledger.keys.ownerOf(keyNumber(n)));
      }
      assert.throws(() => again.accounts.rename('verdi', 'gone'), /was removed/);
    }
  });

  it('has nothing secret in it, and neither has the bucket', async () => {
    await using site = await start();
    const { ledger } = site;
    ledger.accounts.add('bach');
    ledger.cameras.add({ ...frontDoor, key: keyNumber(1), rtspUser: 'u', rtspPassword: 'hunter2' });
    ledger.cameras.add({ ...garden, key: keyNumber(2), rtspPath: '/?pwd=hunter2' });
    ledger.states.note(frontDoor, 'relay died', 'rtsp://u:hunter2@127.0.0.1/ refused', 1);
    const { token } = ledger.tokens.add({ account: 'bach', uses: 3, expiresMs: Date.now() + 1e6 });
    const credentials = { md5: 'ab'.repeat(16), sha256: 'cd'.repeat(32) };
    ledger.viewers.add({ account: 'bach', name: 'anna', credentials });
    await site.flush();
    const names = await site.store.documents.names(never);
    assert.equal(names.length, 3, names.join(' '));
    for (const name of names) {
      const text = String(await site.store.documents.read(name, never));
      for (const secret of ['hunter2', token, credentials.md5, credentials.sha256]) {
        assert.ok(!text.includes(secret), `${secret} in ${name}`);
      }
    }
  });

  it('is the union of all ledgers that wrote into the bucket: the newest word on a camera holds', async () => {
    await using site = await start();
    site.ledger.accounts.add('bach');
    site.ledger.cameras.add({ ...frontDoor, key: keyNumber(1), rtspPath: '/old' });
    site.ledger.cameras.add({ ...garden, key: keyNumber(2) });
    site.ledger.states.note(frontDoor, 'recording', '', someTimeMs);
    await site.flush();
    site.begin('second');
    // Footage of a camera that this ledger does not know yet must not undo what the other knows.
    await site.putMinute(garden, someTimeMs);
    site.ledger.accounts.add('bach');
    site.ledger.cameras.add({ ...frontDoor, key: keyNumber(1), rtspPath: '/new' });
    const gate = site.ledger.cameras.rename(frontDoor, 'gate');
    await site.flush();
    site.begin('third');
    site.ledger.accounts.add('vermeer');
    site.ledger.cameras.add({ account: 'vermeer', camera: 'studio', key: keyNumber(3) });
    await site.flush();

    const rebuilt = await rebuild(site);
    using ledger = openLedger(rebuilt.file);
    assert.deepEqual(
      ledger.cameras
        .list()
        .map(({ account, camera, rtspPath }) => [`${account}/${camera}`, rtspPath]),
      [
        ['bach/garden', '/unicast'],
        ['bach/gate', '/new'],
        ['vermeer/studio', '/unicast'],
      ],
    );
    assert.equal(ledger.keys.ownerOf(keyNumber(1))?.camera, gate.camera);
    assert.equal(ledger.keys.ownerOf(keyNumber(2))?.camera, 'garden');
    assert.equal(ledger.segments.list(garden, all).length, 1);
    assert.deepEqual(rebuilt.foreign, []);
  });

  it('is made in spite of documents and objects that are damaged or somebody else’s, and names them', async () => {
    await using site = await start();
    site.ledger.accounts.add('bach');
    site.ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    await site.putMinute(frontDoor, someTimeMs);
    await site.flush();
    const other = '0123456789abcdef';
    const strangers = {
      [`${other}/cameras.json`]: '{"format": 2}',
      [`${other}/notes/2026/11/23.jsonl`]: '{"account":"bach"',
      'readme.txt': 'hello',
      [`${'0'.repeat(16)}/cameras.json`]: String(
        await site.store.documents.read(`${site.ledger.journal.ledgerId}/cameras.json`, never),
      ),
    };
    for (const [name, text] of Object.entries(strangers)) {
      await site.store.documents.write(name, Buffer.from(text), never);
    }
    for (let n = 0; n < 25; n += 1) await site.bucket.put(`holiday/${n}.jpg`, Buffer.from('x'));
    const rebuilt = await rebuild(site);
    assert.deepEqual(
      rebuilt.unusable.map(({ name }) => name).sort(),
      Object.keys(strangers).sort(),
    );
    assert.equal(rebuilt.strange.count, 25);
    assert.equal(rebuilt.strange.first.length, 20);
    assert.equal(rebuilt.segments, 1);
    assert.ok(compared(site.file, rebuilt).identical);
  });

  it('of a lost machine knows that there was no daemon since, though it noted that last long before', async () => {
    await using site = await start();
    const { ledger } = site;
    const beginMs = Date.now() + 1_000;
    const nowMs = beginMs + 120 * minute;
    ledger.accounts.add('bach');
    for (const [n, camera] of [frontDoor, garden].entries()) {
      ledger.cameras.add({ ...camera, key: keyNumber(n + 1) });
      ledger.states.note(camera, 'camera offline', 'has not dialled in', beginMs);
    }
    await site.flush();
    // What comes until the machine is lost is in the bucket, but not why something is missing.
    for (let n = 1; n <= 6; n += 1) {
      if (n <= 3) await site.putMinute(frontDoor, beginMs + n * minute);
      await site.putMinute(garden, beginMs + n * minute);
    }
    // A daemon that was started too early on the new machine, with an empty ledger.
    site.begin('elsewhere');
    await site.flush();
    const rebuilt = await rebuild(site);
    using again = openLedger(rebuilt.file);
    again.runs.begin('1', nowMs);
    for (const [camera, lastMinute] of [
      [frontDoor, 4],
      [garden, 7],
    ] as const) {
      const range = { fromMs: beginMs + lastMinute * minute, toMs: nowMs, nowMs };
      const { causes } = again.continuity.sum(camera, { ...range, isRecording: false });
      assert.deepEqual(
        causes.map(({ cause }) => cause),
        ['daemon down'],
        camera.camera,
      );
    }
  });

  it('tells what is in one of the two ledgers only, and what differs', async () => {
    await using site = await start();
    const { ledger } = site;
    ledger.accounts.add('bach');
    ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    await site.putMinute(frontDoor, someTimeMs, false);
    await site.flush();
    ledger.cameras.add({ ...garden, key: keyNumber(2) });
    ledger.states.note(frontDoor, 'recording', '', Date.now() + 1);
    ledger.cameras.setDisabled(frontDoor, true);
    const gone = { ...frontDoor, startMs: 9, durationMs: 5, bytes: 5, sha256: 'ab'.repeat(32) };
    ledger.segments.stored(gone, { key: 'k' });
    const { identical, segments, cameras, states } = compared(site.file, await rebuild(site));
    assert.equal(identical, false);
    assert.deepEqual(segments.onlyPresent.first, ['bach/front-door 1970-01-01T00:00:00.009Z']);
    assert.deepEqual(segments.onlyRebuilt.first, ['bach/front-door 2026-11-23T01:42:00.000Z']);
    assert.deepEqual(cameras.onlyPresent.first, ['bach/garden']);
    assert.deepEqual(cameras.different.first, ['bach/front-door']);
    assert.ok(states.onlyPresent.count >= 3);
  });

  it('takes the place of the present one, which is kept, and goes on', async () => {
    await using site = await start();
    site.ledger.accounts.add('bach');
    site.ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    site.ledger.states.note(frontDoor, 'recording', '', Date.now());
    const { key } = await site.putMinute(frontDoor, someTimeMs);
    await site.flush();
    const { ledgerId } = site.ledger.journal;
    site.begin('elsewhere');
    const rebuilt = await rebuild(site);
    assert.ok(compared(site.file, rebuilt).identical);
    const kept = await replaceLedger(site.file, rebuilt.file, Date.UTC(2026, 10, 23, 5));
    assert.equal(basename(kept ?? ''), 'ledger.sqlite.before-20261123T050000Z');
    assert.ok(!existsSync(rebuilt.file));
    assert.deepEqual(
      readdirSync(dirname(site.file)).filter((name) => !name.includes('before')),
      ['ledger.sqlite'],
      'nothing of the rebuilt or the former one is left beside it',
    );
    using before = openLedger(kept ?? '');
    assert.equal(before.journal.ledgerId, ledgerId);
    using present = openLedger(site.file);
    present.runs.begin('1', Date.now() + 60_000);
    assert.equal(present.segments.list(frontDoor, all)[0]?.objectKey, key);
    const { causes } = present.continuity.sum(frontDoor, {
      fromMs: 0,
      toMs: Date.now() + 60_000,
      nowMs: Date.now() + 60_000,
      isRecording: false,
    });
    assert.ok(
      causes.some(({ cause }) => cause === 'daemon down'),
      JSON.stringify(causes),
    );
  });

  it('is made without a present one, and beside one that is damaged', async () => {
    await using site = await start();
    await site.putMinute(frontDoor, someTimeMs);
    const file = join(site.directory, 'fresh', 'ledger.sqlite');
    const options = { bucket: site.store, version: '1', signal: never };
    const rebuilt = await rebuildLedger({ ...options, file });
    assert.equal(rebuilt.segments, 1);
    assert.equal(compareLedgers(file, rebuilt.file), undefined);
    writeFileSync(file, 'noise '.repeat(1000));
    const comparison = compareLedgers(file, rebuilt.file);
    assert.match(typeof comparison === 'string' ? comparison : '', /not a database/);
  });

  it('is not left half made', async () => {
    await using site = await start();
    await site.putMinute(frontDoor, someTimeMs);
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('enough'));
    const { file, store: bucket } = site;
    const options = { file, bucket, version: '1', signal: stop.signal, onProgress };
    await site.bucket.put('x', Buffer.from('x'));
    await assert.rejects(rebuildLedger(options));
    assert.deepEqual(
      readdirSync(dirname(file)).filter((name) => name.includes('rebuil')),
      [],
    );
  });

  it('has all segments though the store breaks its listings off, and is none where that fails', async () => {
    await using odd = await OddStore.start({ pageSize: 5, token: 'absent' });
    const { endpoint } = odd;
    const keys = { region: 'us-east-1', accessKeyId: 'key', secretAccessKey: 'secret' };
    await using site = await JournaledBucket.start({ endpoint, ...keys });
    for (let n = 0; n < 20; n += 1) await site.putMinute(frontDoor, someTimeMs + n * minute);
    assert.equal((await rebuild(site)).segments, 20);
    odd.oddities.ignoresStart = true;
    await assert.rejects(rebuild(site), /the listing of the bucket can't be trusted/);
  });
});
