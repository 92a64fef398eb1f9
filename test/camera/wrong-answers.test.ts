import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { gapCause } from '../../src/camera/gap-causes.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { CameraDialogue } from '../../src/stream/camera-dialogue.ts';
import { CameraLine } from '../../src/stream/camera-line.ts';
import { openLoopbackPort } from '../../src/tunnel/loopback-port.ts';
import { relayOf } from '../support/relay.ts';

const { signal } = new AbortController();

/** The cause that is told of a camera which answers each request so, again and again while `isEndless`. */
async function causeOf(answer: string, isEndless = false) {
  await using camera = createServer((socket) => {
    const say = () => {
      while (socket.writable && socket.write(answer) && isEndless);
    };
    socket.on('error', () => {});
    socket.on('data', say);
    if (isEndless) socket.on('drain', say);
  }).listen(0, '127.0.0.1');
  await once(camera, 'listening');
  const { port: cameraPort } = camera.address() as AddressInfo;
  const line = new CameraLine(systemClock, { echoMs: undefined, ask() {} });
  const forward = {
    service: 'rtsp' as const,
    open: async () => connect({ host: '127.0.0.1', port: cameraPort }),
  };
  await using port = await openLoopbackPort(
    forward,
    silentLog,
    () => new CameraDialogue(line, systemClock, undefined),
  );
  const failed = await relayOf(`rtsp://127.0.0.1:${port.port}/unicast`, {
    readyWithinMs: 4_000,
    signal,
  }).then(
    () => assert.fail('the relay started'),
    (error: Error) => error,
  );
  return { failed, ...gapCause(failed, { answers: line.answers }) };
}

const tracks = `v=0\r\n${'m=video 0 RTP/AVP 96\r\n'.repeat(1_000)}`;

// live555ProxyServer floods its log, or waits for the rest of the answer: it is not at fault.
describe('a camera whose answer no relay can read is told as that', { concurrency: 2 }, () => {
  for (const [name, answer, isEndless, words] of [
    [
      'an endless head',
      `RTSP/1.0 200 OK\r\nCSeq: 1\r\nX: ${'a'.repeat(60_000)}`,
      true,
      /a head of more than/,
    ],
    [
      'an endless description',
      `RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 999999999\r\n\r\n${'a=x\r\n'.repeat(9_000)}`,
      true,
      /Content-Length "999999999"/,
    ],
    [
      '1,000 tracks',
      `RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: ${tracks.length}\r\n\r\n${tracks}`,
      false,
      /Content-Length "22005"/,
    ],
    [
      'an impossible length',
      'RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 99999999999\r\n\r\n',
      false,
      /Content-Length "99999999999"/,
    ],
  ] as const) {
    it(name, async () => {
      const { cause, detail, failed } = await causeOf(answer, isEndless);
      assert.equal(cause, 'camera sent nothing', failed.message);
      assert.match(detail, words);
      assert.ok(detail.length < 300);
    });
  }
});
