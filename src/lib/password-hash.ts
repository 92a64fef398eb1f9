import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const saltBytes = 16;
const hashBytes = 32;
// OWASP's minimum for scrypt with 16 MB; takes a core 150 to 200 ms.
const cost = { N: 2 ** 14, r: 8, p: 5 };

const derive = (password: string, salt: Uint8Array): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, hashBytes, cost, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });

/** The stored form of an operator's password: salt and scrypt hash. */
export async function hashPassword(password: string): Promise<Buffer> {
  const salt = randomBytes(saltBytes);
  return Buffer.concat([salt, await derive(password, salt)]);
}

const nobody = Buffer.alloc(saltBytes + hashBytes);

/** @param kept undefined for an unknown user: takes as long, so that timing reveals nothing, and never matches */
export async function isPassword(password: string, kept: Uint8Array | undefined): Promise<boolean> {
  const known = kept ?? nobody;
  const hash = await derive(password, known.subarray(0, saltBytes));
  return timingSafeEqual(hash, known.subarray(saltBytes)) && kept !== undefined;
}
