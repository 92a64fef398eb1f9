import { spawn } from 'node:child_process';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../lib/errors.ts';
import { isDiskTrouble } from './disk-trouble.ts';
import { makeDirectory } from './durable.ts';

const conflict = 75;

/**
 * Makes a spool's directory if it is missing, and makes sure that only one process works on it.
 * Dispose to unlock.
 *
 * @throws OperatorError if another process uses the spool.
 */
export async function lockSpool(directory: string): Promise<AsyncDisposable> {
  await makeDirectory(directory);
  return await lockDirectory(directory);
}

/**
 * Makes sure that only one process works on a directory. Dispose to unlock.
 *
 * Node has no flock(2), so `flock` of util-linux takes the lock on a descriptor that it inherits
 * from us. Such a lock belongs to the open file, not to the process that asked for it: once `flock`
 * has ended, we alone hold the lock, and the kernel drops it however we end. Unlike a pid file or a
 * socket, this lock can't be stale.
 *
 * @throws OperatorError if another process holds the lock, with the pid that it left in the file.
 */
export async function lockDirectory(directory: string): Promise<AsyncDisposable> {
  const path = join(directory, 'lock');
  const file = await open(path, 'a+', 0o600);
  try {
    // If root creates the file, the daemon's user must still be able to open it later.
    if (process.getuid?.() === 0) {
      const { uid, gid } = await stat(directory);
      await file.chown(uid, gid);
    }
    await takeLock(directory, file);
    await signLock(file);
  } catch (error) {
    await file.close();
    throw error;
  }
  return { [Symbol.asyncDispose]: () => file.close() };
}

/** Writes our pid for processes that find the lock taken. A full disk must not stop the start. */
async function signLock(file: FileHandle): Promise<void> {
  try {
    await file.truncate(0);
    await file.write(`${process.pid}\n`);
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
  }
}

async function takeLock(directory: string, file: FileHandle): Promise<void> {
  const { code, words } = await flock(file.fd);
  if (code === 0) return;
  if (code !== conflict) {
    throw new OperatorError(
      `The spool ${directory} can't be locked: ${words}. The program flock (package util-linux) must be on PATH, and the file system must know locks.`,
    );
  }
  const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, 0);
  const owner = /^\d+/.exec(buffer.toString('utf8', 0, bytesRead))?.[0];
  throw new OperatorError(
    `The spool ${directory} is in use by another process${owner === undefined ? '' : ` (pid ${owner})`}. Stop that one, or give this one a directory of its own.`,
  );
}

function flock(fd: number): Promise<{ readonly code: number | null; readonly words: string }> {
  return new Promise((resolve) => {
    const options = ['--exclusive', '--nonblock', '--conflict-exit-code', String(conflict), '3'];
    // Not execa, which can't pass on a descriptor beyond the first three.
    const child = spawn('flock', options, { stdio: ['ignore', 'ignore', 'pipe', fd] });
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-500);
    });
    child.once('error', (error) => resolve({ code: null, words: error.message }));
    child.once('close', (code) => resolve({ code, words: words.trim() || `exit code ${code}` }));
  });
}
