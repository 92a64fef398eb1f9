import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import { RtspReader } from '../../stand-ins/rtsp/reader.ts';
import { MediaSource, type Packet } from '../../stand-ins/rtsp/source.ts';
import type { Attack, Tools } from '../attack.ts';
import { logIn } from './camera-messages.ts';

const picture = { video: 'h264', width: 64, height: 64, framesPerSecond: 5 } as const;

/** The packets of one key frame of a real encoder, and what its SDP says. */
interface KeyFrame {
  readonly packets: readonly Buffer[];
  readonly sdp: readonly string[];
}

/** What a camera sends once it plays, until the signal aborts. */
type Play = (channel: ClientChannel, key: KeyFrame, tools: Tools) => Promise<void>;

async function encodeKeyFrame(): Promise<KeyFrame> {
  const first = Promise.withResolvers<readonly Packet[]>();
  const packets: Packet[] = [];
  const source = await MediaSource.start({
    ...picture,
    keyFrameSeconds: 0.2,
    bitsPerSecond: 20_000,
    bFrames: 0,
    audio: undefined,
    clock: false,
    onPackets(more) {
      packets.push(...more.filter(({ rtcp }) => !rtcp));
      const start = packets.findIndex(({ marker }) => marker) + 1;
      const end = packets.findIndex(({ marker }, i) => marker && i >= start);
      if (start > 0 && end > 0) first.resolve(packets.slice(start, end + 1));
    },
  });
  const whole = await first.promise;
  const sdp = [...(source.tracks[0]?.sdp ?? [])];
  await source[Symbol.asyncDispose]();
  return { packets: whole.map(({ frame }) => Buffer.from(frame)), sdp };
}

/** A camera's RTSP server at the end of its tunnel: it answers all requests, and then plays. */
function serve(channel: ClientChannel, key: KeyFrame, tools: Tools, play: Play): void {
  const reader = new RtspReader();
  channel.on('error', () => {});
  channel.on('data', (chunk: Buffer) => {
    for (const { startLine, headers } of reader.push(chunk).messages) {
      const [method = '', url = ''] = startLine.split(' ');
      const sdp =
        method === 'DESCRIBE'
          ? `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nc=IN IP4 0.0.0.0\r\n${key.sdp.join('\r\n')}\r\na=control:track1\r\n`
          : '';
      const transport = headers.get('transport') ?? '';
      channel.write(
        [
          'RTSP/1.0 200 OK',
          `CSeq: ${headers.get('cseq') ?? 0}`,
          'Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER',
          'Session: 1;timeout=60',
          ...(transport === '' ? [] : ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1']),
          ...(sdp === ''
            ? []
            : [
                `Content-Base: ${url}/`,
                'Content-Type: application/sdp',
                `Content-Length: ${sdp.length}`,
              ]),
          '',
          sdp,
        ].join('\r\n'),
      );
      if (method === 'PLAY') void play(channel, key, tools).catch(() => {});
    }
  });
}

const attack = (name: string, unit: string, play: Play): Attack => ({
  name,
  by: 'camera',
  unit,
  async run(tools) {
    const key = await encodeKeyFrame();
    while (!tools.signal.aborted) {
      const stranger = await logIn(tools.target, 1).catch(() => undefined);
      if (stranger === undefined) {
        await delay(200);
        continue;
      }
      await using _camera = stranger;
      stranger.client.on('tcp connection', (_details, accept) => serve(accept(), key, tools, play));
      stranger.client.forwardIn('127.0.0.1', 554, () => {});
      while (stranger.isOpen && !tools.signal.aborted) await delay(50);
    }
  },
});

/** Writes what it is given as fast as the line takes it, at most so many a second. */
async function send(
  channel: ClientChannel,
  { signal, count }: Tools,
  perSecond: number,
  next: (n: number) => Buffer,
): Promise<void> {
  const began = performance.now();
  let n = 0;
  while (!signal.aborted && !channel.destroyed) {
    const due = ((performance.now() - began) / 1_000) * perSecond;
    const batch: Buffer[] = [];
    while (n < due && batch.length < 200) batch.push(next(n++));
    if (batch.length === 0) {
      await delay(1);
      continue;
    }
    count(batch.length);
    if (channel.write(Buffer.concat(batch))) await nextTurn();
    else await Promise.race([once(channel, 'drain'), once(channel, 'close')]).catch(() => {});
  }
}

const keyFrames =
  (perSecond: number): Play =>
  async (channel, { packets }, tools) => {
    let sequence = 0;
    await send(channel, tools, perSecond, (n) =>
      Buffer.concat(
        packets.map((packet) => {
          const copy = Buffer.from(packet);
          copy[1] = 0;
          copy.writeUInt16BE((sequence = (sequence + 1) & 0xffff), 6);
          copy.writeUInt32BE(Math.round((n * 90_000) / perSecond) >>> 0, 8);
          return copy;
        }),
      ),
    );
  };

const rtcp: Play = async (channel, _key, tools) => {
  // A sender report (RFC 3550, section 6.4.1) of 28 bytes, interleaved on channel 1.
  const report = Buffer.alloc(32);
  report.set([0x24, 1, 0, 28, 0x80, 200, 0, 6]);
  await send(channel, tools, 1_000_000, () => report);
};

const endlessAnswer: Play = async (channel, _key, tools) => {
  channel.write('RTSP/1.0 200 OK\r\nCSeq: 99\r\nContent-Length: 2000000000\r\n\r\n');
  await send(channel, tools, 1_000_000, () => Buffer.alloc(1_400, 'x'));
};

const endlessHeader: Play = async (channel, _key, tools) => {
  channel.write('RTSP/1.0 200 OK\r\nCSeq: 99\r\n');
  await send(channel, tools, 1_000_000, () => Buffer.alloc(1_400, 'X-More: yes\r\n'));
};

const largePictures: Play = async (channel, { packets }, tools) => {
  const [packet] = packets;
  if (packet === undefined) return;
  // A piece of a picture that never ends (FU-A, RFC 6184 section 5.8).
  const piece = Buffer.concat([
    Buffer.from([0x24, 0, 1400 >> 8, 1400 & 255]),
    packet.subarray(4, 16),
  ]);
  let sequence = 0;
  await send(channel, tools, 1_000_000, (n) => {
    const whole = Buffer.alloc(1_404);
    piece.copy(whole);
    whole[5] = 96;
    whole.writeUInt16BE((sequence = (sequence + 1) & 0xffff), 6);
    whole[16] = 0x7c;
    whole[17] = n === 0 ? 0x85 : 0x05;
    return whole;
  });
};

export const badCameras = [
  attack('camera sends 10,000 key frames a second', 'key frames', keyFrames(10_000)),
  attack('camera sends 2,000 key frames a second', 'key frames', keyFrames(2_000)),
  attack('camera sends RTCP at line rate', 'reports', rtcp),
  attack('camera sends an answer that never ends', 'pieces', endlessAnswer),
  attack('camera sends a header that never ends', 'pieces', endlessHeader),
  attack('camera sends a picture that never ends', 'pieces', largePictures),
];
