import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { probe } from '../support/media.ts';
import { ffmpeg } from '../support/tools.ts';
import { makeFootage } from './footage.ts';
import { type Browser, WebFixture } from './fixture.ts';

const door = { account: 'bach', camera: 'front-door' };
const startMs = Date.UTC(2026, 10, 22, 13);

describe('what was recorded', () => {
  let web: WebFixture;
  let anna: Browser;
  let footage: Buffer;
  const names: string[] = [];

  before(async () => {
    web = await WebFixture.start();
    web.addCamera(door);
    web.addViewer('bach', 'anna');
    anna = await web.browser('anna', 'bach');
    footage = await makeFootage();
    const other = await makeFootage({ size: '160x120', color: 'red' });
    const durationMs = 4_000;
    for (const [i, content] of [footage, await makeFootage({ color: 'blue' }), other].entries()) {
      const place = i === 2 ? 'spooled' : 'stored';
      names.push(
        web.addFootage(door, place, { startMs: startMs + i * durationMs, durationMs, content }),
      );
    }
  });
  after(() => web[Symbol.asyncDispose]());

  const path = (rest: string): string => `/api/cameras/front-door/${rest}`;
  const playlist = async (from: number, to: number): Promise<string> =>
    (await web.get(path(`playlist.m3u8?from=${from}&to=${to}`), anna)).text();

  it('is a playlist in which each file begins where its media do, looked up once', async () => {
    const text = await playlist(startMs, startMs + 12_000);
    const reads = web.reads;
    const maps = [...text.matchAll(/#EXT-X-MAP:URI="segments\/(.*)",BYTERANGE="(\d+)@0"/g)];
    assert.deepEqual(
      maps.map(([, name]) => name),
      [names[0], names[2]],
      'those of equal description have it from the first',
    );
    for (const [, name = '', bytes] of maps) {
      const content = name === names[0] ? footage : undefined;
      if (content)
        assert.equal(content.toString('latin1', Number(bytes) + 4, Number(bytes) + 8), 'moof');
    }
    assert.equal(text.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 2);
    assert.match(text, /#EXT-X-PROGRAM-DATE-TIME:2026-11-22T13:00:04\.000Z\n#EXTINF:4\.000,\n/);
    assert.equal(await playlist(startMs, startMs + 12_000), text);
    assert.equal(web.reads, reads);
    assert.equal(reads, 2);
    assert.equal((await web.get(path('playlist.m3u8?from=1&to=2'), anna)).status, 404);
  });

  it('is looked into only where its description may have changed', async () => {
    const hour = startMs + 3_600_000;
    const durationMs = 4_000;
    const red = web.objects.get(`bach/front-door/${names[1]}`) ?? Buffer.alloc(0);
    const small = await makeFootage({ size: '160x120' });
    const add = (i: number, content: Buffer): string =>
      web.addFootage(door, 'stored', { startMs: hour + i * durationMs, durationMs, content });
    for (let i = 0; i < 40; i += 1) add(i, red);
    const reads = web.reads;
    const maps = async (): Promise<string[]> =>
      [...(await playlist(hour, hour + 400_000)).matchAll(/MAP:URI="segments\/(.*?)"/g)].map(
        ([, name = '']) => name,
      );
    assert.equal((await maps()).length, 1);
    assert.equal(web.reads, reads + 2);
    const changed = add(40, small);
    for (let i = 41; i < 80; i += 1) add(i, small);
    const [, second] = await maps();
    assert.equal(second, changed);
    assert.ok(web.reads < reads + 12, `${web.reads - reads} looks`);
  });

  it('can be played from its playlist: each range of media behind its description', async () => {
    const text = await playlist(startMs, startMs + 8_000);
    const [, init = ''] = /BYTERANGE="(\d+)@0"/.exec(text) ?? [];
    const ranges = [...text.matchAll(/#EXT-X-BYTERANGE:(\d+)@(\d+)\nsegments\/(\S+)/g)];
    assert.equal(ranges.length, 2);
    for (const [, bytes, from, name = ''] of ranges) {
      const content = web.objects.get(`bach/front-door/${name}`) ?? Buffer.alloc(0);
      const media = content.subarray(Number(from), Number(from) + Number(bytes));
      const file = join(web.directory, 'played.mp4');
      await writeFile(file, Buffer.concat([footage.subarray(0, Number(init)), media]));
      assert.equal((await probe(file)).frames, 40);
    }
  });

  it('comes from the bucket by a link, from the spool in ranges', async () => {
    const stored = await web.get(path(`segments/${names[0]}`), anna);
    assert.equal(stored.status, 302);
    assert.match(stored.headers.get('location') ?? '', /^https:\/\/bucket\.example\.net\/bach\//);
    const spooled = path(`segments/${names[2]}`);
    const whole = Buffer.from(await (await web.get(spooled, anna)).arrayBuffer());
    const part = await web.get(spooled, anna, { range: 'bytes=4-99' });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get('content-range'), `bytes 4-99/${whole.length}`);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(4, 100));
    const tail = await web.get(spooled, anna, { range: 'bytes=-10' });
    assert.deepEqual(Buffer.from(await tail.arrayBuffer()), whole.subarray(-10));
    assert.equal((await web.get(spooled, anna, { range: 'bytes=99999999-' })).status, 416);
    const etag = part.headers.get('etag') ?? '';
    assert.equal((await web.get(spooled, anna, { 'if-none-match': etag })).status, 304);
    const wrong = path(`segments/${(names[0] ?? '').replace('_4000_', '_5000_')}`);
    assert.equal((await web.get(wrong, anna)).status, 404);
  });

  it('has previews: the key frame at or before a moment', async () => {
    const color = async (at: number): Promise<number[]> => {
      const response = await web.get(path(`preview?at=${at}`), anna);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), 'image/jpeg');
      const { stdout } = await execa(
        ffmpeg(),
        [
          '-loglevel',
          'error',
          '-i',
          'pipe:0',
          '-vf',
          'scale=1:1',
          '-f',
          'rawvideo',
          '-pix_fmt',
          'rgb24',
          'pipe:1',
        ],
        { input: Buffer.from(await response.arrayBuffer()), encoding: 'buffer' },
      );
      return [...stdout];
    };
    const [red = 0, , blue = 0] = await color(startMs + 5_500);
    assert.ok(blue > 200 && red < 60, `${red} ${blue}`);
    const [red2 = 0, , blue2 = 0] = await color(startMs + 9_000);
    assert.ok(red2 > 200 && blue2 < 60, `${red2} ${blue2}`);
    const reads = web.reads;
    await color(startMs + 5_600);
    assert.equal(web.reads, reads, 'the same key frame is not read twice');
    assert.equal((await web.get(path(`preview?at=${startMs - 1}`), anna)).status, 404);
  });

  it('is asked for anew by a browser that keeps it, since another account may log in there', async () => {
    const preview = path(`preview?at=${startMs + 5_500}`);
    const [stored = '', spooled = ''] = [names[0], names.at(-1)].map((name) =>
      path(`segments/${name}`),
    );
    const link = await web.get(stored, anna);
    assert.equal(link.status, 302);
    assert.equal(link.headers.get('cache-control'), 'no-store');
    for (const url of [preview, spooled]) {
      const first = await web.get(url, anna);
      assert.equal(first.headers.get('cache-control'), 'private, no-cache');
      const known = { 'if-none-match': first.headers.get('etag') ?? '' };
      await first.arrayBuffer();
      assert.equal((await web.get(url, anna, known)).status, 304);
      assert.equal((await web.get(url, undefined, known)).status, 401);
    }
  });

  it('goes through the daemon where it is told to', async () => {
    await using proxied = await WebFixture.start({ proxy: true });
    proxied.addCamera(door);
    proxied.addViewer('bach', 'anna');
    const name = proxied.addFootage(door, 'stored', {
      startMs,
      durationMs: 4_000,
      content: footage,
    });
    const browser = await proxied.browser('anna', 'bach');
    const part = await proxied.get(path(`segments/${name}`), browser, { range: 'bytes=8-19' });
    assert.equal(part.status, 206);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), footage.subarray(8, 20));
    const policy = part.headers.get('content-security-policy') ?? '';
    assert.doesNotMatch(policy, /bucket/);
  });
});
