import { createHash, randomInt } from 'node:crypto';

/**
 * What is kept of a viewer's password: for each hash function of Digest, the hash of
 * `user:realm:password` (RFC 7616 section 3.4.2), in lower-case hexadecimal.
 *
 * Digest never shows the server the password, so a server must have these, and a slow salted hash
 * (scrypt, Argon2) can't take their place. Whoever steals them can log in to this realm with them as
 * if they were the password, and can try out guesses fast; they give away neither the password
 * itself nor any other account that has it. A password from {@link makePassword} can't be guessed.
 */
export interface Credentials {
  readonly md5: string;
  readonly sha256: string;
}

const hex = (algorithm: 'md5' | 'sha256', text: string): string =>
  createHash(algorithm).update(text, 'utf8').digest('hex');

/** What to keep of a password. The password itself need not be kept anywhere. */
export function credentialsOf(realm: string, user: string, password: string): Credentials {
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
