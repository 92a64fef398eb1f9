import { HttpError } from '../lib/http-error.ts';
import { Slots } from '../lib/slots.ts';

/** Node has four threads for files, names of hosts and hashes alike. */
const atOnce = 2;
/** Each takes a fifth of a second, so that the last waits for some seconds. */
const maxWaiting = 50;

/** Runs the checks that are slow by design, such as of a password: few at a time, and one of a network. */
export class SlowChecks {
  readonly #slots = new Slots(atOnce, maxWaiting);
  readonly #networks = new Set<string>();

  /** @throws {HttpError} 429 if one of the network is under way, or too many wait */
  async run<T>(network: string, check: () => Promise<T>): Promise<T> {
    if (this.#networks.has(network)) {
      throw new HttpError(429, 'Another log-in from your address is being checked. Try again.');
    }
    this.#networks.add(network);
    try {
      return await this.#slots.run(check);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      throw new HttpError(429, 'Too many log in at once. Try again in a few seconds.');
    } finally {
      this.#networks.delete(network);
    }
  }
}
