import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Exports } from '../../src/footage/exports.ts';
import { probe } from '../support/media.ts';
import {} from '../support/segments.ts';
import { eventually } from '../support/until.ts';
import { makeFootage } from '../web/footage.ts';
import { type Browser, WebFixture } from '../web/fixture.ts';
import { KeptLog } from '../support/kept-log.ts';

const door = { account: 'bach', camera: 'front-door' };
const startMs = Date.UTC(2026, 10, 22, 13);

interface State {
  readonly state: string;
  readonly progress: number;
  readonly error?: string;
  readonly changedAtMs?: number;
  readonly sha256?: string;
  readonly bytes?: number;
}

describe('an export', () => {
  let web: WebFixture;
  let anna: Browser;
  let ben: Browser;
  let vera: Browser;
  const hashes: string[] = [];

  before(async () => {
    web = await WebFixture.start();
    web.addCamera(door);
    web.addCamera({ account: 'bach', camera: 'attic' });
    web.addCamera({ account: 'vermeer', camera: 'front-door' });
    web.addViewer('bach', 'anna');
    web.addViewer('bach', 'ben');
    web.addViewer('vermeer', 'vera');
    web.ledger.accounts.setTimeZone('bach', 'Asia/Singapore');
    anna = await web.browser('anna', 'bach');
    ben = await web.browser('ben', 'bach');
    vera = await web.browser('vera', 'vermeer');
    const contents = [
      await makeFootage({ sound: true }),
      await makeFootage({ sound: true, color: 'blue' }),
      await makeFootage({ sound: true, color: 'red' }),
    ];
    // Ten seconds are missing before the last.
    for (const [i, offsetMs] of [0, 4_000, 18_000].entries()) {
      const content = contents[i] ?? Buffer.alloc(0);
      hashes.push(createHash('sha256').update(content).digest('hex'));
      const place = i === 1 ? 'spooled' : 'stored';
      web.addFootage(door, place, { startMs: startMs + offsetMs, durationMs: 4_000, content });
    }
    web.addFootage(door, 'stored', {
      startMs: startMs + 60_000,
      durationMs: 4_000,
      content: await makeFootage({ sound: true, size: '160x120' }),
    });
  });
  after(() => web[Symbol.asyncDispose]());

  const start = (fromMs: number, toMs: number, browser = anna) =>
    web.post('/api/cameras/front-door/exports', { fromMs, toMs }, browser);
  const finished = (id: string): Promise<State> =>
    eventually('the export', 20_000, async () => {
      const state = await web.json<State>(`/api/exports/${id}`, anna);
      return ['done', 'failed'].includes(state.state) && state;
    });

  it('is one file with all frames, its hash, and what it consists of', async () => {
    const response = await start(startMs, startMs + 22_000);
    assert.equal(response.status, 201);
    const { id, fileName, gaps } = (await response.json()) as {
      id: string;
      fileName: string;
      gaps: { startMs: number; endMs: number }[];
    };
    assert.equal(fileName, 'bach_front-door_2026-11-22_21-00-00+0800.mp4');
    assert.ok(Array.isArray(gaps));
    const { state, error, sha256, bytes = 0 } = await finished(id);
    assert.equal(state, 'done', error);
    const file = await web.get(`/api/exports/${id}/file`, anna);
    assert.match(file.headers.get('content-disposition') ?? '', /filename="bach_front-door_2026-/);
    const content = Buffer.from(await file.arrayBuffer());
    assert.equal(content.length, bytes);
    assert.equal(createHash('sha256').update(content).digest('hex'), sha256);
    const path = join(web.directory, 'exported.mp4');
    await writeFile(path, content);
    const probed = await probe(path);
    assert.equal(probed.frames, 120);
    assert.equal(probed.audioCodec, 'aac');
    assert.ok(Math.abs(probed.durationMs - 12_000) < 300, `${probed.durationMs}`);

    // A download that broke off.
    const etag = file.headers.get('etag') ?? '';
    const rest = await web.get(`/api/exports/${id}/file`, anna, {
      range: 'bytes=1000-',
      'if-range': etag,
    });
    assert.equal(rest.status, 206);
    assert.deepEqual(Buffer.from(await rest.arrayBuffer()), content.subarray(1000));
    const other = await web.get(`/api/exports/${id}/file`, anna, {
      range: 'bytes=1000-',
      'if-range': '"of another"',
    });
    assert.equal(other.status, 200);
    await other.arrayBuffer();

    const evidence = await (await web.get(`/api/exports/${id}/evidence.txt`, anna)).text();
    for (const hash of hashes) assert.ok(evidence.includes(hash));
    assert.ok(evidence.includes(`SHA-256  ${sha256}`));
    assert.match(
      evidence,
      /2026-11-22T13:00:00\.000Z \(2026-11-22_21-00-00\+0800 Asia\/Singapore\)/,
    );

    for (const stranger of [ben, vera]) {
      for (const what of ['', '/file', '/evidence.txt']) {
        assert.equal((await web.get(`/api/exports/${id}${what}`, stranger)).status, 404);
      }
    }
    await web.exports?.sweep(performance.now() + 7 * 3_600_000);
    assert.equal((await web.get(`/api/exports/${id}`, anna)).status, 404);
  });

  it('begins with the key frame at or before what is wanted, and ends there', async () => {
    const response = await start(startMs + 2_500, startMs + 5_200);
    const { id } = (await response.json()) as { id: string };
    assert.equal((await finished(id)).state, 'done');
    const path = join(web.directory, 'part.mp4');
    const file = await web.get(`/api/exports/${id}/file`, anna);
    await writeFile(path, Buffer.from(await file.arrayBuffer()));
    const { durationMs } = await probe(path);
    // From 2.0 s, and to the end of the fragment that has 5.2 s.
    assert.ok(durationMs >= 3_100 && durationMs <= 3_700, `${durationMs}`);
  });

  it('says why it can not be made', async () => {
    const changed = (await (await start(startMs + 18_000, startMs + 64_000)).json()) as {
      id: string;
    };
    const { state, error, changedAtMs } = await finished(changed.id);
    assert.equal(state, 'failed');
    assert.equal(changedAtMs, startMs + 60_000);
    assert.match(error ?? '', /format .* changed at 2026-11-22T13:01:00\.000Z/);
    assert.equal((await start(startMs - 9_000, startMs - 8_000)).status, 404);
    assert.equal((await start(startMs, startMs + 25 * 3_600_000)).status, 400);
    assert.equal((await start(startMs, startMs)).status, 400);
  });

  it('is not what a program left that failed', async () => {
    const program = join(web.directory, 'failing-ffmpeg');
    const script = 'for last; do :; done; echo half > "$last"; echo "no room" >&2; exit 3';
    await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const log = new KeptLog();
    await using exports = await Exports.open({
      ledger: web.ledger,
      footage: web.footage,
      program,
      log,
      version: '0.1.0',
      directory: join(web.directory, 'failing'),
      isRecording: () => false,
    });
    const { id } = await exports.start(web.ledger.cameras.require(door), {
      fromMs: startMs,
      toMs: startMs + 4_000,
      owner: 'me',
      timeZone: 'UTC',
    });
    const { state, error } = await eventually('its end', 10_000, () => {
      const status = exports.status('me', id);
      return ['done', 'failed'].includes(status.state) && status;
    });
    assert.deepEqual({ state, error }, { state: 'failed', error: 'The export failed.' });
    assert.match(String(log.lines.at(-1)?.fields['cause']), /code 3; last words: no room/);
  });

  it('is not for another viewer who gets the name of a removed one', async () => {
    web.addViewer('bach', 'carl');
    const carl = await web.browser('carl', 'bach');
    const begun = await start(startMs, startMs + 4_000, carl);
    const { id } = (await begun.json()) as { id: string };
    assert.equal((await web.get(`/api/exports/${id}`, carl)).status, 200);
    web.ledger.viewers.remove({ account: 'bach', name: 'carl' });
    web.addViewer('bach', 'carl');
    const other = await web.browser('carl', 'bach');
    assert.equal((await web.get(`/api/exports/${id}`, other)).status, 404);
  });

  it('is not made of footage that is not what was recorded', async () => {
    const content = await makeFootage({ color: 'green' });
    const name = web.addFootage(door, 'stored', {
      startMs: startMs + 90_000,
      durationMs: 4_000,
      content,
    });
    const key = `bach/front-door/${name}`;
    const damaged = Buffer.from(content);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    web.objects.set(key, damaged);
    const { id } = (await (await start(startMs + 90_000, startMs + 94_000)).json()) as {
      id: string;
    };
    assert.match((await finished(id)).error ?? '', /its SHA-256 is another/);
  });
});
