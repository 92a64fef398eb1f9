import { createHash, randomInt } from 'node:crypto';
import type { ViewerCredentials } from '../model/viewer.ts';

const hex = (algorithm: 'md5' | 'sha256', text: string): string =>
  createHash(algorithm).update(text, 'utf8').digest('hex');

/** What to keep of a password. The password itself need not be kept anywhere. */
export function credentialsOf(realm: string, user: string, password: string): ViewerCredentials {
  const text = `${user}:${realm}:${password}`;
  return { md5: hex('md5', text), sha256: hex('sha256', text) };
}

/** Without those that look alike, and with none that a URL or a shell would need escaped. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A new password of 20 characters in four groups: 99 bits, more than anybody can try. */
export function makePassword(): string {
  const group = (): string =>
    Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}
