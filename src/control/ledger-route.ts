import type { FileHandle } from 'node:fs/promises';
import type { Door } from '../api/door.ts';

export interface LedgerRouteParts {
  /** A copy of the ledger, in an open file. */
  readonly copyOfLedger: () => Promise<FileHandle>;
}

/** The ledger as a file, for backups and examination: nobody else can read it while the daemon runs. */
export function addLedgerRoute(door: Door<unknown>, { copyOfLedger }: LedgerRouteParts): void {
  door.get(
    '/ledger/copy',
    { summary: 'A copy of the ledger as it is now.', type: 'application/vnd.sqlite3' },
    async () => (await copyOfLedger()).createReadStream(),
  );
}
