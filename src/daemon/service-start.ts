import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultControlSocket } from '../config/places.ts';
import { startUnready } from '../control/unready.ts';
import { OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { ServiceManager } from '../monitor/notify.ts';

const lookEachMs = 1_000;

/** The manager restarts us at once, and the operator has to mend what is wrong: slow that down. */
const patienceMs = 5_000;

/**
 * Keeps a service without a configuration running until there is one, and says so to whoever asks.
 * The caller then ends and is restarted, so that the manager hands it the new credentials.
 */
export async function awaitSetup(
  file: string,
  manager: ServiceManager,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const sentence = `Nothing is recorded yet: there is no ${file}. Run, as root: cctvd setup`;
  await using _unready = await startUnready(defaultControlSocket, sentence);
  log.warn(sentence);
  manager.status(sentence);
  manager.ready();
  while (!signal.aborted && !existsSync(file)) {
    manager.alive();
    await delay(lookEachMs, undefined, { signal }).catch(() => {});
  }
  if (!signal.aborted) log.info('there is a configuration now: starting anew with it');
}

/** Runs `task`. If it fails, the service manager shows why. */
export async function tellingFailure(
  manager: ServiceManager | undefined,
  signal: AbortSignal,
  task: () => Promise<void>,
): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (manager !== undefined && error instanceof OperatorError) {
      manager.status(`Can't run: ${error.message}`);
      await delay(patienceMs, undefined, { signal }).catch(() => {});
    }
    throw error;
  }
}
