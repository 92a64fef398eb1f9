import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Segment } from '../../src/model/segment.ts';
import { openSpool } from '../../src/spool/spool.ts';
import type { ObjectStoreOptions } from '../../src/storage/object-store.ts';
import { startUploader, type UploaderOptions } from '../../src/storage/uploader.ts';
import type { S3Server } from '../stand-ins/s3-server.ts';
import type { CephServer } from '../stand-ins/s3-server-ceph.ts';
import { type S3Kind, s3Kinds, TestBucket } from '../support/bucket.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { frontDoor, garden, publishFootage, temporaryDirectory } from '../support/segments.ts';
import { eventually } from '../support/until.ts';
import { KeptLog } from '../support/kept-log.ts';

const minuteMs = 60_000;

/** Time that passes faster, for what waits; the network's stays as it is. */
function fastClock(times: number): Clock {
  const wallBegan = Date.now() - performance.now() * times;
  const now = () => performance.now() * times;
  return {
    now,
    wallNow: () => wallBegan + now(),
    sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
  };
}

function faults(kind: S3Kind): void {
  const resources = new AsyncDisposableStack();
  let s3: S3Server;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    s3 = resources.use(await kind.start({ directory: directory.path }));
  });
  after(() => resources.disposeAsync());

  async function bench() {
    const stack = new AsyncDisposableStack();
    const directory = stack.use(await temporaryDirectory());
    const log = new KeptLog();
    const spool = stack.use(await openSpool({ directory: directory.path, log: silentLog }));
    const bucket = stack.use(await TestBucket.create(s3));
    const proxy = stack.use(await FaultProxy.start(s3.endpoint));
    const stored: Segment[] = [];
    const start = (
      more: Partial<UploaderOptions> = {},
      options: Partial<ObjectStoreOptions> = {},
    ) => {
      const store = stack.use(bucket.open({ endpoint: proxy.endpoint, log, ...options }));
      return stack.use(
        startUploader({
          spool,
          store,
          log,
          retry: { minMs: 50, maxMs: 400 },
          onStored: (segment) => void stored.push(segment),
          ...more,
        }),
      );
    };
    const publish = (camera: typeof garden, minute: number, bytes?: number) =>
      publishFootage(spool, camera, minute, bytes);
    const empty = (withinMs = 20_000) =>
      eventually('an empty spool', withinMs, () => spool.usage().files === 0);
    const holds = async (segments: readonly Segment[]) => {
      const hashes = [...(await bucket.hashes()).values()].sort();
      assert.deepEqual(hashes, segments.map(({ sha256 }) => sha256).sort());
    };
    const said = (level: string) =>
      log.lines.filter((line) => line.level === level).map(({ message }) => message);
    return {
      spool,
      bucket,
      proxy,
      log,
      stored,
      start,
      publish,
      empty,
      holds,
      said,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  }

  it('outlasts hours without the store, asks seldom, and then catches up without a storm', async () => {
    await using test = await bench();
    const clock = fastClock(3_000);
    await test.proxy.refuse();
    const uploader = test.start({ clock, retry: { minMs: 1_000, maxMs: minuteMs } });
    const segments: Segment[] = [];
    const beganAt = clock.now();
    for (let minute = 0; minute < 240; minute += 4) {
      segments.push(await test.publish(minute % 8 ? frontDoor : garden, minute));
      if (minute === 60) {
        test.proxy.standing = '503';
        await test.proxy.accept();
      }
      await clock.sleep(Math.max(0, beganAt + (minute + 4) * minuteMs - clock.now()), never);
    }
    const requestsIn503 = test.proxy.seen.get('PUT') ?? 0;
    const minutes = (clock.now() - beganAt) / minuteMs;
    assert.ok(minutes >= 239);
    // At most one try in 30 to 60 s, sent twice by the SDK. The SDK's pause between the two is of our
    // time, half an hour of the fast clock's: how many tries there are is not known beforehand.
    assert.ok(requestsIn503 >= 4 && requestsIn503 <= 4 * minutes, `${requestsIn503} requests`);
    assert.equal(test.spool.usage().files, 60);
    assert.match(uploader.status().failing?.cause ?? '', /overloaded or out of order/);
    const sinceMs = uploader.status().failing?.sinceMs ?? 0;
    assert.ok(clock.wallNow() - sinceMs > 200 * minuteMs);
    assert.ok(test.said('error').length <= minutes / 5 + 1);

    test.proxy.standing = 'none';
    await test.empty(60_000);
    await test.holds(segments);
    const requests = (test.proxy.seen.get('PUT') ?? 0) - requestsIn503;
    assert.ok(requests <= 2 * 60, `${requests} requests for 60 segments`);
    assert.deepEqual(test.said('info').slice(-1), ['uploads go on']);
  });

  it('uses a slow link for each segment once, the oldest first, and what comes at once', async () => {
    await using test = await bench();
    test.proxy.bytesPerSecond = 1_500_000;
    const backlog: Segment[] = [];
    for (let minute = 0; minute < 60; minute += 1) {
      backlog.push(await test.publish(garden, minute, 100_000));
    }
    const uploader = test.start();
    await eventually('a beginning', 10_000, () => uploader.status().storedCount > 2);
    const live: Segment[] = [];
    for (let minute = 1_000; minute < 1_002; minute += 1) {
      const segment = await test.publish(frontDoor, minute, 20_000);
      live.push(segment);
      await eventually('the newest in the bucket', 20_000, () => !existsSync(segment.path));
      assert.ok(test.spool.usage().files > 0, 'the backlog was gone before');
    }
    await test.empty(30_000);
    await test.holds([...backlog, ...live]);
    // A try of conditions that the store does not know is all that may be sent for nothing.
    const puts = test.proxy.seen.get('PUT') ?? 0;
    assert.ok(puts <= backlog.length + live.length + 16, `${puts} requests`);
    // The newest of all has a lane of its own.
    const last = backlog.at(-1)?.startMs ?? 0;
    const order = test.stored.filter(
      ({ camera, startMs }) => camera === 'garden' && startMs < last,
    );
    const rank = ({ startMs }: Segment) =>
      backlog.findIndex((segment) => segment.startMs === startMs);
    const displaced = order.map((segment, index) => Math.abs(rank(segment) - index));
    assert.ok(Math.max(...displaced) <= 40, `${Math.max(...displaced)} places`);
  });

  it('goes on when the key is mended, without a new start', async () => {
    await using test = await bench();
    await test.publish(frontDoor, 0);
    await test.publish(garden, 0);
    let secretAccessKey: string | undefined;
    const currentCredentials = () => {
      if (secretAccessKey === undefined) throw new Error('the file is being written');
      return { ...s3, secretAccessKey };
    };
    const uploader = test.start({}, { secretAccessKey: 'mistyped', currentCredentials });
    await eventually('the outage', 10_000, () => uploader.status().failing !== undefined);
    secretAccessKey = 'mistyped again';
    await eventually('another try', 10_000, () => test.said('info').length > 0);
    secretAccessKey = s3.secretAccessKey;
    await test.empty();
    const changed = 'the bucket’s credentials have changed: the new ones are used';
    assert.deepEqual(test.said('info'), [changed, changed, 'uploads go on']);
    assert.deepEqual(test.said('error'), ['uploads fail; footage is kept in the spool']);
  });

  if (kind.rotatesKeys) {
    it('goes on with the new key when the old one was taken away', async () => {
      assert.ok('rotateSecret' in s3);
      await using test = await bench();
      const segments = [await test.publish(frontDoor, 0)];
      let { accessKeyId, secretAccessKey } = s3;
      const currentCredentials = () => ({ accessKeyId, secretAccessKey });
      const uploader = test.start({}, { currentCredentials });
      await test.empty();
      await (s3 as CephServer).rotateSecret();
      segments.push(await test.publish(frontDoor, 1), await test.publish(garden, 1));
      await eventually('the outage', 10_000, () => uploader.status().failing !== undefined);
      assert.match(uploader.status().failing?.cause ?? '', /secret access key does not belong/);
      secretAccessKey = s3.secretAccessKey;
      await test.empty();
      using bucket = new TestBucket(s3, test.bucket.name);
      assert.deepEqual(
        [...(await bucket.hashes()).values()].sort(),
        segments.map(({ sha256 }) => sha256).sort(),
      );
    });
  }

  it('says that the bucket was deleted, and goes on when it is there again', async () => {
    await using test = await bench();
    await test.publish(frontDoor, 0);
    const uploader = test.start();
    await test.empty();
    await test.bucket.destroy();
    const later = [await test.publish(frontDoor, 1), await test.publish(garden, 1)];
    later.push(await test.publish(frontDoor, 2));
    await eventually('the outage', 10_000, () => uploader.status().failing !== undefined);
    assert.match(uploader.status().failing?.cause ?? '', /does not exist .* Create it/);
    assert.equal(test.spool.usage().files, 3);
    await test.bucket.create();
    await test.empty();
    await test.holds(later);
  });

  it('takes an answer that never comes for no answer, and finds what was stored', async () => {
    await using test = await bench();
    const segment = await test.publish(frontDoor, 0, 300_000);
    test.proxy.next.push('withhold answer');
    test.start({}, { stallMs: 1_000 });
    await test.empty();
    await test.holds([segment]);
  });

  for (const hours of [-2, 2]) {
    it(`stores although this machine’s clock is ${hours} hours off`, async (context) => {
      await using test = await bench();
      const segments = [await test.publish(frontDoor, 0), await test.publish(garden, 0)];
      context.mock.timers.enable({ apis: ['Date'], now: Date.now() + hours * 60 * minuteMs });
      test.start();
      await test.empty();
      context.mock.timers.reset();
      await test.holds(segments);
      assert.deepEqual(test.said('error'), []);
    });
  }
}

const never = new AbortController().signal;

for (const kind of s3Kinds) describe(`faults on the way to ${kind.name}`, () => faults(kind));
