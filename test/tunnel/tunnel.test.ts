import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { OperatorError } from '../../src/lib/errors.ts';
import { openLoopbackPort } from '../../src/tunnel/loopback-port.ts';
import { startTunnelServer } from '../../src/tunnel/server.ts';
import { TunnelGoneError } from '../../src/tunnel/tunnel.ts';
import { eventually } from '../support/until.ts';
import { dropbears, LocalServer, Rig } from './rig.ts';

const soon = (): AbortSignal => AbortSignal.timeout(10_000);
const aborted = async (signal: AbortSignal, withinMs: number): Promise<TunnelGoneError> => {
  if (!signal.aborted) await once(signal, 'abort', { signal: AbortSignal.timeout(withinMs) });
  assert.ok(signal.reason instanceof TunnelGoneError);
  return signal.reason;
};

/** A camera's service that repeats what it is told, and ends when that ends. */
const startEcho = (): Promise<LocalServer> => LocalServer.start((socket) => socket.pipe(socket));

async function ask(port: number, text: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.end(text);
  // What nobody reads is answered with a reset.
  return (await buffer(socket).catch(() => '')).toString();
}

for (const algorithms of ['default', 'legacy'] as const) {
  describe(`a tunnel, with the ${algorithms} algorithms`, () => {
    for (const dropbear of dropbears) {
      for (const type of ['ed25519', 'ecdsa'] as const) {
        // Dropbear's guessed first packet hangs a natural list of algorithms: see algorithms.ts.
        it(`leads to the service behind dbclient ${dropbear.version} with an ${type} key`, async () => {
          await using echo = await startEcho();
          await using rig = await Rig.start({ algorithms });
          const key = rig.enrolled('bach/front-door', type, dropbear);
          await using _camera = rig.dial({
            key,
            dropbear,
            user: 'bach.front-door',
            options: ['-N', '-R', `554:127.0.0.1:${echo.port}`],
          });
          const tunnel = await rig.tunnel();
          assert.deepEqual(tunnel.camera, { account: 'bach', camera: 'front-door' });
          assert.equal(tunnel.remoteAddress, '127.0.0.1');
          assert.match(tunnel.client, /dropbear/i);
          const forward = await tunnel.forward('rtsp', soon());
          await using port = await openLoopbackPort(forward, rig.log);
          assert.equal(await ask(port.port, 'DESCRIBE'), 'DESCRIBE');
          assert.deepEqual(rig.log.complaints(/./), []);
        });
      }
    }
  });
}

describe('a tunnel', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start({ openWithinMs: 3_000 });
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  it('has one forward for each service, told apart by the port', async () => {
    await using rtsp = await LocalServer.start((socket) => socket.end('rtsp'));
    await using footage = await LocalServer.start((socket) => socket.end('footage'));
    await using _camera = rig.dial({
      key: rig.enrolled('bach/door'),
      user: 'bach.door',
      options: ['-N', '-R', `80:127.0.0.1:${footage.port}`, '-R', `554:127.0.0.1:${rtsp.port}`],
    });
    const tunnel = await rig.tunnel();
    for (const service of ['rtsp', 'footage'] as const) {
      const forward = await tunnel.forward(service, soon());
      assert.equal(forward.service, service);
      assert.equal((await buffer(await forward.open(soon()))).toString(), service);
    }
  });

  it('carries megabytes both ways, by several connections at a time, without a byte lost', async () => {
    await using echo = await startEcho();
    await using _camera = rig.dial({
      key: rig.enrolled('bach/door'),
      user: 'bach.door',
      options: ['-N', '-R', `554:127.0.0.1:${echo.port}`],
    });
    const forward = await (await rig.tunnel()).forward('rtsp', soon());
    await using port = await openLoopbackPort(forward, rig.log);
    const texts = Array.from({ length: 4 }, (_, index) => `${index} etaoin `.repeat(400_000));
    const answers = await Promise.all(texts.map((text) => ask(port.port, text)));
    assert.deepEqual(
      answers.map((answer, index) => answer === texts[index]),
      [true, true, true, true],
    );
    await eventually('the end of all connections', 5_000, () => echo.sockets.size === 0);
  });

  it('waits for a forward, and ends the wait with the signal or the tunnel', async () => {
    const camera = rig.dial({ key: rig.enrolled('bach/door'), user: 'bach.door' });
    const tunnel = await rig.tunnel();
    await assert.rejects(tunnel.forward('rtsp', AbortSignal.timeout(50)), { name: 'TimeoutError' });
    const waiting = assert.rejects(tunnel.forward('rtsp', soon()), TunnelGoneError);
    await camera[Symbol.asyncDispose]();
    await waiting;
    const { how, message } = await aborted(tunnel.closed, 5_000);
    assert.equal(how, 'died');
    assert.match(message, /the camera closed the connection/);
    await assert.rejects(tunnel.forward('footage', soon()), TunnelGoneError);
  });

  it('says so when the camera has nothing at its end, and goes on', async () => {
    const echo = await startEcho();
    const { port } = echo;
    await echo[Symbol.asyncDispose]();
    await using _camera = rig.dial({
      key: rig.enrolled('bach/door'),
      user: 'bach.door',
      options: ['-N', '-R', `554:127.0.0.1:${port}`],
    });
    const tunnel = await rig.tunnel();
    const forward = await tunnel.forward('rtsp', soon());
    await assert.rejects(
      forward.open(soon()),
      /the camera refuses a connection to its rtsp service/,
    );
    await using loopback = await openLoopbackPort(forward, rig.log);
    assert.equal(await ask(loopback.port, 'DESCRIBE'), '');
    assert.equal(await ask(loopback.port, 'DESCRIBE'), '');
    assert.equal(rig.log.complaints(/no connection to the camera's rtsp service/).length, 1);
    assert.equal(tunnel.closed.aborted, false);
  });

  it('ends its connections when it goes, those through a loopback port too', async () => {
    await using echo = await startEcho();
    const camera = rig.dial({
      key: rig.enrolled('bach/door'),
      user: 'bach.door',
      options: ['-N', '-R', `554:127.0.0.1:${echo.port}`],
    });
    const tunnel = await rig.tunnel();
    const forward = await tunnel.forward('rtsp', soon());
    const stream = await forward.open(soon());
    await using port = await openLoopbackPort(forward, rig.log);
    const socket = connect(port.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('hello');
    await once(socket, 'data');
    await camera[Symbol.asyncDispose]();
    await eventually('the end of both', 5_000, () => socket.closed && stream.closed);
    assert.ok(stream.errored instanceof TunnelGoneError);
    await assert.rejects(forward.open(soon()), TunnelGoneError);
  });

  it('goes at once when it is closed, and the camera hears of it', async () => {
    await using camera = rig.dial({ key: rig.enrolled('bach/door'), user: 'bach.door' });
    const tunnel = await rig.tunnel();
    tunnel.close('the camera was removed');
    assert.equal(tunnel.closed.aborted, true);
    assert.deepEqual((await aborted(tunnel.closed, 0)).how, 'closed');
    const { output } = await camera.ended();
    assert.match(output, /Disconnect received/);
  });

  it('gives way to a newer one of the same camera', async () => {
    const key = rig.enrolled('bach/door');
    await using first = rig.dial({ key, user: 'bach.door' });
    const older = await rig.tunnel(0);
    await using _second = rig.dial({ key, user: 'bach.door' });
    const newer = await rig.tunnel(1);
    assert.equal(older.closed.aborted, true, 'the older is gone before the newer is there');
    const { how, message } = await aborted(older.closed, 0);
    assert.equal(how, 'closed');
    assert.equal(message, 'replaced by a newer connection from 127.0.0.1');
    await first.ended();
    await delay(200);
    assert.equal(newer.closed.aborted, false);
    assert.notEqual(newer.id, older.id);
  });

  it('gives way even while the older is frozen', async () => {
    const key = rig.enrolled('bach/door');
    await using first = rig.dial({ key, user: 'bach.door' });
    const older = await rig.tunnel(0);
    process.kill(first.pid, 'SIGSTOP');
    await using _second = rig.dial({ key, user: 'bach.door' });
    await rig.tunnel(1);
    assert.match((await aborted(older.closed, 0)).message, /replaced/);
  });

  it('of a frozen camera is found dead within 10 s, and no sooner than that is sure', async () => {
    await using echo = await startEcho();
    await using camera = rig.dial({
      key: rig.enrolled('bach/door'),
      user: 'bach.door',
      options: ['-N', '-R', `554:127.0.0.1:${echo.port}`],
    });
    const tunnel = await rig.tunnel();
    const forward = await tunnel.forward('rtsp', soon());
    process.kill(camera.pid, 'SIGSTOP');
    await assert.rejects(forward.open(soon()), /took longer than 3 s/);
    const { how, message } = await aborted(tunnel.closed, 7_000);
    assert.equal(how, 'died');
    assert.match(message, /no sign of life from the camera for 8 s/);
  });

  it('leaves nothing of it when the server is closed', async () => {
    await using echo = await startEcho();
    await using camera = rig.dial({
      key: rig.enrolled('bach/door'),
      user: 'bach.door',
      options: ['-N', '-R', `554:127.0.0.1:${echo.port}`],
    });
    const tunnel = await rig.tunnel();
    const forward = await tunnel.forward('rtsp', soon());
    await using loopback = await openLoopbackPort(forward, rig.log);
    const socket = connect(loopback.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('hello');
    await once(socket, 'data');
    const ports = [rig.port, loopback.port];
    await rig.server[Symbol.asyncDispose]();
    await loopback[Symbol.asyncDispose]();
    assert.match((await aborted(tunnel.closed, 0)).message, /the daemon is stopping/);
    await camera.ended();
    for (const closed of ports) {
      const [error] = await once(connect(closed, '127.0.0.1'), 'error');
      assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    }
  });

  it('tells the operator when its port is taken', async () => {
    const taken = { host: '127.0.0.1', port: rig.port };
    await assert.rejects(
      startTunnelServer({
        listen: taken,
        hostKeyFile: `${rig.directory}/host-ed25519`,
        algorithms: 'default',
        log: rig.log,
        findCamera: () => undefined,
        onTunnel: () => {},
      }),
      (error) => error instanceof OperatorError && /another program listens/.test(error.message),
    );
  });
});
