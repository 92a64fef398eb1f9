import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError, errorCode, OperatorError } from '../lib/errors.ts';
import { syncDirectory } from '../lib/sync-directory.ts';

const keyBytes = 32;
const form = /^[0-9a-f]{64}\n?$/;

/**
 * Reads the key from which the secrets of webhooks and the paths of delivery reports are derived.
 * Creates the file, with mode 0600, if it is missing.
 *
 * @throws {OperatorError} if the file is damaged, open to others, or can't be read or made
 */
export async function loadAlertKey(file: string): Promise<Uint8Array> {
  try {
    const there = await read(file);
    if (there !== undefined) return there;
    await make(file);
    const made = await read(file);
    if (made !== undefined) return made;
    throw new Error('it vanished');
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `the key of alerts ${file} can't be read or made (${describeError(error)}); it and its directory must belong to the user that the daemon runs as`,
      { cause: error },
    );
  }
}

async function read(file: string): Promise<Uint8Array | undefined> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      throw new OperatorError(
        `the key of alerts ${file} may be read by others (mode ${(mode & 0o777).toString(8)}); forbid it with "chmod 600 ${file}"`,
      );
    }
    const text = await readFile(file, 'utf8');
    if (form.test(text)) return Buffer.from(text.trim(), 'hex');
    throw new OperatorError(
      `the key of alerts ${file} is damaged; restore it, or delete it so that a new one is made and give the receivers of webhooks their new secrets`,
    );
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Creates the file atomically; keeps a file that another process has made meanwhile. */
async function make(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const unfinished = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    await using handle = await open(unfinished, 'wx', 0o600);
    await handle.writeFile(`${randomBytes(keyBytes).toString('hex')}\n`);
    await handle.sync();
    await link(unfinished, file).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  } finally {
    await unlink(unfinished).catch(() => {});
  }
  await syncDirectory(dirname(file));
}
