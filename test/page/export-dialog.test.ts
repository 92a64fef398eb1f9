import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { seriousFindings, startBrowser } from '../support/browser.ts';
import { probe } from '../support/media.ts';
import { makeFootage } from '../web/footage.ts';
import { WebFixture } from '../web/fixture.ts';

const door = { account: 'bach', camera: 'front-door' };
const startMs = Date.UTC(2026, 10, 22, 13);

describe('the export dialog', () => {
  let web: WebFixture;
  let browser: Browser;
  let page: Page;

  before(async () => {
    web = await WebFixture.start();
    web.addCamera(door);
    web.addViewer('bach', 'anna');
    for (const [i, size] of ['320x240', '160x120'].entries()) {
      const content = await makeFootage({ size });
      web.addFootage(door, 'stored', { startMs: startMs + i * 4_250, durationMs: 4_000, content });
    }
    const { cookie } = await web.browser('anna', 'bach');
    browser = await startBrowser();
    const context = await browser.newContext();
    const [name = '', value = ''] = cookie.split('=');
    await context.addCookies([{ name, value, url: web.origin }]);
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
  });
  after(async () => {
    await browser?.close();
    await web[Symbol.asyncDispose]();
  });

  const download = async (name: string) => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ]);
    const path = join(web.directory, name);
    await file.saveAs(path);
    return await probe(path);
  };

  it('offers two files where the format of the picture changed', async () => {
    await page.goto(`${web.origin}/#/past/front-door/${startMs}`);
    await page.getByRole('button', { name: 'Export…' }).click();
    await page.getByRole('button', { name: 'Make the file' }).click();
    const said = page.getByRole('alert').filter({ hasText: 'changed on 2026-11-22, 13:00:04.' });
    await said.waitFor();
    assert.deepEqual(await seriousFindings(page), []);
    await page.getByRole('button', { name: 'Make the file up to then' }).click();
    const before = await download('before.mp4');
    assert.deepEqual([before.video.width, before.frames], [320, 40]);
    await page.getByRole('button', { name: 'Make the file from then on' }).click();
    await page.getByText('bach_front-door_2026-11-22_13-00-04').first().waitFor();
    const after = await download('after.mp4');
    assert.deepEqual([after.video.width, after.frames], [160, 40]);
  });

  it('exports the second 2:30 of the night when clocks go back, and offers the first', async () => {
    web.ledger.accounts.setTimeZone('bach', 'Europe/Zurich');
    const [first, second] = [Date.UTC(2026, 9, 25, 0, 30), Date.UTC(2026, 9, 25, 1, 30)];
    await page.goto(`${web.origin}/#/past/front-door/${second}`);
    await page.reload();
    await page.getByRole('button', { name: 'Export…' }).click();
    const which = page.getByLabel('From: which of the two');
    assert.equal(await which.inputValue(), String(second - 60_000));
    assert.equal(await page.getByLabel('From', { exact: true }).inputValue(), '2026-10-25T02:29');
    const asked = async (): Promise<unknown> => {
      const [request] = await Promise.all([
        page.waitForRequest((one) => one.method() === 'POST' && one.url().endsWith('/exports')),
        page.getByRole('button', { name: 'Make the file' }).click(),
      ]);
      return request.postDataJSON();
    };
    assert.deepEqual(await asked(), { fromMs: second - 60_000, toMs: second + 60_000 });
    await page.reload();
    await page.getByRole('button', { name: 'Export…' }).click();
    await which.selectOption({ label: 'first time, +02:00' });
    assert.deepEqual(await seriousFindings(page), []);
    assert.deepEqual(await asked(), { fromMs: first - 60_000, toMs: second + 60_000 });
  });
});
