import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { goneCondition } from '../../src/alert/troubles.ts';
import { type GoneAuditOptions, startGoneAudit } from '../../src/catalog/gone.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { LifecycleRule } from '../../src/storage/lifecycle.ts';
import { type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { JournaledBucket, keyNumber } from '../support/journaled-bucket.ts';
import { KeptLog } from '../support/kept-log.ts';
import { OddStore } from '../support/odd-store.ts';
import { frontDoor, garden, temporaryDirectory } from '../support/segments.ts';
import { eventually } from '../support/until.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Tomorrow: a camera's time begins when it is added, and the test adds it now. */
const beganMs = Math.floor(Date.now() / day) * day + day + hour;

describe('footage that is gone from the bucket', () => {
  const resources = new AsyncDisposableStack();
  let s3: S3Server;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    s3 = resources.use(await startS3Server({ directory: `${directory.path}/s3` }));
  });
  after(() => resources.disposeAsync());

  /** Four days of two cameras, with four minutes a day. */
  async function start(address: Parameters<typeof JournaledBucket.start>[0] = s3) {
    const site = await JournaledBucket.start(address, 'cctv/');
    site.ledger.accounts.add('bach');
    const keys: string[] = [];
    for (const [number, camera] of [frontDoor, garden].entries()) {
      site.ledger.cameras.add({ ...camera, key: keyNumber(number) });
      for (let at = 0; at < 16; at += 1) {
        const startMs = beganMs + Math.floor(at / 4) * day + (at % 4) * minute;
        keys.push((await site.putMinute(camera, startMs)).key);
      }
    }
    return { site, keys, [Symbol.asyncDispose]: () => site[Symbol.asyncDispose]() };
  }

  /** One audit, two hours after all was stored. */
  async function audit({ ledger, store }: JournaledBucket, rules: readonly LifecycleRule[] = []) {
    const log = new KeptLog();
    let sleeps = 0;
    const clock = {
      ...systemClock,
      wallNow: () => Date.now() + 2 * hour,
      sleep: async (ms: number, signal: AbortSignal) => {
        if (ms > hour) sleeps += 1;
        await systemClock.sleep(ms, signal);
      },
    };
    const options: GoneAuditOptions = {
      ledger,
      store: {
        reader: store.reader,
        rules: async () => rules,
        explain: (error) => store.explain(error),
      },
      log,
      clock,
      retryMs: 10,
      firstAfterMs: 0,
    };
    await using running = startGoneAudit(options);
    await eventually('the audit', 20_000, () => sleeps > 0);
    const { found, checked } = running;
    return { found, checked, log };
  }

  function accountOf({ ledger }: JournaledBucket, camera = frontDoor) {
    const range = { fromMs: beganMs, toMs: beganMs + 4 * day };
    const { storedMs, gaps } = ledger.continuity.sum(camera, {
      ...range,
      nowMs: range.toMs,
      isRecording: false,
    });
    const deleted = gaps.filter(({ cause }) => cause === 'deleted in the bucket');
    return { storedMs, deleted };
  }

  it('is not where all is there', async () => {
    await using test = await start();
    const { found, checked, log } = await audit(test.site);
    assert.equal(found, undefined);
    assert.ok(checked >= 4 && checked <= 6, `${checked} objects were looked for`);
    assert.deepEqual(log.lines, []);
    assert.equal(accountOf(test.site).storedMs, 16 * minute);
  });

  it('counts as missing, with all that is gone around it, and the operator is told', async () => {
    await using test = await start();
    const { site, keys } = test;
    // The first day, and half of the second.
    for (const key of keys.slice(0, 6)) await site.bucket.delete(key);
    const { found, log } = await audit(site);
    assert.equal(accountOf(site).storedMs, 10 * minute);
    const { deleted } = accountOf(site);
    assert.equal(
      deleted.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0),
      6 * minute,
    );
    assert.match(
      deleted[0]?.detail ?? '',
      /is not in the bucket any more, and this program did not delete it/,
    );
    assert.equal(accountOf(site, garden).storedMs, 16 * minute);
    assert.equal(found?.segments, 6);
    assert.equal(found.camera, 'bach/front-door');
    assert.equal(log.lines.filter(({ level }) => level === 'error').length, 2);

    const alarm = goneCondition(found, found.noticedMs + minute);
    assert.equal(alarm.active, true);
    assert.match(alarm.words, /6 segments \(6 minutes\), of bach\/front-door from 20\d\d-/);

    // What is gone is gone once.
    const again = await audit(site);
    assert.equal(again.found, undefined);
  });

  it('is found in the middle of what is there, where somebody has missed it', async () => {
    await using test = await start();
    const { ledger, store, bucket } = test.site;
    const lost = test.keys.slice(5, 7);
    for (const key of lost) await bucket.delete(key);
    const log = new KeptLog();
    const clock = { ...systemClock, wallNow: () => Date.now() + 2 * hour };
    await using running = startGoneAudit({
      ledger,
      store,
      log,
      clock,
      retryMs: 10,
      suspectAfterMs: 50,
    });
    for (const key of [...lost, test.keys[8] ?? '', 'cctv/strange']) running.suspect(key);
    await eventually('the audit', 20_000, () => running.found !== undefined);
    assert.equal(running.found?.segments, 2);
    assert.equal(accountOf(test.site).storedMs, 14 * minute);
  });

  it('is laid to the rule of the bucket that deletes it', async () => {
    await using test = await start();
    for (const key of test.keys.slice(0, 4)) await test.site.bucket.delete(key);
    await audit(test.site, [
      {
        name: 'tidy',
        prefix: 'cctv/',
        isPartial: false,
        deletes: 'after 0 days',
        deletesAfterDays: 0,
        archives: undefined,
      },
    ]);
    const [gap] = accountOf(test.site).deleted;
    assert.equal(gap?.detail, `the bucket's rule "tidy" deletes objects after 0 days`);
  });

  it('is not believed where nothing at all is there: it may be another bucket', async () => {
    await using test = await start();
    for (const key of test.keys) await test.site.bucket.delete(key);
    const { found, log } = await audit(test.site);
    assert.equal(accountOf(test.site).storedMs, 16 * minute);
    assert.match(found?.detail ?? '', /Is it the same bucket/);
    assert.match(log.lines[0]?.message ?? '', /seems to be another one/);
  });

  it('is not believed of a store that is late or out of order', async () => {
    await using odd = await OddStore.start({});
    const { endpoint } = odd;
    await using test = await start({
      endpoint,
      region: 'us-east-1',
      accessKeyId: 'key',
      secretAccessKey: 'secret',
    });
    for (const [path, stored] of odd.objects) if (path.endsWith('.mp4')) stored.lateHeads = 2;
    const late = await audit(test.site);
    assert.equal(late.found, undefined);
    odd.oddities.refuses = { status: 500, code: 'InternalError' };
    const { ledger, store } = test.site;
    const log = new KeptLog();
    await using _broken = startGoneAudit({ ledger, store, log, firstAfterMs: 0 });
    await eventually('a word', 20_000, () => log.lines.length > 0);
    assert.match(log.lines[0]?.message ?? '', /can not be seen now/);
    assert.equal(accountOf(test.site).storedMs, 16 * minute);
  });
});
