import { createHash, randomInt } from 'node:crypto';
import type { ViewerCredentials } from '../model/viewer.ts';

const hex = (algorithm: 'md5' | 'sha256', text: string): string =>
  createHash(algorithm).update(text, 'utf8').digest('hex');

/** The hashes to store instead of the password. */
export function credentialsOf(realm: string, user: string, password: string): ViewerCredentials {
  const text = `${user}:${realm}:${password}`;
  return { md5: hex('md5', text), sha256: hex('sha256', text) };
}

/** Characters that don't look alike and need no escaping in URLs and shells. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A new password of 20 characters in four groups: 99 bits, too many to guess. */
export function makePassword(): string {
  const group = (): string =>
    Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}
