import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { UnknownNameError } from '../../src/model/errors.ts';
import type { Problem } from '../../src/contract/verify.ts';
import { type VerifiedBucket, type VerifyScope, Verification } from '../../src/catalog/verify.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { JournaledBucket, keyNumber } from '../support/journaled-bucket.ts';
import { frontDoor, garden, someTimeMs, temporaryDirectory } from '../support/segments.ts';

const never = new AbortController().signal;
const minute = 60_000;
const day = 24 * 60 * minute;

async function verify(
  { ledger, store }: Pick<JournaledBucket, 'ledger'> & { readonly store: VerifiedBucket },
  scope: Partial<VerifyScope> = {},
  options: { readonly lateMs?: number; readonly signal?: AbortSignal } = {},
) {
  const { lateMs = 60_000, signal = never } = options;
  const problems: Problem[] = [];
  const verification = new Verification({
    ledger,
    bucket: store,
    signal,
    fromMs: 0,
    toMs: Number.MAX_SAFE_INTEGER,
    deep: false,
    ...scope,
    // As if what the test put there had been there for long.
    startedMs: Date.now() + lateMs,
    report: (problem) => void problems.push(problem),
  });
  const otherAccounts = await verification.run();
  return {
    problems: problems.map(({ kind, key }) => `${kind} ${key}`).sort(),
    details: problems.map(({ detail }) => detail),
    sums: verification.sums,
    otherAccounts,
  };
}

describe('verifying the bucket', () => {
  const resources = new AsyncDisposableStack();
  let s3: S3Server;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    s3 = resources.use(await startS3Server({ directory: `${directory.path}/s3` }));
  });
  after(() => resources.disposeAsync());

  async function start(prefix = 'cctv/'): Promise<JournaledBucket> {
    const site = await JournaledBucket.start(s3, prefix);
    site.ledger.accounts.add('bach');
    site.ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    site.ledger.cameras.add({ ...garden, key: keyNumber(2) });
    return site;
  }

  it('finds nothing wrong where nothing is, whatever cameras are called by now', async () => {
    await using site = await start();
    for (let n = 0; n < 4; n += 1)
      await site.putMinute(frontDoor, someTimeMs + n * 12 * 60 * minute);
    await site.putMinute(garden, someTimeMs);
    site.ledger.cameras.rename(garden, 'lawn');
    await site.putMinute({ account: 'bach', camera: 'lawn' }, Date.now());
    site.ledger.cameras.remove(frontDoor);
    await site.flush();
    for (const deep of [false, true]) {
      const { problems, sums } = await verify(site, { deep });
      assert.deepEqual(problems, []);
      assert.deepEqual(
        [sums.cameras, sums.ofCameras, sums.objects, sums.read],
        [3, 3, 6, deep ? 6 : 0],
      );
    }
  });

  it('finds what was recorded before its account was renamed, and keeps to an account', async () => {
    await using site = await start();
    await site.putMinute(frontDoor, someTimeMs);
    const lost = await site.putMinute(garden, someTimeMs);
    await delay(5);
    site.ledger.accounts.rename('bach', 'verdi');
    await site.putMinute({ ...frontDoor, account: 'verdi' }, Date.now());
    await delay(5);
    site.ledger.accounts.add('bach');
    site.ledger.cameras.add({ ...frontDoor, key: keyNumber(3) });
    const other = await site.putMinute(frontDoor, Date.now());
    await site.flush();
    assert.deepEqual((await verify(site, { deep: true })).problems, []);
    await site.bucket.delete(lost.key);
    await site.bucket.delete(other.key);
    const both = [`missing ${lost.key}`, `missing ${other.key}`].sort();
    assert.deepEqual((await verify(site)).problems, both);
    assert.ok((await verify(site, { account: 'verdi' })).problems.includes(`missing ${lost.key}`));
    const stillKnown = await verify(site, { account: 'bach' });
    assert.ok(stillKnown.problems.includes(`missing ${other.key}`));
  });

  it('names what was deleted, cut, flipped, put there, and what is no segment', async () => {
    await using site = await start();
    const minutes = [];
    for (let n = 0; n < 5; n += 1) {
      minutes.push(await site.putMinute(frontDoor, someTimeMs + n * minute));
    }
    const keys = minutes.map(({ key }) => key);
    const [good = '', deleted = '', cut = '', flipped = ''] = keys;
    await site.bucket.delete(deleted);
    await site.bucket.put(cut, (await site.bucket.get(cut)).subarray(1));
    const bytes = await site.bucket.get(flipped);
    bytes[3] = (bytes[3] ?? 0) ^ 1;
    await site.bucket.put(flipped, bytes);
    const foreign = `cctv/bach/garden/2026/11/23/20261123T014200.000Z_60000_${'ab'.repeat(32)}.mp4`;
    const studio = foreign.replace('bach/garden', 'vermeer/studio');
    for (const key of [
      foreign,
      studio,
      'cctv/bach/garden/notes.txt',
      'cctv/bach/list.txt',
      'cctv/UPPER/x',
      'cctv/root.txt',
    ]) {
      await site.bucket.put(key, Buffer.from('x'));
    }
    await site.bucket.put('outside.txt', Buffer.from('x'));
    const wrong = [
      `missing ${deleted}`,
      'strange cctv/UPPER/',
      'strange cctv/bach/garden/notes.txt',
      'strange cctv/bach/list.txt',
      'strange cctv/root.txt',
      `unknown ${foreign}`,
      `unknown ${studio}`,
      `wrong content ${flipped}`,
      `wrong size ${cut}`,
    ];
    // Its ETag tells that the flipped one was replaced, so that it alone is read.
    const shallow = await verify(site);
    assert.deepEqual(shallow.problems, wrong);
    assert.deepEqual([shallow.sums.objects, shallow.sums.read], [2, 1]);
    assert.equal(shallow.sums.problems.strange, 4);
    const deep = await verify(site, { deep: true });
    assert.deepEqual(deep.problems, wrong);
    assert.deepEqual([deep.sums.objects, deep.sums.read], [2, 3]);
    assert.ok(!deep.problems.join().includes(good));
  });

  it('keeps to the account and the time that it is asked for', async () => {
    await using site = await start();
    const gone: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { key } = await site.putMinute(frontDoor, someTimeMs + n * day);
      await site.bucket.delete(key);
      gone.push(`missing ${key}`);
    }
    const { key } = await site.putMinute({ account: 'vermeer', camera: 'studio' }, someTimeMs);
    await site.bucket.delete(key);
    assert.deepEqual((await verify(site, { account: 'bach' })).problems, gone);
    assert.deepEqual((await verify(site, { account: 'vermeer' })).problems, [`missing ${key}`]);
    const range = { account: 'bach', fromMs: someTimeMs + 1, toMs: someTimeMs + 2 * day };
    assert.deepEqual((await verify(site, range)).problems, gone.slice(1, 2));
    await assert.rejects(verify(site, { account: 'nobody' }), UnknownNameError);
  });

  it('takes what is on its way for what it is', async () => {
    await using site = await start();
    const { key: _, ...spooled } = await site.putMinute(frontDoor, someTimeMs, false);
    site.ledger.segments.spooled(spooled);
    const fresh = await site.putMinute(garden, someTimeMs, false);
    const stored = { ...frontDoor, startMs: 1, durationMs: 1, bytes: 1, sha256: 'ab'.repeat(32) };
    site.ledger.segments.stored(stored, { key: 'cctv/bach/front-door/1970/01/01/x' });
    const { problems, sums } = await verify(site, {}, { lateMs: -60_000 });
    assert.deepEqual(problems, []);
    assert.equal(sums.underWay, 3);
    assert.deepEqual((await verify(site)).problems, [
      'missing cctv/bach/front-door/1970/01/01/x',
      `unknown ${fresh.key}`,
    ]);
  });

  it('leaves out what other ledgers have in the bucket, unless it is asked for', async () => {
    await using site = await start();
    await site.flush();
    site.begin('another daemon');
    site.ledger.accounts.add('vermeer');
    const studio = { account: 'vermeer', camera: 'studio' };
    await site.putMinute(studio, someTimeMs);
    await site.flush();
    site.begin('ledger');
    const { problems, otherAccounts, sums } = await verify(site);
    assert.deepEqual([problems, otherAccounts, sums.objects], [[], ['vermeer'], 0]);
    assert.equal((await verify(site, { account: 'vermeer' })).sums.problems.unknown, 1);
  });

  it('says if the ledger has footage under keys of another prefix', async () => {
    await using site = await start('');
    const { key } = await site.putMinute(frontDoor, someTimeMs);
    using store = site.bucket.open({ prefix: 'moved/' });
    assert.deepEqual((await verify({ ledger: site.ledger, store })).problems, [`elsewhere ${key}`]);
  });

  it('goes through more than fits one page, and tells each thing once', async () => {
    await using site = await start();
    const { ledger } = site;
    const name = (n: number) =>
      `20261123T${new Date(n * 10_000).toISOString().slice(11, 23).replaceAll(':', '')}Z_10000_`;
    const expected: string[] = [];
    const puts: (() => Promise<void>)[] = [];
    for (let n = 0; n < 120; n += 1) {
      const startMs = Date.UTC(2026, 10, 23) + n * 10_000;
      // Two of each start, of which the listing has them in another order than the ledger.
      for (const digit of n % 3 === 0 ? ['b', 'a'] : ['c']) {
        const sha256 = digit.repeat(64);
        const key = `cctv/bach/garden/2026/11/23/${name(n)}${sha256}.mp4`;
        if (n % 40 !== 7) {
          ledger.segments.stored(
            { ...garden, startMs, durationMs: 10_000, bytes: 1, sha256 },
            { key },
          );
        } else expected.push(`unknown ${key}`);
        if (n % 40 !== 9) puts.push(() => site.bucket.put(key, Buffer.from('x')));
        else expected.push(`missing ${key}`);
      }
    }
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let put = puts.pop(); put !== undefined; put = puts.pop()) await put();
      }),
    );
    const { store } = site;
    // Small pages, so that they begin and end in all places.
    for (const atOnce of [2, 3, 7]) {
      const { prefix } = store.reader;
      const bucket: VerifiedBucket = {
        documents: store.documents,
        explain: (error) => store.explain(error),
        reader: {
          prefix,
          pages: (under, options) => store.reader.pages(under, { ...options, atOnce }),
          folder: (under, signal) => store.reader.folder(under, signal),
          sizeOf: (key, signal) => store.reader.sizeOf(key, signal),
          digest: (key, signal) => store.reader.digest(key, signal),
        },
      };
      const { problems, sums } = await verify({ ledger, store: bucket });
      assert.deepEqual(problems, expected.toSorted());
      assert.equal(sums.objects, 160 - expected.length);
    }
  });

  it('goes on after a request that failed, and says so if the store is gone', async () => {
    await using site = await start();
    await site.putMinute(frontDoor, someTimeMs);
    await using proxy = await FaultProxy.start(s3.endpoint);
    using store = createObjectStore(
      site.bucket.options({ endpoint: proxy.endpoint, prefix: 'cctv/' }),
    );
    proxy.standing = '503';
    const calm = setTimeout(() => (proxy.standing = 'none'), 400);
    const { problems, sums } = await verify({ ledger: site.ledger, store }, { deep: true });
    clearTimeout(calm);
    assert.deepEqual([problems, sums.read], [[], 1]);
    await proxy.refuse();
    await assert.rejects(verify({ ledger: site.ledger, store }));
  });

  it('ends when it is told to', async () => {
    await using site = await start();
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await assert.rejects(verify(site, {}, { signal: stop.signal }));
  });
});
