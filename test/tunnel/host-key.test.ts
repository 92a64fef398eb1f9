import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { OperatorError } from '../../src/lib/errors.ts';
import { legacyHostKeyFile, loadHostKey } from '../../src/tunnel/host-key.ts';

describe('the host key', () => {
  let directory = '';
  let file = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'host-key-'));
    file = join(directory, 'keys', 'host-ed25519');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof OperatorError && message.test(error.message) && error.message.includes(file);

  for (const algorithm of ['ssh-ed25519', 'ecdsa-sha2-nistp256'] as const) {
    it(`is made at the first start, for its owner alone, and then stays (${algorithm})`, async () => {
      const made = await loadHostKey(file, algorithm);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(join(directory, 'keys')), ['host-ed25519']);
      const again = await loadHostKey(file, algorithm);
      assert.equal(again.line, made.line);
      const shown = execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' });
      assert.ok(shown.includes(made.fingerprint), 'OpenSSH sees the same fingerprint');
      const publicLine = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' });
      assert.ok(publicLine.startsWith(made.line), 'and the same key');
    });
  }

  it('is the same for all who start at once', async () => {
    const keys = await Promise.all(
      Array.from({ length: 5 }, () => loadHostKey(file, 'ssh-ed25519')),
    );
    assert.equal(new Set(keys.map(({ line }) => line)).size, 1);
  });

  it('may be one that OpenSSH made', async () => {
    const own = join(directory, 'own');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', own]);
    const { fingerprint } = await loadHostKey(own, 'ssh-ed25519');
    assert.ok(execFileSync('ssh-keygen', ['-lf', own], { encoding: 'utf8' }).includes(fingerprint));
  });

  it('is refused, with what to do, when others may read it', async () => {
    await loadHostKey(file, 'ssh-ed25519');
    chmodSync(file, 0o640);
    await assert.rejects(loadHostKey(file, 'ssh-ed25519'), refused(/mode 640.*chmod 600/));
  });

  it('is refused, with what to do, when it is damaged, empty, public or of another kind', async () => {
    await loadHostKey(file, 'ssh-ed25519');
    for (const text of ['', 'garbage', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n']) {
      writeFileSync(file, text);
      await assert.rejects(loadHostKey(file, 'ssh-ed25519'), refused(/damaged.*backup/));
    }
    const own = join(directory, 'own');
    execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-b', '256', '-N', '', '-f', own]);
    copyFileSync(`${own}.pub`, file);
    chmodSync(file, 0o600);
    await assert.rejects(loadHostKey(file, 'ssh-ed25519'), refused(/public key/));
    copyFileSync(own, file);
    chmodSync(file, 0o600);
    await assert.rejects(loadHostKey(file, 'ssh-ed25519'), refused(/nistp256, not ssh-ed25519/));
  });

  it('of an older algorithm lies beside it', () => {
    assert.equal(legacyHostKeyFile('/keys/host-ed25519'), '/keys/host-ecdsa-nistp256');
    assert.equal(legacyHostKeyFile('/keys/host'), '/keys/host-ecdsa-nistp256');
  });
});
