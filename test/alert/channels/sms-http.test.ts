import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { SmsHttpChannel, type SmsHttpOptions } from '../../../src/alert/channels/sms-http.ts';
import { type Answering, startWebServer } from '../../stand-ins/web-server.ts';
import { aMessage, failureOf, patient, told } from './message.ts';

const query = 'user={user}&key={password}&to={digits}&text={text}&id={id}&r={report}';

const channelTo = (url: string, more: Partial<SmsHttpOptions> = {}) =>
  new SmsHttpChannel({
    name: 'gateway',
    url: `${url}/send?${query}`,
    user: 'me',
    password: 'p&ss word',
    accepted: /^OK/,
    patience: { connectMs: 30_000, totalMs: 60_000 },
    ...more,
  });

/** For servers that never answer, so that it is no matter how late they would. */
const impatient = { patience: { connectMs: 30_000, totalMs: 2_000 } };

async function failureWith(
  answer: Answering,
  options: Partial<SmsHttpOptions> = {},
): Promise<string> {
  await using server = await startWebServer(answer);
  const error = await failureOf(channelTo(server.url, options), aMessage());
  assert.doesNotMatch(error.message, /p&ss|p%26ss|\/send/);
  return `${told(error)}: ${error.message}`;
}

const saying =
  (status: number, text: string, headers = {}): Answering =>
  (_request, response) =>
    void response.writeHead(status, headers).end(text);

describe('an SMS by a gateway of HTTP', () => {
  it('fills in a template, in which values stay values', async () => {
    await using server = await startWebServer(saying(200, 'OK 17'));
    const message = aMessage({ text: 'a&to=+1\r\nX: y {password} 100%' });
    const accepted = await channelTo(server.url).send(message, patient);
    assert.deepEqual(accepted, { final: 'accepted', detail: 'OK 17' });
    const [request] = server.requests;
    const asked = new URL(request?.path ?? '', server.url).searchParams;
    assert.deepEqual(
      [...asked],
      [
        ['user', 'me'],
        ['key', 'p&ss word'],
        ['to', '6591234567'],
        ['text', 'a&to=+1 \nX: y {password} 100%'],
        ['id', message.id],
        ['r', ''],
      ],
    );
    assert.equal(request?.method, 'GET');
    assert.equal(request.headers.authorization, undefined);
  });

  it('posts JSON, and logs in by Basic where the template has no password', async () => {
    await using server = await startWebServer(saying(201, 'OK'));
    const channel = channelTo(server.url, {
      url: `${server.url}/v1`,
      body: { template: '{"to": ["{to}"], "text": "{text}"}', type: 'json' },
    });
    await channel.send(aMessage({ text: 'say "hi" \\ {to}' }), patient);
    const [request] = server.requests;
    assert.equal(request?.method, 'POST');
    assert.equal(request.headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(request.body), { to: ['+6591234567'], text: 'say "hi" \\ {to}' });
    assert.equal(
      request.headers.authorization,
      `Basic ${Buffer.from('me:p&ss word').toString('base64')}`,
    );
  });

  it('tells refusals from what passes or can be mended', async () => {
    const kinds: Record<number, string> = {};
    for (const status of [400, 401, 403, 404, 413, 422, 429, 500, 503]) {
      const text = await failureWith(saying(status, 'no', { 'Retry-After': '7' }));
      kinds[status] = text.split(':')[0] ?? '';
    }
    assert.deepEqual(kinds, {
      400: 'refused',
      401: 'temporary',
      403: 'temporary',
      404: 'temporary',
      413: 'refused',
      422: 'refused',
      429: 'temporary',
      500: 'temporary',
      503: 'temporary',
    });
    assert.match(
      await failureWith(saying(403, 'Not routable. Do not try again.')),
      /^refused: gateway answered 403: Not routable/,
    );
  });

  it('does not follow redirects', async () => {
    await using elsewhere = await startWebServer(saying(200, 'OK'));
    const text = await failureWith(saying(302, '', { Location: elsewhere.url }));
    assert.match(text, /^temporary: gateway answered 302, a redirect, which is not followed/);
    assert.equal(elsewhere.requests.length, 0);
  });

  it('takes an answer that is none of its gateway for a failure, and says it in one short line', async () => {
    const page = `<html>\r\n<h1>Welcome to the Wi-Fi</h1>${'<p>more</p>'.repeat(9_999)}`;
    const text = await failureWith(saying(200, page));
    assert.match(
      text,
      /^temporary: gateway answered 200, but not as it does .*: Welcome to the Wi-Fi/,
    );
    assert.ok(text.length < 300);
    assert.match(await failureWith(saying(200, '')), /: nothing$/);
    assert.match(await failureWith(saying(400, 'bad key p&ss word p%26ss%20word!')), /\*\*\*!$/);
  });

  it('reads no more than the beginning of an endless answer', async () => {
    const text = await failureWith((_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('A'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    assert.match(text, /^temporary: gateway answered 200, but not as it does.*AAA…$/);
  });

  it('may have been sent when the gateway takes too long, hangs up, or speaks no HTTP', async () => {
    assert.match(
      await failureWith(() => {}, impatient),
      /^temporary, maybe sent: 127.0.0.1:\d+ gave no answer: the answer took longer than 2 s$/,
    );
    assert.match(
      await failureWith((_request, response) => void response.destroy()),
      /^temporary, maybe sent: .* gave no answer: socket hang up$/,
    );
    assert.match(
      await failureWith((_request, response) => {
        response.socket?.end('220 mail.example.net ESMTP\r\n');
      }),
      /^temporary, maybe sent: .* gave no answer: it does not speak HTTP \(HPE_/,
    );
    assert.match(
      await failureWith((_request, response) => void response.writeHead(200).write('O'), impatient),
      /^temporary, maybe sent/,
    );
  });

  it('was not sent when there is nobody, or no connection comes about', async () => {
    const gone = await startWebServer(() => {});
    await gone[Symbol.asyncDispose]();
    const nobody = await failureOf(channelTo(gone.url), aMessage());
    assert.equal(told(nobody), 'temporary');
    assert.match(nobody.message, /can't be reached: connect ECONNREFUSED/);
    // It takes connections, and says nothing where TLS is to begin.
    const mute = createServer((socket) => socket.on('error', () => {}));
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    try {
      const address = mute.address();
      const port = typeof address === 'object' ? address?.port : 0;
      const patience = { connectMs: 300, totalMs: 60_000 };
      const channel = channelTo(`https://127.0.0.1:${port}`, { patience });
      const error = await failureOf(channel, aMessage());
      assert.equal(told(error), 'temporary');
      assert.match(error.message, /can't be reached: connecting took longer than 0.3 s/);
    } finally {
      mute.close();
    }
  });

  it('ends at once when it is told to', async () => {
    await using server = await startWebServer(() => {});
    const channel = channelTo(server.url, { patience: { connectMs: 9_000, totalMs: 60_000 } });
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('stopping')), 100);
    const error = await failureOf(channel, aMessage(), stop.signal);
    assert.equal(
      `${told(error)} ${error.message.split(': ')[1]}`,
      'temporary, maybe sent stopping',
    );
    assert.equal(told(await failureOf(channel, aMessage(), stop.signal)), 'temporary');
    assert.equal(server.requests.length, 1);
  });
});
