import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '../lib/errors.ts';
import type { DaemonClient } from './client.ts';

export interface LedgerCopy extends AsyncDisposable {
  /** Undefined: the daemon gave none, and the ledger itself can be read if there is no daemon. */
  readonly path?: string;
  /** Why there is none. */
  readonly cause?: string;
}

/** Asks the daemon for a copy of its ledger, which nobody else can read meanwhile. */
export async function copyOfLedger(client: DaemonClient): Promise<LedgerCopy> {
  const directory = await mkdtemp(join(tmpdir(), 'cctv-ledger-'));
  const gone = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
  try {
    const path = join(directory, 'ledger.sqlite');
    await client.download('/ledger/copy', path);
    return { path, ...gone };
  } catch (error) {
    return { cause: describeError(error), ...gone };
  }
}
