import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { buildPage } from './page.ts';
import { onPath } from './tools.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Debian's Chromium: with H.264, which builds from elsewhere lack. */
export async function startBrowser(): Promise<Browser> {
  await buildPage();
  return await chromium.launch({
    executablePath: onPath('chromium'),
    // Root, and most containers, cannot have its sandbox. It visits our own page only.
    args: ['--no-sandbox'],
  });
}

/** What axe finds that keeps people from using the page: rule and places. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<{ impact: string; id: string; nodes: { html: string }[] }[]>(
    'axe.run().then((result) => result.violations)',
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join(' | ')}`);
}

/** A picture that was on the screen. */
export interface Shown {
  /** When, and its place in the film, in ms. */
  readonly atMs: number;
  readonly mediaMs: number;
  /** Says which picture it is, as far as its pixels tell. */
  readonly sum: number;
}

/** A page in whichever browser. */
interface EvaluatingPage {
  evaluate<Result>(expression: string): Promise<Result>;
}

/** Notes each picture that the video elements show from now on; they must be there. */
export async function notePictures(page: EvaluatingPage): Promise<void> {
  await page.evaluate(`(() => {
    window.shown = new Map();
    for (const video of document.querySelectorAll('video')) {
      const list = [];
      window.shown.set(video.getAttribute('aria-label'), list);
      const canvas = new OffscreenCanvas(32, 18);
      const context = canvas.getContext('2d', { willReadFrequently: true });
      const note = (now, picture) => {
        video.requestVideoFrameCallback(note);
        context.drawImage(video, 0, 0, 32, 18);
        const { data } = context.getImageData(0, 0, 32, 18);
        const sum = data.reduce((sum, value, index) => (sum * 31 + value * (index % 97)) % 1e9, 7);
        list.push({ atMs: now, mediaMs: picture.mediaTime * 1000, sum });
      };
      video.requestVideoFrameCallback(note);
    }
  })()`);
}

/** The pictures noted so far, by the name of the video element. */
export async function notedPictures(page: EvaluatingPage): Promise<Map<string, Shown[]>> {
  return new Map(await page.evaluate<[string, Shown[]][]>('[...window.shown]'));
}
