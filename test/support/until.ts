import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `question` until it gives something other than undefined or false, and returns that.
 *
 * @param what completes the sentence "… did not come about within N s"
 */
export async function eventually<T>(
  what: string,
  withinMs: number,
  question: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
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
