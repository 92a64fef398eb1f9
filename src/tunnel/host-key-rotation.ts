import { link, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError, errorCode, OperatorError } from '../lib/errors.ts';
import type { AlgorithmProfile } from './algorithms.ts';
import { findHostKey, legacyHostKeyFile, loadHostKey, type PublicHostKey } from './host-key.ts';
import type { KeyAlgorithm } from './public-key.ts';
import { syncDirectory } from '../lib/sync-directory.ts';

/** The files of the present and the next host key. */
export interface HostKeyFiles {
  readonly hostKeyFile: string;
  readonly nextHostKeyFile: string;
  readonly algorithms: AlgorithmProfile;
}

interface KeyPlace {
  readonly algorithm: KeyAlgorithm;
  readonly present: string;
  readonly next: string;
}

function places({ hostKeyFile, nextHostKeyFile, algorithms }: HostKeyFiles): KeyPlace[] {
  const ed25519: KeyPlace = {
    algorithm: 'ssh-ed25519',
    present: hostKeyFile,
    next: nextHostKeyFile,
  };
  const legacy: KeyPlace = {
    algorithm: 'ecdsa-sha2-nistp256',
    present: legacyHostKeyFile(hostKeyFile),
    next: legacyHostKeyFile(nextHostKeyFile),
  };
  return algorithms === 'legacy' ? [ed25519, legacy] : [ed25519];
}

/** The next host keys that exist. @throws {OperatorError} if one can't be used */
export async function nextHostKeys(files: HostKeyFiles): Promise<PublicHostKey[]> {
  const keys = await Promise.all(
    places(files).map(({ next, algorithm }) => findHostKey(next, algorithm)),
  );
  return keys.filter((key) => key !== undefined);
}

/** Makes the next host keys if they are missing. Cards written from now on pin them too. */
export const makeNextHostKeys = (files: HostKeyFiles): Promise<PublicHostKey[]> =>
  Promise.all(places(files).map(({ next, algorithm }) => loadHostKey(next, algorithm)));

export interface Promoted {
  readonly key: PublicHostKey;
  /** The file of the former key; absent if there was none. */
  readonly keptAs?: string;
}

/**
 * Replaces the present host keys by the next ones and keeps the former ones. At every moment there
 * is a complete present key. If interrupted, call it again.
 *
 * @throws {OperatorError} if there is no next key, or it can't be used
 */
export async function promoteHostKeys(files: HostKeyFiles, nowMs: number): Promise<Promoted[]> {
  const promoted: Promoted[] = [];
  for (const { algorithm, present, next } of places(files)) {
    const key = await findHostKey(next, algorithm);
    if (key === undefined) continue;
    const time = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const old = `${present}.until-${time}`;
    try {
      const kept = await link(present, old).then(
        () => true,
        (error: unknown) => {
          if (errorCode(error) === 'ENOENT') return false;
          throw error;
        },
      );
      await rename(next, present);
      await syncDirectory(dirname(present));
      await syncDirectory(dirname(next));
      promoted.push({ key, ...(kept ? { keptAs: old } : {}) });
    } catch (error) {
      throw new OperatorError(
        `the next host key ${next} can't be put in the place of ${present} (${describeError(error)}); both must be in the same file system and writable`,
        { cause: error },
      );
    }
  }
  if (promoted.length > 0) return promoted;
  throw new OperatorError(
    `there is no next host key ${files.nextHostKeyFile}. Make one with "cctvd host-key next", and promote it when every camera knows it`,
  );
}
