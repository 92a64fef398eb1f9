import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { silentLog } from '../../src/lib/log.ts';
import { openSpool, type Spool } from '../../src/spool/spool.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { type Oddities, OddStore } from '../support/odd-store.ts';
import { frontDoor, publishFootage, temporaryDirectory } from '../support/segments.ts';
import { KeptLog } from '../support/kept-log.ts';

const never = new AbortController().signal;

describe('the proof that a store holds a segment', () => {
  const resources = new AsyncDisposableStack();
  let spool: Spool;
  let minute = 0;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    spool = resources.use(
      await openSpool({ directory: directory.path, log: silentLog, rescanMs: 60_000 }),
    );
  });
  after(() => resources.disposeAsync());

  async function bench(oddities: Oddities) {
    const odd = await OddStore.start(oddities);
    const log = new KeptLog();
    const store = createObjectStore({
      bucket: 'footage',
      endpoint: odd.endpoint,
      region: 'us-east-1',
      pathStyle: true,
      accessKeyId: 'key',
      secretAccessKey: 'secret',
      log,
    });
    const put = async () => store.put(await publishFootage(spool, frontDoor, minute++), never);
    return { odd, store, log, put, [Symbol.asyncDispose]: () => odd[Symbol.asyncDispose]() };
  }

  it('is the SHA-256 that the store keeps, where it does', async () => {
    await using test = await bench({ keepsSha256: true, etag: 'opaque' });
    assert.equal((await test.put()).checksum, 'sha256');
    assert.deepEqual(test.odd.requests, ['PUT', 'HEAD']);
  });

  it('is an ETag that is the MD5 of the content', async () => {
    await using test = await bench({ etag: 'md5' });
    assert.equal((await test.put()).checksum, 'md5-etag');
  });

  it('is the object itself, read back, where the store says nothing of its content', async () => {
    await using test = await bench({ etag: 'opaque' });
    assert.equal((await test.put()).checksum, 'read-back');
    await test.put();
    assert.deepEqual(test.odd.requests, ['PUT', 'HEAD', 'GET', 'PUT', 'HEAD', 'GET']);
    assert.equal(test.log.lines.filter(({ level }) => level === 'info').length, 1);
  });

  for (const [what, stores] of [
    ['something else of the same length', (body: Buffer) => Buffer.alloc(body.length, 'x')],
    ['less than it was sent', (body: Buffer) => body.subarray(1)],
    [
      'the framing with the content',
      (body: Buffer) => Buffer.concat([Buffer.from('7d0\r\n'), body]),
    ],
  ] as const) {
    for (const etag of ['md5', 'opaque'] as const) {
      it(`is not had from a store that keeps ${what} (ETag ${etag})`, async () => {
        await using test = await bench({ stores, etag });
        await assert.rejects(test.put(), /holds something else under that name/);
      });
    }
  }

  it('replaces what lies under a segment’s key and is not the segment', async () => {
    let rot = true;
    await using test = await bench({
      stores: (body) => (rot ? Buffer.from('rotten') : body),
    });
    const segment = await publishFootage(spool, frontDoor, minute++);
    await assert.rejects(test.store.put(segment, never));
    rot = false;
    const proof = await test.store.put(segment, never);
    assert.equal(proof.sha256, segment.sha256);
    assert.equal([...test.odd.objects.values()][0]?.body.length, segment.bytes);
    assert.match(test.log.lines.at(-1)?.message ?? '', /holds something else/);
  });

  it('learns once that a store knows no conditional put, and looks before it puts', async () => {
    await using test = await bench({ unknownHeaders: ['if-none-match'] });
    const segment = await publishFootage(spool, frontDoor, minute++);
    await test.store.put(segment, never);
    assert.deepEqual(test.odd.requests, ['PUT', 'HEAD', 'PUT', 'HEAD']);
    await test.put();
    assert.deepEqual(test.odd.requests.slice(4), ['HEAD', 'PUT', 'HEAD']);
    await test.store.put(segment, never);
    assert.deepEqual(test.odd.requests.slice(7), ['HEAD']);
  });

  it('does without checksums where a store refuses them', async () => {
    await using test = await bench({
      unknownHeaders: ['if-none-match', 'x-amz-checksum-sha256', 'x-amz-checksum-mode'],
    });
    assert.equal((await test.put()).checksum, 'md5-etag');
  });

  for (const [code, status, words] of [
    ['RequestTimeTooSkewed', 403, /clock/],
    ['AccessDenied', 403, /denies the access key "key"/],
    ['InvalidAccessKeyId', 403, /access key "key" is not known/],
    ['PermanentRedirect', 301, /Correct the region or the endpoint/],
    ['QuotaExceeded', 403, /no room left/],
    ['SlowDown', 503, /overloaded or out of order \(503 SlowDown\)/],
  ] as const) {
    it(`is asked for in vain, in plain words: ${code}`, async () => {
      await using test = await bench({ refuses: { code, status } });
      await assert.rejects(test.store.check(never), words);
    });
  }
});
