import { existsSync } from 'node:fs';
import {
  canDoWithout,
  loadChecked,
  loadOrLastGood,
  rememberAsLastGood,
} from '../config/last-good.ts';
import { asService } from '../config/service-credentials.ts';
import { runDaemon } from '../daemon/daemon.ts';
import { createLog } from '../lib/log.ts';
import { findServiceManager } from '../monitor/notify.ts';
import { rememberWhenReady } from './remember-when-ready.ts';
import { awaitSetup, tellingFailure } from './service-start.ts';
import { onStopSignals } from './signals.ts';

/**
 * Runs the daemon until it is told to stop.
 *
 * @param file its configuration; under a service manager it is waited for
 */
export async function runService(file: string): Promise<void> {
  using stop = onStopSignals();
  const manager = findServiceManager(process.env);
  const env = asService(file, process.env);
  if (manager !== undefined && !existsSync(file) && !canDoWithout(file, env)) {
    const log = createLog({ format: 'people', level: 'info' });
    return await awaitSetup(file, manager, log, stop.signal);
  }
  await tellingFailure(manager, stop.signal, async () => {
    const checked = loadOrLastGood(file, env);
    const log = createLog(checked.config.log);
    await runDaemon(
      checked.config,
      log,
      stop.signal,
      {
        readConfig: () => {
          const read = loadChecked(file, env);
          if (manager !== undefined) rememberAsLastGood(read, env);
          return read.config;
        },
        readCredentials: () => loadOrLastGood(file, env).config.bucket.credentials,
      },
      manager && rememberWhenReady(manager, checked, env, log),
    );
  });
}
