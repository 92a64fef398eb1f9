import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { Random } from '../../faults/random.ts';
import { Noise, payload, unencrypted } from '../../tunnel/malformed.ts';
import { Stranger } from '../../tunnel/stranger.ts';
import { type Attack, strangerAddress, type Tools } from '../attack.ts';
import { logIn } from './camera-messages.ts';

const atLeast = 100_000;

/** How many connections at once send malformed messages. */
const atOnce = 4;

type FuzzOnce = (tools: Tools, noise: Noise, from: string) => Promise<void>;

const fuzz = (name: string, once: FuzzOnce): Attack => ({
  name: `${name} fuzz`,
  by: 'stranger',
  unit: 'messages',
  atLeast,
  async run(tools) {
    const noises = Array.from({ length: atOnce }, () => new Noise(tools.random.below(2 ** 31)));
    await Promise.all(
      noises.map(async (noise, n) => {
        for (let tries = 0; !tools.signal.aborted; tries += 1) {
          await once(tools, noise, strangerAddress(n * 50 + (tries % 50), tries)).catch(() =>
            delay(20),
          );
        }
      }),
    );
  },
});

/** Malformed messages before the keys are exchanged, before log-in, and by an enrolled camera. */
const ssh: FuzzOnce = async (tools, noise, from) => {
  const { target, count, random } = tools;
  if (random.next() < 0.3) {
    const socket = open(target.tunnelPort, from);
    count(4);
    socket.write(unencrypted(noise));
    await sent(socket);
    return;
  }
  await using stranger = await (random.next() < 0.7
    ? Stranger.connect({ port: target.tunnelPort, from })
    : logIn(target, random.below(4), from));
  for (let i = 0; i < 200 && stranger.isOpen; i += 1) {
    stranger.send(payload(noise));
    count();
    if (i % 20 === 19) await delay(0);
  }
};

const rtsp: FuzzOnce = async ({ target, count, random }, _noise, from) => {
  const socket = open(target.gatewayPort, from);
  for (let i = 0; i < 20 && !socket.closed; i += 1) {
    socket.write(mutated(random, rtspMessage(random)));
    count();
  }
  await sent(socket);
};

const http: FuzzOnce = async ({ target, count, random }, _noise, from) => {
  const raw = open(target.webPort, from);
  const socket = connectTls({ socket: raw, rejectUnauthorized: false });
  socket.on('error', () => {});
  socket.resume();
  for (let i = 0; i < 20 && !raw.closed; i += 1) {
    socket.write(mutated(random, httpMessage(random)));
    count();
  }
  await sent(socket);
};

function open(port: number, localAddress: string): Socket {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => {});
  socket.resume();
  return socket;
}

/** Says no more, and waits for what the other side makes of it: not for long. */
async function sent(socket: Socket): Promise<void> {
  socket.end();
  await Promise.race([once(socket, 'close').catch(() => {}), delay(300)]);
  socket.destroy();
}

const word = (random: Random): string =>
  random.of([
    'bach',
    '*',
    '../..',
    '%00',
    '%2e%2e%2f',
    'é',
    'x'.repeat(300),
    '-1',
    '99999999999999999999',
    '{}',
    '__proto__',
    '0',
    '\t',
    '"',
    ',',
    'front',
    '\u0000',
  ]);

function rtspMessage(random: Random): string {
  const method = random.of([
    'OPTIONS',
    'DESCRIBE',
    'SETUP',
    'PLAY',
    'PAUSE',
    'TEARDOWN',
    'GET',
    word(random),
  ]);
  const url = random.of([
    '*',
    'rtsp://127.0.0.1/bach/front',
    `rtsp://${word(random)}/${word(random)}`,
    word(random),
  ]);
  const headers = Array.from({ length: random.below(8) }, () =>
    random.of([
      `CSeq: ${random.below(10)}`,
      `Session: ${word(random)}`,
      `Transport: RTP/AVP/TCP;interleaved=${word(random)}-${random.below(300)}`,
      `Authorization: Digest username="${word(random)}", uri="${word(random)}", response=${word(random)}`,
      `Authorization: Basic ${word(random)}`,
      `Content-Length: ${word(random)}`,
      `${word(random)}: ${word(random)}`,
    ]),
  );
  return `${method} ${url} RTSP/1.0\r\n${headers.map((one) => `${one}\r\n`).join('')}\r\n`;
}

function httpMessage(random: Random): string {
  const path = random.of([
    '/',
    '/api/login',
    '/api/cameras',
    `/api/cameras/${word(random)}/timeline?from=${word(random)}&to=${word(random)}`,
    `/api/cameras/${word(random)}/${word(random)}`,
    `/api/exports/${word(random)}/file`,
    `/${word(random)}/${word(random)}`,
  ]);
  const body = random.of(['', '{"user":"x","password":"y"}', '{', word(random)]);
  const headers = Array.from({ length: random.below(6) }, () =>
    random.of([
      'Origin: https://127.0.0.1',
      `Cookie: cctv=${word(random)}`,
      `Range: bytes=${word(random)}`,
      'Transfer-Encoding: chunked',
      'Upgrade: websocket',
      'Connection: upgrade',
      `Content-Length: ${word(random)}`,
      'Content-Type: application/json',
      `${word(random)}: ${word(random)}`,
    ]),
  );
  headers.push('Host: 127.0.0.1', `Content-Length: ${body.length}`);
  const method = random.of(['GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', word(random)]);
  return `${method} ${path} HTTP/1.1\r\n${headers.map((one) => `${one}\r\n`).join('')}\r\n${body}`;
}

/** A message as it should be, or one whose bytes are changed, repeated, or missing. */
function mutated(random: Random, message: string): Buffer {
  const bytes = Buffer.from(message, 'latin1');
  const at = random.below(bytes.length);
  switch (random.below(5)) {
    case 0:
      bytes[at] = random.below(256);
      return bytes;
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes, bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes, Buffer.from([0x24, random.below(256), 0, random.below(256)])]);
    default:
      return bytes;
  }
}

export const fuzzes = [fuzz('SSH', ssh), fuzz('RTSP', rtsp), fuzz('HTTP', http)];
