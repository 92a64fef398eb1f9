import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { LiveHub } from '../../src/live/live.ts';
import { Child } from '../../src/lib/child.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Log } from '../../src/lib/log.ts';
import { silentLog } from '../../src/lib/log.ts';
import { password, WebFixture } from '../web/fixture.ts';
import { type CertificateFiles, makeCertificate } from '../support/certificate.ts';
import { ffmpeg, nginx } from '../support/tools.ts';
import { eventually } from '../support/until.ts';
import { freePort } from '../support/ports.ts';

const handbook = join(import.meta.dirname, '../../systemd/README.md');
const publicUrl = 'https://cctv.example.com';

describe('the proxy of the operator’s handbook, in front of the page', () => {
  let live: LiveHub;
  let web: WebFixture;
  let certificate: CertificateFiles | undefined;
  let directory: string;
  let proxy: Child | undefined;
  let port: number;
  const refused: unknown[] = [];
  const log: Log = {
    ...silentLog,
    warn: (message, fields) => void refused.push({ message, ...fields }),
    child: () => log,
  };

  before(async () => {
    live = new LiveHub({
      relayUrl: () => undefined,
      lateMs: () => 0,
      program: ffmpeg(),
      clock: systemClock,
      log: silentLog,
    });
    web = await WebFixture.start({ publicUrl, trustedProxies: ['127.0.0.1'], log, live });
    web.addCamera({ account: 'bach', camera: 'front-door' });
    web.addViewer('bach', 'bach');
    const { certificateFile, keyFile } = (certificate = await makeCertificate('127.0.0.1'));
    directory = await mkdtemp(join(tmpdir(), 'cctv-proxy-'));
    port = await freePort();
    const [, block = ''] = /```nginx\n(.*?)```/s.exec(await readFile(handbook, 'utf8')) ?? [];
    // What is the operator's own: the port, the files and the daemon's address.
    const server = block
      .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replace(/(ssl_certificate +)\S+;/, `$1${certificateFile};`)
      .replace(/(ssl_certificate_key +)\S+;/, `$1${keyFile};`)
      .replace('http://127.0.0.1:8080', web.origin);
    const own = `client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
      fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;`;
    await writeFile(
      join(directory, 'nginx.conf'),
      `daemon off; pid ${directory}/pid; error_log stderr; events {} http { access_log off; ${own} ${server} }`,
    );
    const child = new Child({
      name: 'nginx',
      file: nginx(),
      args: ['-p', directory, '-c', join(directory, 'nginx.conf')],
    });
    proxy = child;
    await Promise.race([
      eventually('an answer', 20_000, async () => (await ask('/')).statusCode === 200),
      child.ended(AbortSignal.timeout(20_000)),
    ]);
  });
  after(async () => {
    await proxy?.stop();
    await web[Symbol.asyncDispose]();
    await live[Symbol.asyncDispose]();
    await certificate?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  /** A browser’s request; it follows the name to the proxy, as DNS would lead it. */
  async function ask(
    path: string,
    options: RequestOptions = {},
    body = '',
  ): Promise<IncomingMessage> {
    const ours = { host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false };
    const asked = request({ ...ours, servername: 'cctv.example.com', ...options });
    asked.setHeader('host', 'cctv.example.com');
    asked.end(body);
    const answered = once(asked, 'response', { signal: AbortSignal.timeout(10_000) });
    const switched = once(asked, 'upgrade', { signal: AbortSignal.timeout(10_000) }).then(
      ([response, socket]: unknown[]) => {
        (socket as { destroy(): void }).destroy();
        return [response];
      },
    );
    void switched.catch(() => {});
    void answered.catch(() => {});
    const [response] = (await Promise.race([answered, switched])) as [IncomingMessage];
    return response;
  }

  const logIn = (given: string, origin = publicUrl): Promise<IncomingMessage> =>
    ask(
      '/api/login',
      { method: 'POST', headers: { 'content-type': 'application/json', origin } },
      JSON.stringify({ account: 'bach', user: 'bach', password: given }),
    );

  it('leads browsers to the page, to a session, and to live pictures', async () => {
    assert.match(await text(await ask('/')), /<title>Cameras<\/title>/);
    const login = await logIn(password);
    assert.equal(login.statusCode, 204, await text(login));
    const [cookie = ''] = login.headers['set-cookie'] ?? [];
    assert.match(cookie, /; Secure/);
    const live = await ask('/api/cameras/front-door/live', {
      headers: {
        cookie: cookie.split(';')[0],
        origin: publicUrl,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
    });
    assert.equal(live.statusCode, 101);
  });

  it('tells the daemon who asks, and does not believe what they say of that', async () => {
    const wrong = JSON.stringify({ account: 'bach', user: 'bach', password: 'wrong' });
    const headers = {
      'content-type': 'application/json',
      origin: publicUrl,
      'x-forwarded-for': '203.0.113.9',
    };
    const proxied = await ask(
      '/api/login',
      { method: 'POST', localAddress: '127.0.0.2', headers },
      wrong,
    );
    assert.equal(proxied.statusCode, 401);
    const past = httpRequest(`${web.origin}/api/login`, {
      method: 'POST',
      localAddress: '127.0.0.3',
      headers,
    });
    past.end(wrong);
    const [answer] = (await once(past, 'response')) as [IncomingMessage];
    answer.resume();
    assert.equal(answer.statusCode, 401);
    const said = JSON.stringify(refused);
    assert.match(said, /"address":"127\.0\.0\.2"/);
    assert.match(said, /"address":"127\.0\.0\.3"/);
    assert.doesNotMatch(said, /203\.0\.113\.9|"127\.0\.0\.1"/);
    assert.equal((await logIn(password, 'https://elsewhere.example.com')).statusCode, 403);
  });
});
