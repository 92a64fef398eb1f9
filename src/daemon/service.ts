import { existsSync } from 'node:fs';
import {
  canDoWithout,
  type Checked,
  loadChecked,
  loadOrLastGood,
  rememberAsLastGood,
} from '../config/last-good.ts';
import { type Environment, secretsOf } from '../config/secrets.ts';
import { asService } from '../config/service-credentials.ts';
import { inWords } from '../ledger/database.ts';
import { isSqliteError, OperatorError } from '../lib/errors.ts';
import { createLog, type Log } from '../lib/log.ts';
import { findServiceManager, type ServiceManager } from '../monitor/notify.ts';
import { runDaemon } from './daemon.ts';
import { awaitSetup, tellingFailure } from './service-start.ts';

/**
 * Runs the daemon until `signal` aborts.
 *
 * @param file the configuration; under a service manager, waits until it exists
 */
export async function runService(file: string, signal: AbortSignal): Promise<void> {
  const manager = findServiceManager(process.env);
  const env = asService(file, process.env);
  if (manager !== undefined && !existsSync(file) && !canDoWithout(file, env)) {
    const log = createLog({ format: 'people', level: 'info' });
    return await awaitSetup(file, manager, log, signal);
  }
  await tellingFailure(manager, signal, async () => {
    const checked = loadOrLastGood(file, env);
    const { config } = checked;
    const log = createLog(config.log);
    log.hide(secretsOf(config));
    const running = runDaemon(
      config,
      log,
      signal,
      {
        readConfig: () => {
          const read = loadChecked(file, env);
          log.hide(secretsOf(read.config));
          if (manager !== undefined) rememberAsLastGood(read, env);
          return read.config;
        },
        readCredentials: () => {
          const read = loadOrLastGood(file, env).config;
          log.hide(secretsOf(read));
          return read.bucket.credentials;
        },
      },
      manager && rememberWhenReady(manager, checked, env, log),
    );
    await running.catch((error: unknown) => {
      // Only the ledger is a database.
      throw isSqliteError(error) ? inWords(config.ledgerFile, error) : error;
    });
  });
}

/** Wraps the manager: when the daemon becomes ready, its configuration is proven good and is kept. */
function rememberWhenReady(
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
        // Recording works without the copy.
        if (!(error instanceof OperatorError)) throw error;
        log.warn(error.message);
      }
    },
  };
}
