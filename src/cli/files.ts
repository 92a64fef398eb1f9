import { createReadStream } from 'node:fs';
import { describeError, errorCode, OperatorError } from '../lib/errors.ts';

const maxBytes = 16_384;

/** Reads a file, or standard input for `-`. Refuses input that is too long for a key or a password. */
async function readSmallFile(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    const source = path === '-' ? process.stdin : createReadStream(path, { end: maxBytes });
    for await (const chunk of source) {
      const piece = Buffer.from(chunk as Uint8Array);
      chunks.push(piece);
      bytes += piece.length;
      if (bytes > maxBytes)
        throw new OperatorError(`${path} is too long to be a key or a password.`);
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      errorCode(error) === 'ENOENT'
        ? `There is no file ${path}.`
        : `${path} can't be read: ${describeError(error)}.`,
      { cause: error },
    );
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads a public key. Refuses private keys, so that they never reach the daemon. */
export async function readKeyFile(path: string): Promise<string> {
  const text = await readSmallFile(path);
  if (/PRIVATE KEY|^PuTTY-User-Key-File/.test(text) || text.includes('\0')) {
    throw new OperatorError(
      `${path} is a private key, which belongs on the camera alone. Give the public one: ${path}.pub, or what \`dropbearkey -y -f ${path}\` prints.`,
    );
  }
  return text;
}

export async function readPasswordFile(path: string): Promise<string> {
  const password = (await readSmallFile(path)).replace(/\r?\n$/, '');
  if (password === '') throw new OperatorError(`${path} is empty; a password is expected in it.`);
  return password;
}
