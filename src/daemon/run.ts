import type { Ledger } from '../ledger/ledger.ts';
import { repeated } from '../lib/background.ts';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

const clock = systemClock;

/** Precision with which the end of a killed daemon is known. */
const aliveEveryMs = 2_000;

/** Notes a run of the daemon in the ledger, and that it is alive, until disposed of. */
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
