import type { Ledger } from '../ledger/ledger.ts';
import { repeated } from '../lib/background.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { StateNotes } from './state-notes.ts';

const clock = systemClock;

/** Precision with which the end of a killed daemon is known. */
const aliveEveryMs = 2_000;

/**
 * Notes a run of the daemon in the ledger, and that it is alive, until disposed of. Then notes that
 * could not be written are written, too.
 */
export function beginRun(
  { runs }: Pick<Ledger, 'runs'>,
  notes: Pick<StateNotes, 'flush'>,
  version: string,
  log: Log,
): AsyncDisposable {
  runs.begin(version, clock.wallNow());
  const live = (): void => {
    runs.alive(clock.wallNow());
    notes.flush();
  };
  const trouble = 'the ledger can not be written';
  const alive = repeated(aliveEveryMs, live, { clock, log, trouble });
  return {
    async [Symbol.asyncDispose]() {
      await alive[Symbol.asyncDispose]();
      notes.flush();
      try {
        runs.end(clock.wallNow());
      } catch (error) {
        // The next run takes this one as killed.
        log.warn(trouble, { cause: describeError(error) });
      }
    },
  };
}
