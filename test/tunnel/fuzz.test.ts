import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Noise, payload, unencrypted } from './malformed.ts';
import { Stranger } from './stranger.ts';
import { Attacked } from './victim.ts';

/** Malformed messages of each kind; TUNNEL_FUZZ_MESSAGES=100000 for a long run, TUNNEL_FUZZ_SEED for another one. */
const messages = Number(process.env['TUNNEL_FUZZ_MESSAGES'] ?? 1_500);
const seed = Number(process.env['TUNNEL_FUZZ_SEED'] ?? 1);

describe('malformed messages', () => {
  let server: Attacked;
  before(async () => {
    server = await Attacked.start();
  });
  after(() => server[Symbol.asyncDispose]());

  it('before encryption do nothing but end their connection', async () => {
    const noise = new Noise(seed);
    for (let sent = 0; sent < messages; sent += 2) {
      const socket = connect({ host: '127.0.0.1', port: server.port, localAddress: '127.0.0.2' });
      socket.on('error', () => {});
      socket.resume();
      socket.write(unencrypted(noise));
      await delay(noise.below(3));
      socket.destroy();
    }
    assert.deepEqual((await server.ask('report')).uncaught, []);
  });

  for (const stage of ['before', 'after'] as const) {
    it(`${stage} login do nothing but end their connection`, async () => {
      const noise = new Noise(seed + 1);
      let sent = 0;
      while (sent < messages) {
        await using stranger = await Stranger.connect({
          port: server.port,
          from: '127.0.0.3',
          ...(stage === 'after'
            ? { logIn: true, username: 'bach.door', privateKey: server.privateKey('bach/door') }
            : {}),
        });
        for (let count = 0; count < 20 && stranger.isOpen; count += 1, sent += 1) {
          stranger.send(payload(noise));
          if (noise.below(4) === 0) await delay(1);
        }
      }
      assert.deepEqual((await server.ask('report')).uncaught, []);
    });
  }

  it('keep nobody else out, and a live stream has lost nothing', async () => {
    await using _stranger = await Stranger.connect({
      port: server.port,
      logIn: true,
      privateKey: server.privateKey('bach/door'),
    });
    const { victim, uncaught } = await server.finishStream();
    assert.deepEqual(uncaught, []);
    assert.deepEqual(victim, { frames: server.framesSent, damaged: 0, ended: true });
  });
});
