import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultControlSocket } from '../config/places.ts';
import { startUnready } from '../control/unready.ts';
import { OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { ServiceManager } from '../monitor/notify.ts';

const lookEachMs = 1_000;

/** Delays the exit: the manager restarts us at once, although only the operator can fix the problem. */
const patienceMs = 5_000;

/**
 * Keeps a service running until it has a configuration, and answers clients with that reason. The caller
 * then ends and is restarted, so that the manager gives it the new credentials.
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

/** Runs `task`, and reports an operator's error to the service manager. */
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
