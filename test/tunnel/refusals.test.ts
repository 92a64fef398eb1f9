import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { formatCameraName } from '../../src/model/camera-name.ts';
import { wireString } from '../../src/tunnel/wire.ts';
import { eventually } from '../support/until.ts';
import { type CameraKey, LocalServer, Rig } from './rig.ts';
import { Stranger } from './stranger.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** The one complaint that a refusal leaves in the log. */
function complaint(pattern: RegExp): string {
  const found = rig.log.complaints(/./);
  assert.equal(found.length, 1, JSON.stringify(found));
  assert.match(found[0]?.message ?? '', pattern);
  return JSON.stringify(found[0]);
}

const refusedAt = async (key: CameraKey, user: string): Promise<void> => {
  await using camera = rig.dial({ key, user });
  const { exitCode } = await camera.ended();
  assert.notEqual(exitCode, 0);
  assert.equal(rig.tunnels.length, 0);
};

describe('a client is refused and logged once', () => {
  it('with a key that is not enrolled', async () => {
    const key = rig.makeKey();
    await refusedAt(key, 'bach.door');
    await refusedAt(key, 'bach.door');
    const line = complaint(/key .* is not enrolled/);
    assert.ok(line.includes(key.publicKey.fingerprint));
    const counts = { open: 0, accepted: 0, refused: 2, abandoned: 0, crowded: 0 };
    assert.deepEqual(rig.server.counts, counts);
    assert.ok(line.includes('bach.door') && line.includes('127.0.0.1'));
  });

  it('with a user name that is not that of its key', async () => {
    const key = rig.enrolled('bach/door');
    for (const user of ['bach.garden', 'root', 'bach.door.x']) await refusedAt(key, user);
    complaint(/that of bach\/door, which must log in as bach\.door/);
  });

  it('with a password', async () => {
    await using _stranger = new Stranger({ port: rig.port, logIn: true, password: 'ismart12' });
    await eventually('the refusal', 5_000, () => rig.log.complaints(/password/).length > 0);
    complaint(/only public keys/);
    assert.doesNotMatch(JSON.stringify(rig.log.lines), /ismart12/);
  });

  it('with a key of another kind', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' });
    await using stranger = new Stranger({ port: rig.port, logIn: true, privateKey: pem });
    assert.ok(await stranger.ended(5_000));
    assert.equal(rig.log.complaints(/only ed25519 and ecdsa-nistp256/).length, 1);
  });

  it('with text in its name that would play tricks on a terminal', async () => {
    await using _stranger = new Stranger({
      port: rig.port,
      logIn: true,
      username: 'a\u001b[2Jb\nc',
      ident: 'x\u001b[1m',
      privateKey: await rig.openSshKey(),
    });
    await eventually('the refusal', 5_000, () => rig.log.complaints(/not enrolled/).length > 0);
    for (const { message, fields } of rig.log.lines) {
      assert.doesNotMatch([message, ...Object.values(fields)].join(), /\p{Cc}/u);
    }
  });
});

describe('whoever knows only the public key', () => {
  const request = (algorithm: string, blob: Buffer, signature: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from([50]),
      ...['bach.door', 'ssh-connection', 'publickey'].map((text) => wireString(text)),
      Buffer.from([1]),
      wireString(algorithm),
      wireString(blob),
      wireString(signature),
    ]);

  // ssh2 takes the hash from the algorithm's name, and verify() of a wrong hash is an error object, which is truthy.
  for (const algorithm of [
    'ssh-ed25519',
    'rsa-sha2-256',
    'rsa-sha2-512',
    'ssh-rsa',
    'ecdsa-sha2-nistp256',
    'ssh-dss',
    'none',
  ]) {
    it(`is not let in by calling it a key for ${algorithm}`, async () => {
      const { blob } = rig.enrolled('bach/door').publicKey;
      for (const length of [0, 1, 64, 72]) {
        await using stranger = await Stranger.connect({ port: rig.port });
        await eventually('the service', 5_000, () => stranger.refusals > 0);
        const garbage = Buffer.alloc(length, 7);
        const signature = Buffer.concat([wireString(algorithm), wireString(garbage)]);
        stranger.send(request(algorithm, blob, length === 1 ? garbage : signature));
        await eventually('an answer', 5_000, () => stranger.refusals > 1 || !stranger.isOpen);
      }
      assert.equal(rig.tunnels.length, 0);
    });
  }
});

describe('what a camera asks for besides its forwards is refused and logged once', () => {
  const dialled = async (options: {
    readonly options: readonly string[];
    readonly command?: readonly string[];
    readonly expect: RegExp;
  }): Promise<string> => {
    await using camera = rig.dial({
      key: rig.enrolled('bach/door'),
      user: 'bach.door',
      ...options,
    });
    await eventually('the refusal', 10_000, () => rig.log.complaints(options.expect).length > 0);
    camera.process.kill();
    return JSON.stringify(rig.log.complaints(options.expect));
  };

  it('a shell', async () => {
    const line = await dialled({ options: [], expect: /session/ });
    assert.match(line, /"bach\/door"/);
    complaint(/session/);
  });

  it('a command', async () => {
    await dialled({ options: [], command: ['id'], expect: /session/ });
    complaint(/session/);
  });

  it('file transfer', async () => {
    await dialled({ options: ['-s'], command: ['sftp'], expect: /session/ });
    complaint(/session/);
  });

  it('connections from the server onwards (-L)', async () => {
    await using inside = await LocalServer.start((socket) => socket.end('secret'));
    await using stranger = await Stranger.connect({
      port: rig.port,
      logIn: true,
      privateKey: await rig.openSshKey('bach/door'),
    });
    for (let count = 0; count < 3; count += 1) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      stranger.client.forwardOut('127.0.0.1', 1, '127.0.0.1', inside.port, resolve);
      assert.match(String(await promise), /open failure/i);
    }
    assert.equal(inside.sockets.size, 0);
    complaint(new RegExp(`127\\.0\\.0\\.1:${inside.port}`));
  });

  it('forwards of Unix sockets', async () => {
    await using stranger = await Stranger.connect({
      port: rig.port,
      logIn: true,
      privateKey: await rig.openSshKey('bach/door'),
      strictVendor: false,
    });
    const { promise, resolve } = Promise.withResolvers<unknown>();
    stranger.client.openssh_forwardInStreamLocal('/run/x', resolve);
    assert.match(String(await promise), /unable to bind/i);
    complaint(/streamlocal-forward/);
  });

  it('a port that is no service, with the ports that are', async () => {
    for (const port of ['0', '22', '8554', '65535']) {
      await using camera = rig.dial({
        key: rig.enrolled('bach/door'),
        user: 'bach.door',
        options: ['-N', '-o', 'ExitOnForwardFailure=yes', '-R', `${port}:127.0.0.1:1`],
      });
      assert.notEqual((await camera.ended()).exitCode, 0);
    }
    complaint(/port 0; known are 554 \(rtsp\) and 80 \(footage\)/);
  });

  it('a second forward of a service; the first stays', async () => {
    await using first = await LocalServer.start((socket) => socket.end('first'));
    await using second = await LocalServer.start((socket) => socket.end('second'));
    await using _camera = rig.dial({
      key: rig.enrolled('bach/door'),
      user: 'bach.door',
      options: ['-N', '-R', `554:127.0.0.1:${first.port}`, '-R', `x:554:127.0.0.1:${second.port}`],
    });
    await eventually('the refusal', 10_000, () => rig.log.complaints(/second forward/).length > 0);
    complaint(/second forward of port 554 \(rtsp\)/);
    const tunnel = await rig.tunnel();
    const forward = await tunnel.forward('rtsp', AbortSignal.timeout(5_000));
    const stream = await forward.open(AbortSignal.timeout(5_000));
    assert.equal(String((await stream.toArray()).join('')), 'first');
    assert.equal(formatCameraName(tunnel.camera), 'bach/door');
  });
});
