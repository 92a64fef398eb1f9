import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { TestBucket } from '../support/bucket.ts';
import { OddStore } from '../support/odd-store.ts';
import { sha256Of, temporaryDirectory } from '../support/segments.ts';

const never = new AbortController().signal;

describe('what a bucket holds beside segments', () => {
  const resources = new AsyncDisposableStack();
  let s3: S3Server;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    s3 = resources.use(await startS3Server({ directory: `${directory.path}/s3` }));
  });
  after(() => resources.disposeAsync());

  it('is replaced, listed and read', async () => {
    using bucket = await TestBucket.create(s3);
    using store = bucket.open({ prefix: 'cctv/' });
    const { documents } = store;
    assert.deepEqual(await documents.names(never), []);
    assert.equal(await documents.read('a/b.json', never), undefined);
    await documents.write('a/b.json', Buffer.from('one'), never);
    await documents.write('a/b.json', Buffer.from('two'), never);
    await documents.write('a/empty.jsonl', Buffer.alloc(0), never);
    assert.deepEqual(await bucket.keys(), ['cctv/_ledger/a/b.json', 'cctv/_ledger/a/empty.jsonl']);
    assert.deepEqual(await documents.names(never), ['a/b.json', 'a/empty.jsonl']);
    assert.equal(String(await documents.read('a/b.json', never)), 'two');
    assert.equal(String(await documents.read('a/empty.jsonl', never)), '');
  });

  it('is proven to be there: a store that keeps something else is caught', async () => {
    for (const etag of ['md5', 'opaque'] as const) {
      await using odd = await OddStore.start({ etag, stores: (body) => Buffer.from(body).fill(0) });
      using store = createObjectStore({
        ...bucketOptions(s3),
        endpoint: odd.endpoint,
      });
      await assert.rejects(
        store.documents.write('a.json', Buffer.from('one'), never),
        /held different under that name/,
      );
    }
    await using honest = await OddStore.start({ etag: 'opaque' });
    using store = createObjectStore({ ...bucketOptions(s3), endpoint: honest.endpoint });
    await store.documents.write('a.json', Buffer.from('one'), never);
    assert.deepEqual(honest.requests, ['PUT', 'HEAD', 'GET']);
  });

  it('is seen folder by folder, from a key on, and read without being kept', async () => {
    using bucket = await TestBucket.create(s3);
    using store = bucket.open({ prefix: 'cctv/' });
    const { reader } = store;
    const key = `cctv/bach/gate/2026/11/23/20261123T014200.000Z_60000_${'ab'.repeat(32)}.mp4`;
    const keys = ['cctv/bach/a.txt', key, 'cctv/bach/gate/2026/11/24/x', 'cctv/z', 'other/y'];
    for (const one of keys) await bucket.put(one, Buffer.from('hello'));
    assert.equal(reader.prefix, 'cctv/');
    const { folders, objects } = await reader.folder('bach/', never);
    assert.deepEqual([folders, objects.map((object) => object.key)], [['gate'], [keys[0]]]);
    assert.deepEqual((await reader.folder('', never)).folders, ['bach']);
    const listed = async (under: string, after?: string) => {
      const found = [];
      const from = after === undefined ? {} : { after };
      for await (const page of reader.pages(under, { ...from, signal: never })) found.push(...page);
      return found;
    };
    assert.deepEqual(
      (await listed('')).map((object) => object.key),
      keys.slice(0, 4),
    );
    const pages = [];
    for await (const page of reader.pages('', { atOnce: 3, signal: never }))
      pages.push(page.length);
    assert.deepEqual(pages, [3, 1]);
    const gate = await listed('bach/gate/');
    assert.equal(gate[0]?.segment?.camera, 'gate');
    assert.equal(gate[1]?.segment, undefined);
    assert.equal(gate[0].bytes, 5);
    assert.ok(Math.abs(gate[0].modifiedMs - Date.now()) < 60_000);
    assert.deepEqual(
      (await listed('bach/gate/', '2026/11/24')).map((object) => object.key),
      [keys[2]],
    );
    assert.deepEqual(await reader.digest(key, never), {
      bytes: 5,
      sha256: sha256Of(Buffer.from('hello')),
    });
    assert.deepEqual(
      [await reader.digest('none', never), await reader.sizeOf('none', never)],
      [undefined, undefined],
    );
    assert.equal(await reader.sizeOf(key, never), 5);
    const stop = new AbortController();
    stop.abort();
    await assert.rejects(reader.folder('', stop.signal));
  });
});

function bucketOptions(s3: S3Server) {
  using bucket = new TestBucket(s3);
  return bucket.options();
}
