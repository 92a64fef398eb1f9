import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { StoreCredentials } from '../model/store-credentials.ts';

/** Reads the credentials that the configuration gives; undefined if it leaves them to the SDK. */
export type CredentialsReader = () =>
  | Promise<StoreCredentials | undefined>
  | StoreCredentials
  | undefined;

/** The credentials in the options of a store, if they are there. */
export function credentialsOf({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: Partial<StoreCredentials>): StoreCredentials | undefined {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** Finds credentials on this machine: environment, files, web identity, instance role. */
export type CredentialsChain = (options?: {
  readonly forceRefresh: boolean;
}) => Promise<StoreCredentials>;

/**
 * Credentials that an operator may replace while we run, or that the SDK finds on this machine if none
 * are given. After the store has refused them, they are read again before the next request.
 */
export class ReplaceableCredentials {
  #present: StoreCredentials | undefined;
  #chain: CredentialsChain | undefined;
  /** The key that the chain found last. */
  #foundId = '';
  readonly #read: CredentialsReader | undefined;
  readonly #log: Log;
  #doubted = false;
  #reading: Promise<void> | undefined;

  /** @param read returns the valid credentials; without it the first ones stay in use */
  constructor(first: StoreCredentials | undefined, read: CredentialsReader | undefined, log: Log) {
    this.#present = first;
    this.#read = read;
    this.#log = log;
  }

  /** Empty as long as none was found. */
  get accessKeyId(): string {
    return this.#present?.accessKeyId ?? this.#foundId;
  }

  /** Uses the chain as long as no credentials are given. */
  useChain(chain: CredentialsChain): void {
    this.#chain = chain;
  }

  /** The store has refused the credentials. */
  doubt(): void {
    this.#doubted = true;
  }

  /**
   * The credentials for the next request. If reading fails, keeps the old ones.
   *
   * @throws if none are given and the SDK finds none
   */
  async current(): Promise<StoreCredentials> {
    const forceRefresh = this.#doubted;
    if (this.#doubted && this.#read !== undefined) {
      this.#reading ??= this.#readAnew(this.#read).finally(() => (this.#reading = undefined));
      await this.#reading;
    }
    if (this.#present !== undefined) return this.#present;
    if (this.#chain === undefined) throw new Error('no credentials are given');
    const found = await this.#chain(forceRefresh ? { forceRefresh } : undefined);
    this.#doubted = false;
    this.#foundId = found.accessKeyId;
    return found;
  }

  async #readAnew(read: CredentialsReader): Promise<void> {
    this.#doubted = false;
    try {
      const anew = await read();
      if (same(anew, this.#present)) return;
      this.#present = anew;
      this.#log.info('the bucket’s credentials have changed: the new ones are used', {
        accessKeyId: anew?.accessKeyId,
      });
    } catch (error) {
      this.#doubted = true;
      this.#log.debug('the bucket’s credentials can not be read anew', {
        cause: describeError(error),
      });
    }
  }
}

const same = (one: StoreCredentials | undefined, other: StoreCredentials | undefined): boolean =>
  one?.accessKeyId === other?.accessKeyId &&
  one?.secretAccessKey === other?.secretAccessKey &&
  one?.sessionToken === other?.sessionToken;
