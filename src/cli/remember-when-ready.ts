import { type Checked, rememberAsLastGood } from '../config/last-good.ts';
import type { Environment } from '../config/secrets.ts';
import { OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { ServiceManager } from '../monitor/notify.ts';

/** The same service manager; a daemon that tells it to be ready has proven its configuration good. */
export function rememberWhenReady(
  manager: ServiceManager,
  checked: Checked,
  env: Environment,
  log: Log,
): ServiceManager {
  return {
    ...manager,
    ready: () => {
      manager.ready();
      try {
        rememberAsLastGood(checked, env);
      } catch (error) {
        // Recording goes on; what is lost is a copy for worse days.
        if (!(error instanceof OperatorError)) throw error;
        log.warn(error.message);
      }
    },
  };
}
