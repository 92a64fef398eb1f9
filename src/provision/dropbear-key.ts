import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { OperatorError } from '../lib/errors.ts';

const algorithm = 'ssh-ed25519';
/** The start of every key file: the algorithm's name, and the length of the two halves that follow. */
const head = Buffer.concat([wireString(Buffer.from(algorithm)), Buffer.from([0, 0, 0, 64])]);
const fileBytes = head.length + 64;

/** An ed25519 key pair of a camera. */
export interface DropbearKey {
  /**
   * The private key in dropbear's file format, 83 bytes: string "ssh-ed25519", then a string of seed and
   * public point, 32 bytes each (dropbear, src/ed25519.c). dbclient reads no other format.
   */
  readonly file: Buffer;
  /** The public key in OpenSSH's one-line format, without comment and line end. */
  readonly publicLine: string;
  /** `SHA256:…`, in the format of ssh-keygen and dropbearkey. */
  readonly fingerprint: string;
}

export function makeDropbearKey(): DropbearKey {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const point = Buffer.from(x, 'base64url');
  const file = Buffer.concat([head, Buffer.from(d, 'base64url'), point]);
  return { file, ...publicPart(point) };
}

/**
 * Reads a private key file in dropbear's format.
 *
 * @throws {OperatorError} the file is no complete ed25519 key, or its halves don't match
 */
export function parseDropbearKey(file: Buffer): DropbearKey {
  if (file.length !== fileBytes || !file.subarray(0, head.length).equals(head)) {
    throw new OperatorError("this is not an ed25519 private key in dropbear's format");
  }
  const point = file.subarray(head.length + 32);
  if (!pointOf(file.subarray(head.length, head.length + 32)).equals(point)) {
    throw new OperatorError('this private key is damaged: its two halves do not belong together');
  }
  return { file, ...publicPart(point) };
}

/** The public point of a seed (RFC 8032 section 5.1.5), computed by way of PKCS #8 (RFC 8410 section 7). */
function pointOf(seed: Buffer): Buffer {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  const key = createPrivateKey({
    key: Buffer.concat([prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  return Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
}

function publicPart(point: Buffer): Omit<DropbearKey, 'file'> {
  const blob = Buffer.concat([wireString(Buffer.from(algorithm)), wireString(point)]);
  const hash = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return { publicLine: `${algorithm} ${blob.toString('base64')}`, fingerprint: `SHA256:${hash}` };
}

/** A string of the SSH protocol (RFC 4251 section 5). */
function wireString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
