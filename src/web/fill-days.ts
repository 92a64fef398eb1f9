import { wallNow } from '../lib/clock.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger } from '../ledger/ledger.ts';
import { background } from '../lib/background.ts';
import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { localDays } from '../lib/time.ts';

const dayMs = 86_400_000;
const daysBack = 400;
const atOnce = 4;
/** It takes at most a twentieth of the time. */
const share = 20;
const againMs = 1_800_000;

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Sums up days that have ended, a few at a time, before anybody asks for them. */
export function fillDays(ledger: Ledger, log: Log): AsyncDisposable {
  const fillAll = async (signal: AbortSignal): Promise<void> => {
    for (const { name: account } of ledger.accounts.list()) {
      const zone = ledger.accounts.timeZone(account) ?? 'UTC';
      const nowMs = wallNow();
      const days = localDays(dateOf(nowMs - daysBack * dayMs), dateOf(nowMs - dayMs), zone);
      for (const camera of ledger.states.list(account)) {
        for (let end = days.length; end > 0; end -= atOnce) {
          const from = performance.now();
          const some = days.slice(Math.max(0, end - atOnce), end);
          ledger.continuity.days(camera, { days: some, nowMs, isRecording: false });
          const tookMs = performance.now() - from;
          await delay(tookMs < 1 ? 0 : tookMs * share, undefined, { signal });
        }
      }
    }
  };

  return background(async (signal) => {
    while (!signal.aborted) {
      try {
        await fillAll(signal);
        await delay(againMs, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        // A camera was removed, or the disk is full. The page then sums up when it is asked.
        log.debug('days could not be summed up ahead', { cause: describeError(error) });
        await delay(againMs, undefined, { signal }).catch(() => {});
      }
    }
  });
}
