import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { StoreCredentials } from '../model/store-credentials.ts';

/**
 * Credentials that an operator may replace while we run. After the store has refused them, they are
 * read again before the next request.
 */
export class ReplaceableCredentials {
  #present: StoreCredentials;
  readonly #read: (() => Promise<StoreCredentials> | StoreCredentials) | undefined;
  readonly #log: Log;
  #doubted = false;
  #reading: Promise<void> | undefined;

  /** @param read returns the valid credentials; without it the first ones stay in use */
  constructor(
    first: StoreCredentials,
    read: (() => Promise<StoreCredentials> | StoreCredentials) | undefined,
    log: Log,
  ) {
    this.#present = first;
    this.#read = read;
    this.#log = log;
  }

  get accessKeyId(): string {
    return this.#present.accessKeyId;
  }

  /** The store has refused the credentials. */
  doubt(): void {
    this.#doubted = true;
  }

  /** The credentials for the next request. Never rejects: if reading fails, keeps the old ones. */
  async current(): Promise<StoreCredentials> {
    if (this.#doubted && this.#read !== undefined) {
      this.#reading ??= this.#readAnew(this.#read).finally(() => (this.#reading = undefined));
      await this.#reading;
    }
    return this.#present;
  }

  async #readAnew(read: () => Promise<StoreCredentials> | StoreCredentials): Promise<void> {
    this.#doubted = false;
    try {
      const { accessKeyId, secretAccessKey } = await read();
      const same =
        accessKeyId === this.#present.accessKeyId &&
        secretAccessKey === this.#present.secretAccessKey;
      if (same) return;
      this.#present = { accessKeyId, secretAccessKey };
      this.#log.info('the bucket’s credentials have changed: the new ones are used', {
        accessKeyId,
      });
    } catch (error) {
      this.#doubted = true;
      this.#log.debug('the bucket’s credentials can not be read anew', {
        cause: describeError(error),
      });
    }
  }
}
