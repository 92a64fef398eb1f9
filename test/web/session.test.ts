import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { hashPassword } from '../../src/lib/password-hash.ts';
import { credentialsOf } from '../../src/gateway/password.ts';
import { connected } from '../control/fixture.ts';
import { buildPage } from '../support/page.ts';
import { password, WebFixture } from './fixture.ts';

describe('a browser', () => {
  let web: WebFixture;

  before(async () => {
    await buildPage();
    web = await WebFixture.start();
    web.addCamera({ account: 'bach', camera: 'front-door' });
    web.addCamera({ account: 'bach', camera: 'attic' });
    web.addCamera({ account: 'vermeer', camera: 'studio' });
    web.addViewer('bach', 'anna');
    web.addViewer('bach', 'ben', ['attic']);
    web.addViewer('bach', 'carl');
    web.addViewer('vermeer', 'anna');
    web.ledger.operators.add('olga', await hashPassword(password));
  });
  after(() => web[Symbol.asyncDispose]());

  it('logs in, is known, and logs out', async () => {
    const response = await web.login({ account: 'bach', user: 'anna', password });
    assert.equal(response.status, 204);
    const [cookie = ''] = response.headers.getSetCookie();
    assert.match(cookie, /^cctv=[\w-]{43}; .*Path=\/; HttpOnly; SameSite=Strict$/);
    const anna = await web.browser('anna', 'bach');
    const session = await web.json<Record<string, string>>('/api/session', anna);
    const { csrf, ...who } = session;
    assert.deepEqual(who, { role: 'viewer', account: 'bach', user: 'anna', timeZone: 'UTC' });
    assert.match(csrf ?? '', /^[\w-]{43}$/);
    assert.equal((await web.post('/api/logout', {}, anna)).status, 204);
    assert.equal((await web.get('/api/session', anna)).status, 401);
    assert.equal((await web.get('/api/session')).status, 401);
  });

  it('is an operator without an account', async () => {
    const olga = await web.browser('olga');
    const { role, user } = await web.json<{ role: string; user: string }>('/api/session', olga);
    assert.deepEqual({ role, user }, { role: 'operator', user: 'olga' });
    assert.equal((await web.get('/api/cameras', olga)).status, 404);
    web.ledger.operators.setPassword('olga', await hashPassword('another one'));
    assert.equal((await web.get('/api/session', olga)).status, 401);
    web.ledger.operators.setPassword('olga', await hashPassword(password));
  });

  it('sees the cameras that its viewer may see, and what each does', async () => {
    web.fleet = [connected({ account: 'bach', camera: 'attic' }, { lastFootageAtMs: 1_000 })];
    web.ledger.states.note({ account: 'bach', camera: 'attic' }, 'recording', '', Date.now() + 5);
    const anna = await web.browser('anna', 'bach');
    const ben = await web.browser('ben', 'bach');
    const names = async (browser: typeof anna) =>
      (await web.json<{ cameras: { name: string }[] }>('/api/cameras', browser)).cameras;
    const [attic, door, ...rest] = await names(anna);
    assert.equal(rest.length, 0);
    const { sinceMs, ...shown } = attic as unknown as Record<string, unknown>;
    assert.ok(Number(sinceMs) > 1e12);
    assert.deepEqual(shown, {
      name: 'attic',
      isRecording: true,
      state: 'recording',
      lastFootageAtMs: 1_000,
      live: false,
    });
    assert.equal(door?.name, 'front-door');
    assert.deepEqual(
      (await names(ben)).map(({ name }) => name),
      ['attic'],
    );
  });

  it('is refused with a wrong password, account or user, all in the same words', async () => {
    const words = new Set<string>();
    for (const body of [
      { account: 'bach', user: 'anna', password: 'wrong' },
      { account: 'bach', user: 'nobody', password },
      { account: 'nobody', user: 'anna', password },
      { account: '', user: 'anna', password },
    ]) {
      const response = await web.login(body);
      assert.equal(response.status, 401);
      words.add(await response.text());
    }
    assert.equal(words.size, 1);
  });

  it('may not ask for another site, nor without the token that only its page knows', async () => {
    const anna = await web.browser('anna', 'bach');
    const elsewhere = await fetch(`${web.origin}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
      body: JSON.stringify({ account: 'bach', user: 'anna', password }),
    });
    assert.equal(elsewhere.status, 403);
    assert.equal((await web.post('/api/logout', {}, { ...anna, csrf: 'x' })).status, 403);
    assert.equal((await web.get('/api/session', anna)).status, 200);
  });

  it('gets nothing by a name that another site has resolve to us', async () => {
    const status = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port: web.port, path: '/', headers: { host } });
        asked.on('response', (answer) => resolve(answer.resume().statusCode)).on('error', reject);
        asked.end();
      });
    const port = `:${web.port}`;
    for (const host of ['127.0.0.1', '[::1]', 'localhost', 'shop', 'nas.local']) {
      assert.equal(await status(host + port), 200, host);
    }
    for (const host of ['evil.example.com', 'localhost.evil.com', '127.0.0.1.evil.com', '%']) {
      assert.ok([400, 421].includes((await status(host)) ?? 0), host);
    }
  });

  it('is logged out when its password changes, its viewer or its account goes', async () => {
    const anna = await web.browser('anna', 'bach');
    const credentials = credentialsOf('cctv', 'anna', password);
    web.ledger.viewers.setCredentials({ account: 'bach', name: 'anna' }, credentials);
    assert.equal((await web.get('/api/session', anna)).status, 401);
    const carl = await web.browser('carl', 'bach');
    web.ledger.viewers.remove({ account: 'bach', name: 'carl' });
    assert.equal((await web.get('/api/session', carl)).status, 401);
  });

  it('has one session: another log-in ends it, and nothing of it stays in the cache', async () => {
    const anna = await web.browser('anna', 'bach');
    const body = { account: 'vermeer', user: 'anna', password };
    const next = await web.login(body, { cookie: anna.cookie });
    assert.equal(next.status, 204);
    assert.equal(next.headers.get('clear-site-data'), '"cache"');
    assert.match(next.headers.getSetCookie().join(), /^cctv=[\w-]{43}; /);
    assert.equal((await web.get('/api/session', anna)).status, 401);
    const again = await web.browser('anna', 'vermeer');
    const out = await web.post('/api/logout', {}, again);
    assert.equal(out.headers.get('clear-site-data'), '"cache"');
  });

  it('is told where it is logged in, and can end that everywhere else', async () => {
    const phone = await web.browser('anna', 'bach');
    const lost = await web.browser('anna', 'bach');
    const other = await web.browser('anna', 'vermeer');
    interface Shown {
      readonly isThis: boolean;
      readonly address: string;
      readonly agent: string;
    }
    const list = async () =>
      (await web.json<{ sessions: Shown[] }>('/api/sessions', phone)).sessions;
    const [newest, before] = await list();
    assert.deepEqual([newest?.isThis, before?.isThis], [false, true]);
    assert.equal(newest?.address, '127.0.0.1');
    assert.match(newest?.agent ?? '', /node/);
    const ended = await fetch(`${web.origin}/api/sessions`, {
      method: 'DELETE',
      headers: { cookie: phone.cookie, 'x-csrf-token': phone.csrf, origin: web.origin },
    });
    assert.equal(ended.status, 204);
    assert.equal((await list()).length, 1);
    assert.equal((await web.get('/api/session', lost)).status, 401);
    assert.equal((await web.get('/api/session', other)).status, 200);
  });

  it('has to wait after many wrong passwords; other addresses and accounts do not', async () => {
    let response = await web.login({ account: 'bach', user: 'eve', password: 'wrong' });
    for (let i = 0; i < 10 && response.status === 401; i += 1) {
      response = await web.login({ account: 'bach', user: 'eve', password: 'wrong' });
    }
    assert.equal(response.status, 429);
    assert.ok(Number(response.headers.get('retry-after')) > 0);
    assert.equal((await web.login({ account: 'bach', user: 'anna', password })).status, 204);
  });

  it('gets the page with strict headers, and nothing else of this machine', async () => {
    const page = await web.get('/');
    assert.equal(page.status, 200);
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.match(policy, /connect-src 'self' https:\/\/bucket\.example\.net;/);
    assert.doesNotMatch(policy, /unsafe/);
    const etag = page.headers.get('etag') ?? '';
    assert.equal(page.headers.get('cache-control'), 'no-cache');
    // As browsers ask; fetch() of Node would ask for what no cache has.
    const again = { 'if-none-match': etag, 'cache-control': 'max-age=0' };
    assert.equal((await web.get('/', undefined, again)).status, 304);
    const [, script = ''] = /<script [^>]*src="([^"]+)"/.exec(await page.text()) ?? [];
    for (const [encoding, sent] of [
      ['br', 'br'],
      ['gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const answer = await web.get(script, undefined, { 'accept-encoding': encoding });
      assert.match(answer.headers.get('content-type') ?? '', /^\w+\/javascript; charset=utf-8$/);
      assert.equal(answer.headers.get('content-encoding'), sent);
      assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      assert.match(answer.headers.get('vary') ?? '', /accept-encoding/i);
      assert.match(await answer.text(), /Sign in/);
    }
    for (const path of [
      '/index.html',
      '/licenses.json',
      '/assets/',
      '/assets/nothing.js',
      '/assets/../licenses.json',
      '/assets/%2e%2e/licenses.json',
      '/assets/..%2f..%2fweb%2fweb.ts',
      '/assets/toString',
      '/nothing',
    ]) {
      assert.equal((await web.get(path)).status, 404, path);
    }
  });
});
