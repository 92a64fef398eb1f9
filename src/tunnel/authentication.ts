import { type KeyObject, verify } from 'node:crypto';
import type { AuthContext } from 'ssh2';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import {
  digestOf,
  fingerprintOf,
  isKeyAlgorithm,
  type KeyAlgorithm,
  keyObjectOf,
} from './public-key.ts';
import { bounded, escapeUnprintable } from '../lib/printable.ts';
import type { KnownCamera } from '../model/camera.ts';

/** The public key that a client presents. */
export interface ShownKey {
  readonly algorithm: string;
  readonly blob: Buffer;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

/** Knows which cameras may dial in. */
export interface GuestList {
  /** Looks up an enrolled key. */
  findCamera(key: ShownKey): KnownCamera | undefined;
  /** Why a token would not admit an unknown key; undefined if it would. Changes nothing. */
  enrolRefusal?(token: string, key: ShownKey): string | undefined;
  /** Enrols an unknown key whose client has proven to own it. @returns the camera, or why not. */
  enrol?(token: string, key: ShownKey): CameraName | string;
}

export type KeyVerdict =
  /** The client only asks whether the key is acceptable. */
  | { readonly kind: 'may sign' }
  /** The client has signed with the private key. */
  | {
      readonly kind: 'accept';
      readonly camera: CameraName;
      readonly fingerprint: string;
      /** Whether the key was unknown until now and a token admitted it. */
      readonly enrolled: boolean;
    }
  | {
      readonly kind: 'refuse';
      /** For the log only; the client is told no reason. Absent if there is nothing to log. */
      readonly reason?: string;
    };

/** The user name that a camera must log in with. */
export const userNameOf = ({ account, camera }: CameraName): string => `${account}.${camera}`;

/** Foreign text, cut to a length for a log. */
export const printable = (text: string): string => escapeUnprintable(bounded(text, 100));

const tokenLogin = /^enrol\.([a-z0-9]{16,64})$/;

/** A user name, made safe for a log: a token in it is cut off. */
export const printableUser = (name: string): string =>
  printable(name).replace(/^(enrol\..{0,6}).*$/i, '$1…');

const refuse = (reason: string): KeyVerdict => ({ kind: 'refuse', reason });

/**
 * Judges one authentication request (RFC 4252 section 5). The key alone identifies the camera. The
 * user name must match it, or be `enrol.TOKEN`, which admits an unknown key and is ignored for a
 * known one.
 */
export function judge(context: AuthContext, guests: GuestList): KeyVerdict {
  // Most clients send this first, to learn which methods there are.
  if (context.method === 'none') return { kind: 'refuse' };
  if (context.method !== 'publickey') {
    return refuse(
      `it wants to log in by ${printable(context.method)}, and only public keys will do`,
    );
  }
  const { key: shown, signature, blob: signed, hashAlgo, username } = context;
  const { algo: algorithm, data: blob } = shown;
  if (!isKeyAlgorithm(algorithm) || hashAlgo !== undefined) {
    return refuse(
      `its key is of the kind ${printable(algorithm)}; only ed25519 and ecdsa-nistp256 are accepted`,
    );
  }
  const key: ShownKey = { algorithm, blob, fingerprint: fingerprintOf(blob) };
  const unknown = `its key ${key.fingerprint} is not enrolled`;
  const publicKey = keyObjectOf(algorithm, blob);
  if (publicKey === undefined) return refuse(unknown);
  const camera = guests.findCamera(key);
  const token = tokenLogin.exec(username)?.[1];
  const fault =
    camera !== undefined
      ? faultOf(camera, key, username)
      : token === undefined
        ? unknown
        : refusalOf(unknown, guests.enrolRefusal?.(token, key));
  if (fault !== undefined) return refuse(fault);
  if (signature === undefined || signed === undefined) return { kind: 'may sign' };
  if (!isSigned(algorithm, signed, publicKey, signature)) {
    return refuse(
      `it shows the public key ${camera === undefined ? key.fingerprint : `of ${formatCameraName(camera)}`} without having the private one`,
    );
  }
  const { fingerprint } = key;
  if (camera !== undefined) return { kind: 'accept', camera, fingerprint, enrolled: false };
  const enrolled = guests.enrol?.(token ?? '', key) ?? 'no tokens are taken';
  return typeof enrolled === 'string'
    ? refuse(`${unknown}: ${enrolled}`)
    : { kind: 'accept', camera: enrolled, fingerprint, enrolled: true };
}

const refusalOf = (unknown: string, refusal: string | undefined): string | undefined =>
  refusal === undefined ? undefined : `${unknown}: ${refusal}`;

/** Why a known camera may not log in as `username`; undefined if it may. */
function faultOf(camera: KnownCamera, key: ShownKey, username: string): string | undefined {
  const name = formatCameraName(camera);
  if (camera.disabled === true) return `${name} is disabled`;
  const { formerNames = [], formerAccounts = [] } = camera;
  const logins = [camera.account, ...formerAccounts].flatMap((account) =>
    [camera.camera, ...formerNames].map((one) => userNameOf({ account, camera: one })),
  );
  if (logins.includes(username) || tokenLogin.test(username)) return undefined;
  return `its key ${key.fingerprint} is that of ${name}, which must log in as ${userNameOf(camera)}`;
}

function isSigned(
  algorithm: KeyAlgorithm,
  signed: Buffer,
  publicKey: KeyObject,
  signature: Buffer,
): boolean {
  try {
    return verify(digestOf(algorithm), signed, publicKey, signature) === true;
  } catch {
    // The signature is malformed.
    return false;
  }
}
