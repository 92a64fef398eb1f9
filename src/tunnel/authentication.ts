import { verify } from 'node:crypto';
import type { AuthContext } from 'ssh2';
import { type CameraName, formatCameraName } from '../lib/names.ts';
import { digestOf, fingerprintOf, isKeyAlgorithm, keyObjectOf } from './public-key.ts';

/** Looks a key up among the enrolled ones. */
export type FindCamera = (key: {
  readonly algorithm: string;
  readonly blob: Buffer;
}) => CameraName | undefined;

export type Verdict =
  /** `proven`: it has signed with the private key. Else it only asks whether the key would do. */
  | { readonly kind: 'accept'; readonly camera: CameraName; readonly proven: boolean }
  | {
      readonly kind: 'refuse';
      /** For the log only: whoever is refused is told no reason. Absent where there is nothing to tell. */
      readonly reason?: string;
    };

/** The name that a camera must log in with. */
export const userNameOf = ({ account, camera }: CameraName): string => `${account}.${camera}`;

/** A stranger's text as it may stand in a log. */
export const printable = (text: string): string => text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?');

/** Judges one request to log in (RFC 4252 section 5). The key alone says which camera it is; the name must agree. */
export function judge(context: AuthContext, findCamera: FindCamera): Verdict {
  // The first request of most clients, to learn what there is.
  if (context.method === 'none') return { kind: 'refuse' };
  if (context.method !== 'publickey') {
    return {
      kind: 'refuse',
      reason: `it wants to log in by ${context.method}, and only public keys will do`,
    };
  }
  const { key, signature, blob: signed, hashAlgo } = context;
  const { algo: algorithm, data: blob } = key;
  if (!isKeyAlgorithm(algorithm) || hashAlgo !== undefined) {
    return {
      kind: 'refuse',
      reason: `its key is of the kind ${printable(algorithm)}; only ed25519 and ecdsa-nistp256 are accepted`,
    };
  }
  const fingerprint = fingerprintOf(blob);
  const publicKey = keyObjectOf(algorithm, blob);
  const camera = publicKey === undefined ? undefined : findCamera({ algorithm, blob });
  if (publicKey === undefined || camera === undefined) {
    return { kind: 'refuse', reason: `its key ${fingerprint} is not enrolled` };
  }
  const expected = userNameOf(camera);
  if (context.username !== expected) {
    return {
      kind: 'refuse',
      reason: `its key ${fingerprint} is that of ${formatCameraName(camera)}, which must log in as ${expected}`,
    };
  }
  if (signature === undefined || signed === undefined) {
    return { kind: 'accept', camera, proven: false };
  }
  try {
    if (verify(digestOf(algorithm), signed, publicKey, signature) === true) {
      return { kind: 'accept', camera, proven: true };
    }
  } catch {
    // A signature that is not even one in form.
  }
  return {
    kind: 'refuse',
    reason: `it shows the public key of ${formatCameraName(camera)} without having the private one`,
  };
}
