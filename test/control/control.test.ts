import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import type { CameraAnswer, CamerasAnswer, SegmentsAnswer } from '../../src/contract/cameras.ts';
import type { ErrorAnswer } from '../../src/contract/answer.ts';
import type { NewTokenAnswer, TokensAnswer } from '../../src/contract/accounts.ts';
import { startControl } from '../../src/control/control.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { connected, ConsoleFixture, publicKey } from './fixture.ts';

const frontDoor = { account: 'bach', camera: 'front-door' };

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

async function ask<T>(
  socketPath: string,
  method: string,
  path: string,
  body?: string,
): Promise<Answer<T>> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const outgoing = request({ socketPath, method, path, headers, agent: false });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
  const answer = await text(response);
  return {
    status: response.statusCode ?? 0,
    body: (answer === '' ? undefined : JSON.parse(answer)) as T,
  };
}

describe('the control socket', () => {
  it('may be opened by its owner and its group only', async () => {
    await using fixture = await ConsoleFixture.start();
    assert.equal((statSync(fixture.socket).mode & 0o777).toString(8), '660');
  });

  it('belongs to the group of the configuration', async () => {
    await using fixture = new ConsoleFixture();
    await using _control = await startControl({ ...fixture.options(), group: 'daemon' });
    assert.equal(statSync(fixture.socket).gid, 1);
    await assert.rejects(
      startControl({ ...fixture.options(), socket: `${fixture.socket}2`, group: 'no-such' }),
      (error) => error instanceof OperatorError && /no group no-such.*groupadd/.test(error.message),
    );
  });

  it('is gone when the daemon has stopped, and made again by the next', async () => {
    await using fixture = await ConsoleFixture.start();
    await fixture.close();
    assert.ok(!existsSync(fixture.socket));
    await fixture.open();
    assert.equal((await ask(fixture.socket, 'GET', '/status')).status, 200);
  });

  it('that a killed daemon left behind is replaced', async () => {
    await using fixture = new ConsoleFixture();
    mkdirSync(dirname(fixture.socket), { recursive: true });
    const dead = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(fixture.socket)}, () => console.log('up'))`,
    ]);
    await once(dead.stdout, 'data');
    const gone = once(dead, 'exit');
    dead.kill('SIGKILL');
    await gone;
    assert.ok(existsSync(fixture.socket));
    await fixture.open();
    assert.equal((await ask(fixture.socket, 'GET', '/status')).status, 200);
  });

  it('of a living daemon is not taken over', async () => {
    await using fixture = await ConsoleFixture.start();
    await assert.rejects(
      startControl(fixture.options()),
      (error) => error instanceof OperatorError && /running already/.test(error.message),
    );
    assert.equal((await ask(fixture.socket, 'GET', '/status')).status, 200);
  });

  it('is not put in the place of a file, nor where its path is too long', async () => {
    await using fixture = new ConsoleFixture();
    mkdirSync(dirname(fixture.socket), { recursive: true });
    writeFileSync(fixture.socket, 'precious');
    await assert.rejects(startControl(fixture.options()), /not a socket/);
    await assert.rejects(
      startControl({ ...fixture.options(), socket: `/tmp/${'x'.repeat(110)}` }),
      /longer than the 107 bytes/,
    );
  });

  it('closes within moments though a client holds a connection open', async () => {
    await using fixture = await ConsoleFixture.start();
    const idle = connect(fixture.socket);
    await once(idle, 'connect');
    idle.on('error', () => {});
    idle.write('GET /status HTTP/1.1\r\n');
    const closed = once(idle, 'close');
    idle.resume();
    await fixture.close();
    await closed;
  });
});

describe('over the control socket', () => {
  let fixture: ConsoleFixture;
  before(async () => {
    fixture = await ConsoleFixture.start();
  });
  after(() => fixture[Symbol.asyncDispose]());

  const get = <T>(path: string) => ask<T>(fixture.socket, 'GET', path);
  const post = <T>(path: string, body: unknown) =>
    ask<T>(fixture.socket, 'POST', path, JSON.stringify(body));
  const refused = async (answer: Promise<Answer<ErrorAnswer>>, status: number, words: RegExp) => {
    const { status: got, body } = await answer;
    assert.match(body.error, words);
    assert.equal(got, status, body.error);
  };

  it('accounts and cameras are added once, and wrong ones refused with a sentence', async () => {
    assert.equal((await post('/accounts', { name: 'bach' })).status, 201);
    await refused(post('/accounts', { name: 'bach' }), 409, /an account bach already/);
    await refused(post('/accounts', { name: 'Bach!' }), 400, /can't be the name of an account/);
    await refused(post('/accounts', {}), 400, /name must be text/);

    const camera = { account: 'bach', name: 'front-door', key: publicKey(1) };
    const added = await post<CameraAnswer>('/cameras', {
      ...camera,
      rtspUser: 'admin',
      rtspPassword: 'hunter2',
      profile: 'copy',
    });
    assert.equal(added.status, 201);
    assert.equal(added.body.settings?.rtspPath, '/unicast');
    assert.equal(added.body.settings?.profile, 'copy');
    assert.match(added.body.settings?.keys[0]?.fingerprint ?? '', /^SHA256:/);
    assert.ok(added.body.settings?.hasRtspPassword);
    assert.equal(fixture.ledger.cameras.find(frontDoor)?.rtspPassword, 'hunter2');

    await refused(post('/cameras', camera), 409, /a camera bach\/front-door already/);
    const attic = { ...camera, name: 'attic' };
    await refused(post('/cameras', attic), 409, /that of bach\/front-door already/);
    const own = { ...attic, key: publicKey(2) };
    await refused(post('/cameras', { ...own, account: 'bahc' }), 404, /Did you mean bach\?/);
    await refused(post('/cameras', { ...own, key: 'nonsense' }), 400, /not a public key/);
    await refused(post('/cameras', { ...own, rtspPath: 'live' }), 400, /begin with \//);
    await refused(post('/cameras', { ...own, rtspPath: '/a b' }), 400, /no spaces/);
    await refused(post('/cameras', { ...own, rtspPassword: 'x' }), 400, /needs an RTSP user/);
    await refused(post('/cameras', { ...own, profile: 'raw' }), 400, /copy or downsample/);
    await refused(post('/cameras', { ...own, colour: 'red' }), 400, /colour/);
    assert.equal(fixture.ledger.cameras.list().length, 1);
  });

  it('no answer has a password in it', async () => {
    for (const path of ['/cameras', '/cameras/bach/front-door', '/status']) {
      assert.doesNotMatch(JSON.stringify((await get(path)).body), /hunter2/, path);
    }
  });

  it('what is no request is refused with a sentence and the right status', async () => {
    const { socket } = fixture;
    await refused(get('/nothing'), 404, /no GET \/nothing.*another version/);
    await refused(ask(socket, 'POST', '/accounts', '{"name"'), 400, /can't be used/);
    const long = JSON.stringify({ name: 'x'.repeat(100_000) });
    await refused(ask(socket, 'POST', '/accounts', long), 413, /can't be used/);
    await refused(get('/segments/bach/front-door'), 400, /from/);
    await refused(get('/cameras?limit=100000'), 400, /\S/);
  });

  it('cameras are listed whether connected, known, or both', async () => {
    fixture.addCamera({ account: 'bach', camera: 'garden' }, 11, { minutes: 2, endMs: 3_600_000 });
    fixture.fleet = [connected(frontDoor), connected({ account: 'zuse', camera: 'removed' })];
    const { cameras } = (await get<CamerasAnswer>('/cameras')).body;
    assert.deepEqual(
      cameras.map(({ account, camera, settings, connection }) => [
        `${account}/${camera}`,
        settings !== undefined,
        connection !== undefined,
      ]),
      [
        ['bach/front-door', true, true],
        ['bach/garden', true, false],
        ['zuse/removed', false, true],
      ],
    );
    const garden = cameras[1];
    assert.equal(garden?.lastFootageAtMs, 3_600_000);
    assert.deepEqual(garden.spooled, { segments: 1, bytes: 3_100_000, durationMs: 60_000 });
    assert.equal(garden.stored.segments, 1);
    assert.equal(
      (await get<CameraAnswer>('/cameras/bach/garden')).body.settings?.rtspPath,
      '/unicast',
    );
    await refused(get('/cameras/bach/gardne'), 404, /Did you mean bach\/garden\?/);
    await refused(get('/cameras?account=nobody'), 404, /no account nobody/);
  });

  it('long lists come in pages that miss and repeat nothing', async () => {
    for (let n = 0; n < 25; n += 1) {
      fixture.addCamera({ account: 'crowd', camera: `camera-${n}` }, 100 + n);
    }
    const seen: string[] = [];
    for (let after = ''; ; ) {
      const path = `/cameras?account=crowd&limit=10${after}`;
      const { cameras, next } = (await get<CamerasAnswer>(path)).body;
      seen.push(...cameras.map(({ camera }) => camera));
      if (next === undefined) break;
      after = `&after=${encodeURIComponent(next)}`;
    }
    assert.equal(new Set(seen).size, 25);
    assert.equal(seen.length, 25);

    const minutes = { minutes: 25, endMs: 1_500_000 };
    fixture.addCamera({ account: 'crowd', camera: 'recorded' }, 200, minutes);
    const starts: number[] = [];
    for (let after = ''; ; ) {
      const path = `/segments/crowd/recorded?from=0&to=9999999&limit=10${after}`;
      const { segments, next } = (await get<SegmentsAnswer>(path)).body;
      starts.push(...segments.map(({ startMs }) => startMs));
      if (next === undefined) break;
      after = `&after=${next}`;
    }
    assert.deepEqual(
      starts,
      Array.from({ length: 25 }, (_, n) => n * 60_000),
    );
  });

  it('removing a camera closes its tunnel and leaves its footage', async () => {
    const path = '/cameras/bach/garden';
    assert.equal((await ask(fixture.socket, 'DELETE', path)).status, 204);
    assert.deepEqual(fixture.removed, ['bach/garden']);
    await refused(ask(fixture.socket, 'DELETE', path), 404, /no camera bach\/garden/);
    const { body } = await get<SegmentsAnswer>('/segments/bach/garden?from=0&to=9999999');
    assert.equal(body.segments.length, 2);
  });

  it('a token is made, told once, listed and revoked', async () => {
    const path = '/accounts/bach/tokens';
    const made = await post<NewTokenAnswer>(path, { uses: 20, lifeMs: 3_600_000 });
    assert.equal(made.status, 201);
    const { token, id } = made.body;
    assert.ok(token.startsWith(id) && token.length >= 26);
    const { tokens } = (await get<TokensAnswer>(path)).body;
    assert.deepEqual(
      tokens.map((one) => [one.id, one.uses, one.used, one.revokedMs]),
      [[id, 20, 0, undefined]],
    );
    assert.doesNotMatch(JSON.stringify(tokens), new RegExp(token));
    assert.equal((await ask(fixture.socket, 'DELETE', `${path}/${id}`)).status, 204);
    assert.ok((await get<TokensAnswer>(path)).body.tokens[0]?.revokedMs);
    await refused(ask(fixture.socket, 'DELETE', `${path}/xyz`), 404, /no token that begins/);
    await refused(post(path, { uses: 0, lifeMs: 3_600_000 }), 400, /1 to 10000 uses/);
    await refused(post(path, { uses: 1, lifeMs: 1 }), 400, /a minute to a year/);
    await refused(post(path, { uses: 1, lifeMs: 3e6, rtspPassword: 'x' }), 400, /needs an RTSP/);
    await refused(post('/accounts/nobody/tokens', { uses: 1, lifeMs: 3e6 }), 404, /no account/);
  });

  it('whatever changes who a camera is closes its tunnel', async () => {
    const { token } = fixture.ledger.tokens.add({
      account: 'bach',
      uses: 2,
      expiresMs: Date.now() + 60_000,
    });
    const enrol = (n: number): string => {
      const camera = fixture.ledger.tokens.enrol(token, parsePublicKey(publicKey(n)));
      assert.ok(typeof camera !== 'string');
      return camera.camera;
    };
    const [one, two] = [enrol(301), enrol(302)];
    const before = fixture.removed.length;
    const path = (name: string, what: string): string => `/cameras/bach/${name}/${what}`;
    assert.equal((await post(path(two, 'reject'), {})).status, 204);
    const adopted = await post<CameraAnswer>(path(one, 'adopt'), { name: 'porch' });
    assert.equal(adopted.body.camera, 'porch');
    assert.equal(adopted.body.settings?.newSinceMs, undefined);
    assert.equal((await post(path('porch', 'rename'), { name: 'yard' })).status, 200);
    const key = { key: publicKey(303) };
    const rotated = await post<CameraAnswer>(path('yard', 'rotate-key'), key);
    assert.deepEqual(
      rotated.body.settings?.keys.map(({ isSuccessor }) => isSuccessor),
      [false, true],
    );
    await refused(post(path('yard', 'replace'), key), 409, /that of bach\/yard already/);
    assert.equal((await post(path('yard', 'replace'), { key: publicKey(304) })).status, 200);
    const disabled = await post<CameraAnswer>(path('yard', 'disable'), {});
    assert.ok(disabled.body.settings?.disabledAtMs);
    const enabled = await post<CameraAnswer>(path('yard', 'enable'), {});
    assert.equal(enabled.body.settings?.disabledAtMs, undefined);
    assert.deepEqual(fixture.removed.slice(before), [
      `bach/${two}`,
      `bach/${one}`,
      'bach/porch',
      'bach/yard',
      'bach/yard',
    ]);
    await refused(post(path('yard', 'reject'), {}), 400, /is not new/);
    await refused(post(path('yard', 'rename'), {}), 400, /name must be text/);
    await refused(post(path('yard', 'rotate-key'), { key: 'noise' }), 400, /not a public key/);
    for (const what of ['adopt', 'reject', 'disable', 'enable']) {
      await refused(post(path('nothing', what), {}), 404, /no camera bach\/nothing/);
    }
  });

  it('a picture is a JPEG, and an unknown camera has none', async () => {
    const outgoing = request({
      socketPath: fixture.socket,
      path: '/cameras/bach/front-door/picture',
      agent: false,
    }).end();
    const [response] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
    assert.equal(response.headers['content-type'], 'image/jpeg');
    assert.deepEqual(await buffer(response), fixture.picture);
    await refused(get('/cameras/bach/nothing/picture'), 404, /no camera bach\/nothing/);
  });
});
