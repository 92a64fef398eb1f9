import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { OperatorError } from '../lib/errors.ts';
import { readWireStrings } from './wire.ts';
import type { PublicKey } from '../model/public-key.ts';

/** The algorithms that keys of cameras and of the server may have. */
export const keyAlgorithms = ['ssh-ed25519', 'ecdsa-sha2-nistp256'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];
export const isKeyAlgorithm = (name: string): name is KeyAlgorithm =>
  (keyAlgorithms as readonly string[]).includes(name);

/** The hash for node:crypto to sign with; null for ed25519, which has its own. */
export const digestOf = (algorithm: KeyAlgorithm): 'sha256' | null =>
  algorithm === 'ssh-ed25519' ? null : 'sha256';

export const fingerprintOf = (blob: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;

/** The key in `blob`, for verifying; undefined if it is not a valid key of `algorithm`. */
export function keyObjectOf(algorithm: string, blob: Buffer): KeyObject | undefined {
  const [name, ...parts] = readWireStrings(blob) ?? [];
  if (name?.toString() !== algorithm) return undefined;
  try {
    if (algorithm === 'ssh-ed25519') {
      const [x, ...more] = parts;
      if (x?.length !== 32 || more.length > 0) return undefined;
      return createPublicKey({
        key: { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') },
        format: 'jwk',
      });
    }
    const [curve, point, ...more] = parts;
    if (algorithm !== 'ecdsa-sha2-nistp256' || curve?.toString() !== 'nistp256') return undefined;
    if (point?.length !== 65 || point[0] !== 4 || more.length > 0) return undefined;
    const x = point.subarray(1, 33).toString('base64url');
    const y = point.subarray(33).toString('base64url');
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  } catch {
    // Not a point on the curve.
    return undefined;
  }
}

const makeOne =
  'make one on the camera with "dropbearkey -t ed25519 -f FILE", or with "ssh-keygen -t ed25519"';
const printIt =
  '"dropbearkey -y -f FILE" prints the public key of dropbear\'s file, "ssh-keygen -y -f FILE" that of OpenSSH\'s';

const keyLine =
  /(?:^|\s)((?:sk-)?(?:ssh|ecdsa-sha2|rsa-sha2)-[\w@.-]+)\s+([A-Za-z0-9+/]+={0,2})(?:\s+(.*))?$/;
/** The lines that dropbearkey prints around the key. */
const chatter = /^(?:#|Public key portion is:|Fingerprint:|Generating )/;

/**
 * Parses the only public key in `text`: a line in OpenSSH's format (a `.pub` file, or a line of
 * authorized_keys with its options), or the output of `dropbearkey -y`.
 *
 * @throws {OperatorError} for anything else, in particular a private key given by mistake
 */
export function parsePublicKey(text: string): PublicKey {
  refusePrivateKey(text);
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !chatter.test(line));
  if (lines.length === 0) throw new OperatorError(`there is no public key in this; ${printIt}`);
  if (lines.filter((line) => keyLine.test(line)).length > 1) {
    throw new OperatorError('there are several public keys in this; hand them in one by one');
  }
  const [, algorithm = '', base64 = '', comment = ''] =
    lines.map((line) => keyLine.exec(line)).find((match) => match !== null) ?? [];
  if (algorithm === '') throw new OperatorError(`this is not a public key of SSH; ${printIt}`);
  if (!isKeyAlgorithm(algorithm)) {
    throw new OperatorError(
      `a key of the kind ${algorithm} is not accepted, only ed25519 and ecdsa-nistp256; ${makeOne}`,
    );
  }
  const blob = Buffer.from(base64, 'base64');
  if (keyObjectOf(algorithm, blob) === undefined) {
    throw new OperatorError(
      `this ${algorithm} key is damaged, perhaps cut off when it was copied; ${printIt}`,
    );
  }
  return { algorithm, blob, fingerprint: fingerprintOf(blob), comment };
}

function refusePrivateKey(text: string): void {
  // Dropbear's private keys begin with the length of the algorithm's name.
  const dropbear = text.startsWith('\0\0\0');
  if (dropbear || /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|^PuTTY-User-Key-File/m.test(text)) {
    throw new OperatorError(
      `this is a private key: it belongs on the camera alone. Hand in the public key; ${printIt}`,
    );
  }
  if (/-----BEGIN [A-Z0-9 ]*PUBLIC KEY-----|---- BEGIN SSH2 PUBLIC KEY ----/.test(text)) {
    throw new OperatorError(
      'this public key is not in the form of OpenSSH; "ssh-keygen -i -f FILE" converts that of RFC 4716, "ssh-keygen -i -m PKCS8 -f FILE" that of PEM',
    );
  }
}
