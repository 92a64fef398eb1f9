import type { Config } from '../config/config.ts';
import type { Environment } from '../config/secrets.ts';
import type { DaemonView } from './daemon.ts';

export interface Patient {
  readonly file: string;
  /** Absent: the configuration can't be read or is not usable. */
  readonly config?: Config;
  /** Problems of the configuration. */
  readonly problems: readonly string[];
  readonly env: Environment;
  /** Directory of service secrets that this user may not read, if there is one. */
  readonly hiddenCredentials?: string | undefined;
  readonly daemon: DaemonView;
  /** A copy of the ledger, from a daemon that lets nobody else read it. */
  readonly ledgerCopy?: string | undefined;
  /** Version of this program. */
  readonly version: string;
}
