import { setTimeout as delay } from 'node:timers/promises';

/** On a machine that has much else to do, a thing may take so many times longer than on an idle one. */
const busyFactor = 10;
/** What takes long anyway is not waited for longer than this, unless it takes longer on an idle machine. */
const longMs = 120_000;

/**
 * Asks `question` until it gives something other than undefined or false, and returns that. How long
 * that takes is no matter: a bound only ends a test that hangs.
 *
 * @param what completes the sentence "… did not come about within N s"
 * @param idleMs within which it comes about on a machine that has nothing else to do
 */
export async function eventually<T>(
  what: string,
  idleMs: number,
  question: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const withinMs = Math.max(idleMs, Math.min(busyFactor * idleMs, longMs));
  const deadline = performance.now() + withinMs;
  let failure: unknown;
  do {
    try {
      const answer = await question();
      if (answer !== undefined && answer !== false) return answer;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await delay(50);
  } while (performance.now() < deadline);
  throw new Error(`${what} did not come about within ${withinMs / 1000} s`, { cause: failure });
}
