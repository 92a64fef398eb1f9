import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { OperatorError } from '../../src/lib/errors.ts';
import { openLoopbackPort } from '../../src/tunnel/loopback-port.ts';
import { prepareTunnelServer } from '../../src/tunnel/server.ts';
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

  it('leaves no timer, socket or listener in the process', async () => {
    const kinds = /^(?:Timeout|Immediate|TCP|Pipe|Process)/;
    const active = (): string[] =>
      process
        .getActiveResourcesInfo()
        .filter((kind) => kinds.test(kind))
        .sort();
    const before = active();
    {
      await using echo = await startEcho();
      await using own = await Rig.start({ algorithms: 'legacy' });
      const key = own.enrolled('bach/door');
      const dial = { key, user: 'bach.door', options: ['-N', '-R', `554:127.0.0.1:${echo.port}`] };
      await using _older = own.dial(dial);
      await own.tunnel(0);
      await using _newer = own.dial(dial);
      const tunnel = await own.tunnel(1);
      await assert.rejects(tunnel.forward('footage', AbortSignal.timeout(20)));
      const forward = await tunnel.forward('rtsp', soon());
      await using port = await openLoopbackPort(forward, own.log);
      assert.equal(await ask(port.port, 'DESCRIBE'), 'DESCRIBE');
      (await forward.open(soon())).write('unread');
    }
    await eventually(`nothing more than ${before.join()}`, 5_000, () => {
      return active().join() === before.join();
    });
  });

  it('tells the operator when its port is taken', async () => {
    const taken = { host: '127.0.0.1', port: rig.port };
    await using second = await prepareTunnelServer({
      listen: taken,
      hostKeyFile: `${rig.directory}/host-ed25519`,
      nextHostKeyFile: `${rig.directory}/host-ed25519.next`,
      algorithms: 'default',
      log: rig.log,
      findCamera: () => undefined,
      onTunnel: () => {},
    });
    await assert.rejects(
      second.listen(),
      (error) => error instanceof OperatorError && /another program listens/.test(error.message),
    );
  });
});

describe('closing a connection to a service that never speaks nor hangs up', () => {
  for (const dropbear of dropbears) {
    it(`costs nothing but that connection (dbclient ${dropbear.version})`, async () => {
      await using deaf = await LocalServer.start((socket) => socket.pause());
      await using rig = await Rig.start({ closeWithinMs: 1_000 });
      const options = ['-N', '-R', `554:127.0.0.1:${deaf.port}`];
      const key = rig.enrolled('bach/door');
      await using _camera = rig.dial({ key, dropbear, user: 'bach.door', options });
      const tunnel = await rig.tunnel();
      const forward = await tunnel.forward('rtsp', soon());
      (await forward.open(soon())).destroy();
      const halfClosed = await forward.open(soon());
      halfClosed.end('TEARDOWN');
      await delay(50);
      halfClosed.destroy();
      await delay(1_300);
      assert.equal(tunnel.closed.aborted, false);
    });
  }
});

describe('a loopback port', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  const forwardTo = async (port: number) => {
    const options = ['-N', '-R', `554:127.0.0.1:${port}`];
    const camera = rig.dial({ key: rig.enrolled('bach/door'), user: 'bach.door', options });
    return { camera, forward: await (await rig.tunnel()).forward('rtsp', soon()) };
  };

  it('has a bounded number of connections', async () => {
    await using echo = await startEcho();
    const { camera, forward } = await forwardTo(echo.port);
    await using _camera = camera;
    await using port = await openLoopbackPort(forward, rig.log);
    const sockets = Array.from({ length: 9 }, () => connect(port.port, '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => {}).resume();
    await eventually('the end of one', 5_000, () => sockets.some((socket) => socket.closed));
    await delay(200);
    assert.equal(sockets.filter((socket) => socket.closed).length, 1);
    assert.equal(rig.log.complaints(/more than 8 connections/).length, 1);
  });

  it('does not listen for ever to a camera whose client has said its last word', async () => {
    await using deaf = await LocalServer.start((socket) => {
      const timer = setInterval(() => socket.write('etaoin'), 20);
      socket.resume().once('close', () => clearInterval(timer));
    });
    const { camera, forward } = await forwardTo(deaf.port);
    await using _camera = camera;
    await using port = await openLoopbackPort(forward, rig.log);
    const socket = connect({ port: port.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {}).resume();
    await eventually('the camera to hear of it', 5_000, () => deaf.sockets.size === 1);
    socket.end();
    await eventually('the end at the camera', 10_000, () => deaf.sockets.size === 0);
    assert.equal(socket.closed, true);
    assert.equal((await rig.tunnel()).closed.aborted, false);
  });

  it('tells when the camera ends a connection, and not when its client does', async () => {
    const life = new AbortController();
    await using echo = await startEcho();
    const { camera, forward } = await forwardTo(echo.port);
    await using _camera = camera;
    await using port = await openLoopbackPort(forward, rig.log);
    const hungUp = port.hungUp(life.signal);
    hungUp.catch(() => {});
    const open = async () => {
      const socket = connect(port.port, '127.0.0.1').on('error', () => {});
      socket.write('hello');
      await once(socket, 'data');
      return socket;
    };
    const first = await open();
    first.destroy();
    await eventually('the end at the camera', 5_000, () => echo.sockets.size === 0);
    await delay(100);
    const second = await open();
    second.resume();
    for (const socket of echo.sockets) socket.destroy();
    await assert.rejects(hungUp, /the camera's rtsp server closed the connection/);
    const still = port.hungUp(life.signal);
    life.abort();
    await still;
  });

  it('is not reachable by another address than 127.0.0.1', async () => {
    await using echo = await startEcho();
    const { camera, forward } = await forwardTo(echo.port);
    await using _camera = camera;
    await using port = await openLoopbackPort(forward, rig.log);
    for (const host of ['127.0.0.2', '::1']) {
      const [error] = await once(connect(port.port, host), 'error');
      assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    }
  });
});
