import {
  createPrivateKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { describeError, errorCode, OperatorError } from '../lib/errors.ts';
import { syncDirectory } from '../lib/sync-directory.ts';
import { digestOf, fingerprintOf, isKeyAlgorithm, type KeyAlgorithm } from './public-key.ts';
import { wireInteger, wireNumber, wireString } from './wire.ts';

/** The key by which cameras recognize their server. */
export interface HostKey {
  readonly algorithm: KeyAlgorithm;
  /** `SHA256:…` */
  readonly fingerprint: string;
  /** Algorithm and key in base64: a line of known_hosts without the host. */
  readonly line: string;
  /** For ssh2. */
  readonly parsed: ParsedKey;
}

/** The public part of a host key. */
export type PublicHostKey = Pick<HostKey, 'algorithm' | 'fingerprint' | 'line'>;

/** The file of the ECDSA host key, beside the ed25519 one. */
export function legacyHostKeyFile(hostKeyFile: string): string {
  const name = basename(hostKeyFile);
  const legacy = name.includes('ed25519')
    ? name.replace('ed25519', 'ecdsa-nistp256')
    : `${name}-ecdsa-nistp256`;
  return join(dirname(hostKeyFile), legacy);
}

/**
 * Reads a host key (OpenSSH's format, without a passphrase). Creates it, with mode 0600, if the
 * file is missing.
 *
 * @throws {OperatorError} if the file is damaged, of another algorithm, open to others, or unreadable
 */
export async function loadHostKey(file: string, algorithm: KeyAlgorithm): Promise<HostKey> {
  try {
    const there = await readPrivately(file);
    if (there === undefined) await make(file, algorithm);
    return parse(file, algorithm, there ?? (await readPrivately(file)) ?? '');
  } catch (error) {
    throw error instanceof OperatorError ? error : unusable(file, error);
  }
}

const unusable = (file: string, cause: unknown): OperatorError =>
  new OperatorError(
    `the host key ${file} can't be read or made (${describeError(cause)}); it and its directory must belong to the user that the daemon runs as`,
    { cause },
  );

/** Reads a host key if there is one. @throws {OperatorError} as {@link loadHostKey} */
export async function findHostKey(
  file: string,
  algorithm: KeyAlgorithm,
): Promise<HostKey | undefined> {
  try {
    const there = await readPrivately(file);
    return there === undefined ? undefined : parse(file, algorithm, there);
  } catch (error) {
    throw error instanceof OperatorError ? error : unusable(file, error);
  }
}

async function readPrivately(file: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      throw new OperatorError(
        `the host key ${file} may be read by others (mode ${(mode & 0o777).toString(8)}); forbid it with "chmod 600 ${file}", and if strangers have accounts on this machine, delete it so that a new one is made`,
      );
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(file: string, algorithm: KeyAlgorithm, text: string): HostKey {
  const parsed = ssh2.utils.parseKey(text);
  const problem =
    parsed instanceof Error
      ? `is damaged (${parsed.message})`
      : !parsed.isPrivateKey()
        ? 'is a public key, not a private one'
        : (parsed.type as string) !== algorithm || !isKeyAlgorithm(parsed.type)
          ? `is a key of the kind ${parsed.type}, not ${algorithm}`
          : undefined;
  if (problem !== undefined || parsed instanceof Error) {
    throw new OperatorError(
      `the host key ${file} ${problem}; put it back from a backup, or delete it: then a new one is made, and every camera must be given the new fingerprint`,
    );
  }
  const privateKey = createPrivateKey(parsed.getPrivatePEM());
  const blob = parsed.getPublicSSH();
  // ssh2 would parse the PEM for each connection, which takes ten times as long as signing.
  parsed.sign = (data) => sign(digestOf(algorithm), Buffer.from(data), privateKey);
  return {
    algorithm,
    fingerprint: fingerprintOf(blob),
    line: `${algorithm} ${blob.toString('base64')}`,
    parsed,
  };
}

async function make(file: string, algorithm: KeyAlgorithm): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(generate(algorithm));
      // If root creates the file, the owner of the directory must be able to use it.
      if (process.getuid?.() === 0) {
        const { uid, gid } = await stat(dirname(file));
        await handle.chown(uid, gid);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Unlike a rename, a link never replaces a key that another process has just made.
    await link(temporary, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(temporary);
  }
  await syncDirectory(dirname(file));
}

const field = (jwk: JsonWebKey, name: 'd' | 'x' | 'y'): Buffer =>
  Buffer.from(jwk[name] ?? '', 'base64url');

// Format: OpenSSH's PROTOCOL.key. ssh2's own generator drops leading zeros of the public key, which
// damages one key in 256.
function generate(algorithm: KeyAlgorithm): string {
  const pair: { privateKey: KeyObject } =
    algorithm === 'ssh-ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = pair.privateKey.export({ format: 'jwk' });
  const [x, y, d] = [field(jwk, 'x'), field(jwk, 'y'), field(jwk, 'd')];
  const ed25519 = algorithm === 'ssh-ed25519';
  const publicPart = ed25519
    ? [wireString(algorithm), wireString(x)]
    : [
        wireString(algorithm),
        wireString('nistp256'),
        wireString(Buffer.concat([Buffer.from([4]), x, y])),
      ];
  const secretPart = ed25519 ? wireString(Buffer.concat([d, x])) : wireInteger(d);
  const check = randomBytes(4);
  const inner = Buffer.concat([
    check,
    check,
    ...publicPart,
    secretPart,
    wireString('sapiengraph-cctv host key'),
  ]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (inner.length % 8)) % 8));
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    wireString('none'),
    wireString('none'),
    wireString(''),
    wireNumber(1),
    wireString(Buffer.concat(publicPart)),
    wireString(Buffer.concat([inner, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return [
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    ...lines,
    '-----END OPENSSH PRIVATE KEY-----',
    '',
  ].join('\n');
}
