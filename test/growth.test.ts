import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import cookie from '@fastify/cookie';
import { fastify } from 'fastify';
import { quote } from '../src/alert/channels/answers.ts';
import { readLogLine, readPicture } from '../src/archive/ffmpeg-output.ts';
import { rewriteDescription } from '../src/gateway/description.ts';
import { parseAuthorization } from '../src/gateway/authorization.ts';
import { locate } from '../src/gateway/place.ts';
import { parseTransport } from '../src/gateway/transport.ts';
import { LineSplitter } from '../src/lib/lines.ts';
import { withoutPasswords } from '../src/lib/redactor.ts';
import { findVideo } from '../src/live/video-description.ts';
import { readBoxes } from '../src/media/mp4/boxes.ts';
import { FlvReader } from '../src/media/flv.ts';
import { MessageReader } from '../src/media/rtsp/message.ts';
import { readSdp } from '../src/media/sdp.ts';
import { parseEmailAddress, parsePhoneNumber } from '../src/alert/addresses.ts';
import { presentable } from '../src/relay/diagnosis.ts';
import { printableUser } from '../src/tunnel/authentication.ts';

/** A reader of what strangers, cameras, stores and carriers send, and the input that is worst for it. */
interface Case {
  readonly what: string;
  /** What is repeated, between what it begins and ends with. */
  readonly repeated: string;
  readonly head?: string;
  readonly tail?: string;
  /** Characters of the shorter of the two inputs; the longer has four times as many. */
  readonly length?: number;
  readonly read: (text: string) => unknown;
}

const attempt = (read: () => unknown): void => {
  try {
    read();
  } catch {
    // A refusal is an answer, too.
  }
};

function rtsp(text: string, pieces = text.length): void {
  const reader = new MessageReader();
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += pieces) {
    for (const message of reader.read(bytes.subarray(at, at + pieces))) assert.ok(message.kind);
  }
}

async function* inPieces(text: string, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += bytes)
    yield Buffer.from(text.slice(at, at + bytes), 'latin1');
}

async function readFile(text: string): Promise<void> {
  for await (const { type } of readBoxes(inPieces(text, 128))) assert.ok(type.length > 0);
}

const hosts = { domain: 'example.com', serverName: undefined };

function flv(text: string): void {
  const reader = new FlvReader({ describe: () => {}, unit: () => {} } as never);
  for (let at = 0; at < text.length; at += 16)
    reader.push(Buffer.from(text.slice(at, at + 16), 'latin1'));
}

const requestHead = 'OPTIONS rtsp://h/c RTSP/1.0\r\nCSeq: 1\r\n';
const h264 = 'm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n';
const longest = 32 * 1024;

const ofHttp = fastify({ trustProxy: 'loopback' });
await ofHttp.register(cookie);
ofHttp.get('/', (request) => `${request.ip} ${Object.keys(request.cookies).length}`);
const http = (header: string) => async (value: string) => {
  await ofHttp.inject({ url: '/', headers: { [header]: value } });
};

const cases: readonly Case[] = [
  {
    what: 'blanks in a header of RTSP',
    head: `${requestHead}X: a`,
    repeated: ' ',
    tail: 'b\r\n\r\n',
    length: 1_900,
    read: (text) => rtsp(text),
  },
  {
    what: 'blanks that end a header of RTSP',
    head: `${requestHead}X: a`,
    repeated: '\t ',
    tail: '\r\n\r\n',
    length: 1_900,
    read: (text) => rtsp(text),
  },
  {
    what: 'a head of RTSP that comes byte by byte',
    head: `${requestHead}X: `,
    repeated: 'a',
    length: 1_900,
    read: (text) => rtsp(text, 1),
  },
  {
    what: 'a body of RTSP that comes byte by byte',
    head: `${requestHead}Content-Length: 65536\r\n\r\n`,
    repeated: 'a',
    length: 8_000,
    read: (text) => rtsp(text, 1),
  },
  {
    what: 'a frame of RTSP that comes byte by byte',
    head: '$\0\xff\xff',
    repeated: 'a',
    length: 8_000,
    read: (text) => rtsp(text, 1),
  },
  {
    what: 'frames of RTSP without anything in them',
    repeated: '$\0\0\0',
    length: 8_000,
    read: (text) => rtsp(text),
  },
  {
    what: 'backslashes in an Authorization',
    head: 'Digest a="',
    repeated: '\\',
    read: parseAuthorization,
  },
  {
    what: 'blanks in an Authorization',
    head: 'Digest a',
    repeated: ' ',
    tail: '!',
    read: parseAuthorization,
  },
  {
    what: 'a Basic Authorization',
    head: 'Basic ',
    repeated: 'a',
    tail: '!',
    read: parseAuthorization,
  },
  {
    what: 'the user of a URL of RTSP',
    head: 'rtsp://',
    repeated: 'a',
    tail: '#',
    read: (text) => locate(text, hosts),
  },
  {
    what: 'the path of a URL of RTSP',
    head: 'rtsp://h/',
    repeated: 'a/',
    tail: ' ',
    read: (text) => locate(text, hosts),
  },
  { what: 'a Transport', repeated: 'RTP/AVP/TCP;a;,', read: parseTransport },
  { what: 'blanks in a Transport', head: 'RTP', repeated: ' ', tail: 'a', read: parseTransport },
  {
    what: 'streams of a session description',
    repeated: 'm=video 0 RTP/AVP 96\n',
    length: 4_000,
    read: readSdp,
  },
  {
    what: 'payload types of a session description',
    head: 'm=video 0 RTP/AVP 96',
    repeated: ' 9',
    tail: 'a',
    length: 4_000,
    read: readSdp,
  },
  {
    what: 'lines of a session description',
    head: h264,
    repeated: 'a=fmtp:96 a\r\n',
    length: 4_000,
    read: (text) => attempt(() => rewriteDescription(text, 'a')),
  },
  {
    what: 'parameter sets of a session description',
    head: `${h264}a=fmtp:96 sprop-parameter-sets=`,
    repeated: 'AA,',
    length: 1_900,
    read: findVideo,
  },
  {
    what: 'names of parameter sets',
    head: `${h264}a=fmtp:96 `,
    repeated: 'sprop-parameter-sets=',
    length: 1_900,
    read: findVideo,
  },
  {
    what: 'lines of a program',
    repeated: 'frame=1\r\n',
    length: longest / 4,
    read: (text) => new LineSplitter(() => {}).push(Buffer.from(text)),
  },
  {
    what: 'a stream in the words of ffmpeg',
    repeated: 'Stream #0:0: Video: a, ',
    length: 1_000,
    read: readPicture,
  },
  {
    what: 'a rate in the words of ffmpeg',
    head: 'Stream #0:0: Video: a, 10x10 ',
    repeated: '1',
    length: 1_000,
    read: readPicture,
  },
  {
    what: 'brackets in the words of ffmpeg',
    repeated: '[a @ 0x0',
    length: 1_000,
    read: readLogLine,
  },
  { what: 'the words of a relay', repeated: 'Authorization:a', length: 1_000, read: presentable },
  {
    what: 'names with dots in a log line',
    repeated: 'a.',
    length: longest / 4,
    read: withoutPasswords,
  },
  { what: 'URLs in a log line', repeated: 'a://a:', length: longest / 4, read: withoutPasswords },
  {
    what: 'colons in a log line',
    head: 'a://',
    repeated: ':',
    length: longest / 4,
    read: withoutPasswords,
  },
  {
    what: 'tags in an answer of a carrier',
    repeated: '<',
    length: 1_000,
    read: (text) => quote(text, ['secret']),
  },
  {
    what: 'the name of somebody who logs in by SSH',
    head: 'enrol.',
    repeated: 'a',
    length: longest / 4,
    read: printableUser,
  },
  { what: 'a telephone number', repeated: '1 - ', length: longest / 4, read: parsePhoneNumber },
  {
    what: 'an e-mail address',
    repeated: 'a.',
    tail: '@',
    length: longest / 4,
    read: parseEmailAddress,
  },
  {
    what: 'a box of an MP4 that comes in small pieces',
    head: '\0\x0f\0\0free',
    repeated: 'a',
    length: longest / 8 / 4,
    read: readFile,
  },
  {
    what: 'a tag of FLV that comes in small pieces',
    head: `FLV\x01\x01\0\0\0\x09\0\0\0\0\x09\x0f\0\0${'\0'.repeat(7)}`,
    repeated: 'a',
    length: longest / 4,
    read: flv,
  },
  { what: 'cookies', repeated: 'a=b; ', length: 4_000, read: http('cookie') },
  { what: 'a long cookie', head: 'a="', repeated: '%', length: 4_000, read: http('cookie') },
  {
    what: 'an X-Forwarded-For',
    repeated: '127.0.0.1, ',
    length: 4_000,
    read: http('x-forwarded-for'),
  },
  {
    what: 'blanks in an X-Forwarded-For',
    head: 'a',
    repeated: ' ',
    tail: 'b',
    length: 4_000,
    read: http('x-forwarded-for'),
  },
];

/**
 * Twice the length may take 2.5 times the CPU time. Four times the length is measured, so that what the
 * garbage collector adds matters less.
 */
const longer = 4;
const mostGrowth = 2.5 ** 2;
/** A measurement is repeated until its least values say so, since a busy machine only ever adds to them. */
const rounds = 60;
const measuredMicros = 3_000;
/** So that the compiler has done its work before. */
const warmUps = 20;

async function micros(read: Case['read'], text: string, times: number): Promise<number> {
  const { user, system } = process.cpuUsage();
  for (let count = 0; count < times; count += 1) await read(text);
  const after = process.cpuUsage();
  return after.user + after.system - user - system;
}

describe('what reads the bytes of strangers takes time in proportion to their length', () => {
  for (const { what, repeated, head = '', tail = '', length = 1_900, read } of cases) {
    it(what, async () => {
      const text = (wanted: number): string =>
        head + repeated.repeat(Math.ceil(wanted / repeated.length)) + tail;
      const [short, long] = [text(length), text(longer * length)];
      await micros(read, long, warmUps);
      let times = 1;
      while ((await micros(read, short, times)) < measuredMicros) times *= 2;
      let [least, leastOfLong] = [Infinity, Infinity];
      for (let round = 0; round < rounds; round += 1) {
        least = Math.min(least, await micros(read, short, times));
        leastOfLong = Math.min(leastOfLong, await micros(read, long, times));
        if (round > 1 && leastOfLong <= mostGrowth * least) return;
      }
      assert.fail(`four times the length takes ${(leastOfLong / least).toFixed(1)} times as long`);
    });
  }
});
