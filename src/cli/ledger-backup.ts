import { existsSync } from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';
import { backup } from 'node:sqlite';
import type { Config } from '../config/config.ts';
import { open } from '../doctor/ledger.ts';
import { describeError, OperatorError } from '../lib/errors.ts';
import type { DaemonClient } from './client.ts';
import { print } from './context.ts';
import { copyOfLedger } from './ledger-copy.ts';

export interface BackupOptions {
  readonly client: DaemonClient;
  /** Reads the configuration, where there is no daemon to ask. */
  readonly config: () => Pick<Config, 'ledgerFile'>;
  readonly out: string;
}

/** `cctv ledger backup` */
export async function runBackup({ client, config, out }: BackupOptions): Promise<void> {
  if (existsSync(out)) throw new OperatorError(`${out} is there already. Give another name.`);
  await using copy = await copyOfLedger(client);
  try {
    if (copy.path === undefined) {
      using database = open(config().ledgerFile);
      await backup(database, out);
    } else await copyFile(copy.path, out);
    // It has the RTSP passwords of cameras.
    await chmod(out, 0o600);
  } catch (error) {
    const asked = copy.cause === undefined ? '' : ` The daemon gave no copy: ${copy.cause}`;
    throw new OperatorError(`${out} can't be written: ${describeError(error)}.${asked}`, {
      cause: error,
    });
  }
  print([
    `${out} is a copy of the ledger as it is now. To restore it: stop the daemon, and put it in the place of ledgerFile, without files beside it that end in -wal and -shm.`,
  ]);
}
