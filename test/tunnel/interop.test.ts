import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import ssh2 from 'ssh2';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { wireString } from '../../src/tunnel/wire.ts';
import { LocalServer, Rig } from './rig.ts';

interface Offer {
  readonly kex: string;
  readonly hostKeys: string;
}

/**
 * Dropbears that no Debian has, imitated: their lists of algorithms, and their guessed first packet.
 * Of the real ones, those of 2020 and later are in tunnel.test.ts.
 */
const imitations: Readonly<Record<string, Offer>> = {
  'dropbear 2017.75': {
    kex: 'curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,diffie-hellman-group14-sha1,kexguess2@matt.ucc.asn.au',
    hostKeys: 'ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-rsa,ssh-dss',
  },
  'dropbear 2019.78': {
    kex: 'curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,diffie-hellman-group14-sha256,kexguess2@matt.ucc.asn.au',
    hostKeys: 'ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-rsa,ssh-dss',
  },
  'the dropbear 2019.78 of Xiaomi-Dafang-Hacks, which has ed25519': {
    kex: 'curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,diffie-hellman-group14-sha256,kexguess2@matt.ucc.asn.au',
    hostKeys: 'ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-rsa',
  },
};
const ciphers = 'aes128-ctr,aes256-ctr';
const macs = 'hmac-sha1,hmac-sha2-256';

const kexInit = 20;
const kexReply = 31;
const disconnect = 1;

function packet(payload: Buffer): Buffer {
  const padding = 16 - ((5 + payload.length) % 16) + 4;
  const aligned = padding + ((8 - ((5 + payload.length + padding) % 8)) % 8);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + payload.length + aligned);
  head.writeUInt8(aligned, 4);
  return Buffer.concat([head, payload, Buffer.alloc(aligned)]);
}

function* payloads(bytes: Buffer): Generator<Buffer> {
  let at = bytes.indexOf('\r\n') + 2;
  while (at >= 2 && at + 5 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (at + 4 + length > bytes.length) return;
    yield bytes.subarray(at + 5, at + 4 + length - (bytes[at + 4] ?? 0));
    at += 4 + length;
  }
}

const firstOf = (list: string): string => list.split(',')[0] ?? '';

/** The first method of key exchange and the first kind of host key in a KEXINIT (RFC 4253 section 7.1). */
function firstChoices(payload: Buffer): string[] {
  const kexLength = payload.readUInt32BE(17);
  const hostKeysAt = 21 + kexLength;
  const hostKeysLength = payload.readUInt32BE(hostKeysAt);
  return [
    firstOf(payload.toString('latin1', 21, hostKeysAt)),
    firstOf(payload.toString('latin1', hostKeysAt + 4, hostKeysAt + 4 + hostKeysLength)),
  ];
}

/**
 * Exchanges keys as dropbear does: sends its guess at once, and another packet only if the server's
 * lists show that the guess was wrong. Resolves with the type of the answer; undefined for none.
 */
async function exchangeKeys(port: number, { kex, hostKeys }: Offer): Promise<number | undefined> {
  const { publicKey } = generateKeyPairSync('x25519');
  const point = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const exchange = packet(Buffer.concat([Buffer.from([30]), wireString(point)]));
  const lists = [
    kex,
    hostKeys,
    ciphers,
    ciphers,
    macs,
    macs,
    'zlib@openssh.com,none',
    'none',
    '',
    '',
  ];
  const guessFollows = Buffer.from([1, 0, 0, 0, 0]);
  const init = packet(
    Buffer.concat([
      Buffer.from([kexInit]),
      randomBytes(16),
      ...lists.map((list) => wireString(list)),
      guessFollows,
    ]),
  );
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(Buffer.concat([Buffer.from('SSH-2.0-dropbear_2019.78\r\n'), init, exchange]));
  let received = Buffer.alloc(0);
  let answered = false;
  const timer = setTimeout(() => socket.destroy(), 1_500);
  try {
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      for (const payload of payloads(received)) {
        const type = payload[0];
        if (type === kexReply || type === disconnect) return type;
        if (type !== kexInit || answered) continue;
        answered = true;
        const guess = [firstOf(kex), firstOf(hostKeys)];
        const guessWasRight = String(guess) === String(firstChoices(payload));
        if (!guessWasRight) socket.write(exchange);
      }
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

describe('old dropbears, imitated with their guessed first packet', () => {
  for (const [name, offer] of Object.entries(imitations)) {
    const ed25519 = offer.hostKeys.includes('ed25519');
    it(`${name} exchanges keys in the legacy profile`, async () => {
      await using rig = await Rig.start({ algorithms: 'legacy' });
      assert.equal(await exchangeKeys(rig.port, offer), kexReply);
    });
    it(`${name} ${ed25519 ? 'exchanges keys' : 'is told that it is too old'} in the default profile`, async () => {
      await using rig = await Rig.start();
      assert.equal(await exchangeKeys(rig.port, offer), ed25519 ? kexReply : disconnect);
      if (ed25519) return;
      const [line] = rig.log.complaints(/no matching host key format/);
      assert.match(line?.message ?? '', /algorithms: legacy/);
    });
  }

  it('hang where a server puts first what they put first, so these tests would notice', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = privateKey.export({ type: 'sec1', format: 'pem' });
    const server = new ssh2.Server({ hostKeys: [key], algorithms: { kex: ['curve25519-sha256'] } });
    server.on('connection', (connection: EventEmitter) => connection.on('error', () => {}));
    await using local = await LocalServer.start((socket) => server.injectSocket(socket));
    const offer = imitations['dropbear 2019.78'];
    assert.ok(offer);
    assert.equal(await exchangeKeys(local.port, offer), undefined);
  });
});

describe('ssh-audit', () => {
  it('finds nothing that fails', async () => {
    await using rig = await Rig.start();
    const { stdout, stderr } = await execa(
      'ssh-audit',
      ['--no-colors', '-p', String(rig.port), '127.0.0.1'],
      { reject: false },
    );
    assert.match(stdout, /\(key\) ssh-ed25519/, stderr);
    assert.doesNotMatch(stdout, /\[fail\]/);
    assert.match(stdout, /compression: disabled/);
  });
});

describe('the ssh of OpenSSH', () => {
  it('gets a forward and may withdraw it', async () => {
    await using echo = await LocalServer.start((socket) => socket.pipe(socket));
    await using rig = await Rig.start();
    const key = `${rig.directory}/openssh`;
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const { stdout } = await execa('ssh-keygen', ['-y', '-f', key]);

    rig.enrol(parsePublicKey(stdout), 'bach/door');
    const control = `${rig.directory}/control`;
    const args = [
      '-F',
      'none',
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'IdentitiesOnly=yes',
      '-i',
      key,
      '-S',
      control,
      '-p',
      String(rig.port),
    ];
    const forward = ['-R', `554:127.0.0.1:${echo.port}`];
    const ssh = execa('ssh', [...args, '-M', '-N', ...forward, 'bach.door@127.0.0.1'], {
      reject: false,
    });
    try {
      const tunnel = await rig.tunnel();
      const granted = await tunnel.forward('rtsp', AbortSignal.timeout(10_000));
      const stream = await granted.open(AbortSignal.timeout(10_000));
      stream.write('hello');
      assert.equal(String((await once(stream, 'data'))[0]), 'hello');
      await execa('ssh', [...args, '-O', 'cancel', ...forward, 'bach.door@127.0.0.1']);
      await assert.rejects(granted.open(AbortSignal.timeout(10_000)), /withdrawn/);
      await assert.rejects(tunnel.forward('rtsp', AbortSignal.timeout(50)), {
        name: 'TimeoutError',
      });
      await execa('ssh', [...args, '-O', 'forward', ...forward, 'bach.door@127.0.0.1']);
      const again = await tunnel.forward('rtsp', AbortSignal.timeout(10_000));
      (await again.open(AbortSignal.timeout(10_000))).destroy();
      assert.equal(tunnel.closed.aborted, false);
    } finally {
      ssh.kill();
      await ssh;
    }
  });
});
