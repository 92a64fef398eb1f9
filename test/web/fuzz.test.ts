import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import * as z from 'zod';
import { hashPassword } from '../../src/lib/password-hash.ts';
import { eventually } from '../support/until.ts';
import { connected } from '../control/fixture.ts';
import { makeFootage } from './footage.ts';
import { type Browser, password, WebFixture } from './fixture.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
}

interface Operation {
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<
        string,
        { readonly schema: { readonly properties?: Readonly<Record<string, unknown>> } }
      >
    >;
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: unknown }>> }>
  >;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const startMs = Date.UTC(2026, 10, 22, 13);

/** What nobody should ever send, and some of what they should. */
const oddities: readonly string[] = [
  '',
  ' ',
  '0',
  '-1',
  '1',
  '1e309',
  'NaN',
  'null',
  '0x10',
  '1.5',
  '99999999999999999999',
  String(startMs),
  String(startMs + 4_000),
  '253402300799999',
  '253402300800000',
  '2026-11-22',
  '2026-13-45',
  '0001-01-01',
  '9999-12-31',
  '2026-02-30',
  'front-door',
  'attic',
  'studio',
  'Front-Door',
  'front-door/../studio',
  '../../etc/passwd',
  'a'.repeat(63),
  'a'.repeat(64),
  'x'.repeat(3_000),
  '%00',
  '\u0000',
  '🦊',
  "'; DROP TABLE x--",
  '__proto__',
  'constructor',
  'toString',
  '{}',
  '[]',
  'A'.repeat(22),
  'true',
  '*',
  '.',
  '..',
];

const oddValues: readonly unknown[] = [
  ...oddities,
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  startMs,
  startMs + 4_000,
  [],
  {},
  [[]],
  { a: { b: 1 } },
  'y'.repeat(15_000),
];

const pick = <T>(from: readonly T[]): T => {
  const picked = from[randomInt(from.length)];
  assert.notEqual(picked, undefined);
  return picked as T;
};

describe('the API, asked from its own description', () => {
  let web: WebFixture;
  let description: Document;
  let anna: Browser;
  let ben: Browser;
  let vera: Browser;
  let olga: Browser;
  /** What nobody but vera and olga may see. */
  const secrets: string[] = ['vermeer', 'studio'];
  const files: string[] = [];
  const exports: string[] = [];

  before(async () => {
    web = await WebFixture.start();
    for (const [account, camera] of [
      ['bach', 'front-door'],
      ['bach', 'attic'],
      ['vermeer', 'studio'],
      ['vermeer', 'front-door'],
    ] as const) {
      web.addCamera({ account, camera });
      const color = account === 'bach' ? 'red' : camera === 'studio' ? 'blue' : 'green';
      const content = await makeFootage({ color, seconds: 2 });
      const footage = { startMs, durationMs: 2_000, content };
      const file = web.addFootage({ account, camera }, 'spooled', footage);
      if (account === 'vermeer') secrets.push(/[0-9a-f]{64}/.exec(file)?.[0] ?? '');
      files.push(file);
    }
    web.addViewer('bach', 'anna');
    web.addViewer('bach', 'ben', ['attic']);
    web.addViewer('vermeer', 'vera');
    web.ledger.operators.add('olga', await hashPassword(password));
    anna = await web.browser('anna', 'bach');
    ben = await web.browser('ben', 'bach');
    vera = await web.browser('vera', 'vermeer');
    olga = await web.browser('olga');
    for (const camera of ['studio', 'front-door']) {
      const range = { fromMs: startMs, toMs: startMs + 2_000 };
      const made = await web.post(`/api/cameras/${camera}/exports`, range, vera);
      exports.push(((await made.json()) as { id: string }).id);
    }
    secrets.push(...exports);
    description = await web.json<Document>('/api/openapi.json', anna);
  });
  after(() => web[Symbol.asyncDispose]());

  /** What deletes is last, so that the others find something. */
  const operations = (): [string, string, Operation][] =>
    Object.entries(description.paths)
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]): [string, string, Operation] => [
          path,
          method,
          operation,
        ]),
      )
      .toSorted(([, a], [, b]) => Number(a === 'delete') - Number(b === 'delete'));

  const fill = (path: string, { parameters }: Operation, value: (name: string) => string) => {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(value(name)),
    );
    const query = new URLSearchParams(
      parameters
        .filter((one) => one.in === 'query')
        .map(({ name }): [string, string] => [name, value(name)]),
    );
    return query.size === 0 ? filled : `${filled}?${query.toString()}`;
  };

  const ask = (
    method: string,
    path: string,
    browser: Browser | undefined,
    body: unknown,
  ): Promise<Response> =>
    fetch(web.origin + path, {
      method: method.toUpperCase(),
      redirect: 'manual',
      headers: {
        ...(browser && { cookie: browser.cookie, 'x-csrf-token': browser.csrf }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });

  it('describes all of its routes', () => {
    assert.match(description.openapi, /^3\.1/);
    assert.deepEqual(
      operations()
        .map(([path, method]) => `${method} ${path}`)
        .sort(),
      [
        'delete /api/exports/{id}',
        'delete /api/sessions',
        'get /api/cameras',
        'get /api/cameras/{camera}/days',
        'get /api/cameras/{camera}/live',
        'get /api/cameras/{camera}/picture',
        'get /api/cameras/{camera}/playlist.m3u8',
        'get /api/cameras/{camera}/preview',
        'get /api/cameras/{camera}/segments/{file}',
        'get /api/cameras/{camera}/timeline',
        'get /api/exports',
        'get /api/exports/{id}',
        'get /api/exports/{id}/evidence.txt',
        'get /api/exports/{id}/file',
        'get /api/openapi.json',
        'get /api/operator/overview',
        'get /api/session',
        'get /api/sessions',
        'post /api/cameras/{camera}/exports',
        'post /api/login',
        'post /api/logout',
      ],
    );
  });

  const check = async (
    response: Response,
    operation: Operation,
    what: string,
    mayKnow: boolean,
  ): Promise<void> => {
    const text = Buffer.from(await response.arrayBuffer()).toString('latin1');
    assert.ok(response.status < 500, `${what}: ${response.status} ${text}`);
    if (!mayKnow) {
      for (const secret of secrets) assert.ok(!text.includes(secret), `${what} tells ${secret}`);
    }
    const type = response.headers.get('content-type') ?? '';
    if (!type.startsWith('application/json')) return;
    // Nobody's path reached a route: it has no description.
    const described = operation.responses[response.status];
    const schema = described?.content?.['application/json']?.schema;
    if (schema === undefined) {
      assert.ok(
        [400, 404, 414].includes(response.status),
        `${what}: ${response.status} is not described`,
      );
      return;
    }
    const parsed = z.fromJSONSchema(schema as never).safeParse(JSON.parse(text));
    assert.ok(parsed.success, `${what}: ${text.slice(0, 300)}: ${parsed.error?.message}`);
  };

  it('answers each endpoint with exactly what is described', async () => {
    const values: Readonly<Record<string, string>> = {
      camera: 'studio',
      file: files[2] ?? '',
      id: exports[0] ?? '',
      // With a gap after the footage.
      from: String(startMs),
      to: String(startMs + 60_000),
      at: String(startMs + 500),
    };
    const day = '2026-11-22';
    await eventually('the export', 20_000, async () => {
      const { state } = await web.json<{ state: string }>(`/api/exports/${values['id']}`, vera);
      return state === 'done';
    });
    web.fleet = [connected({ account: 'vermeer', camera: 'studio' })];
    for (const [path, method, operation] of operations()) {
      if (path.endsWith('/live') || path === '/api/logout') continue;
      const url = fill(path, operation, (name) =>
        path.endsWith('/days') && name !== 'camera' ? day : (values[name] ?? ''),
      ).replace(/[?&]via=$/, '');
      const body = path === '/api/login' ? { user: 'olga', password } : undefined;
      const range = { fromMs: startMs, toMs: startMs + 60_000 };
      const member = path.includes('/operator/') ? olga : vera;
      // A log-in ends the session that the browser had.
      const who = path === '/api/login' ? undefined : member;
      const response = await ask(method, url, who, method === 'post' ? (body ?? range) : undefined);
      const described = operation.responses[response.status];
      assert.ok(response.status < 300 && described !== undefined, `${url}: ${response.status}`);
      const schema = described.content?.['application/json']?.schema;
      if (schema === undefined) {
        assert.doesNotMatch(response.headers.get('content-type') ?? '', /json/, url);
        await response.arrayBuffer();
        continue;
      }
      const answer: unknown = await response.json();
      assert.deepEqual(z.fromJSONSchema(schema as never).parse(answer), answer, url);
    }
    web.fleet = [];
  });

  it('never fails, and answers as described, whatever is asked by whomever', async () => {
    const who: readonly (readonly [string, Browser | undefined])[] = [
      ...([
        ['nobody', undefined],
        ['anna', anna],
        ['ben', ben],
        ['vera', vera],
      ] as const),
      ...([
        ['olga', olga],
        ['a forger', { cookie: `cctv=${'A'.repeat(43)}`, csrf: 'x' }],
      ] as const),
    ];
    for (const [path, method, operation] of operations()) {
      if (path === '/api/logout') continue;
      for (let i = 0; i < 40; i += 1) {
        const [name, browser] = pick(who);
        const isSane = i % 3 === 0;
        const filled = fill(path, operation, (parameter) => {
          if (!isSane) return pick(oddities);
          if (parameter === 'camera') return pick(['front-door', 'attic', 'studio']);
          if (parameter === 'file') return pick(files);
          if (parameter === 'id') return pick(exports);
          if (path.endsWith('/days')) return '2026-11-22';
          return String(startMs + (parameter === 'to' ? 3_000 : 500));
        });
        const fields = Object.keys(
          operation.requestBody?.content['application/json']?.schema.properties ?? {},
        );
        const body =
          operation.requestBody === undefined
            ? undefined
            : pick([
                Object.fromEntries(fields.map((field) => [field, pick(oddValues)])),
                Object.fromEntries([...fields, 'more'].map((field) => [field, pick(oddValues)])),
                pick(oddValues),
              ]);
        const what = `${name}: ${method} ${filled.slice(0, 200)} ${JSON.stringify(body)?.slice(0, 200)}`;
        const response = await ask(method, filled, browser, body);
        await check(response, operation, what, name === 'vera' || name === 'olga');
      }
    }
  });

  it("shows nothing of another account's, nor of cameras that are not the viewer's, on any route", async () => {
    const body = { fromMs: startMs, toMs: startMs + 2_000 };
    const query = (path: string): string =>
      path.endsWith('/days')
        ? 'from=2026-11-22&to=2026-11-22'
        : `from=${startMs}&to=${startMs + 2_000}&at=${startMs + 500}`;
    for (const [path, method, operation] of operations()) {
      if (!path.includes('{')) continue;
      const [, , studioFile = '', doorFile = ''] = files;
      const tries: [Browser, string, string][] = [
        [anna, 'studio', studioFile],
        // The account has a camera of that name itself.
        [anna, 'front-door', doorFile],
        [ben, 'front-door', files[0] ?? ''],
        [vera, 'attic', files[1] ?? ''],
      ];
      for (const [browser, camera, file] of tries) {
        const [id = ''] = browser === vera ? ['A'.repeat(22)] : exports;
        const filled = path.replace('{camera}', camera).replace('{file}', file).replace('{id}', id);
        const own = camera === 'front-door' && browser === anna && !path.includes('{file}');
        const url = `${filled}?${query(path)}`;
        const response = await ask(method, url, browser, method === 'post' ? body : undefined);
        await check(response, operation, url, browser === vera);
        if (!own || path.includes('{id}')) {
          const expected = path.endsWith('/live') ? [404, 426] : [404];
          assert.ok(expected.includes(response.status), `${url}: ${response.status}`);
        }
      }
    }
  });

  it('bounds what it reads', async () => {
    const large = await ask('post', '/api/login', undefined, { user: 'x'.repeat(20_000) });
    assert.equal(large.status, 413);
    const form = await fetch(`${web.origin}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{"user":"anna"}',
    });
    assert.equal(form.status, 415);
    const broken = await fetch(`${web.origin}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"user":',
    });
    assert.equal(broken.status, 400);
  });
});
