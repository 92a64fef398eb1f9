import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { hashPassword } from '../../src/lib/password-hash.ts';
import { eventually } from '../support/until.ts';
import { makeFootage } from './footage.ts';
import { type Browser, password, WebFixture } from './fixture.ts';

const door = { account: 'bach', camera: 'front-door' };
const minute = 60_000;

describe('what is known of a gap besides its cause', () => {
  let web: WebFixture;
  let anna: Browser;
  let olga: Browser;
  const fromMs = Date.now() - 10 * minute;

  before(async () => {
    web = await WebFixture.start();
    web.addCamera(door);
    const database = new DatabaseSync(join(web.directory, 'ledger', 'ledger.sqlite'));
    database.exec(`UPDATE cameras SET createdMs = ${fromMs}; UPDATE states SET atMs = ${fromMs}`);
    database.close();
    web.addViewer('bach', 'anna');
    web.ledger.operators.add('olga', await hashPassword(password));
    anna = await web.browser('anna', 'bach');
    olga = await web.browser('olga');
    const content = await makeFootage({ seconds: 2 });
    for (const startMs of [fromMs, fromMs + 40_000]) {
      web.addFootage(door, 'stored', { startMs, durationMs: 2_000, content });
    }
    const note = (detail: string, atMs: number): void =>
      web.ledger.states.note(door, 'camera offline', detail, atMs);
    note('its connection from 203.0.113.9 timed out', fromMs + 2_000);
    note('192.0.2.7 was refused: it is another’s', fromMs + 20_000);
    web.ledger.states.note(door, 'relay died', 'relay was killed by SIGSEGV', fromMs + minute);
  });
  after(() => web[Symbol.asyncDispose]());

  const secrets = /203\.0\.113|192\.0\.2|SIGSEGV/;

  it('is not for owners, who read one gap of one cause', async () => {
    const range = `from=${fromMs}&to=${fromMs + 42_000}`;
    const path = `/api/cameras/front-door/timeline?${range}`;
    const { pieces } = await web.json<{ pieces: unknown[] }>(path, anna);
    assert.deepEqual(pieces, [
      { startMs: fromMs, endMs: fromMs + 2_000, state: 'stored' },
      {
        startMs: fromMs + 2_000,
        endMs: fromMs + 40_000,
        state: 'missing',
        cause: 'camera offline',
      },
      { startMs: fromMs + 40_000, endMs: fromMs + 42_000, state: 'stored' },
    ]);
    const cameras = await (await web.get('/api/cameras', anna)).text();
    assert.match(cameras, /relay died/);
    assert.doesNotMatch(cameras, secrets);
  });

  it('is not in their exports and the evidence, and is in those of operators', async () => {
    const camera = web.ledger.cameras.require(door);
    const range = { fromMs, toMs: fromMs + 42_000, timeZone: 'UTC' };
    const answer = await web.post(
      '/api/cameras/front-door/exports',
      { fromMs, toMs: range.toMs },
      anna,
    );
    const started = await answer.text();
    assert.match(started, /camera offline/);
    const theirs = await web.exports?.start(camera, {
      ...range,
      owner: 'operator',
      withDetails: true,
    });
    assert.match(JSON.stringify(theirs), secrets);
    const { id } = JSON.parse(started) as { id: string };
    const words = await eventually('the evidence', 20_000, async () => {
      const evidence = await web.get(`/api/exports/${id}/evidence.txt`, anna);
      return evidence.status === 200 && evidence.text();
    });
    assert.match(words, /camera offline/);
    assert.doesNotMatch(started + words, secrets);
    const whole = await eventually("the operator's evidence", 20_000, () => {
      const theirId = theirs?.id ?? '';
      assert.notEqual(web.exports?.status('operator', theirId).state, 'failed');
      if (web.exports?.status('operator', theirId).state !== 'done') return false;
      return web.exports.file('operator', theirId).text;
    });
    assert.match(whole, secrets);
  });

  it('is told to operators word by word', async () => {
    const overview = await (await web.get('/api/operator/overview', olga)).text();
    assert.match(overview, /"detail":"relay was killed by SIGSEGV"/);
  });
});
