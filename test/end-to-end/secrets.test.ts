import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { parse } from 'yaml';
import { startWebServer, type WebServer } from '../stand-ins/web-server.ts';
import { Site, type SiteCamera } from '../support/site.ts';
import { eventually } from '../support/until.ts';

const rtspPassword = 'marker-rtsp+7d1f';
const gatewayPassword = 'marker-sms/55a0';
const webhookPath = 'marker-webhook-9be2';
const operatorHook = 'marker-operator-44c1';
const wrongPassword = 'marker-typed-e03b';

/** Forms in which a secret may appear in a text. */
const forms = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64'),
  Buffer.from(secret).toString('base64url'),
];

describe('secrets', { timeout: 180_000 }, () => {
  /** By name. */
  const secrets = new Map<string, string>();
  let site: Site;
  let echo: WebServer;
  let camera: SiteCamera;
  let page: string;

  before(async () => {
    // A carrier that repeats all that it was sent in what it refuses.
    echo = await startWebServer(({ path, headers, body }, response) =>
      response.writeHead(401).end(`no: ${path} ${JSON.stringify(headers)} ${body}`),
    );
    site = await Site.start({
      segmentSeconds: 2,
      config: {
        console: { web: { listen: '127.0.0.1:0', proxy: true } },
        gateway: { listen: '127.0.0.1:0' },
        metrics: { listen: '127.0.0.1:0' },
        alerts: {
          sms: {
            gateway: {
              name: 'echo',
              url: `${echo.url}/sms?to={to}&text={text}&user={user}&password={password}`,
              user: 'anna',
              accepted: '^OK',
              password: gatewayPassword,
            },
          },
          operator: { webhook: [`${echo.url}/${operatorHook}`] },
        },
      },
    });
    page = addressOf('serving browsers');
    camera = await site.addCamera('bach/front-door', { user: 'admin', password: rtspPassword });
    const config = parse(await readFile(join(site.directory, 'config.yaml'), 'utf8')) as {
      bucket: { credentials: { secretAccessKey: string } };
    };
    secrets.set('the bucket’s key', config.bucket.credentials.secretAccessKey);
    secrets.set('a camera’s password', rtspPassword);
    secrets.set('a carrier’s password', gatewayPassword);
    secrets.set('the path of a webhook', webhookPath);
    secrets.set('the path of the operator’s webhook', operatorHook);
    secrets.set('a wrong password', wrongPassword);
  });
  after(async () => {
    await site?.[Symbol.asyncDispose]();
    await echo?.[Symbol.asyncDispose]();
  });

  const addressOf = (message: string): string =>
    String(site.log.find((line) => line.message === message)?.['address']);
  const printed = async (pattern: RegExp, ...args: readonly string[]): Promise<string> => {
    const text = await site.cctv(...args);
    return pattern.exec(text)?.[1] ?? assert.fail(text);
  };

  /** @throws {assert.AssertionError} naming the secrets that a text has, and what stands around the first */
  const hasNone = (what: string, text: string): void => {
    for (const [name, secret] of secrets) {
      const at = forms(secret)
        .map((form) => text.indexOf(form))
        .find((found) => found >= 0);
      if (at !== undefined)
        assert.fail(`${what} has ${name}: ${text.slice(Math.max(0, at - 200), at + 80)}`);
    }
  };

  /** Posts JSON as the page does; @returns the answer's text. */
  const logIn = async (user: string, password: string): Promise<string> => {
    const answer = await fetch(`${page}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: page },
      body: JSON.stringify({ account: 'bach', user, password }),
    });
    const cookie = /=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1];
    if (cookie !== undefined) secrets.set('a session’s cookie', cookie);
    return await answer.text();
  };

  it('are used all over', async () => {
    camera.dial();
    await eventually('the reason', 30_000, async () => {
      const { reason = '' } = (await camera.status()) ?? {};
      return /user name and password/.test(reason);
    });
    const file = join(site.directory, 'password');
    await writeFile(file, `${rtspPassword}\n`, { mode: 0o600 });
    const login = ['--rtsp-user', 'admin', '--rtsp-password-file', file];
    await site.cctv('camera', 'set', 'bach/front-door', ...login);
    await camera.recording(30_000);

    secrets.set(
      'a viewer’s password',
      await printed(/^Password +(\S+)$/m, 'account', 'password', 'bach'),
    );
    secrets.set(
      'an operator’s password',
      await printed(/^Password +(\S+)$/m, 'operator', 'add', 'mozart'),
    );
    secrets.set('a token', await printed(/(enrol\.[\w.-]+)/, 'enrol', 'token', 'bach'));
    await logIn('bach', secrets.get('a viewer’s password') ?? '');
    await logIn('bach', wrongPassword);
    const users = ['bach', secrets.get('a viewer’s password') ?? ''].map(encodeURIComponent);
    for (const login of [users, ['bach', wrongPassword]]) {
      await fetch(`http://${addressOf('serving viewers').replace(/^rtsp:\/\//, '')}/`, {
        headers: { authorization: `Basic ${btoa(login.join(':'))}` },
      }).catch(() => {});
    }

    await site.cctv(
      'contact',
      'add',
      'bach',
      '--sms',
      '+6591234567',
      '--webhook',
      `${echo.url}/${webhookPath}`,
    );
    await site.cctv('alert', 'test', 'bach').catch(() => {});
    await eventually('both carriers', 30_000, () => {
      const asked = echo.requests.map(({ path }) => path);
      return ['/sms', `/${webhookPath}`].every((one) => asked.some((path) => path.startsWith(one)));
    });
    await eventually('both refusals', 30_000, async () => {
      const text = await site.cctv('alert', 'list', '--json');
      return (text.match(/answered 401: no: /g) ?? []).length >= 2;
    });
    await eventually('an object', 30_000, async () => (await site.stored()).length > 0);
  });

  it('are in no answer of the command line, nor in a support bundle', async () => {
    for (const args of [
      ['camera', 'status', '--json'],
      ['camera', 'list', '--json'],
      ['camera', 'show', 'bach/front-door', '--json'],
      ['camera', 'show', 'bach/front-door'],
      ['contact', 'list', 'bach', '--json'],
      ['alert', 'list', '--json'],
      ['alert', 'list'],
      ['viewer', 'list', 'bach', '--json'],
      ['operator', 'list', '--json'],
      ['enrol', 'list', 'bach', '--json'],
      ['continuity', 'bach/front-door', '--json'],
      ['status', '--json'],
      ['status'],
    ]) {
      hasNone(`cctv ${args.join(' ')}`, await site.cctv(...args));
    }
    const file = join(site.directory, 'bundle.tar.gz');
    const config = join(site.directory, 'config.yaml');
    await site.cctv('--config', config, 'support-bundle', file);
    const bundle = (await promisify(gunzip)(await readFile(file))).toString('latin1');
    assert.match(bundle, /front-door/);
    hasNone('the bundle', bundle);
  });

  it('are in no metrics, log line, command line and environment of a program', async () => {
    const metrics = await fetch(`http://${addressOf('serving metrics')}/metrics`);
    hasNone('the metrics', await metrics.text());
    hasNone('the log', site.log.map((line) => JSON.stringify(line)).join('\n'));
    const programs = site.children();
    assert.ok(programs.length >= 2, 'a relay and an archiver');
    for (const { pid, command } of programs) {
      hasNone(`the command line of ${command}`, command);
      hasNone(`the environment of ${command}`, await readFile(`/proc/${pid}/environ`, 'latin1'));
    }
  });

  it('are in no object of the bucket', async () => {
    await site.stopDaemon();
    const { Contents = [] } = await site.s3.send(new ListObjectsV2Command({ Bucket: 'footage' }));
    assert.ok(
      Contents.some(({ Key = '' }) => Key.startsWith('_ledger/')),
      'a journal',
    );
    for (const { Key = '' } of Contents) {
      const { Body, Metadata } = await site.s3.send(
        new GetObjectCommand({ Bucket: 'footage', Key }),
      );
      hasNone(Key, `${await Body?.transformToString('latin1')} ${JSON.stringify(Metadata)}`);
    }
  });

  it('of people are in the ledger as hashes only', async () => {
    const ledger = await readFile(join(site.directory, 'state/ledger/ledger.sqlite'), 'latin1');
    for (const name of [
      'a viewer’s password',
      'an operator’s password',
      'a token',
      'a session’s cookie',
    ]) {
      const secret = secrets.get(name) ?? assert.fail(name);
      assert.ok(!forms(secret).some((form) => ledger.includes(form)), name);
      const unsalted = createHash('sha256').update(secret).digest();
      if (name.includes('password')) assert.ok(!ledger.includes(unsalted.toString('latin1')), name);
    }
  });
});
