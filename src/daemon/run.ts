import type { Ledger } from '../ledger/ledger.ts';
import { repeated } from '../lib/background.ts';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

const clock = systemClock;

/** How exactly it is known when a daemon that was killed died. */
const aliveEveryMs = 2_000;

/** Begins a run of the daemon in the ledger, and notes there that it is alive until it is disposed of. */
export function beginRun(
  { runs }: Pick<Ledger, 'runs'>,
  version: string,
  log: Log,
): AsyncDisposable {
  runs.begin(version, clock.wallNow());
  const alive = repeated(aliveEveryMs, () => runs.alive(clock.wallNow()), {
    clock,
    log,
    trouble: 'the ledger can not be written',
  });
  return {
    async [Symbol.asyncDispose]() {
      await alive[Symbol.asyncDispose]();
      runs.end(clock.wallNow());
    },
  };
}
