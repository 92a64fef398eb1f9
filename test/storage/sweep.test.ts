import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { describeError } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openSpool } from '../../src/spool/spool.ts';
import { segmentKey } from '../../src/storage/key.ts';
import { Leftovers } from '../../src/storage/leftovers.ts';
import { startSweeps } from '../../src/storage/sweep.ts';
import type { S3Server } from '../stand-ins/s3-server.ts';
import { s3Kinds, TestBucket } from '../support/bucket.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { OddStore } from '../support/odd-store.ts';
import { frontDoor, publishFootage, temporaryDirectory } from '../support/segments.ts';
import { eventually } from '../support/until.ts';
import { KeptLog } from '../support/kept-log.ts';

const hourMs = 3_600_000;

/** A clock on which nothing happens by itself: sleeps last until `pass` is called. */
function handClock(aheadMs: number): Clock & { pass(): void; readonly sleeps: number[] } {
  let wake = Promise.withResolvers<void>();
  const sleeps: number[] = [];
  return {
    ...systemClock,
    sleeps,
    wallNow: () => Date.now() + aheadMs,
    sleep: async (ms, signal) => {
      sleeps.push(ms);
      const ended = new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([wake.promise, ended]);
    },
    pass: () => {
      wake.resolve();
      wake = Promise.withResolvers();
    },
  };
}

for (const kind of s3Kinds) {
  describe(`the sweep of a bucket at ${kind.name}`, () => {
    const resources = new AsyncDisposableStack();
    let s3: S3Server;
    before(async () => {
      const directory = resources.use(await temporaryDirectory());
      s3 = resources.use(await kind.start({ directory: directory.path }));
    });
    after(() => resources.disposeAsync());

    it('removes what a killed upload left, a day later, and nothing else', async () => {
      using bucket = await TestBucket.create(s3);
      await using directory = await temporaryDirectory();
      await using proxy = await FaultProxy.start(s3.endpoint);
      proxy.bytesPerSecond = 20_000_000;
      let key = '';
      {
        await using spool = await openSpool({ directory: directory.path, log: silentLog });
        const segment = await publishFootage(spool, frontDoor, 0, 68_000_000);
        key = segmentKey('cctv/', segment);
      }
      const { log: _, ...options } = bucket.options({ endpoint: proxy.endpoint, prefix: 'cctv/' });
      const uploading = spawn(
        process.execPath,
        [
          join(import.meta.dirname, '../support/uploading-process.ts'),
          directory.path,
          join(directory.path, 'notes'),
          JSON.stringify(options),
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const ended = once(uploading, 'exit');
      await eventually('parts under way', 15_000, () => (proxy.seen.get('PUT') ?? 0) >= 2);
      uploading.kill('SIGKILL');
      await ended;
      const others = ['cctv/bach/front-door/notes', `other/${key.slice('cctv/'.length)}`];
      for (const other of others) await bucket.beginMultipart(other);
      assert.deepEqual(await bucket.unfinished(), [key, ...others].sort());
      assert.deepEqual(await bucket.keys(), []);

      const log = new KeptLog();
      const store = bucket.open({ prefix: 'cctv/' });
      const clock = handClock(23 * hourMs);
      {
        await using _sweeps = startSweeps({ store, clock, log });
        await eventually('the end of a sweep', 5_000, () => clock.sleeps.length === 1);
        assert.equal((await bucket.unfinished()).length, 3);
      }
      {
        await using _sweeps = startSweeps({ store, clock: handClock(25 * hourMs), log });
        await eventually(
          'the sweep',
          5_000,
          async () => !(await bucket.unfinished()).includes(key) && log.lines.length > 0,
        );
      }
      store[Symbol.dispose]();
      assert.deepEqual(await bucket.unfinished(), [...others].sort());
      assert.deepEqual(
        log.lines.map(({ level, message, fields }) => [level, message, fields['key']]),
        [['info', 'an unfinished upload was swept', key]],
      );
    });

    it('goes through more of them than one listing shows', async () => {
      using bucket = await TestBucket.create(s3);
      const leftovers = new Leftovers(bucket.access(), 2);
      const store = { leftovers, explain: describeError };
      const keys: string[] = [];
      for (let minute = 0; minute < 7; minute += 1) {
        const startMs = Date.UTC(2026, 10, 22, 0, minute);
        const hash = String(minute).repeat(64);
        keys.push(segmentKey('', { ...frontDoor, startMs, durationMs: 60_000, sha256: hash }));
      }
      // Two of one key, as two daemons that were killed leave them.
      for (const key of [...keys, ...keys.slice(0, 2)]) await bucket.beginMultipart(key);
      await using _sweeps = startSweeps({ store, clock: handClock(25 * hourMs), log: silentLog });
      await eventually('the sweep', 10_000, async () => (await bucket.unfinished()).length === 0);
    });
  });
}

describe('the sweep', () => {
  for (const [what, status, code, level, waitsHours] of [
    ['does not know the request', 501, 'NotImplemented', 'debug', 24],
    ['denies the request', 403, 'AccessDenied', 'warn', 24],
    ['is out of order', 500, 'InternalError', 'debug', 1],
  ] as const) {
    it(`lives with a store that ${what}`, async () => {
      await using odd = await OddStore.start({ refuses: { status, code } });
      using bucket = new TestBucket({
        endpoint: odd.endpoint,
        region: 'us-east-1',
        accessKeyId: 'key',
        secretAccessKey: 'secret',
      });
      using store = bucket.open();
      const clock = handClock(0);
      const log = new KeptLog();
      await using _sweeps = startSweeps({ store, clock, log });
      for (let time = 1; time <= 2; time += 1) {
        await eventually('the end of a sweep', 5_000, () => clock.sleeps.length === time);
        clock.pass();
      }
      const hours = (clock.sleeps[0] ?? 0) / hourMs;
      assert.ok(hours <= waitsHours && hours >= 0.9 * waitsHours, `${hours} hours`);
      assert.equal(log.lines[0]?.level, level);
      assert.equal(
        log.lines.filter((line) => line.level === 'warn').length,
        level === 'warn' ? 1 : 0,
      );
    });
  }

  it('does not hold up the stop when the store hangs', async () => {
    await using odd = await OddStore.start({});
    await using proxy = await FaultProxy.start(odd.endpoint);
    proxy.standing = 'hang';
    using bucket = new TestBucket({
      endpoint: proxy.endpoint,
      region: 'us-east-1',
      accessKeyId: 'key',
      secretAccessKey: 'secret',
    });
    using store = bucket.open();
    const sweeps = startSweeps({ store, log: silentLog });
    await eventually('the question', 5_000, () => proxy.seen.has('GET'));
    const startedAt = performance.now();
    await sweeps[Symbol.asyncDispose]();
    assert.ok(performance.now() - startedAt < 20_000);
  });
});
