import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import { eventually } from '../support/until.ts';
import { Stranger } from './stranger.ts';
import { Attacked, type AttackedReport } from './victim.ts';

const allowedGrowth = 32 * 1024 * 1024;

describe('under attack', () => {
  let server: Attacked;
  before(async () => {
    server = await Attacked.start();
  });
  after(() => server[Symbol.asyncDispose]());

  /** Attacks, and says what it cost the server. */
  async function cost(attack: () => Promise<void>): Promise<AttackedReport> {
    const { peakBytes } = await server.ask('begin');
    await attack();
    const report = await server.ask('report');
    const grown = report.peakBytes - peakBytes;
    assert.deepEqual(report.uncaught, []);
    assert.equal(report.victim.damaged, 0);
    const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
    assert.ok(grown <= allowedGrowth, `it grew by ${megabytes(grown)}`);
    return report;
  }

  const logIn = (name: string): Promise<Stranger> =>
    Stranger.connect({
      port: server.port,
      logIn: true,
      username: name.replace('/', '.'),
      privateKey: server.privateKey(name),
    });

  /** A camera to which the server has opened a connection that it does not read. */
  async function unread(): Promise<{ stranger: Stranger; channel: ClientChannel }> {
    const stranger = await logIn('bach/unread');
    const opened = Promise.withResolvers<ClientChannel>();
    stranger.client.on('tcp connection', (_details, accept) => opened.resolve(accept()));
    stranger.client.forwardIn('127.0.0.1', 554, () => {});
    return { stranger, channel: await opened.promise };
  }

  it('a camera that sends faster than it is read costs a bounded buffer', async () => {
    await cost(async () => {
      const { stranger, channel } = await unread();
      await using _open = stranger;
      const chunk = Buffer.alloc(64 * 1024);
      let sent = 0;
      while (sent < 300 * 1024 * 1024) {
        if (!channel.write(chunk)) {
          const drained = await Promise.race([
            once(channel, 'drain').then(() => true),
            delay(1_000).then(() => false),
          ]);
          if (!drained) break;
        }
        sent += chunk.length;
      }
      assert.ok(sent < 16 * 1024 * 1024, `${sent} bytes were taken`);
      assert.equal(stranger.isOpen, true, 'it kept to the rules');
    });
  });

  // ssh2 would keep all of what goes beyond the rest of a window, and silently drop what comes after a whole one.
  for (const size of [30_000, 32 * 1024]) {
    it(`a camera that sends more than it was granted is cut off, at ${size} bytes a message`, async () => {
      await cost(async () => {
        const { stranger, channel } = await unread();
        await using _open = stranger;
        const { id } = channel.outgoing as { readonly id: number };
        const chunk = Buffer.alloc(size);
        let sent = 0;
        while (sent < 300 * 1024 * 1024 && stranger.isOpen) {
          stranger.protocol.channelData(id, chunk);
          sent += chunk.length;
          await stranger.drain();
        }
        assert.ok(await stranger.ended(5_000), `${sent} bytes were taken`);
      });
    });
  }

  for (const stage of ['before', 'after'] as const) {
    it(`a client that asks without end and reads no answer is cut off, ${stage} it has logged in`, async () => {
      await cost(async () => {
        const stranger = await (stage === 'after'
          ? logIn('bach/door')
          : Stranger.connect({ port: server.port }));
        await using _open = stranger;
        stranger.socket.pause();
        let asked = 0;
        while (asked < 1_500_000 && stranger.isOpen) {
          for (let count = 0; count < 1_000 && stranger.isOpen; count += 1, asked += 1) {
            stranger.protocol.ping();
          }
          await stranger.drain();
        }
        assert.ok(await stranger.ended(10_000), `${asked} requests were taken`);
      });
    });
  }

  const floods: Readonly<Record<string, (stranger: Stranger) => void>> = {
    'global requests': ({ protocol }) => protocol.ping(),
    sessions: ({ protocol }) => protocol.session(1, 1024, 1024),
    'connections of ours': ({ protocol }) =>
      protocol.directTcpip(1, 1024, 1024, {
        srcIP: '127.0.0.1',
        srcPort: 1,
        dstIP: '127.0.0.1',
        dstPort: 22,
      }),
  };
  for (const [what, ask] of Object.entries(floods)) {
    it(`a camera that asks for ${what} without end waits for its answers, and is then cut off`, async () => {
      await cost(async () => {
        await using stranger = await logIn('bach/door');
        let answers = 0;
        for (const name of ['REQUEST_FAILURE', 'CHANNEL_OPEN_FAILURE']) {
          stranger.protocol._handlers[name] = () => {
            answers += 1;
          };
        }
        const began = performance.now();
        while (stranger.isOpen && performance.now() - began < 30_000) {
          for (let count = 0; count < 200 && stranger.isOpen; count += 1) ask(stranger);
          await stranger.drain();
          await delay(0);
        }
        assert.equal(stranger.isOpen, false);
        const seconds = (performance.now() - began) / 1_000;
        // A burst of 100, 100 a second, and what is in one piece.
        assert.ok(answers <= 100 + 100 * seconds + 200, `${answers} answers in ${seconds} s`);
      });
    });
  }

  it('a client that exchanges keys without end is cut off', async () => {
    await cost(async () => {
      await using stranger = await Stranger.connect({ port: server.port });
      stranger.client.on('handshake', () => stranger.protocol.rekey());
      stranger.protocol.rekey();
      assert.ok(await stranger.ended(5_000));
    });
  });

  it('five hundred silent connections are kept out or closed', async () => {
    await cost(async () => {
      const sockets: Socket[] = [];
      try {
        for (let count = 0; count < 500; count += 1) {
          const localAddress = `127.0.1.${1 + (count % 20)}`;
          const socket = connect({ host: '127.0.0.1', port: server.port, localAddress });
          socket.on('error', () => {});
          socket.resume();
          sockets.push(socket);
        }
        await eventually('all of them', 5_000, () => sockets.every((socket) => !socket.connecting));
        const open = (): number => sockets.filter((socket) => !socket.closed).length;
        await eventually('no more than the limit', 5_000, () => open() <= 200);
        await eventually('none of them', 10_000, () => open() === 0);
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    });
  });

  it('a client that goes on after its first fault is not heard', async () => {
    await cost(async () => {
      await using stranger = await Stranger.connect({ port: server.port });
      const garbage = Buffer.alloc(64 * 1024, 0xa5);
      for (let count = 0; count < 200 && stranger.isOpen; count += 1) {
        stranger.socket.write(garbage);
        await stranger.drain();
      }
      assert.ok(await stranger.ended(5_000));
    });
  });

  it('a header without an end is not kept', async () => {
    await cost(async () => {
      for (let count = 0; count < 20; count += 1) {
        const socket = connect({ host: '127.0.0.1', port: server.port, localAddress: '127.0.0.9' });
        socket.on('error', () => {});
        socket.resume();
        socket.write(Buffer.alloc(4 * 1024 * 1024, 'x'));
        await eventually('its end', 5_000, () => socket.closed);
      }
    });
  });

  it('connections that break in the middle of the handshake leave nothing', async () => {
    await cost(async () => {
      for (let count = 0; count < 150; count += 1) {
        const stranger = new Stranger({ port: server.port, from: '127.0.0.8' });
        await delay(count % 8);
        if (count % 2 === 0) stranger.socket.resetAndDestroy();
        await stranger[Symbol.asyncDispose]();
      }
    });
  });

  it('another camera’s live stream has lost nothing by all this', async () => {
    const { victim, uncaught } = await server.finishStream();
    assert.deepEqual(uncaught, []);
    assert.deepEqual(victim, { frames: server.framesSent, damaged: 0, ended: true });
  });
});
