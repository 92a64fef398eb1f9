import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLog } from '../../src/lib/log.ts';
import type { Segment } from '../../src/model/segment.ts';
import type { DiskLimits } from '../../src/spool/limits.ts';
import { openSpool } from '../../src/spool/spool.ts';
import { LocalFileError } from '../../src/storage/content.ts';
import type { ObjectStore, ObjectStoreOptions } from '../../src/storage/object-store.ts';
import type { Proof } from '../../src/storage/proof.ts';
import { startUploader, type UploaderOptions } from '../../src/storage/uploader.ts';
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
import { eventually } from '../support/until.ts';
import { KeptLog } from '../support/kept-log.ts';

function theUploader(kind: S3Kind): void {
  const resources = new AsyncDisposableStack();
  let s3: S3Server;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    s3 = resources.use(await kind.start({ directory: directory.path }));
  });
  after(() => resources.disposeAsync());

  /** A spool, a bucket that may not exist yet, and a proxy between; uploaders are started by the test. */
  async function bench({
    bucketExists = true,
    disk = {},
  }: {
    bucketExists?: boolean;
    disk?: DiskLimits;
  } = {}) {
    const stack = new AsyncDisposableStack();
    const directory = stack.use(await temporaryDirectory());
    const log = new KeptLog();
    const spool = stack.use(
      await openSpool({ directory: directory.path, log: silentLog, disk, measureMs: 50 }),
    );
    const bucket = stack.use(new TestBucket(s3));
    if (bucketExists) await bucket.create();
    const proxy = stack.use(await FaultProxy.start(s3.endpoint));
    const stored: { segment: Segment; proof: Proof }[] = [];
    const start = (
      more: Partial<UploaderOptions> = {},
      options: Partial<ObjectStoreOptions> = {},
    ) => {
      const store = stack.use(bucket.open({ endpoint: proxy.endpoint, ...options }));
      return stack.use(
        startUploader({
          spool,
          store,
          log,
          retry: { minMs: 50, maxMs: 400 },
          onStored: (segment, proof) => void stored.push({ segment, proof }),
          ...more,
        }),
      );
    };
    const empty = (withinMs = 30_000) =>
      eventually('an empty spool', withinMs, () => spool.usage().files === 0);
    const said = (level: string) =>
      log.lines.filter((line) => line.level === level).map(({ message }) => message);
    const dispose = () => stack.disposeAsync();
    return {
      directory,
      spool,
      bucket,
      proxy,
      log,
      stored,
      start,
      empty,
      said,
      [Symbol.asyncDispose]: dispose,
    };
  }

  it('stores what waits and what comes, notes it, and only then deletes it', async () => {
    await using test = await bench();
    await publishFootage(test.spool, frontDoor, 0);
    const beganAtMs = Date.now();
    const onDisk: boolean[] = [];
    const tried: string[] = [];
    const uploader = test.start({
      onTried: (outcome, tookMs) => tried.push(tookMs > 0 ? outcome : 'in no time'),
      onStored: async (segment) => {
        await delay(50);
        onDisk.push(existsSync(segment.path));
      },
    });
    await eventually('the first', 5_000, () => uploader.status().storedCount === 1);
    const segment = await publishFootage(test.spool, garden, 1, 500_000);
    await eventually('the second', 5_000, () => !existsSync(segment.path));
    assert.deepEqual(onDisk, [true, true]);
    await eventually('the count', 5_000, () => uploader.status().storedCount === 2);
    const { lastStoredAtMs = 0, ...status } = uploader.status();
    const counts = { begun: 2, storedCount: 2, storedBytes: 502_000 };
    const troubles = { failing: undefined, refused: undefined, oldestMs: undefined };
    assert.deepEqual(status, { uploading: 0, waiting: 0, ...counts, ...troubles });
    assert.deepEqual(tried, ['stored', 'stored']);
    assert.ok(lastStoredAtMs >= beganAtMs && lastStoredAtMs <= Date.now());
    assert.equal((await test.bucket.hashes()).size, 2);
  });

  it('waits between two probes of an outage also where a file can not be read now', async () => {
    await using test = await bench();
    await Promise.all([0, 1, 2].map((minute) => publishFootage(test.spool, frontDoor, minute)));
    let tries = 0;
    const trouble = { words: 'down', needsOperator: false, tooMuch: false, ofObject: false };
    const uploader = test.start({
      store: {
        put: async () => {
          tries += 1;
          if (uploader.status().failing === undefined) throw new Error('down');
          throw new LocalFileError('busy', 'there are too many open files');
        },
        trouble: () => trouble,
      } as Partial<ObjectStore> as ObjectStore,
    });
    await eventually('an outage', 5_000, () => uploader.status().failing !== undefined);
    const before = tries;
    await delay(1_000);
    assert.ok(tries - before < 30, `${tries - before} tries in a second`);
  });

  it('keeps a stored segment until it has been noted, and stores it once', async () => {
    await using test = await bench();
    const segment = await publishFootage(test.spool, frontDoor, 0);
    let tries = 0;
    test.start({
      onStored: () => {
        assert.ok(existsSync(segment.path));
        tries += 1;
        if (tries < 3) throw new Error('the ledger is locked');
      },
    });
    await test.empty();
    assert.equal(tries, 3);
    assert.equal((await test.bucket.keys()).length, 1);
    assert.deepEqual(test.said('warn'), ['a stored segment could not be noted and deleted here']);
  });

  it('sets a damaged or unreadable segment aside, loudly, and goes on with the others', async () => {
    await using test = await bench();
    const rotten = await publishFootage(test.spool, frontDoor, 0);
    await writeFile(rotten.path, 'rot');
    const others = [1, 2, 3].map((minute) => publishFootage(test.spool, frontDoor, minute));
    await Promise.all(others);
    test.start();
    await test.empty();
    assert.equal((await test.bucket.keys()).length, 3);
    const aside = join(test.directory.path, 'damaged/bach/front-door');
    assert.deepEqual(await readdir(aside), [basename(rotten.path)]);
    assert.deepEqual(test.said('error'), ['a damaged segment was set aside, not stored']);
  });

  it('tells of what will never be stored before it forgets it, and tries that again', async () => {
    await using test = await bench();
    const rotten = await publishFootage(test.spool, frontDoor, 0);
    const deleted = await publishFootage(test.spool, garden, 1);
    await writeFile(rotten.path, 'rot');
    await rm(deleted.path);
    const told: string[] = [];
    let tries = 0;
    test.start({
      onLost: (segment, detail) => {
        assert.equal(existsSync(segment.path), segment.path === rotten.path);
        tries += 1;
        if (tries < 5) throw new Error('the ledger is locked');
        told.push(`${segment.camera}: ${detail}`);
      },
    });
    await test.empty();
    const [gone = '', damaged = ''] = told.sort().reverse();
    assert.equal(told.length, 2);
    assert.match(gone, /^garden: the file is not there any more/);
    assert.match(damaged, /^front-door: its SHA-256 is [0-9a-f]{64}, not the one in its name/);
    assert.deepEqual(test.said('warn'), ['a damaged segment could not be noted and set aside']);
    await eventually('both lines', 5_000, () => test.said('error').length === 2);
    assert.deepEqual(test.said('error').sort(), [
      'a damaged segment was set aside, not stored',
      'a segment was deleted before it was stored',
    ]);
  });

  it('keeps the segments that are under way from being dropped', async () => {
    await using test = await bench({ disk: { budgetBytes: 150_000, reserveBytes: 1 } });
    test.proxy.standing = 'hang';
    const segment = await publishFootage(test.spool, frontDoor, 0, 100_000);
    const uploader = test.start({ concurrency: 1 });
    await eventually('a beginning', 5_000, () => uploader.status().uploading === 1);
    await publishFootage(test.spool, frontDoor, 1, 100_000);
    await eventually('a drop', 5_000, () => test.spool.usage().files === 1);
    assert.ok(existsSync(segment.path));
    test.proxy.standing = 'none';
  });

  const outages: readonly {
    readonly what: string;
    readonly begin: (test: Awaited<ReturnType<typeof bench>>) => Promise<void> | void;
    readonly end: (test: Awaited<ReturnType<typeof bench>>) => Promise<void> | void;
    readonly cause: RegExp;
    readonly level: 'warn' | 'error';
  }[] = [
    {
      what: 'the bucket is absent',
      begin: () => {},
      end: ({ bucket }) => bucket.create(),
      cause: /The bucket "footage-\d+" does not exist .* Create it/,
      level: 'error',
    },
    {
      what: 'nothing listens',
      begin: ({ proxy, bucket }) => Promise.all([proxy.refuse(), bucket.create()]).then(() => {}),
      end: ({ proxy }) => proxy.accept(),
      cause: /Nothing listens at .*connection refused/,
      level: 'warn',
    },
    {
      what: 'everything gets a 503',
      begin: async ({ proxy, bucket }) => {
        proxy.standing = '503';
        await bucket.create();
      },
      end: ({ proxy }) => void (proxy.standing = 'none'),
      cause: /overloaded or out of order \(503 SlowDown\)/,
      level: 'warn',
    },
    {
      what: 'the connections hang',
      begin: async ({ proxy, bucket }) => {
        proxy.standing = 'hang';
        await bucket.create();
      },
      end: ({ proxy }) => void (proxy.standing = 'none'),
      cause: /does not answer in time/,
      level: 'warn',
    },
  ];
  for (const { what, begin, end, cause, level } of outages) {
    it(`says once that ${what}, waits, and catches up`, async () => {
      await using test = await bench({ bucketExists: false });
      await begin(test);
      for (let minute = 0; minute < 30; minute += 1) {
        await publishFootage(test.spool, minute % 2 ? frontDoor : garden, minute);
      }
      const uploader = test.start({}, { stallMs: 2_000 });
      await eventually('the outage', 10_000, () => uploader.status().failing !== undefined);
      assert.match(uploader.status().failing?.cause ?? '', cause);
      const putsBefore = test.proxy.seen.get('PUT') ?? 0;
      await delay(1_500);
      // One at a time, each tried twice by the SDK, at 0.2 to 0.4 s.
      const puts = (test.proxy.seen.get('PUT') ?? 0) - putsBefore;
      assert.ok(puts < 40, `${puts} requests in the outage`);
      assert.equal(test.spool.usage().files, 30);
      await publishFootage(test.spool, frontDoor, 99);
      await end(test);
      await test.empty();
      assert.deepEqual(test.said(level), ['uploads fail; footage is kept in the spool']);
      assert.deepEqual(test.said('info'), ['uploads go on']);
      assert.equal(test.said('warn').length + test.said('error').length, 1);
      assert.equal(uploader.status().failing, undefined);
      assert.equal((await test.bucket.hashes()).size, 31);
      assert.equal(test.stored.length, 31);
    });
  }

  it('says that the credentials are wrong', async () => {
    await using test = await bench();
    await publishFootage(test.spool, frontDoor, 0);
    test.start({}, { secretAccessKey: 'rotated' });
    await eventually('the line', 5_000, () => test.said('error').length > 0);
    const cause = String(test.log.lines.find((line) => line.level === 'error')?.fields['cause']);
    assert.match(cause, /The secret access key does not belong to the access key/);
    assert.equal(test.spool.usage().files, 1);
  });

  it('gets everything there once through a run of faults', async () => {
    await using test = await bench();
    const segments: Segment[] = [];
    for (let minute = 0; minute < 60; minute += 1) {
      segments.push(
        await publishFootage(test.spool, minute % 3 ? frontDoor : garden, minute, 100_000),
      );
    }
    for (let time = 0; time < 8; time += 1) {
      test.proxy.next.push('cut', 'none', 'lose answer', 'flip a bit', 'none', '503', 'none');
    }
    test.start();
    await test.empty(30_000);
    assert.deepEqual(test.proxy.next, []);
    const hashes = await test.bucket.hashes();
    assert.deepEqual([...hashes.values()].sort(), segments.map(({ sha256 }) => sha256).sort());
  });

  it('does not let a camera wait for another’s backlog', async () => {
    await using test = await bench();
    await Promise.all(
      Array.from({ length: 999 }, (_, minute) => publishFootage(test.spool, garden, minute, 500)),
    );
    const last = await publishFootage(test.spool, garden, 999, 500);
    const uploader = test.start();
    await eventually('a beginning', 5_000, () => uploader.status().storedCount > 20);
    const segment = await publishFootage(test.spool, frontDoor, 2_000);
    const newest = await publishFootage(test.spool, garden, 2_000);
    await eventually('both', 5_000, () => !existsSync(segment.path) && !existsSync(newest.path));
    assert.ok(test.spool.usage().files > 100, 'the backlog was gone before');
    // Of the backlog, the oldest go first, as far as that can be said of sixteen at once.
    const order = test.stored
      .filter(({ segment: { camera, startMs } }) => camera === 'garden' && startMs < last.startMs)
      .map(({ segment: { startMs } }) => (startMs - someTimeMs) / 60_000);
    assert.deepEqual(
      order.filter((minute, index) => Math.abs(minute - index) > 40),
      [],
    );
  });

  it('lets uploads that are under way end when it ends, and aborts those that do not', async () => {
    await using test = await bench();
    for (let minute = 0; minute < 5; minute += 1) {
      await publishFootage(test.spool, frontDoor, minute, 200_000);
    }
    test.proxy.bytesPerSecond = 1_000_000;
    const patient = test.start();
    await eventually('a beginning', 5_000, () => patient.status().uploading === 5);
    await patient[Symbol.asyncDispose]();
    assert.equal((await test.bucket.keys()).length, 5);
    assert.equal(test.spool.usage().files, 0);

    await publishFootage(test.spool, frontDoor, 9, 200_000);
    test.proxy.bytesPerSecond = 1_000;
    const hasty = test.start({ graceMs: 200 });
    await eventually('a beginning', 5_000, () => hasty.status().uploading === 1);
    await delay(100);
    const startedAt = performance.now();
    await hasty[Symbol.asyncDispose]();
    // At its pace the upload would take 200 s.
    assert.ok(performance.now() - startedAt < 60_000);
    assert.equal((await test.bucket.keys()).length, 5);
    assert.equal(test.spool.usage().files, 1);
  });

  it('ends in one right object for each segment however often its process is killed', async () => {
    await using directory = await temporaryDirectory();
    using bucket = await TestBucket.create(s3);
    await using proxy = await FaultProxy.start(s3.endpoint);
    const hashes: string[] = [];
    {
      await using spool = await openSpool({ directory: directory.path, log: silentLog });
      for (let minute = 0; minute < 150; minute += 1) {
        hashes.push((await publishFootage(spool, frontDoor, minute, 150_000)).sha256);
      }
    }
    const notes = join(directory.path, 'notes');
    const { log: _, ...options } = bucket.options({ endpoint: proxy.endpoint });
    const run = () =>
      spawn(
        process.execPath,
        [
          join(import.meta.dirname, '../support/uploading-process.ts'),
          directory.path,
          notes,
          JSON.stringify(options),
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
    let kills = 0;
    for (; kills < 8; kills += 1) {
      proxy.next.splice(0, Number.POSITIVE_INFINITY, 'lose answer', 'none', 'cut', 'none', 'none');
      const child = run();
      await once(child.stdout, 'data');
      await delay(100 + Math.random() * 150);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const last = run();
    last.stdout.resume();
    const [code] = (await once(last, 'exit')) as [number];
    assert.equal(code, 0);
    const objects = await bucket.hashes();
    assert.deepEqual([...objects.values()].sort(), hashes.sort());
    const noted = new Set((await readFile(notes, 'utf8')).trim().split('\n'));
    assert.deepEqual([...noted].sort(), [...objects.keys()].sort());
    await using spool = await openSpool({ directory: directory.path, log: silentLog });
    assert.deepEqual(await spool.list(), []);
  });
}

// In what stores differ is the object store's to know, which is tried on all of them.
for (const kind of s3Kinds.slice(0, 1)) {
  describe(`the uploader to ${kind.name}`, () => theUploader(kind));
}
