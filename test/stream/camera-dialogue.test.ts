import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'node:test';
import type { Clock } from '../../src/lib/clock.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Credentials } from '../../src/media/rtsp/login.ts';
import { type Relay } from '../../src/relay/relay.ts';
import { CameraDialogue } from '../../src/stream/camera-dialogue.ts';
import { readStream } from '../relay/reader.ts';
import { type RtspCameraOptions, startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { relayOf } from '../support/relay.ts';

const line = { watch: () => ({ hear: () => {}, take: () => {}, taken: () => {}, lose: () => {} }) };
const credentials = { user: 'vi:wer', password: 'p@ss "w"ö/1' };
const frame = '$\x00\x00\x04abcd';
const small = { video: 'h264', width: 320, height: 192 } as const;

/** Port that leads to a camera, as the one into a tunnel does. */
async function portTo(cameraPort: number, given: Credentials | undefined) {
  const server = createServer((socket) => {
    const camera = connect(cameraPort, '127.0.0.1');
    const { requests, answers } = new CameraDialogue(line, systemClock, given);
    const ways = [pipeline(socket, requests, camera), pipeline(camera, answers, socket)];
    Promise.all(ways).catch(() => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** Has a relay play from a camera that is set up like this. */
async function withRelay(
  options: Partial<RtspCameraOptions>,
  given: Credentials | undefined,
  use: (relay: Relay, taken: () => number) => Promise<void>,
): Promise<void> {
  await using camera = await startRtspCamera({ ...small, ...options });
  const { server, port } = await portTo(camera.port, given);
  await using _server = server;
  await using relay = await relayOf(`rtsp://127.0.0.1:${port}/unicast`, {
    hasCredentials: given !== undefined,
  });
  await use(relay, () => camera.connectionsTaken);
}

describe('a relay whose camera wants a password', () => {
  for (const [what, digest] of [
    ['as v4l2rtspserver does', {}],
    ['by SHA-256 alone', { algorithm: 'SHA-256' }],
    ['with qop and opaque', { algorithm: 'SHA-256', qop: true }],
    ['by MD5-sess', { algorithm: 'MD5-sess', qop: true }],
    ['by another nonce for each request', { requestsPerNonce: 1 }],
  ] as const) {
    it(`plays, asked ${what}`, { timeout: 60_000 }, async () => {
      await withRelay({ ...credentials, digest }, credentials, async (relay, taken) => {
        assert.ok(((await readStream(relay.url, 1))['h264'] ?? 0) > 5);
        assert.equal(taken(), 1);
      });
    });
  }

  it('says that a wrong one is wrong, and is not asked again and again', async () => {
    const wrong = { user: credentials.user, password: 'wrong' };
    await assert.rejects(
      withRelay(credentials, wrong, async () => {}),
      /does not accept the user name and password/,
    );
  });

  it('says that one is wanted', async () => {
    await assert.rejects(
      withRelay(credentials, undefined, async () => {}),
      /asks for a user name and password/,
    );
  });
});

describe('a camera whose sessions are short', () => {
  it('goes on playing', { timeout: 60_000 }, async () => {
    await withRelay({ ...credentials, sessionSeconds: 4 }, credentials, async (relay, taken) => {
      assert.ok(((await readStream(relay.url, 10))['h264'] ?? 0) > 100);
      assert.equal(taken(), 1);
    });
  });
});

/** One after the other, without end. */
const floods: Readonly<Record<string, (n: number) => Buffer>> = {
  packets: () => Buffer.from(frame, 'latin1'),
  pictures(n) {
    // RTP packets (RFC 3550 section 5.1), each with another timestamp than the one before.
    const packet = Buffer.alloc(20);
    packet.set([0x24, 0, 0, 16, 0x80, 96]);
    packet.writeUInt32BE(n, 8);
    return packet;
  },
  bytes() {
    const packet = Buffer.alloc(4 + 50_000);
    packet.writeUInt8(0x24);
    packet.writeUInt16BE(50_000, 2);
    return packet;
  },
};

/** Of each, so much comes through in a millisecond at most, if one packet does. */
const mostInMs: Readonly<Record<string, number>> = { packets: 1, pictures: 0.1, bytes: 0.05 };

describe('a camera without an end', () => {
  for (const [what, next] of Object.entries(floods)) {
    it(`to its ${what} is slowed down, and then cut off`, { timeout: 30_000 }, async () => {
      const pace = { rate: { burst: 100, everyMs: 1 }, perTurn: 100, patienceMs: 300 };
      const { answers } = new CameraDialogue(line, systemClock, undefined, pace);
      const bytes = next(0).length;
      let sent = 0;
      async function* endless() {
        for (;;) yield Buffer.concat(Array.from({ length: 10 }, () => next(sent++)));
      }
      let passed = 0;
      const startedAt = performance.now();
      await assert.rejects(
        pipeline(endless(), answers, async (stream) => {
          for await (const some of stream) passed += (some as Buffer).length / bytes;
        }),
        /too many packets, pictures or bytes a second/,
      );
      const ms = performance.now() - startedAt;
      const most = (mostInMs[what] ?? 0) * (ms + 300) + 20;
      assert.ok(passed < most, `${passed} ${what} in ${ms} ms`);
    });
  }
});

/** A dialogue of which a test says both sides. */
function rig(given: Credentials | undefined) {
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, wallNow: () => nowMs, sleep: async () => {} };
  const { requests, answers } = new CameraDialogue(line, clock, given);
  const read = (stream: typeof requests): string =>
    (stream.read() as Buffer | null)?.toString('latin1') ?? '';
  return {
    /** @returns what the camera is told */
    ask: (text: string) => {
      requests.write(Buffer.from(text, 'latin1'));
      return read(requests);
    },
    /** @returns what the relay is told, and what the camera is told because of it */
    answer: (text: string) => {
      answers.write(Buffer.from(text, 'latin1'));
      return { relay: read(answers), camera: read(requests) };
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('what a relay and a camera say', () => {
  it('goes through byte by byte where nothing is to be proven, unreadable things too', () => {
    const { ask, answer } = rig(undefined);
    const request = 'DESCRIBE rtsp://x/ RTSP/1.0\r\ncSeQ:  1 \r\nx: \xe9\r\n\r\n';
    assert.equal(ask(request), request);
    for (const text of [
      'RTSP/1.0 200 OK\r\ncseq:1\r\nContent-Length: 3\r\n\r\n\xff\xfe\x00',
      `${frame}${frame}`,
      `${frame}RTSP/1.0 200 OK\r\nno header at all\r\n\r\n`,
      'anything\n',
    ]) {
      assert.deepEqual(answer(text), { relay: text, camera: '' });
    }
  });

  it('is numbered for each of them as it expects, after a request was repeated', () => {
    const { ask, answer } = rig(credentials);
    ask('DESCRIBE rtsp://x/ RTSP/1.0\r\nCSeq: 2\r\n\r\n');
    const refused = answer(
      'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\nWWW-Authenticate: Basic realm="r"\r\n\r\n',
    );
    assert.equal(refused.relay, '');
    assert.match(
      refused.camera,
      /^DESCRIBE rtsp:\/\/x\/ RTSP\/1\.0\r\nCSeq: 3\r\nAuthorization: Digest /,
    );
    assert.equal(
      answer('RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 2\r\n\r\nv=').relay,
      'RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 2\r\n\r\nv=',
    );
    assert.match(
      ask('SETUP rtsp://x/1 RTSP/1.0\r\nCSeq: 3\r\n\r\n'),
      /^SETUP .*\r\nCSeq: 4\r\nAuthorization: Digest .*uri="rtsp:\/\/x\/1"/,
    );
  });

  it('has a request for a short session where the relay is late with one, unless nothing comes', () => {
    const { ask, answer, pass } = rig(undefined);
    ask('OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n');
    answer('RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE, GET_PARAMETER\r\n\r\n');
    ask('SETUP rtsp://x/1 RTSP/1.0\r\nCSeq: 2\r\n\r\n');
    answer('RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: 77;timeout=10\r\n\r\n');
    pass(4_000);
    assert.deepEqual(answer(frame), { relay: frame, camera: '' });
    pass(2_000);
    const { relay, camera } = answer(frame);
    assert.equal(relay, frame);
    assert.equal(camera, 'GET_PARAMETER rtsp://x/1 RTSP/1.0\r\nCSeq: 3\r\nSession: 77\r\n\r\n');
    assert.deepEqual(answer(frame), { relay: frame, camera: '' }, 'once');
    assert.deepEqual(answer('RTSP/1.0 200 OK\r\nCSeq: 3\r\n\r\n'), { relay: '', camera: '' });
    assert.match(ask('OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 3\r\n\r\n'), /CSeq: 4\r\n/);
  });
});
