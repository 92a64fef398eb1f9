import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { notedPictures, notePictures } from '../support/browser.ts';
import type { DrivenBrowser } from '../support/browsers/driven.ts';
import { startFirefox } from '../support/browsers/firefox.ts';
import { startWebKit } from '../support/browsers/webkit.ts';
import { probe } from '../support/media.ts';
import { Site } from '../support/site.ts';
import { eventually } from '../support/until.ts';

// The same as page.test.ts does with Chromium, in short, with the engines of Firefox and of Safari.

const segmentSeconds = 2;

const engines = { Firefox: startFirefox, WebKit: startWebKit };

describe('the owner’s page', () => {
  let site: Site;
  let address: string;
  let password: string;

  before(async () => {
    site = await Site.start({
      segmentSeconds,
      config: { console: { web: { listen: '127.0.0.1:0', proxy: true } } },
    });
    address = String(site.log.find(({ message }) => message === 'serving browsers')?.['address']);
    const media = { width: 320, height: 180, bitsPerSecond: 300_000 };
    const camera = await site.addCamera('bach/front-door', media);
    camera.dial();
    const printed = await site.cctv('account', 'password', 'bach');
    password = /^Password +(\S+)$/m.exec(printed)?.[1] ?? assert.fail(printed);
    await camera.recording();
  });
  after(() => site[Symbol.asyncDispose]());

  for (const [name, start] of Object.entries(engines)) {
    describe(`in ${name}`, () => {
      let page: DrivenBrowser;
      const has = (selector: string): Promise<boolean> =>
        page.evaluate(`document.querySelector(${JSON.stringify(selector)}) !== null`);
      const says = (words: string): Promise<boolean> =>
        page.evaluate(`document.body.innerText.includes(${JSON.stringify(words)})`);
      const atMs = async (): Promise<number> =>
        Number(await page.evaluate("document.querySelector('[data-at-ms]')?.dataset.atMs"));
      /** Waits for so many noted pictures of a video, which must differ. */
      const sees = async (label: string, count: number): Promise<void> => {
        const pictures = await eventually(`${count} pictures`, 20_000, async () => {
          const noted = (await notedPictures(page)).get(label) ?? [];
          return noted.length >= count ? noted : undefined;
        });
        // Firefox may draw the picture before the one that it announces.
        const different = new Set(pictures.map(({ sum }) => sum)).size;
        assert.ok(different > pictures.length / 3, `${different} of ${pictures.length}`);
        const advancedMs = (pictures.at(-1)?.mediaMs ?? 0) - (pictures[0]?.mediaMs ?? 0);
        assert.ok(advancedMs > 500, `advanced ${advancedMs} ms`);
      };

      before(async () => {
        page = await start();
      });
      after(() => page?.[Symbol.asyncDispose]());

      it('lets in with the right password', async () => {
        await page.open(address);
        await page.evaluate(`(() => {
          window.faults = [];
          const note = (event) => window.faults.push(String(event.reason ?? event.message ?? event.violatedDirective));
          for (const kind of ['error', 'unhandledrejection', 'securitypolicyviolation']) addEventListener(kind, note);
        })()`);
        await eventually('a form', 10_000, () => has('input[name=password]'));
        await page.type('input[name=account]', 'bach');
        await page.type('input[name=user]', 'bach');
        await page.type('input[name=password]', password);
        await page.click('button', 'Sign in');
        await eventually('the camera', 10_000, () => says('The camera is recording.'));
      });

      it('shows the camera live', async () => {
        await page.click('button', 'Watch front-door live');
        await eventually('a live picture', 15_000, () => has('.live.playing'));
        await notePictures(page);
        await sees('front-door, live', 20);
        const delayMs = await eventually('its age', 5_000, async () =>
          Number(await page.evaluate("document.querySelector('.badge').dataset.delayMs")),
        );
        assert.ok(delayMs > 0 && delayMs < 2_000, `${delayMs} ms behind`);
      });

      it('plays what was recorded, over the borders of segments', async () => {
        const stored = await eventually('enough footage', 30_000, async () => {
          const found = await site.stored('bach/front-door');
          return found.length > 6 ? found : undefined;
        });
        const startMs = (stored[0]?.startMs ?? 0) + 500;
        await page.evaluate(`location.hash = '#/past/front-door/${startMs}'`);
        await eventually('the moment', 10_000, async () => (await atMs()) === startMs);
        await notePictures(page);
        await page.click('button', 'Play');
        await sees('front-door, recorded', 20);
        await eventually(
          'three segments',
          15_000,
          async () => (await atMs()) > startMs + 3_000 * segmentSeconds,
        );
        await page.click('button', 'Pause');
      });

      it('exports', async () => {
        await page.click('button', 'Export…');
        await eventually(
          'what is missing',
          10_000,
          async () => (await says('of footage')) || (await says('The file will have')),
        );
        await page.click('button', 'Make the file');
        await eventually('a file', 20_000, () => says('Download'));
        await page.click('a', 'Download');
        const file = await eventually('a download', 10_000, () =>
          readdirSync(page.downloads).find((found) => /^bach_front-door.*\.mp4$/.test(found)),
        );
        const path = join(page.downloads, file);
        const told = await page.evaluate("document.querySelector('.finished code').textContent");
        await eventually('all of it', 10_000, () => {
          const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
          return hash === told;
        });
        const { frames } = await probe(path);
        assert.ok(frames > 20, `${frames} pictures`);
      });

      it('met no error, and nothing that the policy forbids', async () => {
        assert.deepEqual(await page.evaluate('window.faults'), []);
      });
    });
  }
});
