import { existsSync } from 'node:fs';
import { loadConfig } from '../config/load.ts';
import { runDaemon } from '../daemon.ts';
import { createLog } from '../lib/log.ts';
import { findServiceManager } from '../lib/notify.ts';
import { loadChecked } from './checked-config.ts';
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
  if (manager !== undefined && !existsSync(file)) {
    const log = createLog({ format: 'people', level: 'info' });
    return await awaitSetup(file, manager, log, stop.signal);
  }
  await tellingFailure(manager, stop.signal, async () => {
    const config = loadChecked(file);
    await runDaemon(
      config,
      createLog(config.log),
      stop.signal,
      {
        readConfig: () => loadChecked(file),
        readCredentials: () => loadConfig(file, process.env).bucket.credentials,
      },
      manager,
    );
  });
}
