import { setTimeout as delay } from 'node:timers/promises';
import { type CpuTime, cpuTime, type Listener, listeners } from './proc.ts';

export interface WatchOptions {
  /** Between two samples of the CPU time. */
  readonly sampleMs: number;
  /** A relay that is busy in this many samples in a row is at fault. */
  readonly samplesToTell: number;
  /** After how many samples we check again where the relay listens. */
  readonly samplesPerListenerCheck: number;
}

const defaults: WatchOptions = { sampleMs: 1_500, samplesToTell: 3, samplesPerListenerCheck: 20 };

/** The relay doesn't work and must be replaced. */
export class RelayFaultError extends Error {
  override name = 'RelayFaultError';
}

/** @throws RelayFaultError if other machines could reach one of the listeners */
export function assertUnreachable(found: readonly Listener[]): void {
  const open = found.find(({ loopback }) => !loopback);
  if (open === undefined) return;
  throw new RelayFaultError(
    `relay listens beyond loopback, on port ${open.port}: the library that keeps it there (relay.preload) has no effect on it`,
  );
}

/**
 * Whether the process never sleeps: it ran or waited for a CPU nearly all the time. So a busy
 * machine neither hides a spinning relay nor makes an idle one look like it.
 */
function spins(before: CpuTime, now: CpuTime, elapsedMs: number): boolean {
  const ran = now.ranMs - before.ranMs;
  const waited = now.waitedMs - before.waitedMs;
  return ran > 0.2 * elapsedMs && ran + waited > 0.9 * elapsedMs;
}

/**
 * Resolves when `signal` aborts. Rejects with {@link RelayFaultError} when the process spins or
 * other machines could reach it.
 */
export async function watchProcess(
  pid: number,
  signal: AbortSignal,
  { sampleMs, samplesToTell, samplesPerListenerCheck }: WatchOptions = defaults,
): Promise<void> {
  let before = await cpuTime(pid);
  let at = performance.now();
  let spinning = 0;
  for (let sample = 1; ; sample += 1) {
    await delay(sampleMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const now = await cpuTime(pid);
    const elapsedMs = performance.now() - at;
    at += elapsedMs;
    const busy = before !== undefined && now !== undefined && spins(before, now, elapsedMs);
    spinning = busy ? spinning + 1 : 0;
    if (spinning === samplesToTell) {
      const seconds = (samplesToTell * sampleMs) / 1000;
      throw new RelayFaultError(`relay has kept a CPU busy without a pause for ${seconds} s`);
    }
    before = now;
    if (sample % samplesPerListenerCheck === 0) assertUnreachable(await listeners(pid));
  }
}

const maxBytesPerSecond = 256 * 1024;
const maxLinesPerSecond = 500;

/** Detects a relay that logs more than a working one ever would. */
export class FloodMeter {
  readonly #onFlood: (error: RelayFaultError) => void;
  #since = performance.now();
  #bytes = 0;
  #lines = 0;

  constructor(onFlood: (error: RelayFaultError) => void) {
    this.#onFlood = onFlood;
  }

  bytes(count: number): void {
    this.#bytes += count;
    this.#check();
  }

  line(): void {
    this.#lines += 1;
    this.#check();
  }

  #check(): void {
    const now = performance.now();
    if (this.#bytes > maxBytesPerSecond || this.#lines > maxLinesPerSecond) {
      this.#onFlood(new RelayFaultError('relay floods its log'));
    } else if (now - this.#since < 1_000) {
      return;
    }
    this.#since = now;
    this.#bytes = 0;
    this.#lines = 0;
  }
}
