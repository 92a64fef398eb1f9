import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { formatCameraName } from '../../src/model/camera-name.ts';
import { wireString } from '../../src/tunnel/wire.ts';
import { eventually } from '../support/until.ts';
import { type CameraKey, type Dialled, Rig } from './rig.ts';
import { Stranger } from './stranger.ts';
import type { PublicKey } from '../../src/model/public-key.ts';

let rig: Rig;
let ledger: Ledger;
beforeEach(async () => {
  rig = await Rig.start({
    findCamera: (key) => ledger.keys.ownerOf(key),
    enrolRefusal: (token, key) => ledger.tokens.refusal(token, key),
    enrol: (token, key) => ledger.tokens.enrol(token, key),
  });
  ledger = openLedger(join(rig.directory, 'ledger', 'ledger.sqlite'));
  ledger.accounts.add('bach');
});
afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  ledger[Symbol.dispose]();
});

const newToken = (uses: number): string =>
  ledger.tokens.add({ account: 'bach', uses, expiresMs: Date.now() + 3_600_000 }).token;
const used = (): (number | undefined)[] => ledger.tokens.list('bach').map((token) => token.used);

const dial = (key: CameraKey, user: string): Dialled =>
  rig.dial({
    key,
    user,
    options: ['-N', '-o', 'ExitOnForwardFailure=yes', '-R', '554:127.0.0.1:9'],
  });

/** Dials, and is let in as the camera of this name. */
async function letIn(key: CameraKey, user: string): Promise<string> {
  const before = rig.tunnels.length;
  await using camera = dial(key, user);
  const tunnel = await eventually('the tunnel', 10_000, () => rig.tunnels[before]);
  assert.equal(tunnel.keyFingerprint, key.publicKey.fingerprint);
  await tunnel.forward('rtsp', AbortSignal.timeout(5_000));
  camera.process.kill('SIGKILL');
  await camera.ended();
  return formatCameraName(tunnel.camera);
}

async function keptOut(key: CameraKey, user: string): Promise<string> {
  const before = rig.tunnels.length;
  await using camera = dial(key, user);
  const { exitCode, output } = await camera.ended();
  assert.notEqual(exitCode, 0);
  assert.equal(rig.tunnels.length, before);
  return output;
}

/** What the server says to a request with a public key: whether it would do, or with a signature. */
async function answerTo(
  username: string,
  { algorithm, blob }: PublicKey,
  signature?: Buffer,
): Promise<'it may sign' | 'refused'> {
  await using stranger = await Stranger.connect({ port: rig.port });
  await eventually('the service', 5_000, () => stranger.refusals > 0);
  const answers: ('it may sign' | 'refused')[] = [];
  const { _handlers: handlers } = stranger.protocol;
  handlers['USERAUTH_PK_OK'] = () => answers.push('it may sign');
  handlers['USERAUTH_FAILURE'] = () => answers.push('refused');
  // By it ssh2 tells apart what the answer can mean.
  stranger.protocol._authsQueue.push('publickey');
  const signed = signature && Buffer.concat([wireString(algorithm), wireString(signature)]);
  stranger.send(
    Buffer.concat([
      Buffer.from([50]),
      ...[username, 'ssh-connection', 'publickey'].map((text) => wireString(text)),
      Buffer.from([signed === undefined ? 0 : 1]),
      wireString(algorithm),
      wireString(blob),
      ...(signed === undefined ? [] : [wireString(signed)]),
    ]),
  );
  return await eventually('an answer', 5_000, () => answers[0]);
}

describe('a camera with a key that nobody knows', () => {
  it('dials in with a token, and is served at once as a new camera', async () => {
    const token = newToken(1);
    const key = rig.makeKey();
    const name = await letIn(key, `enrol.${token}`);
    assert.match(name, /^bach\/new-[0-9a-f]{4}$/);
    const [camera] = ledger.cameras.list('bach');
    assert.equal(camera?.keys[0]?.fingerprint, key.publicKey.fingerprint);
    const told = rig.log.lines.find(({ message }) => /enrolled itself/.test(message));
    assert.equal(told?.fields['camera'], name);
    assert.doesNotMatch(JSON.stringify(rig.log.lines), new RegExp(token), 'the token is in no log');
  });

  it('is the same camera with the same card for ever: adopted, renamed, the token at its end', async () => {
    const token = newToken(1);
    const key = rig.makeKey();
    const login = `enrol.${token}`;
    const name = await letIn(key, login);
    assert.equal(await letIn(key, login), name);
    const born = { account: 'bach', camera: name.split('/')[1] ?? '' };
    const adopted = ledger.cameras.adopt(born, 'front-door');
    assert.equal(await letIn(key, login), 'bach/front-door');
    ledger.cameras.rename(adopted, 'side-door');
    ledger.tokens.revoke('bach', token.slice(0, 6));
    assert.equal(await letIn(key, login), 'bach/side-door');
    assert.equal(await letIn(key, 'bach.front-door'), 'bach/side-door', 'by an earlier name');
    assert.equal(await letIn(key, 'bach.side-door'), 'bach/side-door');
    assert.deepEqual(used(), [1]);
    await keptOut(key, 'bach.back-door');
  });

  it('is refused without a token that is good, and is told no more than any unknown key', async () => {
    const key = rig.makeKey();
    const spent = newToken(1);
    await letIn(rig.makeKey(), `enrol.${spent}`);
    const revoked = newToken(5);
    ledger.tokens.revoke('bach', revoked.slice(0, 6));
    const good = newToken(5);
    const plain = await keptOut(key, 'bach.door');
    const words = (output: string): string => output.replaceAll(/:\d+|\S+@/g, '');
    const wrong = [spent, revoked, `${good.slice(1)}a`, good.slice(0, 31), good.toUpperCase(), ''];
    for (const token of wrong) {
      assert.equal(words(await keptOut(key, `enrol.${token}`)), words(plain));
    }
    const log = JSON.stringify(rig.log.lines);
    assert.match(log, new RegExp(`not enrolled: the token ${spent.slice(0, 6)}… is used up`));
    assert.match(log, /was revoked/);
    assert.match(log, /there is no such token/);
    for (const token of [spent, revoked, good]) {
      assert.doesNotMatch(log, new RegExp(token.slice(0, 20), 'i'), 'no token is in the log');
    }
    assert.equal(ledger.cameras.list('bach').length, 1);
  });

  it('uses nothing up by asking, nor by a signature that is not its own', async () => {
    const token = newToken(1);
    const username = `enrol.${token}`;
    const [one, two] = [rig.makeKey(), rig.makeKey()];
    // It asks whether the key would do, and hangs up.
    for (const { publicKey } of [one, two]) {
      assert.equal(await answerTo(username, publicKey), 'it may sign');
    }
    assert.equal(await answerTo(username, one.publicKey, Buffer.alloc(64, 7)), 'refused');
    assert.deepEqual(used(), [0]);
    assert.equal(ledger.cameras.list('bach').length, 0);
    await letIn(two, username);
    assert.deepEqual(used(), [1]);
  });

  it('can not try out many tokens on one connection', async () => {
    await using stranger = new Stranger({
      port: rig.port,
      logIn: true,
      username: 'enrol.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      privateKey: await rig.openSshKey(),
      authHandler: [
        'publickey',
        'publickey',
        'publickey',
        'publickey',
        'publickey',
        'publickey',
        'publickey',
        'publickey',
      ],
    });
    assert.ok(await stranger.ended(10_000));
    assert.equal(ledger.cameras.list('bach').length, 0);
  });
});

describe('thirty cameras at once, with a token for twenty', () => {
  it('exactly twenty get in, each with its own key and name', { timeout: 60_000 }, async () => {
    const token = newToken(20);
    const keys = Array.from({ length: 30 }, () => rig.makeKey());
    const cameras = keys.map((key) => dial(key, `enrol.${token}`));
    let refusals = 0;
    for (const camera of cameras) {
      void camera.ended().then(() => {
        refusals += 1;
      });
    }
    await eventually('all answers', 40_000, () => rig.tunnels.length + refusals >= 30);
    assert.equal(refusals, 10);
    assert.equal(rig.tunnels.length, 20);
    assert.deepEqual(used(), [20]);
    const enrolled = ledger.cameras.list('bach');
    assert.equal(enrolled.length, 20);
    const served = rig.tunnels.map(({ camera, keyFingerprint, closed }) => {
      assert.ok(!closed.aborted);
      return `${formatCameraName(camera)} ${keyFingerprint}`;
    });
    assert.deepEqual(
      served.toSorted(),
      enrolled.map((one) => `${formatCameraName(one)} ${one.keys[0]?.fingerprint}`).toSorted(),
    );
    assert.equal(new Set(served.map((line) => line.split(' ')[1])).size, 20);
    await Promise.all(cameras.map((camera) => camera[Symbol.asyncDispose]()));
  });
});

describe('a camera that is disabled', () => {
  it('is refused with a line in the log, and let in when it is enabled', async () => {
    const key = rig.makeKey();
    const door = { account: 'bach', camera: 'door' };
    ledger.cameras.add({ ...door, key: key.publicKey });
    ledger.cameras.setDisabled(door, true);
    await keptOut(key, 'bach.door');
    await keptOut(key, `enrol.${newToken(1)}`);
    assert.equal(rig.log.complaints(/bach\/door is disabled/).length, 1);
    ledger.cameras.setDisabled(door, false);
    await letIn(key, 'bach.door');
  });
});
