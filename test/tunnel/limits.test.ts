import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import type { Forward, Tunnel } from '../../src/tunnel/tunnel.ts';
import { eventually } from '../support/until.ts';
import { Rig } from './rig.ts';
import { Stranger } from './stranger.ts';

const soon = (): AbortSignal => AbortSignal.timeout(10_000);

/** Connections that say nothing, or what they are given. */
class Silent implements Disposable {
  readonly sockets: Socket[] = [];
  async open(port: number, from: string, text = ''): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port, localAddress: from });
    socket.on('error', () => {});
    socket.resume();
    this.sockets.push(socket);
    await once(socket, 'connect');
    if (text !== '') socket.write(text);
    return socket;
  }
  [Symbol.dispose](): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

const closed = (socket: Socket, withinMs = 5_000): Promise<boolean> =>
  eventually('its end', withinMs, () => socket.closed);

/** A camera that has logged in and asked for a forward, and what happens at its end of a connection. */
async function camera(
  rig: Rig,
  onConnection: (accept: () => ClientChannel, reject: () => void) => void,
): Promise<{ stranger: Stranger; tunnel: Tunnel; forward: Forward }> {
  const privateKey = await rig.openSshKey('bach/door');
  const stranger = await Stranger.connect({ port: rig.port, logIn: true, privateKey });
  stranger.client.on('tcp connection', (_details, accept, reject) => onConnection(accept, reject));
  stranger.client.forwardIn('127.0.0.1', 554, () => {});
  const tunnel = await rig.tunnel();
  return { stranger, tunnel, forward: await tunnel.forward('rtsp', soon()) };
}

describe('a connection that does not log in', () => {
  it('is closed after the login grace time, at whatever stage it stays', async () => {
    await using rig = await Rig.start({ loginGraceMs: 400 });
    using silent = new Silent();
    const nothing = await silent.open(rig.port, '127.0.0.2');
    const ident = await silent.open(rig.port, '127.0.0.2', 'SSH-2.0-x\r\n');
    const half = await silent.open(rig.port, '127.0.0.2', 'SSH-2.0');
    await using kexed = await Stranger.connect({ port: rig.port });
    assert.ok(await closed(nothing));
    assert.ok(await closed(ident));
    assert.ok(await closed(half));
    assert.ok(await kexed.ended(5_000));
    assert.equal(rig.log.complaints(/did not log in within 0.4 s/).length, 1);
  });

  it('is closed when it sends more than a name before its name', async () => {
    await using rig = await Rig.start({ maxReceivedBeforeName: 1_024 });
    using silent = new Silent();
    const socket = await silent.open(rig.port, '127.0.0.2', `${'x'.repeat(99)}\n`.repeat(11));
    assert.ok(await closed(socket));
    assert.equal(rig.log.complaints(/it sent 1 KB that are no SSH/).length, 1);
  });

  it('is not closed by that time once it has logged in', async () => {
    await using rig = await Rig.start({ loginGraceMs: 400 });
    await using _camera = rig.dial({ key: rig.enrolled('bach/door'), user: 'bach.door' });
    const tunnel = await rig.tunnel();
    await delay(600);
    assert.equal(tunnel.closed.aborted, false);
  });

  it('is one of few of its address, which does not keep others out', async () => {
    await using rig = await Rig.start({ maxUnauthenticatedPerAddress: 3 });
    using silent = new Silent();
    const kept: Socket[] = [];
    for (let count = 0; count < 3; count += 1) kept.push(await silent.open(rig.port, '127.0.0.2'));
    const tooMany = await silent.open(rig.port, '127.0.0.2');
    assert.ok(await closed(tooMany));
    const other = await silent.open(rig.port, '127.0.0.3');
    await using _camera = rig.dial({ key: rig.enrolled('bach/door'), user: 'bach.door' });
    await rig.tunnel();
    assert.ok([...kept, other].every((socket) => !socket.closed));
    assert.equal(rig.log.complaints(/3 connections of this address/).length, 1);
    // One that leaves makes room.
    kept[0]?.destroy();
    await delay(50);
    const next = await silent.open(rig.port, '127.0.0.2');
    await delay(100);
    assert.equal(next.closed, false);
  });

  it('is one of a bounded number in all, and a camera finds its way in past those that dawdle', async () => {
    await using rig = await Rig.start({ maxUnauthenticated: 4, loginGraceMs: 4_000 });
    using silent = new Silent();
    const kept: Socket[] = [];
    for (let count = 2; count < 6; count += 1) {
      kept.push(await silent.open(rig.port, `127.0.0.${count}`));
    }
    const tooMany = await silent.open(rig.port, '127.0.0.6');
    assert.ok(await closed(tooMany));
    await delay(1_050);
    await using _camera = rig.dial({ key: rig.enrolled('bach/door'), user: 'bach.door' });
    await rig.tunnel();
    assert.deepEqual(
      kept.map((socket) => socket.closed),
      [true, false, false, false],
    );
  });

  it('may try six times', async () => {
    let tries = 0;
    await using rig = await Rig.start({
      findCamera: () => {
        tries += 1;
        return undefined;
      },
    });
    const privateKey = await rig.openSshKey();
    await using stranger = new Stranger({
      port: rig.port,
      logIn: true,
      authHandler: (_left, _partial, next) => {
        next({ type: 'publickey', username: 'bach.door', key: privateKey });
      },
    });
    assert.ok(await stranger.ended(10_000));
    assert.equal(tries, 6);
  });

  it('may exchange keys once', async () => {
    await using rig = await Rig.start();
    await using stranger = await Stranger.connect({ port: rig.port });
    stranger.client.on('handshake', () => stranger.protocol.rekey());
    stranger.protocol.rekey();
    assert.ok(await stranger.ended(5_000));
    assert.ok(stranger.keyExchanges <= 2, String(stranger.keyExchanges));
    assert.equal(rig.log.complaints(/exchanges keys a second time/).length, 1);
  });
});

describe('a camera that has logged in', () => {
  it('may exchange keys anew now and then, without a byte lost', async () => {
    await using rig = await Rig.start();
    const { stranger, tunnel, forward } = await camera(rig, (accept) => {
      const channel = accept();
      channel.pipe(channel);
    });
    await using _open = stranger;
    const stream = await forward.open(soon());
    const text = Buffer.from('etaoin shrdlu '.repeat(20_000));
    for (let count = 0; count < 3; count += 1) {
      const rekeyed = once(stranger.client, 'handshake', { signal: soon() });
      stream.write(text);
      stranger.protocol.rekey();
      await rekeyed;
    }
    stream.end();
    assert.ok(Buffer.concat(await stream.toArray()).equals(Buffer.concat([text, text, text])));
    assert.equal(tunnel.closed.aborted, false);
  });

  it('may not exchange keys over and over', async () => {
    await using rig = await Rig.start({ maxKeyExchangesPerMinute: 5 });
    const { stranger, tunnel } = await camera(rig, (accept) => accept());
    await using _open = stranger;
    stranger.client.on('handshake', () => stranger.protocol.rekey());
    stranger.protocol.rekey();
    assert.ok(await stranger.ended(5_000));
    assert.match(tunnel.closed.reason.message, /exchanges keys over and over/);
  });

  it('has a bounded number of connections', async () => {
    await using rig = await Rig.start({ maxChannels: 3 });
    const { stranger, forward } = await camera(rig, (accept) => accept().resume());
    await using _open = stranger;
    const streams = await Promise.all([1, 2, 3].map(() => forward.open(soon())));
    await assert.rejects(forward.open(soon()), /has 3 connections already/);
    streams[0]?.destroy();
    await eventually('room', 5_000, () => forward.open(soon()));
  });

  it('that does not answer is not waited for, and an answer that comes late is closed', async () => {
    await using rig = await Rig.start({ openWithinMs: 200 });
    const late = Promise.withResolvers<() => ClientChannel>();
    const { stranger, tunnel, forward } = await camera(rig, (accept) => late.resolve(accept));
    await using _open = stranger;
    await assert.rejects(forward.open(soon()), /rtsp service took longer than 0.2 s/);
    await assert.rejects(forward.open(AbortSignal.abort(new Error('not wanted'))), /not wanted/);
    const accept = await late.promise;
    const channel = accept();
    channel.resume();
    await once(channel, 'close', { signal: soon() });
    assert.equal(tunnel.closed.aborted, false);
  });

  it('that never closes its side of a connection loses its tunnel', async () => {
    await using rig = await Rig.start({ closeWithinMs: 300 });
    const { stranger, tunnel, forward } = await camera(rig, (accept) => accept().resume());
    await using _open = stranger;
    const stream = await forward.open(soon());
    stranger.protocol._handlers['CHANNEL_CLOSE'] = () => {};
    stream.destroy();
    assert.ok(await stranger.ended(5_000));
    assert.match(tunnel.closed.reason.message, /did not close a connection within 0.3 s/);
  });

  it('that reads nothing holds up only whoever writes to it', async () => {
    await using rig = await Rig.start({ keepaliveMs: 500 });
    const { stranger, tunnel, forward } = await camera(rig, (accept) => accept());
    await using _open = stranger;
    const stream = await forward.open(soon());
    stranger.socket.pause();
    let accepted = 0;
    const chunk = Buffer.alloc(64 * 1024);
    while (accepted < 64 * 1024 * 1024) {
      if (!stream.write(chunk)) {
        const drained = await Promise.race([
          once(stream, 'drain').then(() => true),
          delay(500).then(() => false),
        ]);
        if (!drained) break;
      }
      accepted += chunk.length;
    }
    assert.ok(accepted < 32 * 1024 * 1024, `${accepted} bytes were taken`);
    await eventually('its end', 10_000, () => tunnel.closed.aborted);
    await eventually('the end of the stream', 5_000, () => stream.closed);
  });
});
