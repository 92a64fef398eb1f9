import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusedCondition, storingCondition } from '../../src/alert/troubles.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openSpool } from '../../src/spool/spool.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { startUploader } from '../../src/storage/uploader.ts';
import { KeptLog } from '../support/kept-log.ts';
import { type Oddities, OddStore } from '../support/odd-store.ts';
import { frontDoor, garden, publishFootage, temporaryDirectory } from '../support/segments.ts';
import { eventually } from '../support/until.ts';

async function bench(oddities: Oddities) {
  const stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory());
  const spool = stack.use(await openSpool({ directory: directory.path, log: silentLog }));
  const odd = stack.use(await OddStore.start(oddities));
  const log = new KeptLog();
  const store = stack.use(createObjectStore(odd.options({ log, patienceMs: 100 })));
  const retry = { minMs: 10, maxMs: 40 };
  const start = () => stack.use(startUploader({ spool, store, log, retry, onStored: () => {} }));
  const said = (level: string) =>
    log.lines.filter((line) => line.level === level).map(({ message }) => message);
  return { spool, odd, log, said, start, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('a segment that the store does not take', () => {
  for (const [what, oddities] of [
    ['is too large for a proxy', { largestBody: 50_000 }],
    [
      'is held up by something that does not like it',
      { answer: ({ bytes }, { socket }) => bytes > 50_000 && socket?.destroy() !== undefined },
    ],
  ] as const satisfies readonly (readonly [string, Oddities])[]) {
    it(`${what}: it alone waits, and is named; uploads do not fail`, async () => {
      await using test = await bench(oddities);
      await publishFootage(test.spool, frontDoor, 0);
      const uploader = test.start();
      await eventually('the first', 5_000, () => uploader.status().storedCount === 1);
      const large = await publishFootage(test.spool, frontDoor, 1, 60_000);
      await eventually('its first try', 5_000, () => uploader.status().begun > 1);
      for (let minute = 2; minute < 30; minute += 1) {
        const { storedCount } = uploader.status();
        await publishFootage(test.spool, minute % 2 ? frontDoor : garden, minute);
        await eventually('the next', 5_000, () => uploader.status().storedCount > storedCount);
        // As quiet as a minute between two segments, in which the large one is tried alone.
        const { begun } = uploader.status();
        if (minute < 6) await eventually('a try', 5_000, () => uploader.status().begun > begun);
      }
      const { refused, failing, oldestMs, waiting, uploading } = uploader.status();
      assert.equal(failing, undefined);
      assert.equal(waiting + uploading, 1);
      assert.equal(oldestMs, undefined, 'what is refused counts as slow');
      assert.equal(refused?.segments, 1);
      assert.equal(refused.camera, 'bach/front-door');
      assert.equal(refused.startMs, large.startMs);
      assert.match(refused.cause, /413 EntityTooLarge: the proxy takes no more|was cut/);
      assert.ok(test.said('error').length === 0 && test.said('info').length < 4, 'it flips');
      const told = test.said('warn').filter((one) => /does not take a segment/.test(one));
      assert.equal(told.length, 1);

      const alarm = refusedCondition(refused);
      assert.match(alarm.words, /does not take the segment bach\/front-door of 2026-11-23T01:43/);
      const slow = storingCondition(uploader.status(), Date.now());
      assert.equal(slow.active, false);

      delete test.odd.oddities.largestBody;
      delete test.odd.oddities.answer;
      await eventually('the large one', 10_000, () => test.spool.usage().files === 0);
      assert.equal(uploader.status().refused, undefined);
    });
  }

  it('does not hide that the store takes nothing', async () => {
    await using test = await bench({ refuses: { status: 400, code: 'InvalidRequest' } });
    for (let minute = 0; minute < 5; minute += 1) {
      await publishFootage(test.spool, frontDoor, minute);
    }
    const uploader = test.start();
    await eventually('an outage', 5_000, () => uploader.status().failing !== undefined);
    delete test.odd.oddities.refuses;
    await eventually('the end', 10_000, () => test.spool.usage().files === 0);
    assert.equal(uploader.status().failing, undefined);
  });

  it('is told of when it is the only one', async () => {
    await using test = await bench({ largestBody: 50_000 });
    await publishFootage(test.spool, frontDoor, 0, 60_000);
    const uploader = test.start();
    await eventually('a word', 5_000, () => uploader.status().refused?.segments === 1);
    assert.equal(uploader.status().failing, undefined);
  });
});
