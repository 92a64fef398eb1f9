import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import type { VerifyEvent } from '../../src/contract/verify.ts';
import { type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { segmentKey } from '../../src/storage/key.ts';
import { TestBucket } from '../support/bucket.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { frontDoor, someTimeMs, temporaryDirectory } from '../support/segments.ts';
import { eventually } from '../support/until.ts';
import { ConsoleFixture } from './fixture.ts';

const everything = '/verify?from=0&to=9007199254740991';

describe('GET /verify', () => {
  const resources = new AsyncDisposableStack();
  let s3: S3Server;
  let fixture: ConsoleFixture;
  let proxy: FaultProxy;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    s3 = resources.use(await startS3Server({ directory: `${directory.path}/s3` }));
    const bucket = resources.use(await TestBucket.create(s3));
    proxy = resources.use(await FaultProxy.start(s3.endpoint));
    fixture = resources.use(new ConsoleFixture());
    fixture.bucket = resources.use(bucket.open({ endpoint: proxy.endpoint }));
    await fixture.open();
    fixture.addCamera(frontDoor, 1, { minutes: 3, endMs: someTimeMs });
    await bucket.put('strange.txt', Buffer.from('x'));
  });
  after(() => resources.disposeAsync());

  function ask(path: string) {
    const asked = request({ socketPath: fixture.socket, path, agent: false });
    const answer = new Promise<{ status: number; body: string }>((resolve, reject) => {
      asked.once('response', (response) => {
        text(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, body }),
          () => reject(new Error('cut')),
        );
      });
      asked.once('error', reject);
    });
    asked.end();
    return { asked, answer };
  }

  const events = (body: string): VerifyEvent[] =>
    body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as VerifyEvent);

  it('tells what is wrong as it finds it, and the sums at the end', async () => {
    const { status, body } = await ask(everything).answer;
    assert.equal(status, 200);
    const all = events(body);
    assert.ok(
      all.some((event) => event.type === 'problem' && event.key === 'strange.txt'),
      body,
    );
    const last = all.at(-1);
    assert.ok(last?.type === 'sums');
    assert.equal(last.problems.strange, 1);
    assert.equal(last.underWay, 1);
    assert.equal(last.problems.elsewhere + last.problems.missing, 2);
  });

  it('tells the audit what is missing, so that it becomes a gap', async () => {
    const sha256 = 'ab'.repeat(32);
    const segment = { ...frontDoor, startMs: someTimeMs, durationMs: 60_000, bytes: 9, sha256 };
    const key = segmentKey('', segment);
    fixture.ledger.segments.stored(segment, { key });
    // Verifying leaves out what was stored in the millisecond in which it began.
    const storedMs = Date.now();
    await eventually('a later time', 5_000, () => Date.now() > storedMs);
    await ask(everything).answer;
    assert.deepEqual(fixture.missing, [key]);
  });

  it('refuses a scope that makes no sense', async () => {
    const { status, body } = await ask('/verify?from=0&to=1&deep=perhaps').answer;
    assert.deepEqual([status, /deep/.test(body)], [400, true]);
  });

  it('ends with why, if the store can’t be asked', { timeout: 60_000 }, async () => {
    await proxy.refuse();
    try {
      const last = events((await ask(everything).answer).body).at(-1);
      assert.ok(last?.type === 'failed');
      assert.match(last.error, /connection refused/);
    } finally {
      await proxy.accept();
    }
  });

  it('is done once at a time, tells that it goes on, and ends when the asker hangs up', {
    timeout: 60_000,
  }, async () => {
    proxy.standing = 'hang';
    try {
      const first = ask(everything);
      const cut = assert.rejects(first.answer);
      const progress = new Promise<string>((resolve) => {
        first.asked.once('response', (response) => {
          response.once('data', (data: Buffer) => resolve(String(data)));
        });
      });
      assert.equal(events(await progress)[0]?.type, 'progress');
      const second = await ask(everything).answer;
      assert.deepEqual([second.status, /verified already/.test(second.body)], [409, true]);
      first.asked.destroy();
      await cut;
    } finally {
      proxy.standing = 'none';
    }
    await eventually('another may ask', 10_000, async () => {
      const { status, body } = await ask(everything).answer;
      return status === 200 && events(body).at(-1)?.type === 'sums';
    });
  });

  it('ends with the daemon', { timeout: 120_000 }, async () => {
    proxy.standing = 'hang';
    const asked = ask(everything);
    const { answer } = asked;
    await new Promise((resolve) => asked.asked.once('response', resolve));
    const before = performance.now();
    await fixture.close();
    assert.ok(performance.now() - before < 50_000);
    const last = events((await answer).body).at(-1);
    assert.deepEqual(last, { type: 'failed', error: 'The daemon is stopping.' });
  });
});
