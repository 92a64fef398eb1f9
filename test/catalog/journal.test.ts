import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseCameras } from '../../src/catalog/journal-documents.ts';
import { startJournal } from '../../src/catalog/journal.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { JournaledBucket, keyNumber } from '../support/journaled-bucket.ts';
import { frontDoor, temporaryDirectory } from '../support/segments.ts';
import { eventually } from '../support/until.ts';
import { KeptLog } from '../support/kept-log.ts';

const never = new AbortController().signal;
const day = 86_400_000;
const noon = Date.UTC(2020, 10, 23, 12);

describe('the ledger’s journal in the bucket', () => {
  const resources = new AsyncDisposableStack();
  let s3: S3Server;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    s3 = resources.use(await startS3Server({ directory: `${directory.path}/s3` }));
  });
  after(() => resources.disposeAsync());

  async function start() {
    const stack = new AsyncDisposableStack();
    const site = stack.use(await JournaledBucket.start(s3));
    const proxy = stack.use(await FaultProxy.start(s3.endpoint));
    const store = stack.use(site.bucket.open({ endpoint: proxy.endpoint }));
    const log = new KeptLog();
    const begin = (everyMs: number, finishMs = 20_000) =>
      startJournal({ ledger: site.ledger, store, clock: systemClock, log, everyMs, finishMs });
    site.ledger.accounts.add('bach');
    site.ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    return { site, proxy, log, begin, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  }

  it('is written as it changes, each document only then', { timeout: 60_000 }, async () => {
    await using test = await start();
    const { site, proxy } = test;
    const { ledger } = site;
    await using _journal = test.begin(50);
    const settled = () =>
      eventually('all is written', 10_000, () => ledger.journal.changed().length === 0);
    ledger.states.note(frontDoor, 'recording', '', noon + 2 * day);
    await settled();
    const id = ledger.journal.ledgerId;
    const names = await site.store.documents.names(never);
    assert.ok(
      names.includes(`${id}/cameras.json`) && names.includes(`${id}/notes/2020/11/25.jsonl`),
    );
    const puts = proxy.seen.get('PUT') ?? 0;
    ledger.segments.noteHole(
      { ...frontDoor, startMs: noon, durationMs: 5 },
      'relay died',
      'of "x"\n',
    );
    await settled();
    assert.equal(proxy.seen.get('PUT'), puts + 1);
    assert.equal(
      String(await site.store.documents.read(`${id}/notes/2020/11/23.jsonl`, never)),
      `{"account":"bach","camera":"front-door","startMs":${noon},"durationMs":5,"cause":"relay died","detail":"of \\"x\\"\\n","hole":true}\n`,
    );
    // A note keeps the name of its time.
    ledger.cameras.rename(frontDoor, 'gate');
    await settled();
    const cameras = parseCameras(id, await site.store.documents.read(`${id}/cameras.json`, never));
    assert.deepEqual(
      cameras.cameras[0]?.formerNames.map(({ name }) => name),
      ['front-door'],
    );
    ledger.segments.noteHole({ ...frontDoor, startMs: noon + 9, durationMs: 5 }, 'relay died', '');
    await settled();
    const notes = String(await site.store.documents.read(`${id}/notes/2020/11/23.jsonl`, never));
    assert.equal(notes.match(/"camera":"front-door"/g)?.length, 2);
  });

  it('is written a last time at the end', async () => {
    await using test = await start();
    await test.begin(3_600_000)[Symbol.asyncDispose]();
    assert.deepEqual(test.site.ledger.journal.changed(), []);
    assert.deepEqual(test.log.lines, []);
  });

  it('is tried again after a failure, of which one line tells, and one of the end', {
    timeout: 60_000,
  }, async () => {
    await using test = await start();
    const { ledger } = test.site;
    test.proxy.standing = '503';
    await using _journal = test.begin(20);
    await eventually('a line', 10_000, () => test.log.lines.length === 1);
    const puts = () => test.proxy.seen.get('PUT') ?? 0;
    const tries = puts();
    await eventually('more tries', 20_000, () => puts() > tries + 3);
    test.proxy.standing = 'none';
    await eventually('all is written', 10_000, () => ledger.journal.changed().length === 0);
    assert.deepEqual(
      test.log.lines.map(({ level }) => level),
      ['warn', 'info'],
    );
    assert.match(String(test.log.lines[0]?.fields['cause']), /overloaded or out of order \(503/);
  });

  it('takes no damaged document for a written one', { timeout: 60_000 }, async () => {
    await using test = await start();
    const { site } = test;
    test.proxy.next.push('flip a bit', 'cut', 'lose answer');
    await using _journal = test.begin(20);
    await eventually('all is written', 10_000, () => site.ledger.journal.changed().length === 0);
    const name = `${site.ledger.journal.ledgerId}/cameras.json`;
    parseCameras(site.ledger.journal.ledgerId, await site.store.documents.read(name, never));
  });

  it('does not hold up the end if the bucket hangs', { timeout: 120_000 }, async () => {
    await using test = await start();
    test.proxy.standing = 'hang';
    const puts = () => test.proxy.seen.get('PUT') ?? 0;
    const journal = test.begin(20, 1_000);
    await eventually('a try', 10_000, () => puts() > 0);
    const before = performance.now();
    await journal[Symbol.asyncDispose]();
    assert.ok(performance.now() - before < 50_000);
    assert.deepEqual(
      test.log.lines.map(({ message }) => message),
      ['the ledger was not written into the bucket in time; the next start does it'],
    );
    assert.ok(test.site.ledger.journal.changed().length > 0);
  });
});
