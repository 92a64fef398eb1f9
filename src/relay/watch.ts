import { setTimeout as delay } from 'node:timers/promises';
import { type CpuTime, cpuTime, type Listener, listeners } from './proc.ts';

export interface WatchOptions {
  /** Between two looks at the CPU time. */
  readonly sampleMs: number;
  /** This many samples in a row of a busy CPU are a fault. */
  readonly samplesToTell: number;
  /** Each so many samples, where it listens is looked at. */
  readonly samplesPerListenerCheck: number;
}

const defaults: WatchOptions = { sampleMs: 1_500, samplesToTell: 3, samplesPerListenerCheck: 20 };

/** Why a relay must go although it still runs. */
export class RelayFaultError extends Error {
  override name = 'RelayFaultError';
}

/** Throws if others than this machine could reach a relay that listens there. */
export function assertUnreachable(found: readonly Listener[]): void {
  const open = found.find(({ loopback }) => !loopback);
  if (open === undefined) return;
  throw new RelayFaultError(
    `relay listens beyond loopback, on port ${open.port}: the library that keeps it there (relay.preload) has no effect on it`,
  );
}

/**
 * Never asleep: of the time in which it could have run, it ran nearly all. Others on a busy machine
 * neither hide that nor make an innocent relay look like it.
 */
function spins(before: CpuTime, now: CpuTime, elapsedMs: number): boolean {
  const ran = now.ranMs - before.ranMs;
  const waited = now.waitedMs - before.waitedMs;
  return ran > 0.2 * elapsedMs && ran + waited > 0.9 * elapsedMs;
}

/** Resolves when `signal` aborts; rejects with {@link RelayFaultError} when the process spins or is open to others. */
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

/** Tells when a relay writes more than one that works ever would. */
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
