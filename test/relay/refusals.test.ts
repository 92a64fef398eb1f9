import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { OperatorError } from '../../src/lib/errors.ts';
import { NoStreamError, RelayFaultError, StreamRefusedError } from '../../src/relay/relay.ts';
import { type RtspCamera, startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { relayOf } from '../support/relay.ts';

const limitMs = 3_000;

/** The error of a start that fails, and how long it took. */
async function failure(
  source: string,
  hasCredentials = false,
): Promise<{ error: Error; ms: number }> {
  const startedAt = performance.now();
  const outcome = await relayOf(source, { hasCredentials, readyWithinMs: limitMs }).then(
    async (relay) => {
      await relay[Symbol.asyncDispose]();
      return new Error('it started');
    },
    (error: Error) => error,
  );
  return { error: outcome, ms: performance.now() - startedAt };
}

async function listen(onConnection: (socket: Socket) => void): Promise<Server & AsyncDisposable> {
  const server = createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const urlOf = (server: Server): string =>
  `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/unicast`;

const cameraWithPassword = (): Promise<RtspCamera> =>
  startRtspCamera({ video: 'h264', width: 320, height: 192, user: 'viewer', password: 'right' });

describe('a relay that gets no stream says why', { concurrency: 3 }, () => {
  it('the camera redirects to another server, which is not reached', async () => {
    let reached = 0;
    await using other = await listen((socket) => {
      reached += 1;
      socket.destroy();
    });
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '2130706433']) {
      const location = urlOf(other).replace('127.0.0.1', host);
      await using camera = await listen((socket) => {
        socket.on('error', () => {});
        socket.on('data', (request) => {
          const cseq = /CSeq: *(\d+)/i.exec(String(request))?.[1] ?? '1';
          socket.write(`RTSP/1.0 302 Moved\r\nCSeq: ${cseq}\r\nLocation: ${location}\r\n\r\n`);
        });
      });
      const { error } = await failure(urlOf(camera));
      assert.ok(error instanceof StreamRefusedError, `${host}: ${error.message}`);
      assert.match(error.message, /redirects to another address, which is not followed/);
    }
    assert.equal(reached, 0);
  });

  it('the camera refuses the connection', async () => {
    const server = await listen(() => {});
    const url = urlOf(server);
    await server[Symbol.asyncDispose]();
    const { error, ms } = await failure(url);
    assert.ok(error instanceof NoStreamError);
    assert.match(error.message, /camera's RTSP server refuses the connection/);
    assert.ok(ms < limitMs + 2_000);
  });

  it('the camera hangs up', async () => {
    await using server = await listen((socket) => socket.destroy());
    const { error } = await failure(urlOf(server));
    assert.ok(error instanceof NoStreamError);
    assert.match(error.message, /camera's RTSP server hangs up without an answer/);
  });

  it('the camera says nothing', async () => {
    await using camera = await startRtspCamera({ video: 'h264', width: 320, height: 192 });
    camera.silent = true;
    const { error, ms } = await failure(camera.url);
    assert.ok(error instanceof NoStreamError);
    assert.match(error.message, /takes the connection and says nothing for 3 s/);
    assert.ok(ms < limitMs + 2_000);
    assert.equal(camera.connectionsTaken, 1);
  });

  it('the camera asks for a password, at once', async () => {
    await using camera = await cameraWithPassword();
    const { error, ms } = await failure(camera.url);
    assert.ok(error instanceof StreamRefusedError && error instanceof OperatorError);
    assert.match(error.message, /asks for a user name and password/);
    assert.ok(ms < limitMs);
  });

  it('the password is wrong', async () => {
    await using camera = await cameraWithPassword();
    const { error } = await failure(camera.url, true);
    assert.ok(error instanceof OperatorError);
    assert.match(error.message, /does not accept the user name and password/);
  });

  it('there is no stream at that path', async () => {
    await using camera = await startRtspCamera({ video: 'h264', width: 320, height: 192 });
    const { error } = await failure(camera.url.replace('/unicast', '/elsewhere'));
    assert.ok(error instanceof OperatorError);
    assert.match(error.message, /no stream at \/elsewhere/);
  });

  it('the stream has no video', async () => {
    const sdp =
      'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:track1\r\n';
    await using server = await listen((socket) => {
      socket.on('error', () => {});
      socket.on('data', (request: Buffer) => {
        const sequence = /CSeq: (\d+)/.exec(request.toString())?.[1];
        socket.write(
          `RTSP/1.0 200 OK\r\nCSeq: ${sequence}\r\nContent-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`,
        );
      });
    });
    const { error } = await failure(urlOf(server));
    assert.ok(error instanceof StreamRefusedError);
    assert.match(error.message, /has no video/);
  });

  it('the program is missing', async () => {
    const { error } = await relayOf('rtsp://127.0.0.1:9/unicast', {
      program: '/nonexistent/live555ProxyServer',
    }).then(
      () => ({ error: new Error('it started') }),
      (reason: Error) => ({ error: reason }),
    );
    assert.ok(error instanceof RelayFaultError);
    assert.match(error.message, /nonexistent/);
  });
});
