import { createHash, randomBytes, randomInt } from 'node:crypto';

// Without characters that look alike, since people type the password from paper.
const letters = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A password of 20 letters and digits, 100 bits. */
export const randomPassword = (): string =>
  Array.from({ length: 20 }, () => letters[randomInt(letters.length)]).join('');

/** A line of lighttpd's htdigest file (mod_authn_file): user, realm, and a hash of both and the password. */
export const htdigestLine = (user: string, realm: string, password: string): string =>
  `${user}:${realm}:${createHash('md5').update(`${user}:${realm}:${password}`).digest('hex')}\n`;

const cryptLetters = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const encode = (value: number, digits: number): string =>
  Array.from({ length: digits }, (_, n) => cryptLetters[(value >> (6 * n)) & 63]).join('');

/**
 * A password hash for /etc/shadow (crypt(5), MD5 of FreeBSD), which all old C libraries of cameras know.
 * It is weak against guessing, but passwords of {@link randomPassword} can't be guessed.
 */
export function shadowHash(
  password: string,
  salt = encode(randomBytes(4).readUInt32BE() >>> 2, 5) + encode(randomInt(2 ** 18), 3),
): string {
  const md5 = (...parts: readonly (string | Buffer)[]): Buffer => {
    const hash = createHash('md5');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const key = Buffer.from(password);
  const inner = md5(key, salt, key);
  const filler = Buffer.alloc(key.length, inner);
  // One byte for each bit of the length: a NUL for 1, the password's first byte for 0.
  const bits: Buffer[] = [];
  for (let length = key.length; length > 0; length >>= 1) {
    bits.push(length % 2 === 1 ? Buffer.from([0]) : key.subarray(0, 1));
  }
  let digest = md5(key, '$1$', salt, filler, ...bits);
  for (let round = 0; round < 1000; round += 1) {
    digest = md5(
      round % 2 === 1 ? key : digest,
      round % 3 === 0 ? '' : salt,
      round % 7 === 0 ? '' : key,
      round % 2 === 1 ? digest : key,
    );
  }
  const at = (n: number): number => digest[n] ?? 0;
  const groups = [0, 1, 2, 3, 4].map((n) =>
    encode((at(n) << 16) | (at(n + 6) << 8) | at(n === 4 ? 5 : n + 12), 4),
  );
  return `$1$${salt}$${groups.join('')}${encode(at(11), 2)}`;
}
