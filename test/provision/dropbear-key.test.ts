import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { execa } from 'execa';
import { makeDropbearKey, parseDropbearKey } from '../../src/provision/dropbear-key.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { dbclients } from '../support/tools.ts';
import { eventually } from '../support/until.ts';
import { Rig } from '../tunnel/rig.ts';

const keys = Array.from({ length: 300 }, makeDropbearKey);
const blobOf = (line = ''): string => line.split(' ').slice(0, 2).join(' ');

describe("a key in dropbear's format", () => {
  const directory = mkdtempSync(join(tmpdir(), 'cctv-keys-'));
  after(() => rmSync(directory, { recursive: true }));

  const files = keys.map(({ file }, n) => {
    const path = join(directory, `id-${n}`);
    writeFileSync(path, file, { mode: 0o600 });
    return path;
  });

  it('is 83 bytes long, unlike any other, and reads back as itself', () => {
    assert.equal(new Set(keys.map(({ publicLine }) => publicLine)).size, keys.length);
    for (const key of keys) {
      assert.equal(key.file.length, 83);
      assert.deepEqual(parseDropbearKey(key.file), key);
    }
  });

  it('has a public key that the tunnel server takes, under the same fingerprint', () => {
    for (const { publicLine, fingerprint } of keys) {
      const parsed = parsePublicKey(publicLine);
      assert.equal(parsed.algorithm, 'ssh-ed25519');
      assert.equal(parsed.fingerprint, fingerprint);
    }
  });

  it('is refused with any byte changed, or with one more or less', () => {
    const { file } = makeDropbearKey();
    for (let at = 0; at < file.length; at += 1) {
      const damaged = Buffer.from(file);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
      assert.throws(() => parseDropbearKey(damaged), { name: 'OperatorError' }, `byte ${at}`);
    }
    for (const bytes of [file.subarray(1), Buffer.concat([file, file]), Buffer.alloc(0)]) {
      assert.throws(() => parseDropbearKey(bytes), /not an ed25519 private key/);
    }
  });

  for (const [index, { version, dropbearkey }] of dbclients().entries()) {
    it(`is read by dropbearkey ${version}, which sees the same public key`, async () => {
      for (let n = index * 20; n < index * 20 + 20; n += 1) {
        const { stdout } = await execa(dropbearkey, ['-y', '-f', files[n] ?? '']);
        const line = stdout.split('\n').find((text) => text.startsWith('ssh-'));
        assert.equal(blobOf(line), keys[n]?.publicLine);
      }
    });
  }

  // Older ones write what they convert wrongly.
  for (const { version, dropbearconvert } of dbclients().filter(
    (release) => Number(release.version) >= 2022.82,
  )) {
    it(`is a key of OpenSSH's once dropbearconvert ${version} has converted it`, async () => {
      for (const n of [100, 101, 102]) {
        const converted = join(directory, `openssh-${version}-${n}`);
        await execa(dropbearconvert, ['dropbear', 'openssh', files[n] ?? '', converted]);
        const { stdout } = await execa('ssh-keygen', ['-y', '-P', '', '-f', converted]);
        assert.equal(blobOf(stdout), keys[n]?.publicLine);
      }
    });
  }

  it('opens a tunnel with every dbclient', async () => {
    await using rig = await Rig.start();
    for (const [n, dropbear] of dbclients().entries()) {
      const publicKey = parsePublicKey(keys[n]?.publicLine ?? '');
      rig.enrol(publicKey, `bach/camera-${n}`);
      await using _camera = rig.dial({
        key: { file: files[n] ?? '', publicKey },
        user: `bach.camera-${n}`,
        dropbear,
        options: ['-N', '-R', '554:127.0.0.1:8554'],
      });
      await eventually(`a tunnel of ${dropbear.version}`, 10_000, () => rig.tunnels[n]);
    }
  });
});
