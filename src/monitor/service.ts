import type { Clock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import type { ServiceManager } from './notify.ts';
import { Scope } from '../lib/scope.ts';
import type { Verdict } from '../contract/status.ts';
import { type ServiceState, statusLine } from './status-line.ts';

export interface ServiceOptions {
  /** Absent: nobody is notified. */
  readonly manager: ServiceManager | undefined;
  readonly health: () => Verdict;
  readonly state: () => ServiceState;
  /** Aborts when the daemon begins to stop. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

const statusEveryMs = 10_000;

/**
 * Tells the service manager that the daemon is ready, then its status, and resets its watchdog while
 * the daemon is healthy; the watchdog restarts one that isn't. A daemon that is stopping counts as
 * healthy: the manager limits how long that may take.
 */
export function startService(options: ServiceOptions): AsyncDisposable {
  const { manager, health, state, signal, clock, log } = options;
  if (manager === undefined) return { [Symbol.asyncDispose]: async () => {} };
  const life = new Scope();
  const gate = new FloodGate(log);

  const report = (): void => {
    const { ok, problems } = health();
    if (ok || signal.aborted) manager.alive();
    else {
      const trouble = 'the daemon is not healthy; the watchdog restarts it unless it recovers';
      gate.warn(trouble, trouble, { cause: problems.join('; ') });
    }
    manager.status(
      signal.aborted ? 'Stopping: last segments are finished' : statusLine(state(), problems),
    );
  };

  const everyMs = Math.min(statusEveryMs, (manager.watchdogMs ?? Infinity) / 4);
  manager.ready();
  const reporting = (async () => {
    for (let saysGoodbye = false; !life.signal.aborted; ) {
      try {
        if (signal.aborted && !saysGoodbye) {
          saysGoodbye = true;
          manager.stopping();
        }
        report();
      } catch (error) {
        gate.warn('report', 'the service manager could not be notified', {
          cause: describeError(error),
        });
      }
      using pause = new Scope(life.signal, ...(saysGoodbye ? [] : [signal]));
      await clock.sleep(everyMs, pause.signal);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      life[Symbol.dispose]();
      await reporting;
      gate[Symbol.dispose]();
    },
  };
}
