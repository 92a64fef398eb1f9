import type { Config } from '../config/config.ts';
import type { Environment } from '../config/secrets.ts';
import type { DaemonView } from './daemon.ts';

export interface Patient {
  readonly file: string;
  /** Absent: it can't be read, or is not usable. */
  readonly config?: Config;
  /** Of the configuration. */
  readonly problems: readonly string[];
  readonly env: Environment;
  /** Where the service has secrets that this user may not read, if it does. */
  readonly hiddenCredentials?: string | undefined;
  /** What the daemon says of itself. */
  readonly daemon: DaemonView;
  /** Of this program. */
  readonly version: string;
}
