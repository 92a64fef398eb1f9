// Measures how soon a minute of a year is seen, over a real S3 server on loopback:
// node test/bench/first-picture.ts [CAMERAS [MOMENTS]] (20 and 60 unless given; the ledger of 20 takes 3 GB for a while)

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Browser as Chromium } from 'playwright-core';
import { FootageSource } from '../../src/footage/source.ts';
import { filmAround } from '../../src/page/player/film.ts';
import { credentialsOf } from '../../src/gateway/password.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { type Browser, password, WebFixture } from '../web/fixture.ts';
import { startS3Server } from '../stand-ins/s3-server.ts';
import { startBrowser } from '../support/browser.ts';
import { TestBucket } from '../support/bucket.ts';
import { ffmpeg } from '../support/tools.ts';
import { buildYear, minute, minutes, nameOf, spread } from './year.ts';

const cameras = Number(process.argv[2] ?? 20);
const moments = Number(process.argv[3] ?? 60);
const files = 20;
const dayMs = 1440 * minute;
const endMs = Math.floor(Date.now() / minute) * minute;
const beginMs = endMs - minutes * minute;

/** A minute as it is recorded at the usual settings: 1.4 MB, a key frame every 3 s. */
async function minuteOfFootage(directory: string, n: number): Promise<Buffer> {
  const file = join(directory, 'minute.mp4');
  await execa(ffmpeg(), [
    '-nostdin',
    '-loglevel',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=640x360:r=10',
    '-t',
    '60',
    '-vf',
    `hue=h=${n * 18}`,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-threads',
    '2',
    '-pix_fmt',
    'yuv420p',
    '-g',
    '30',
    '-bf',
    '0',
    '-b:v',
    '190k',
    '-maxrate',
    '190k',
    '-bufsize',
    '380k',
    '-use_editlist',
    '0',
    '-movflags',
    '+frag_keyframe+empty_moov+default_base_moof+skip_trailer',
    '-frag_duration',
    '500000',
    '-y',
    file,
  ]);
  return await readFile(file);
}

const tell = (what: string, tookMs: readonly number[]): void =>
  void process.stdout.write(`${what}: ${spread(tookMs)} (of ${tookMs.length})\n`);
const some = (n: number): number => Math.floor(Math.random() * n);

/** As a player asks: the playlist, then what describes the first file, then its media. */
async function openFilm(web: WebFixture, anna: Browser, camera: string, atMs: number) {
  const from = performance.now();
  const dayMsFrom = Math.floor(atMs / dayMs) * dayMs;
  const film = filmAround({ fromMs: dayMsFrom, toMs: dayMsFrom + dayMs }, atMs);
  const base = `${web.origin}/api/cameras/${camera}/`;
  const get = async (url: string, range?: string): Promise<Buffer> => {
    const headers = { cookie: anna.cookie, range };
    const answer = await fetch(url, { headers });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  };
  const text = String(await get(`${base}playlist.m3u8?from=${film.fromMs}&to=${film.toMs}`));
  const listed = performance.now();
  const [, map = '', length = ''] = /EXT-X-MAP:URI="(.*?)",BYTERANGE="(\d+)@0"/.exec(text) ?? [];
  await get(base + map, `bytes=0-${Number(length) - 1}`);
  const items = [...text.matchAll(/DATE-TIME:(\S+)\n.*\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)/g)];
  const item = items.findLast(([, time = '']) => Date.parse(time) <= atMs) ?? items[0] ?? [];
  const [, , bytes, offset, file = ''] = item;
  await get(base + file, `bytes=${offset}-${Number(offset) + Number(bytes) - 1}`);
  return { listedMs: listed - from, mediaMs: performance.now() - from };
}

/** From the touch on "Play" to the first picture on the screen. */
async function seeIt(chromium: Chromium, web: WebFixture, anna: Browser, atMs: number) {
  const context = await chromium.newContext({ viewport: { width: 1280, height: 800 } });
  const [name = '', value = ''] = anna.cookie.split('=');
  await context.addCookies([{ name, value, url: web.origin }]);
  const page = await context.newPage();
  await page.goto(`${web.origin}/#/past/${nameOf(some(cameras)).camera}/${atMs}`);
  await page.locator('.bar-of-time .piece').first().waitFor();
  const tookMs = await page.evaluate<number>(`new Promise((resolve) => {
    const video = document.querySelector('video');
    const from = performance.now();
    video.requestVideoFrameCallback((now) => resolve(now - from));
    document.querySelector('.controls .play').click();
  })`);
  await context.close();
  return tookMs;
}

const directory = await mkdtemp(join(tmpdir(), 'cctv-bench-'));
try {
  await using server = await startS3Server({ directory: join(directory, 's3') });
  using bucket = await TestBucket.create(server);
  const contents: Buffer[] = [];
  for (let n = 0; n < files; n += 1) {
    const content = await minuteOfFootage(directory, n);
    await bucket.put(`bach/${n}`, content);
    contents.push(content);
  }
  const objectOf = (_: number, i: number) => ({
    key: `bach/${i % files}`,
    bytes: contents[i % files]?.length ?? 0,
  });
  const file = join(directory, 'ledger.sqlite');
  buildYear({ file, cameras, beginMs, objectOf });
  using ledger = openLedger(file);
  const credentials = credentialsOf('cctv', 'anna', password);
  ledger.viewers.add({ account: 'bach', name: 'anna', credentials });
  using store = bucket.open();
  const footage = new FootageSource({
    bucket: store.reader,
    bucketOrigin: new URL(server.endpoint).origin,
    findSpooled: () => undefined,
  });
  const moment = (): { camera: string; atMs: number } => {
    for (;;) {
      const one = nameOf(some(cameras));
      const atMs = beginMs + some(minutes) * minute + some(minute);
      if (ledger.footage.at(one, atMs) !== undefined) return { camera: one.camera, atMs };
    }
  };
  for (const proxy of [false, true]) {
    await using web = new WebFixture();
    await web.open({ ledger, footage, proxy });
    const anna = await web.browser('anna', 'bach');
    const way = proxy ? 'through the daemon' : 'straight from the bucket';
    const [previews, lists, media]: [number[], number[], number[]] = [[], [], []];
    for (let i = 0; i < moments; i += 1) {
      const { camera, atMs } = moment();
      const from = performance.now();
      const answer = await web.get(`/api/cameras/${camera}/preview?at=${atMs}`, anna);
      if (answer.status !== 200) throw new Error(`preview: ${answer.status}`);
      await answer.arrayBuffer();
      previews.push(performance.now() - from);
      const other = moment();
      const { listedMs, mediaMs } = await openFilm(web, anna, other.camera, other.atMs);
      lists.push(listedMs);
      media.push(mediaMs);
    }
    tell('preview picture', previews);
    tell('playlist', lists);
    tell(`playlist, and the first segment ${way}`, media);
    if (!proxy) continue;
    await using browsers = new AsyncDisposableStack();
    const chromium = browsers.adopt(await startBrowser(), (one) => one.close());
    const seen: number[] = [];
    for (let i = 0; i < Math.ceil(moments / 2); i += 1) {
      seen.push(await seeIt(chromium, web, anna, moment().atMs));
    }
    tell(`from "Play" to the first picture in Chromium, ${way}`, seen);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
