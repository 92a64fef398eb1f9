import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eventually } from '../support/until.ts';
import { Player } from './player.ts';
import { password, Rig } from './rig.ts';

const front = 'rtsp://bach.cctv.example/front';
const basic = (user: string, secret = password): string =>
  `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;

/** Sends bytes, and says no more; all that comes until the connection is closed. */
async function exchange(port: number, bytes: Buffer, from?: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from });
  const chunks: Buffer[] = [];
  let size = 0;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    size += chunk.length;
    if (size < 1_000_000) chunks.push(chunk);
  });
  socket.setTimeout(20_000, () => socket.destroy(new Error('a connection that hangs')));
  let hung = false;
  socket.on('timeout', () => (hung = true));
  socket.end(bytes);
  await once(socket, 'close');
  assert.equal(hung, false, `no end to: ${bytes.toString('latin1').slice(0, 300)}`);
  return Buffer.concat(chunks).toString('latin1');
}

const statuses = (text: string): number[] =>
  [...text.matchAll(/RTSP\/1\.0 (\d{3})/g)].map(([, status]) => Number(status));

describe('one who does not know the password', () => {
  let rig: Rig;
  before(async () => {
    rig = await Rig.start({ throttle: { maxWaitMs: 0 } });
    rig.relays.set('bach/front', { url: 'rtsp://127.0.0.1:1/proxyStream' });
    rig.relays.set('bach/shed', 'offline');
  });
  after(() => rig[Symbol.asyncDispose]());

  it('gets the same answer whatever exists', async () => {
    const answers = new Set<string>();
    for (const [host, camera, user, secret] of [
      ['bach', 'front', 'bach', 'wrong'],
      ['bach', 'shed', 'bach', 'wrong'],
      ['bach', 'none', 'bach', 'wrong'],
      ['bach', 'front', 'nobody', 'wrong'],
      ['nobody', 'front', 'bach', 'wrong'],
      ['mozart', 'front', 'bach', password],
      ['bach', 'front', 'mozart', password],
    ] as const) {
      for (const method of ['DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN', 'GET_PARAMETER']) {
        using player = (await rig.player()).login(user, secret);
        const reply = await player.ask(method, `rtsp://${host}.cctv.example/${camera}`, {
          Transport: 'RTP/AVP/TCP;interleaved=0-1',
        });
        const headers = JSON.stringify([...reply.headers]).replace(/nonce=\\"\w+/, '');
        answers.add(`${reply.status} ${reply.reason} ${headers} ${reply.body}`);
      }
    }
    assert.equal(answers.size, 1, [...answers].join('\n'));
    assert.match([...answers][0] ?? '', /^401 /);
    assert.deepEqual(rig.lookups, []);
  });

  it('waits when it asks faster than players do, and is cut off when it goes on', async () => {
    const requests = { rate: { burst: 20, everyMs: 20 }, perTurn: 5, patienceMs: 300 };
    await using own = await Rig.start({ patience: { requests } });
    const socket = connect({ host: '127.0.0.1', port: own.port });
    socket.on('error', () => {});
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
    await once(socket, 'connect');
    const began = performance.now();
    socket.write('OPTIONS rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\n\r\n'.repeat(10_000));
    await eventually('its end', 20_000, () => socket.closed);
    const most = 20 + (performance.now() - began) / 20 + 5;
    const answers = statuses(said).length;
    assert.ok(answers >= 20 && answers <= most, `${answers} answers`);
  });

  it('can not use a proof that was made for another connection, camera or method', async () => {
    const proofs = new Map<string, string>();
    const spy = (player: Player): void => {
      const write = player.socket.write.bind(player.socket);
      player.socket.write = ((text: string) => {
        const [, method = '', proof] = /^(\w+).*^Authorization: ([^\r]*)/ms.exec(text) ?? [];
        if (proof !== undefined) proofs.set(method, proof);
        return write(text);
      }) as typeof player.socket.write;
    };
    using owner = (await rig.player()).login('bach', password);
    spy(owner);
    assert.equal((await owner.ask('DESCRIBE', front)).status, 404);
    rig.lookups.length = 0;
    const Authorization = proofs.get('DESCRIBE') ?? '';
    assert.match(Authorization, /^Digest/);
    using thief = await rig.player();
    const replayed = await thief.ask('DESCRIBE', front, { Authorization });
    assert.equal(replayed.status, 401);
    owner.forget();
    const Transport = 'RTP/AVP/TCP;interleaved=0-1';
    for (const [method, url] of [
      ['SETUP', front],
      ['DESCRIBE', 'rtsp://bach.cctv.example/shed'],
      ['DESCRIBE', 'rtsp://mozart.cctv.example/front'],
    ] as const) {
      const reply = await owner.ask(method, url, { Authorization, Transport });
      assert.equal(reply.status, 401, method);
    }
    assert.deepEqual(rig.lookups, []);
  });
});

describe('one account', () => {
  let rig: Rig;
  before(async () => {
    rig = await Rig.start({ basicWithoutTls: true, throttle: { maxWaitMs: 0 } });
    await rig.addCamera('bach/front');
    await rig.addCamera('mozart/hall');
  });
  after(() => rig[Symbol.asyncDispose]());

  const urls = [
    'rtsp://mozart.cctv.example/hall',
    'rtsp://MOZART.cctv.example/hall',
    'rtsp://127.0.0.1/mozart/hall',
    'rtsp://bach.cctv.example/mozart/hall',
    'rtsp://bach.cctv.example/../mozart/hall',
    'rtsp://bach.cctv.example/%2e%2e/mozart/hall',
    'rtsp://127.0.0.1/bach/../mozart/hall',
    'rtsp://127.0.0.1/bach/%2e%2e/mozart/hall',
    'rtsp://127.0.0.1//mozart/hall',
    'rtsp://127.0.0.1/bach%2f..%2fmozart/hall',
    'rtsp://bach.cctv.example@mozart.cctv.example/hall',
    'rtsp://mozart.cctv.example@bach.cctv.example/hall',
    'rtsp://bach.cctv.example:8554@mozart.cctv.example/hall',
    'rtsp://bach.cctv.example/hall',
    'rtsp://bach.cctv.example/front/../../mozart/hall',
    'rtsp://bach.cctv.example/front?/mozart/hall',
    'rtsp://mozart.cctv.example.bach.cctv.example/hall',
    'rtsp://ｍozart.cctv.example/hall',
    'rtsp://bach.cctv.example\\@mozart.cctv.example/hall',
  ];
  for (const url of urls) {
    it(`can not get another's camera as ${url}`, async () => {
      rig.lookups.length = 0;
      using player = await rig.player();
      const reply = await player.ask('DESCRIBE', url, { Authorization: basic('bach') });
      assert.ok([400, 401, 404].includes(reply.status), String(reply.status));
      assert.ok(!rig.lookups.includes('mozart/hall'));
      using known = await rig.player();
      await known.ask('DESCRIBE', front, { Authorization: basic('bach') });
      const second = await known.ask('DESCRIBE', url);
      assert.ok([400, 401, 404, 455].includes(second.status), String(second.status));
      assert.ok(!rig.lookups.includes('mozart/hall'));
    });
  }

  it("can not use another's session, or its own with another's camera", async () => {
    using mozart = (await rig.player()).login('mozart', password);
    await mozart.watch('rtsp://mozart.cctv.example/hall');
    using bach = (await rig.player()).login('bach', password);
    await bach.watch(front);
    const theirs = { Session: mozart.session ?? '' };
    for (const method of ['PLAY', 'PAUSE', 'TEARDOWN', 'GET_PARAMETER']) {
      assert.equal((await bach.ask(method, front, theirs)).status, 454);
    }
    const own = { Session: bach.session ?? '' };
    assert.equal((await bach.ask('PLAY', 'rtsp://mozart.cctv.example/hall', own)).status, 401);
    const { pictures } = mozart;
    await eventually('pictures for the other', 5_000, () => mozart.pictures > pictures + 5);
  });

  it('can not mix two users on one connection', async () => {
    using player = await rig.player();
    const first = await player.ask('DESCRIBE', front, { Authorization: basic('bach') });
    assert.equal(first.status, 200);
    const other = await player.ask('DESCRIBE', 'rtsp://mozart.cctv.example/hall', {
      Authorization: basic('mozart'),
    });
    assert.equal(other.status, 455);
  });

  it('can keep a guest to the cameras that are his', async () => {
    using guest = (await rig.player()).login('guest', password);
    const reply = await guest.ask('DESCRIBE', front);
    assert.deepEqual([reply.status, reply.reason], [404, 'No Such Camera']);
  });

  it('can not send to the relay on channels, whichever it takes, anything but reports', async () => {
    using player = (await rig.player()).login('bach', password);
    await player.watch(front);
    const hidden = Buffer.from('DESCRIBE rtsp://127.0.0.1/proxyStream RTSP/1.0\r\nCSeq: 1\r\n\r\n');
    for (let channel = 0; channel < 256; channel += 1) {
      for (const payload of [hidden, Buffer.alloc(0), Buffer.from('80c90001deadbeef', 'hex')]) {
        const head = Buffer.from([0x24, channel, payload.length >> 8, payload.length & 0xff]);
        player.socket.write(Buffer.concat([head, payload]));
      }
    }
    const { pictures } = player;
    await eventually('more pictures', 5_000, () => player.pictures > pictures + 10);
    assert.equal(player.lost, 0);
    const keepAlive = await player.ask('GET_PARAMETER', front, { Session: player.session ?? '' });
    assert.equal(keepAlive.status, 200);
  });

  const inner = 'DESCRIBE rtsp://mozart.cctv.example/hall RTSP/1.0\r\nCSeq: 2\r\n\r\n';
  const smuggled: Readonly<Record<string, { readonly head?: string; readonly tail?: string }>> = {
    'in a body': { head: `Content-Length: ${inner.length}\r\n`, tail: inner },
    'behind a body that is longer than it says': {
      head: 'Content-Length: 2\r\n',
      tail: `xx${inner}`,
    },
    'behind two lengths': {
      head: `Content-Length: 0\r\nContent-Length: ${inner.length}\r\n`,
      tail: inner,
    },
    'in a chunked body': { head: 'Transfer-Encoding: chunked\r\n', tail: `0\r\n\r\n${inner}` },
    'behind a lone LF': { head: `X: y\n\n${inner}` },
    'behind a lone CR': { head: `X: y\r\r${inner}` },
    'in a header': {
      head: 'Session: x\\r\\nDESCRIBE rtsp://mozart.cctv.example/hall RTSP/1.0\r\n',
    },
    'in a transport': { head: 'Transport: RTP/AVP/TCP;interleaved=0-1\rX: y\r\n' },
  };
  for (const [where, { head = '', tail = '' }] of Object.entries(smuggled)) {
    for (const method of ['DESCRIBE', 'GET_PARAMETER', 'OPTIONS']) {
      it(`can not hide a request ${where} of ${method}`, async () => {
        rig.lookups.length = 0;
        const text = `${method} ${front} RTSP/1.0\r\nCSeq: 1\r\nAuthorization: ${basic('bach')}\r\n${head}\r\n${tail}`;
        const answer = await exchange(rig.port, Buffer.from(text));
        assert.ok(!rig.lookups.includes('mozart/hall'));
        const found = statuses(answer);
        // One answer and the refusal of what follows, or of all: the hidden request is never granted.
        assert.ok(found.filter((status) => status === 200).length <= 1, answer);
        assert.doesNotMatch(answer, /mozart/);
      });
    }
  }
});

describe('requests that are none', () => {
  /** The same random numbers each time, of `seed`. */
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  const seeds = (authorization: string): Buffer[] =>
    [
      `OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n`,
      `OPTIONS ${front} RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: x\r\n\r\n`,
      `DESCRIBE ${front} RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n${authorization}\r\n`,
      `SETUP ${front}/track1 RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n${authorization}\r\n`,
      `PLAY ${front} RTSP/1.0\r\nCSeq: 4\r\nSession: 12345678\r\nRange: npt=0.000-\r\n${authorization}\r\n`,
      `PAUSE ${front} RTSP/1.0\r\nCSeq: 5\r\nSession: 12345678\r\n${authorization}\r\n`,
      `GET_PARAMETER ${front} RTSP/1.0\r\nCSeq: 6\r\nContent-Length: 5\r\n${authorization}\r\nhello`,
      `TEARDOWN ${front} RTSP/1.0\r\nCSeq: 7\r\nSession: 12345678\r\n${authorization}\r\n`,
      `RTSP/1.0 200 OK\r\nCSeq: 8\r\n\r\n`,
      `$\x01\x00\x08\x80\xc9\x00\x01\xde\xad\xbe\xef`,
      `GET /front HTTP/1.1\r\nHost: x\r\n\r\n`,
    ].map((text) => Buffer.from(text, 'latin1'));
  const spice = [
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    ':',
    '$',
    '%2e',
    '/../',
    '//',
    '@',
    '\xff',
    'RTSP/1.0',
    '-1',
    '99999999999',
    '"',
    ';',
    ',',
  ];

  function mutate(original: Buffer, next: () => number): Buffer {
    let bytes = Buffer.from(original);
    const at = (): number => Math.floor(next() * (bytes.length + 1));
    for (let times = 1 + Math.floor(next() * 4); times > 0; times -= 1) {
      const [from, to] = [at(), at()].toSorted((a, b) => a - b) as [number, number];
      const part = Buffer.from(spice[Math.floor(next() * spice.length)] ?? '', 'latin1');
      const insert: Buffer[] = [
        part,
        Buffer.from([next() * 256]),
        bytes.subarray(from, Math.min(to, from + 200)),
        Buffer.alloc(Math.floor(next() * 600), part),
      ];
      const kept = next() < 0.7 ? from : to;
      const head = bytes.subarray(0, from);
      bytes = Buffer.concat([head, insert[Math.floor(next() * 4)] ?? part, bytes.subarray(kept)]);
    }
    return bytes;
  }

  async function fuzz(rig: Rig, count: number, authorization: string, seed: number): Promise<void> {
    const next = random(seed);
    const pool = seeds(authorization);
    let left = count;
    const worker = async (from: string): Promise<void> => {
      while (left > 0) {
        const requests = Array.from({ length: 1 + Math.floor(next() * 12) }, () => {
          const one = pool[Math.floor(next() * pool.length)] ?? Buffer.alloc(0);
          return next() < 0.75 ? mutate(one, next) : one;
        });
        left -= requests.length;
        await exchange(rig.port, Buffer.concat(requests), from);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, index) => worker(`127.0.1.${index + 1}`)));
  }

  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };

  const count = Number(process.env['GATEWAY_FUZZ_REQUESTS'] ?? 20_000);
  const seed = Number(process.env['GATEWAY_FUZZ_SEED'] ?? 1);

  it(`reach no camera, and leave nothing behind (${count} without the password, seed ${seed})`, async () => {
    await using rig = await Rig.start({ throttle: { maxWaitMs: 0 } });
    rig.relays.set('bach/front', { url: 'rtsp://127.0.0.1:1/proxyStream' });
    await fuzz(rig, 2_000, `Authorization: ${basic('bach', 'wrong')}\r\n`, seed + 1);
    rig.log.lines.length = 0;
    const before = heap();
    await fuzz(
      rig,
      count,
      'Authorization: Digest username="bach", realm="cctv", nonce="0", uri="x", response="0"\r\n',
      seed,
    );
    assert.deepEqual(rig.lookups, []);
    assert.ok(heap() - before < 8e6, `${heap() - before} bytes more`);
    assert.deepEqual(rig.logged('a request could not be answered'), []);
    using player = await rig.player();
    assert.equal((await player.ask('OPTIONS', '*')).status, 200);
  });

  it('do no harm from one who knows the password, and the others go on watching', async () => {
    await using rig = await Rig.start({ basicWithoutTls: true, throttle: { maxWaitMs: 0 } });
    await rig.addCamera('bach/front');
    using other = (await rig.player()).login('bach', password);
    await other.watch(front);
    await fuzz(rig, Math.ceil(count / 10), `Authorization: ${basic('bach')}\r\n`, seed + 2);
    assert.deepEqual(new Set(rig.lookups), new Set(['bach/front']));
    assert.deepEqual(rig.logged('a request could not be answered'), []);
    const { pictures } = other;
    await eventually('more pictures', 5_000, () => other.pictures > pictures + 10);
    assert.equal(other.lost, 0);
    await eventually('the others gone', 5_000, () => rig.gateway.viewers().length === 1);
  });
});
