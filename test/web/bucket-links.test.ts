import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PutBucketCorsCommand } from '@aws-sdk/client-s3';
import type { Browser as Chromium, Page } from 'playwright-core';
import { FootageSource } from '../../src/footage/source.ts';
import type { S3Server } from '../stand-ins/s3-server.ts';
import { startBrowser } from '../support/browser.ts';
import { s3Kinds, TestBucket } from '../support/bucket.ts';
import {} from '../support/segments.ts';
import { eventually } from '../support/until.ts';
import { makeFootage } from './footage.ts';
import { type Browser, WebFixture } from './fixture.ts';
import { KeptLog } from '../support/kept-log.ts';

const door = { account: 'bach', camera: 'front-door' };
const startMs = Date.UTC(2026, 10, 22, 13);
const durationMs = 4_000;

/** Lets pages of any origin read the bucket. Swift's S3 API has no such request. */
async function allowOrigins(bucket: TestBucket): Promise<void> {
  const rule = { AllowedOrigins: ['*'], AllowedMethods: ['GET'], AllowedHeaders: ['Range'] };
  await bucket.access().client.send(
    new PutBucketCorsCommand({
      Bucket: bucket.name,
      CORSConfiguration: { CORSRules: [{ ...rule, ExposeHeaders: ['Content-Range'] }] },
    }),
  );
}

for (const kind of s3Kinds) {
  describe(`footage straight from a bucket of ${kind.name}`, () => {
    let directory: string;
    let server: S3Server;
    let bucket: TestBucket;
    let store: ReturnType<TestBucket['open']>;
    let web: WebFixture;
    let anna: Browser;
    let chromium: Chromium;
    let content: Buffer;
    let link: string;
    const log = new KeptLog();
    const names: string[] = [];

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'cctv-links-'));
      server = await kind.start({ directory });
      bucket = await TestBucket.create(server);
      store = bucket.open();
      const footage = new FootageSource({
        bucket: store.reader,
        bucketOrigin: new URL(server.endpoint).origin,
        findSpooled: () => undefined,
      });
      web = await WebFixture.start({ footage, log });
      web.addCamera(door);
      web.addViewer('bach', 'anna');
      anna = await web.browser('anna', 'bach');
      for (const [i, color] of ['green', 'blue', 'red'].entries()) {
        content = await makeFootage({ sound: true, color });
        const at = startMs + i * durationMs;
        const name = web.addFootage(door, 'stored', { startMs: at, durationMs, content });
        await bucket.put(`bach/front-door/${name}`, content);
        names.push(name);
      }
      link = `/api/cameras/front-door/segments/${names[2]}`;
      chromium = await startBrowser();
    });
    after(async () => {
      await chromium?.close();
      await web?.[Symbol.asyncDispose]();
      store?.[Symbol.dispose]();
      bucket?.[Symbol.dispose]();
      await server?.stop();
      await rm(directory, { recursive: true, force: true });
    });

    const detours = () => log.lines.filter(({ message }) => message.includes('CORS'));
    const linkTo = async (): Promise<string> => {
      const answer = await web.get(link, anna);
      assert.equal(answer.status, 302);
      return answer.headers.get('location') ?? '';
    };

    it('is read in ranges by an address that needs nothing else, and is for one file', async () => {
      const address = await linkTo();
      const answer = await fetch(address, { headers: { range: 'bytes=100-299' } });
      assert.equal(answer.status, 206);
      assert.equal(answer.headers.get('content-range'), `bytes 100-299/${content.length}`);
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()), content.subarray(100, 300));
      const other = await fetch(address.replace(String(names[2]), String(names[1])));
      assert.equal(other.status, 403);
      await other.arrayBuffer();
      const change = await fetch(address, { method: 'PUT', body: 'nothing' });
      assert.equal(change.status, 403);
      await change.arrayBuffer();
    });

    it('has an address for minutes; when it is over, there is a new one', async () => {
      const seconds = Number(new URL(await linkTo()).searchParams.get('X-Amz-Expires'));
      assert.ok(seconds >= 60 && seconds <= 600, `${seconds} s`);
      const short = await store.reader.presign(`bach/front-door/${names[2]}`, 1);
      await eventually('the end of the link', 10_000, async () => {
        await delay(500);
        const answer = await fetch(short);
        await answer.arrayBuffer();
        return answer.status === 403;
      });
      const answer = await fetch(await linkTo());
      assert.equal(answer.status, 200);
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()), content);
    });

    /** Plays all of it, with sound; @returns the requests for footage, by whom they were answered. */
    async function play(): Promise<{ bucket: number; daemon: number; faults: string[] }> {
      const context = await chromium.newContext();
      const [name = '', value = ''] = anna.cookie.split('=');
      await context.addCookies([{ name, value, url: web.origin }]);
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      const seen = { bucket: 0, daemon: 0, faults: [] as string[] };
      page.on('pageerror', (error) => seen.faults.push(String(error.stack)));
      page.on('console', (message) => {
        if (/Content.Security/i.test(message.text())) seen.faults.push(message.text());
      });
      page.on('response', (answer) => {
        if (answer.status() !== 206) return;
        if (answer.url().startsWith(server.endpoint)) seen.bucket += 1;
        else if (answer.url().includes('/segments/')) seen.daemon += 1;
      });
      await page.goto(`${web.origin}/#/past/front-door/${startMs + 500}`);
      await page.getByRole('button', { name: 'Unmute' }).click();
      await page.getByRole('button', { name: 'Play', exact: true }).click();
      await hears(page);
      await page.getByLabel('Speed').selectOption('8');
      await page.getByRole('button', { name: 'Play', exact: true }).click();
      await eventually('the last segment', 15_000, async () => {
        const at = await page.locator('[data-at-ms]').getAttribute('data-at-ms');
        return Number(at) > startMs + 2 * durationMs + 500;
      });
      await context.close();
      return seen;
    }

    /** Waits for sound, pauses before the day ends, as the next would then be shown, and mutes. */
    async function hears(page: Page): Promise<void> {
      const ask = (what: string) => page.evaluate(`document.querySelector("video").${what}`);
      await eventually('sound', 15_000, async () => {
        return Number(await ask('webkitAudioDecodedByteCount')) > 0;
      });
      await page.getByRole('button', { name: 'Pause', exact: true }).click();
      assert.equal(await ask('muted'), false);
      await page.locator('.controls').press('m');
      await page.getByRole('button', { name: 'Unmute' }).waitFor();
      assert.equal(await ask('muted'), true);
    }

    if (kind.name === 'Swift') {
      it('comes through the daemon where the bucket lets no page read it', async () => {
        const seen = await play();
        assert.deepEqual(seen.faults, []);
        assert.equal(seen.bucket, 0);
        assert.ok(seen.daemon >= 3, `${seen.daemon}`);
        assert.equal(detours().length, 1);
      });
    } else {
      it('goes to the page without the daemon where the bucket lets it', async () => {
        await allowOrigins(bucket);
        const seen = await play();
        assert.deepEqual(seen.faults, []);
        assert.ok(seen.bucket >= 3, `${seen.bucket}`);
        assert.equal(seen.daemon, 0);
        assert.deepEqual(detours(), []);
      });
    }
  });
}
