import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:https';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import type { LiveViewer } from '../../src/live/viewer.ts';
import { makeCertificate } from '../support/certificate.ts';
import { eventually } from '../support/until.ts';
import { connected } from '../control/fixture.ts';
import { type Browser, WebFixture } from './fixture.ts';

const door = { account: 'bach', camera: 'front-door' };

describe('watching in a browser', () => {
  let web: WebFixture;
  let anna: Browser;
  const watched: string[] = [];
  const skipped: LiveViewer[] = [];
  let viewer: LiveViewer | undefined;

  before(async () => {
    web = await WebFixture.start({
      live: {
        watch: async (camera, one) => {
          watched.push(camera);
          viewer = one;
          one.sendText('{"type":"init"}');
          one.sendBinary(Buffer.from([1, 2, 3]));
        },
        skip: (one) => void skipped.push(one),
        warm: () => {},
      },
    });
    web.addCamera(door);
    web.addCamera({ account: 'vermeer', camera: 'studio' });
    web.addViewer('bach', 'anna');
    web.fleet = [connected(door)];
    anna = await web.browser('anna', 'bach');
  });
  after(() => web[Symbol.asyncDispose]());

  const open = (camera: string, headers: Record<string, string>): WebSocket =>
    new WebSocket(`${web.origin.replace('http', 'ws')}/api/cameras/${camera}/live`, { headers });
  const refusal = async (camera: string, headers: Record<string, string>): Promise<number> => {
    const socket = open(camera, headers);
    socket.on('error', () => {});
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ];
    socket.terminate();
    return response.statusCode;
  };

  it('gets the pictures of a camera until it goes, and can skip', async () => {
    const socket = open('front-door', { cookie: anna.cookie, origin: web.origin });
    const messages: unknown[] = [];
    socket.on('message', (data, isBinary) =>
      messages.push(isBinary ? data : String(data as Buffer)),
    );
    await eventually('the pictures', 5_000, () => messages.length === 2);
    assert.deepEqual(messages, ['{"type":"init"}', Buffer.from([1, 2, 3])]);
    assert.deepEqual(watched, ['bach/front-door']);
    socket.send('{"type":"skip"}');
    await eventually('the skip', 5_000, () => skipped.length === 1);
    assert.equal(skipped[0], viewer);
    socket.close();
    await eventually('the end', 5_000, () => viewer?.signal.aborted === true);
  });

  it('ends when the right to it ends', async () => {
    web.addViewer('bach', 'carl');
    const carl = await web.browser('carl', 'bach');
    const socket = open('front-door', { cookie: carl.cookie, origin: web.origin });
    await once(socket, 'message');
    const closed = once(socket, 'close');
    web.ledger.viewers.remove({ account: 'bach', name: 'carl' });
    const [code, reason] = (await closed) as [number, Buffer];
    assert.deepEqual([code, String(reason)], [1008, 'the session has ended']);
  });

  it('is refused without a session, from other sites, and for cameras of others', async () => {
    const { cookie } = anna;
    assert.equal(await refusal('front-door', { origin: web.origin }), 401);
    assert.equal(await refusal('front-door', { cookie }), 403);
    assert.equal(await refusal('front-door', { cookie, origin: 'https://evil.example' }), 403);
    assert.equal(await refusal('studio', { cookie, origin: web.origin }), 404);
    assert.equal((await web.get('/api/cameras/front-door/live', anna)).status, 426);
  });

  it('asks a camera for one picture at a time, for all who want one', async () => {
    const before = web.pictures;
    const asked = Array.from({ length: 5 }, () => web.get('/api/cameras/front-door/picture', anna));
    const bodies = await Promise.all(
      asked.map(async (one) => Buffer.from(await (await one).arrayBuffer())),
    );
    assert.equal(web.pictures, before + 1);
    for (const body of bodies) assert.deepEqual(body, bodies[0]);
    web.fleet = [];
    assert.equal((await web.get('/api/cameras/front-door/picture', anna)).status, 404);
    assert.equal((await web.get('/api/cameras/studio/picture', anna)).status, 404);
  });

  it('happens over TLS, with a cookie that goes no other way', async () => {
    await using certificate = await makeCertificate('127.0.0.1');
    await using secure = await WebFixture.start({ tls: certificate });
    secure.addCamera(door);
    secure.addViewer('bach', 'anna');
    const body = JSON.stringify({
      account: 'bach',
      user: 'anna',
      password: 'correct horse battery',
    });
    const asked = request({
      host: '127.0.0.1',
      port: secure.port,
      path: '/api/login',
      method: 'POST',
      ca: readFileSync(certificate.certificateFile),
      headers: { 'content-type': 'application/json' },
    });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
    response.resume();
    assert.equal(response.statusCode, 204);
    const [cookie = ''] = response.headers['set-cookie'] ?? [];
    assert.match(cookie, /^__Host-cctv=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    assert.match(response.headers['strict-transport-security'] ?? '', /max-age/);
    asked.destroy();
  });
});
