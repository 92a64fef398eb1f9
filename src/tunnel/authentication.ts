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
import type { KnownCamera } from '../model/camera.ts';

/** A key that a client shows. */
export interface ShownKey {
  readonly algorithm: string;
  readonly blob: Buffer;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

/** Who may dial in. */
export interface GuestList {
  /** Looks a key up among the enrolled ones. */
  findCamera(key: ShownKey): KnownCamera | undefined;
  /** Why a token would not let an unknown key in; undefined if it would. Changes nothing. */
  enrolRefusal?(token: string, key: ShownKey): string | undefined;
  /** Enrols an unknown key, which its client has proven to have. Returns the camera, or why not. */
  enrol?(token: string, key: ShownKey): CameraName | string;
}

export type KeyVerdict =
  /** It only asks whether the key would do. */
  | { readonly kind: 'may sign' }
  /** It has signed with the private key. */
  | {
      readonly kind: 'accept';
      readonly camera: CameraName;
      readonly fingerprint: string;
      /** Whether it was unknown until now, and let in by a token. */
      readonly enrolled: boolean;
    }
  | {
      readonly kind: 'refuse';
      /** For the log only: whoever is refused is told no reason. Absent where there is nothing to tell. */
      readonly reason?: string;
    };

/** The name that a camera must log in with. */
export const userNameOf = ({ account, camera }: CameraName): string => `${account}.${camera}`;

/** A stranger's text as it may stand in a log. */
export const printable = (text: string): string => text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?');

const tokenLogin = /^enrol\.([a-z0-9]{16,64})$/;

/** A user name as a log may have it: a token in it is cut short. */
export const printableUser = (name: string): string =>
  printable(name).replace(/^(enrol\..{0,6}).*$/i, '$1…');

const refuse = (reason: string): KeyVerdict => ({ kind: 'refuse', reason });

/**
 * Judges one request to log in (RFC 4252 section 5). The key alone says which camera it is; the name
 * must agree, or be `enrol.TOKEN`, which lets an unknown key in and is nothing more to a known one.
 */
export function judge(context: AuthContext, guests: GuestList): KeyVerdict {
  // The first request of most clients, to learn what there is.
  if (context.method === 'none') return { kind: 'refuse' };
  if (context.method !== 'publickey') {
    return refuse(`it wants to log in by ${context.method}, and only public keys will do`);
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

/** Why a known camera is not let in as `username`. */
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
    // A signature that is not even one in form.
    return false;
  }
}
