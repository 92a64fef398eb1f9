import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../support/browser.ts';
import { password, WebFixture } from '../web/fixture.ts';

const mostRequests = 6;
const mostBytes = 40_000;

describe('the page is loaded', () => {
  let web: WebFixture;
  let browser: Browser;

  before(async () => {
    browser = await startBrowser();
    web = await WebFixture.start();
    web.addCamera({ account: 'bach', camera: 'front-door' });
    web.addViewer('bach', 'anna');
  });
  after(async () => {
    await browser?.close();
    await web[Symbol.asyncDispose]();
  });

  it('with few requests and bytes up to the form to log in', async (test) => {
    const page = await browser.newPage();
    const network = await page.context().newCDPSession(page);
    const requested = new Set<string>();
    let bytes = 0;
    network.on('Network.requestWillBeSent', ({ request }) => requested.add(request.url));
    network.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await network.send('Network.enable');
    await page.goto(web.origin, { waitUntil: 'networkidle' });
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    // Browsers with a window fetch the icon, too.
    const icon = await page.locator('link[rel=icon]').getAttribute('href');
    const answer = await web.get(icon ?? '');
    assert.equal(answer.status, 200);
    bytes += (await answer.bytes()).length;
    requested.add(web.origin + icon);
    test.diagnostic(`${bytes} bytes in ${requested.size} requests`);
    assert.ok(requested.size <= mostRequests, [...requested].join(' '));
    assert.ok(bytes > 5_000 && bytes <= mostBytes, `${bytes} bytes`);
  });

  it('anew, where an upgrade of the server took away the files of the old one', async () => {
    const page = await browser.newPage();
    await page.route('**/assets/now-view-*.js', (route) => route.fulfill({ status: 404 }));
    await page.goto(web.origin);
    await page.getByLabel('Account').fill('bach');
    await page.getByLabel('User').fill('anna');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This part of the page cannot be loaded.').waitFor();
    await page.unroute('**/assets/now-view-*.js');
    await page.getByRole('button', { name: 'Load the page again' }).click();
    await page.getByRole('heading', { name: 'The camera is not recording.' }).waitFor();
  });
});
