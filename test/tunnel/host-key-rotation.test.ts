import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { OperatorError } from '../../src/lib/errors.ts';
import { loadHostKey } from '../../src/tunnel/host-key.ts';
import {
  type HostKeyFiles,
  makeNextHostKeys,
  nextHostKeys,
  promoteHostKeys,
} from '../../src/tunnel/host-key-rotation.ts';
import { type CameraKey, dropbears, Rig } from './rig.ts';

let directory = '';
let files: HostKeyFiles;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'host-keys-'));
  files = {
    hostKeyFile: join(directory, 'host-ed25519'),
    nextHostKeyFile: join(directory, 'host-ed25519.next'),
    algorithms: 'default',
  };
});
afterEach(() => rmSync(directory, { recursive: true }));

const atMs = Date.UTC(2026, 10, 23, 10, 42);

describe('the next host key', () => {
  it('is made once, for its owner alone', async () => {
    assert.deepEqual(await nextHostKeys(files), []);
    const [made] = await makeNextHostKeys(files);
    assert.equal((await makeNextHostKeys(files))[0]?.line, made?.line);
    assert.equal((await nextHostKeys(files))[0]?.line, made?.line);
    assert.equal(statSync(files.nextHostKeyFile).mode & 0o777, 0o600);
  });

  it('takes the place of the present one, which is kept', async () => {
    const present = await loadHostKey(files.hostKeyFile, 'ssh-ed25519');
    const old = readFileSync(files.hostKeyFile, 'utf8');
    const [next] = await makeNextHostKeys(files);
    assert.notEqual(next?.line, present.line);
    const keptAs = `${files.hostKeyFile}.until-20261123T104200Z`;
    const [promoted] = await promoteHostKeys(files, atMs);
    assert.equal(promoted?.key.line, next?.line);
    assert.equal(promoted?.keptAs, keptAs);
    assert.equal((await loadHostKey(files.hostKeyFile, 'ssh-ed25519')).line, next?.line);
    assert.equal(readFileSync(keptAs, 'utf8'), old);
    assert.deepEqual(readdirSync(directory).length, 2, 'the next one is there no more');
  });

  it('that is not there, or damaged, leaves all as it is', async () => {
    const { line } = await loadHostKey(files.hostKeyFile, 'ssh-ed25519');
    const refused = (message: RegExp) =>
      assert.rejects(
        promoteHostKeys(files, atMs),
        (error) => error instanceof OperatorError && message.test(error.message),
      );
    await refused(/there is no next host key .*cctvd host-key next/);
    writeFileSync(files.nextHostKeyFile, 'noise', { mode: 0o600 });
    await refused(/\.next is damaged/);
    assert.equal((await loadHostKey(files.hostKeyFile, 'ssh-ed25519')).line, line);
    assert.equal(readdirSync(directory).length, 2);
  });

  it('comes in both kinds in the legacy profile, and a promotion that stopped half-way is ended by another', async () => {
    const legacy = { ...files, algorithms: 'legacy' } as const;
    await loadHostKey(files.hostKeyFile, 'ssh-ed25519');
    await loadHostKey(join(directory, 'host-ecdsa-nistp256'), 'ecdsa-sha2-nistp256');
    assert.equal((await makeNextHostKeys(legacy)).length, 2);
    assert.equal((await promoteHostKeys(files, atMs)).length, 1, 'the first half');
    const rest = await promoteHostKeys(legacy, atMs + 1000);
    assert.deepEqual(
      rest.map(({ key }) => key.algorithm),
      ['ecdsa-sha2-nistp256'],
    );
    assert.deepEqual(await nextHostKeys(legacy), []);
  });
});

describe('a camera and the next host key', () => {
  /** Whether a dbclient whose known_hosts has these lines, in this order, gets in. */
  async function gets(rig: Rig, key: CameraKey, lines: readonly string[], dropbear = dropbears[0]) {
    const home = join(directory, 'home');
    mkdirSync(join(home, '.ssh'), { recursive: true });
    const known = lines.map((line) => `127.0.0.1 ${line}\n`).join('');
    writeFileSync(join(home, '.ssh', 'known_hosts'), known);
    const before = rig.tunnels.length;
    const gone = new AbortController();
    const { stderr } = await Promise.race([
      execa(
        dropbear?.dbclient ?? '',
        ['-N', '-T', '-i', key.file, '-p', String(rig.port), 'bach.door@127.0.0.1'],
        { env: { HOME: home }, reject: false, stdin: 'ignore', cancelSignal: gone.signal },
      ),
      (async () => {
        while (rig.tunnels.length === before && !gone.signal.aborted) await delay(20);
        return { stderr: 'in' };
      })(),
    ]);
    gone.abort();
    return rig.tunnels.length > before ? 'in' : stderr;
  }

  it('that knows both gets in before and after, one that knows the old alone only before', async () => {
    await using before = await Rig.start(files);
    const key = before.enrolled('bach/door');
    const present = before.server.hostKeyLine;
    assert.deepEqual(
      (await before.server.keysToPin()).map(({ state }) => state),
      ['present'],
    );
    await makeNextHostKeys(files);
    const pinned = await before.server.keysToPin();
    assert.deepEqual(
      pinned.map(({ state }) => state),
      ['present', 'next'],
    );
    const both = pinned.map(({ line }) => line);
    assert.equal(await gets(before, key, both), 'in');
    assert.equal(await gets(before, key, [present]), 'in');

    await promoteHostKeys(files, atMs);
    await using after = await Rig.start(files);
    after.enrol(key.publicKey, 'bach/door');
    assert.equal(after.server.hostKeyLine, both[1]);
    assert.match(await gets(after, key, [present]), /mismatch/);
    assert.equal(await gets(after, key, both.slice(1)), 'in');
  });

  for (const dropbear of dropbears) {
    it(`has dbclient ${dropbear.version} heed the first line of a kind only, so each pinned key needs its turn`, async () => {
      await using rig = await Rig.start(files);
      const key = rig.enrolled('bach/door');
      const [next] = await makeNextHostKeys(files);
      const present = rig.server.hostKeyLine;
      assert.equal(await gets(rig, key, [present, next?.line ?? ''], dropbear), 'in');
      assert.match(await gets(rig, key, [next?.line ?? '', present], dropbear), /mismatch/);
    });
  }
});
