import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { notedPictures, notePictures } from '../support/browser.ts';
import type { DrivenBrowser } from '../support/browsers/driven.ts';
import { startWebKit } from '../support/browsers/webkit.ts';
import { eventually } from '../support/until.ts';
import { password, WebFixture } from '../web/fixture.ts';
import { makeFootage } from '../web/footage.ts';

const door = { account: 'bach', camera: 'front-door' };
const startMs = Date.UTC(2026, 10, 22, 13);
const seconds = 30;

/** One segment only: GStreamer's HLS, unlike Apple's, stops where the next segment has another init. */
describe('a browser without MediaSource', () => {
  let web: WebFixture;
  let page: DrivenBrowser;

  before(async () => {
    page = await startWebKit({ WEBKIT_GST_ENABLE_HLS_SUPPORT: '1' });
    web = await WebFixture.start({ proxy: true });
    web.addCamera(door);
    web.addViewer('bach', 'anna');
    const content = await makeFootage({ seconds });
    web.addFootage(door, 'stored', { startMs, durationMs: seconds * 1_000, content });
  });
  after(async () => {
    await page?.[Symbol.asyncDispose]();
    await web[Symbol.asyncDispose]();
  });

  it('plays recordings by itself, and knows when they were recorded', async () => {
    const ask = <T>(expression: string): Promise<T> => page.evaluate<T>(expression);
    const atMs = async (): Promise<number> =>
      Number(await ask("document.querySelector('[data-at-ms]')?.dataset.atMs"));
    const wantedMs = startMs + 10_000;
    await page.open(`${web.origin}/#/past/front-door/${wantedMs}`);
    await eventually('a form', 10_000, () => ask("document.querySelector('form') !== null"));
    await ask('delete window.MediaSource && delete window.ManagedMediaSource');
    await page.type('input[name=account]', 'bach');
    await page.type('input[name=user]', 'anna');
    await page.type('input[name=password]', password);
    await page.click('button', 'Sign in');
    await eventually('the moment', 10_000, async () => (await atMs()) === wantedMs);
    await notePictures(page);
    await page.click('button', 'Play');
    await eventually('two seconds', 15_000, async () => (await atMs()) > wantedMs + 2_000);
    const pictures = (await notedPictures(page)).get('front-door, recorded') ?? [];
    assert.ok(new Set(pictures.map(({ sum }) => sum)).size > 5, `${pictures.length} pictures`);
    const source = await ask<string>("document.querySelector('video').src");
    assert.match(source, /\/playlist\.m3u8\?/);
    await page.click('button', 'Pause');
    const pausedMs = await atMs();
    await page.click('button', '+10 s');
    await eventually('ten seconds on', 10_000, async () => {
      const moved = (await atMs()) - pausedMs;
      return moved > 9_000 && moved < 11_000;
    });
  });
});
