import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { createChannels } from '../../../src/alert/channels.ts';
import {
  isWebhookSignature,
  WebhookChannel,
  webhookSecret,
} from '../../../src/alert/channels/webhook.ts';
import { type Answering, startWebServer } from '../../stand-ins/web-server.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { aMessage, failureOf, patient, told } from './message.ts';

const key = new Uint8Array(32).fill(7);
const webhook = new WebhookChannel({ key, patience: { connectMs: 30_000, totalMs: 60_000 } });
/** For a server that never answers, so that it is no matter how late it would. */
const impatient = new WebhookChannel({ key, patience: { connectMs: 30_000, totalMs: 2_000 } });

const saying =
  (status: number, headers = {}): Answering =>
  (_request, response) =>
    void response.writeHead(status, headers).end('said');

describe('a webhook', () => {
  it('gets the documented payload, signed with its own secret and with the time', async () => {
    await using server = await startWebServer(saying(200));
    const to = `${server.url}/hooks/token-in-path?a=b`;
    const atMs = Date.parse('2026-01-02T03:04:05.678Z');
    const message = aMessage({
      to,
      text: 'shop: front-door records again',
      event: {
        kind: 'recording-again',
        account: 'shop',
        cameras: [
          {
            name: 'front-door',
            sinceMs: atMs - 90_000,
            cause: 'offline',
            detail: 'the camera is offline\r\nX: y',
            missedMs: 90_400,
          },
        ],
        atMs,
      },
    });
    assert.deepEqual(await webhook.send(message, patient), { final: 'delivered', detail: '200' });
    const [request] = server.requests;
    assert.equal(request?.path, '/hooks/token-in-path?a=b');
    assert.equal(request.method, 'POST');
    assert.deepEqual(JSON.parse(request.body), {
      version: 1,
      id: message.id,
      kind: 'recording-again',
      account: 'shop',
      at: '2026-01-02T03:04:05.678Z',
      text: 'shop: front-door records again',
      cameras: [
        {
          name: 'front-door',
          since: '2026-01-02T03:02:35.678Z',
          cause: 'offline',
          detail: 'the camera is offline\r\nX: y',
          missedSeconds: 90,
        },
      ],
    });
    assert.equal(request.headers['content-type'], 'application/json');
    assert.equal(request.headers['sapiengraph-event-id'], message.id);
    const signature = String(request.headers['sapiengraph-signature']);
    const seconds = Number(/^t=(\d+),v1=[0-9a-f]{64}$/.exec(signature)?.[1]);
    assert.ok(Math.abs(seconds - Date.now() / 1000) < 60);
    const secret = webhookSecret(key, to);
    assert.match(secret, /^whsec_[\w-]{43}$/);
    assert.ok(isWebhookSignature(secret, signature, request.body));
    assert.ok(!isWebhookSignature(secret, signature, `${request.body} `));
    assert.ok(!isWebhookSignature(secret, signature.replace(/^t=\d+/, 't=1'), request.body));
    assert.ok(!isWebhookSignature(webhookSecret(key, `${to}c`), signature, request.body));
    assert.ok(!isWebhookSignature(secret, 'nonsense', request.body));
  });

  it('that gets a message again sees the same id and body', async () => {
    await using server = await startWebServer(saying(204));
    const message = aMessage({ to: server.url });
    await webhook.send(message, patient);
    await webhook.send(message, patient);
    const [first, second] = server.requests;
    assert.equal(first?.body, second?.body);
    assert.equal(second?.headers['sapiengraph-event-id'], message.id);
    assert.equal(webhook.resendIsHarmless, true);
  });

  it('that redirects is not followed, and what it refuses is told from what passes', async () => {
    await using elsewhere = await startWebServer(saying(200));
    const failure = async (answer: Answering, channel = webhook): Promise<string> => {
      await using server = await startWebServer(answer);
      const error = await failureOf(channel, aMessage({ to: `${server.url}/token-in-path` }));
      assert.doesNotMatch(error.message, /token-in-path/);
      return `${told(error)}: ${error.message.replace(/^[\d.:]+ /, '')}`;
    };
    assert.match(
      await failure(saying(307, { Location: elsewhere.url })),
      /^temporary: answered 307, a redirect, which is not followed/,
    );
    assert.equal(elsewhere.requests.length, 0);
    // Some receivers say the whole address in what they refuse.
    assert.equal(
      await failure(({ path }, response) => response.writeHead(404).end(`no hook at ${path}`)),
      'temporary: answered 404: no hook at /***',
    );
    assert.equal(await failure(saying(410)), 'refused: answered 410: said');
    assert.equal(await failure(saying(500)), 'temporary: answered 500: said');
    assert.match(
      await failure(() => {}, impatient),
      /^temporary, maybe sent: gave no answer: the answer took longer than 2 s/,
    );
  });

  it('whose address is none is refused', async () => {
    for (const to of ['', 'a b', '/path']) {
      assert.equal(told(await failureOf(webhook, aMessage({ to }))), 'refused');
    }
  });

  it('has to prove who it is by TLS', async () => {
    await using certificate = await makeCertificate('127.0.0.1');
    const cert = await readFile(certificate.certificateFile, 'utf8');
    const tls = { cert, key: await readFile(certificate.keyFile, 'utf8') };
    await using server = await startWebServer(saying(200), tls);
    const stranger = await failureOf(webhook, aMessage({ to: server.url }));
    assert.equal(told(stranger), 'temporary');
    assert.match(stranger.message, /can't be reached: self-signed certificate/);
    assert.equal(server.requests.length, 0);
    const [trusting] = await createChannels({ caFile: certificate.certificateFile }, key);
    assert.equal((await trusting?.send(aMessage({ to: server.url }), patient))?.final, 'delivered');
    await assert.rejects(
      createChannels({ caFile: certificate.keyFile }, key),
      /alerts\.caFile: .*key\.pem can't be used: it holds no certificate in PEM/,
    );
  });
});
