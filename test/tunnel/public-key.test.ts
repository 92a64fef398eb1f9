import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { OperatorError } from '../../src/lib/errors.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { dropbears } from './rig.ts';

const directory = mkdtempSync(join(tmpdir(), 'public-key-'));
after(() => rmSync(directory, { recursive: true }));

function sshKeygen(name: string, ...args: string[]): { file: string; fingerprint: string } {
  const file = join(directory, name);
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', 'front door', '-f', file, ...args]);
  const shown = execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' });
  return { file, fingerprint: shown.split(' ')[1] ?? '' };
}

const ed25519 = sshKeygen('ed25519', '-t', 'ed25519');
const ecdsa = sshKeygen('ecdsa', '-t', 'ecdsa', '-b', '256');
const line = readFileSync(`${ed25519.file}.pub`, 'utf8');

const refuses = (text: string, message: RegExp): void => {
  assert.throws(
    () => parsePublicKey(text),
    (error) => error instanceof OperatorError && message.test(error.message),
    text.slice(0, 60),
  );
};

describe('parsePublicKey', () => {
  it('reads the .pub files of OpenSSH', () => {
    const key = parsePublicKey(line);
    assert.equal(key.algorithm, 'ssh-ed25519');
    assert.equal(key.fingerprint, ed25519.fingerprint);
    assert.equal(key.comment, 'front door');
    const other = parsePublicKey(readFileSync(`${ecdsa.file}.pub`, 'utf8'));
    assert.equal(other.algorithm, 'ecdsa-sha2-nistp256');
    assert.equal(other.fingerprint, ecdsa.fingerprint);
  });

  for (const { version, dropbearkey } of dropbears) {
    it(`reads what dropbearkey -y prints (${version})`, () => {
      for (const type of ['ed25519', 'ecdsa']) {
        const file = join(directory, `dropbear-${version}-${type}`);
        execFileSync(dropbearkey, ['-t', type, '-f', file], { stdio: 'ignore' });
        const shown = execFileSync(dropbearkey, ['-y', '-f', file], { encoding: 'utf8' });
        const key = parsePublicKey(shown);
        assert.match(key.algorithm, new RegExp(type));
        const [, base64 = ''] = /(AAAA\S+)/.exec(shown) ?? [];
        assert.equal(key.blob.toString('base64'), base64);
      }
    });
  }

  it('reads a line of authorized_keys, with its options, and comments around it', () => {
    const text = `# of the camera at the door\r\n\r\nrestrict,command="echo hello there" ${line}\r\n`;
    assert.equal(parsePublicKey(text).fingerprint, ed25519.fingerprint);
    const bare = line.split(' ').slice(0, 2).join(' ');
    assert.equal(parsePublicKey(`\uFEFF${bare}`).comment, '');
  });

  it('says what to hand in where a private key was handed in', () => {
    refuses(readFileSync(ed25519.file, 'utf8'), /private key.*dropbearkey -y -f FILE/);
    const [dropbear] = dropbears;
    const file = join(directory, 'dropbear-private');
    execFileSync(dropbear?.dropbearkey ?? 'dropbearkey', ['-t', 'ed25519', '-f', file], {
      stdio: 'ignore',
    });
    refuses(readFileSync(file, 'utf8'), /private key.*dropbearkey -y -f FILE/);
    refuses('PuTTY-User-Key-File-3: ssh-ed25519', /private key/);
  });

  it('says which keys it takes where another kind was handed in', () => {
    const rsa = sshKeygen('rsa', '-t', 'rsa', '-b', '2048');
    refuses(readFileSync(`${rsa.file}.pub`, 'utf8'), /ssh-rsa.*ed25519 and ecdsa-nistp256.*make/);
    const p384 = sshKeygen('p384', '-t', 'ecdsa', '-b', '384');
    refuses(readFileSync(`${p384.file}.pub`, 'utf8'), /nistp384.*only ed25519/);
    refuses(line.replace('ssh-ed25519', 'ssh-ed25519-cert-v01@openssh.com'), /only ed25519/);
    refuses(line.replace('ssh-ed25519', 'sk-ssh-ed25519@openssh.com'), /only ed25519/);
  });

  it('refuses what is damaged, empty, several, or no key at all', () => {
    refuses('', /no public key/);
    refuses('# nothing but a comment\n', /no public key/);
    refuses('hello', /not a public key/);
    refuses(`${line}${line}`, /several/);
    refuses(line.slice(0, 60), /damaged/);
    refuses(line.replace('ssh-ed25519', 'ecdsa-sha2-nistp256'), /damaged/);
    const blob = Buffer.from(
      readFileSync(`${ecdsa.file}.pub`, 'utf8').split(' ')[1] ?? '',
      'base64',
    );
    blob[60] = (blob[60] ?? 0) ^ 1;
    refuses(`ecdsa-sha2-nistp256 ${blob.toString('base64')}`, /damaged/);
    refuses('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', /ssh-keygen -i/);
  });
});
