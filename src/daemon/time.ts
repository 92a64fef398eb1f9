import { uptime } from 'node:os';
import { background } from '../lib/background.ts';
import { systemClock, useWall } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { isKeptByNtp } from '../lib/ntp.ts';
import { serverDate } from '../lib/server-date.ts';
import { TrustedTime } from '../monitor/trusted-time.ts';

const clock = systemClock;

/** How long a start waits for the bucket to tell the time. */
const askWithinMs = 3_000;
const askEachMs = 60_000;
/** While another clock than the machine's is believed. */
const askSoonEachMs = 5_000;

export interface TimeParts {
  /** Where the bucket is. */
  readonly origin: string;
  /** The newest time that the ledger has, milliseconds since 1970 UTC. */
  readonly ledgerMs: number | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Finds out what time it is before anything is dated, and watches until disposed of whether the
 * machine's clock is right.
 */
export async function keepTime(
  parts: TimeParts,
): Promise<AsyncDisposable & Pick<TrustedTime, 'trouble'>> {
  const { ledgerMs, log } = parts;
  const time = new TrustedTime({
    wallMs: () => Date.now(),
    sinceBootMs: () => uptime() * 1_000,
    nowMs: () => performance.now(),
  });
  if (ledgerMs !== undefined) time.ledgerSays(ledgerMs);
  const gate = new FloodGate(log);
  await ask(time, parts, parts.signal);
  const used = useWall(() => time.wallNow());
  if (time.trouble !== undefined) log.error('the clock is not right', { cause: time.trouble });
  let told = time.trouble;
  const watching = background(async (signal) => {
    for (let passedMs = 0; ; passedMs += askSoonEachMs) {
      await clock.sleep(askSoonEachMs, signal);
      if (signal.aborted) return;
      clock.wallNow();
      if (!time.isCorrected && passedMs < askEachMs) continue;
      passedMs = 0;
      await ask(time, parts, signal);
      const { trouble } = time;
      if (trouble !== undefined) gate.warn('clock', 'the clock is not right', { cause: trouble });
      else if (told !== undefined) log.info('the clock is right again');
      told = trouble;
    }
  });
  return {
    get trouble() {
      return time.trouble;
    },
    async [Symbol.asyncDispose]() {
      await watching[Symbol.asyncDispose]();
      used[Symbol.dispose]();
      gate[Symbol.dispose]();
    },
  };
}

async function ask(time: TrustedTime, { origin, log }: TimeParts, signal: AbortSignal) {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(askWithinMs)]);
    const bucketMs = await serverDate(new URL(origin), limit);
    if (Number.isNaN(bucketMs)) return;
    const isFar = Math.abs(bucketMs - Date.now()) > 60_000;
    time.bucketSays(bucketMs, isFar && (await isKeptByNtp(signal, askWithinMs)) === true);
  } catch (error) {
    log.debug('the bucket does not tell the time', { cause: describeError(error) });
  }
}
