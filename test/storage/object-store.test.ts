import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { OperatorError } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openSpool, type Spool } from '../../src/spool/spool.ts';
import { LocalFileError } from '../../src/storage/content.ts';
import type { ObjectStoreOptions } from '../../src/storage/object-store.ts';
import type { S3Server } from '../stand-ins/s3-server.ts';
import { type S3Kind, s3Kinds, TestBucket } from '../support/bucket.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import {
  frontDoor,
  garden,
  publishFootage,
  someTimeMs,
  temporaryDirectory,
} from '../support/segments.ts';

const never = new AbortController().signal;

function anObjectStore(kind: S3Kind): void {
  const resources = new AsyncDisposableStack();
  let s3: S3Server;
  let spool: Spool;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    s3 = resources.use(await kind.start({ directory: `${directory.path}/s3` }));
    spool = resources.use(
      await openSpool({ directory: `${directory.path}/spool`, log: silentLog, rescanMs: 60_000 }),
    );
  });
  after(() => resources.disposeAsync());

  async function bench() {
    const stack = new AsyncDisposableStack();
    const bucket = stack.use(await TestBucket.create(s3));
    const proxy = stack.use(await FaultProxy.start(s3.endpoint));
    const open = (more: Partial<ObjectStoreOptions> = {}) =>
      stack.use(bucket.open({ endpoint: proxy.endpoint, ...more }));
    return { bucket, proxy, open, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  }

  it('stores a segment under its account, camera and day, proven by content', async () => {
    await using test = await bench();
    const segment = await publishFootage(spool, frontDoor, 0, 2_000_000);
    const proof = await test.open({ prefix: 'cctv/' }).put(segment, never);
    assert.equal(
      proof.key,
      `cctv/bach/front-door/2026/11/23/20261123T014200.000Z_60000_${segment.sha256}.mp4`,
    );
    assert.deepEqual(
      { ...proof, key: '', etag: '' },
      {
        key: '',
        bytes: 2_000_000,
        sha256: segment.sha256,
        checksum: kind.checksum,
        etag: '',
      },
    );
    assert.deepEqual(await test.bucket.hashes(), new Map([[proof.key, segment.sha256]]));
    assert.deepEqual(Object.fromEntries(test.proxy.seen), { PUT: 1, HEAD: 1 });
  });

  it('stores a segment that is larger than one request in parts', async () => {
    await using test = await bench();
    const segment = await publishFootage(spool, frontDoor, 1, 68_000_000);
    const store = test.open();
    const proof = await store.put(segment, never);
    assert.match(proof.etag, /-5"$/);
    assert.equal(proof.checksum, 'md5-etag');
    assert.deepEqual(await test.bucket.hashes(), new Map([[proof.key, segment.sha256]]));
    const puts = test.proxy.seen.get('PUT');
    assert.deepEqual(await store.put(segment, never), proof);
    assert.equal(test.proxy.seen.get('PUT'), puts);
  });

  it('ends in one right object when a segment is put many times at once', async () => {
    await using test = await bench();
    const segment = await publishFootage(spool, frontDoor, 2, 300_000);
    const store = test.open();
    const proofs = await Promise.all(Array.from({ length: 8 }, () => store.put(segment, never)));
    for (const proof of proofs) assert.deepEqual(proof, proofs[0]);
    assert.deepEqual([...(await test.bucket.hashes()).values()], [segment.sha256]);
  });

  it('keeps to sixteen uploads’ connections, for large bodies too', async () => {
    await using test = await bench();
    const store = test.open();
    const segments = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        publishFootage(spool, garden, 100 + index, 2_200_000),
      ),
    );
    await Promise.all(segments.map((segment) => store.put(segment, never)));
    assert.ok(test.proxy.mostConnections <= 20, `${test.proxy.mostConnections} connections`);
    assert.equal((await test.bucket.keys()).length, 40);
  });

  for (const fault of ['cut', 'lose answer', '503'] as const) {
    it(`gets a segment there once in spite of one "${fault}"`, async () => {
      await using test = await bench();
      const segment = await publishFootage(spool, frontDoor, 3, 300_000);
      test.proxy.next.push(fault);
      const proof = await test.open().put(segment, never);
      assert.equal(proof.sha256, segment.sha256);
      assert.deepEqual([...(await test.bucket.hashes()).values()], [segment.sha256]);
    });
  }

  it('stores nothing when a bit flips on the way', async () => {
    await using test = await bench();
    const segment = await publishFootage(spool, frontDoor, 4, 300_000);
    test.proxy.next.push('flip a bit');
    const store = test.open();
    await assert.rejects(store.put(segment, never));
    assert.deepEqual(await test.bucket.keys(), []);
    await store.put(segment, never);
    assert.deepEqual([...(await test.bucket.hashes()).values()], [segment.sha256]);
  });

  it('gives up a connection on which nothing moves, and says so', async () => {
    await using test = await bench();
    const segment = await publishFootage(spool, frontDoor, 5);
    test.proxy.standing = 'hang';
    const store = test.open({ stallMs: 500 });
    const error = await store.put(segment, never).catch((cause: unknown) => cause);
    assert.match(store.explain(error), /does not answer in time/);
    assert.equal(test.proxy.seen.get('PUT'), 1);
  });

  it('is patient with a link that is slow but moves', async () => {
    await using test = await bench();
    // A tenth of 60 kB/s and of the time limit's default: the kernel takes all at once, and what it
    // then does can't be seen.
    test.proxy.bytesPerSecond = 600_000;
    const segment = await publishFootage(spool, frontDoor, 6, 2_000_000);
    const proof = await test.open({ stallMs: 6_000 }).put(segment, never);
    assert.equal(proof.sha256, segment.sha256);
    assert.equal(test.proxy.seen.get('PUT'), 1);
  });

  it('leaves nothing behind when it is aborted', async () => {
    await using test = await bench();
    test.proxy.bytesPerSecond = 100_000;
    const segment = await publishFootage(spool, frontDoor, 7, 2_000_000);
    const life = new AbortController();
    const put = test.open().put(segment, life.signal);
    setTimeout(() => life.abort(), 300);
    await assert.rejects(put);
    test.proxy.bytesPerSecond = undefined;
    assert.deepEqual(await test.bucket.keys(), []);
  });

  it('refuses a file that is not what its name says', async () => {
    await using test = await bench();
    const store = test.open();
    const changed = await publishFootage(spool, frontDoor, 8);
    await writeFile(changed.path, 'something else');
    const short = await publishFootage(spool, frontDoor, 9);
    await truncate(short.path, 100);
    for (const segment of [changed, short]) {
      await assert.rejects(
        store.put(segment, never),
        (error) => error instanceof LocalFileError && error.reason === 'damaged',
      );
    }
    await spool.remove(short);
    await assert.rejects(
      store.put(short, never),
      (error) => error instanceof LocalFileError && error.reason === 'gone',
    );
    assert.deepEqual(await test.bucket.keys(), []);
  });

  it('lists the segments with footage between two times, over midnight', async () => {
    await using test = await bench();
    const store = test.open({ prefix: 'x/' });
    const midnight = (Date.UTC(2026, 10, 24) - someTimeMs) / 60_000;
    for (const minute of [-2, -1, 0, 1]) {
      await store.put(await publishFootage(spool, frontDoor, midnight + minute), never);
    }
    await store.put(await publishFootage(spool, garden, midnight), never);
    const minutes = async (from: number, to: number) =>
      (
        await store.listSegments(
          frontDoor,
          someTimeMs + (midnight + from) * 60_000,
          someTimeMs + (midnight + to) * 60_000,
          never,
        )
      ).map(({ startMs }) => (startMs - someTimeMs) / 60_000 - midnight);
    assert.deepEqual(await minutes(-5, 5), [-2, -1, 0, 1]);
    assert.deepEqual(await minutes(-0.5, 0.5), [-1, 0]);
    assert.deepEqual(await minutes(0, 1), [0]);
    assert.deepEqual(await minutes(2, 9), []);
  });

  describe('when it is checked', () => {
    const cases: readonly {
      readonly what: string;
      readonly applies?: boolean;
      readonly options: (address: S3Server) => Partial<ObjectStoreOptions>;
      readonly words: RegExp;
    }[] = [
      {
        what: 'an absent bucket',
        options: () => ({ bucket: 'not-there' }),
        words: /The bucket "not-there" does not exist at http.*Create it/,
      },
      {
        what: 'a wrong secret',
        options: () => ({ secretAccessKey: 'wrong' }),
        words: /The secret access key does not belong to the access key ".*Correct/,
      },
      {
        what: 'a wrong region',
        applies: kind.knowsRegions,
        options: () => ({ region: 'mars-1' }),
        words: /not in the region "mars-1"/,
      },
      {
        what: 'a port without a server',
        options: () => ({ endpoint: 'http://127.0.0.1:1' }),
        words: /Nothing listens at http:\/\/127.0.0.1:1/,
      },
      {
        what: 'a host without an address',
        options: () => ({ endpoint: 'http://bucket.invalid' }),
        words: /host name of http:\/\/bucket.invalid can't be resolved/,
      },
      {
        what: 'TLS where there is none',
        options: ({ endpoint }) => ({ endpoint: endpoint.replace('http', 'https') }),
        words: /TLS certificate or protocol/,
      },
    ];
    for (const { what, options, words } of cases.filter(({ applies = true }) => applies)) {
      it(`says in plain words what is wrong: ${what}`, async () => {
        await using test = await bench();
        await assert.rejects(test.open(options(s3)).check(never), (error) => {
          assert.ok(error instanceof OperatorError);
          assert.match(error.message, words);
          return true;
        });
      });
    }

    it('says that a server does not answer', async () => {
      await using test = await bench();
      test.proxy.standing = 'hang';
      await assert.rejects(
        test.open({ checkWithinMs: 300 }).check(never),
        /does not answer in time/,
      );
    });

    it('is content with a bucket that is there', async () => {
      await using test = await bench();
      await test.open().check(never);
    });
  });
}

for (const kind of s3Kinds) describe(`an object store at ${kind.name}`, () => anObjectStore(kind));
