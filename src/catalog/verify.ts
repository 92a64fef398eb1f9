import { setTimeout as delay } from 'node:timers/promises';
import { isLabel } from '../model/camera-name.ts';
import type { BucketReader } from '../storage/bucket-reader.ts';
import type { Documents } from '../storage/documents.ts';
import { UnknownNameError } from '../model/errors.ts';
import { parseCameras, parseDocumentName } from './journal-documents.ts';
import type { JournalQueries } from '../ledger/journal.ts';
import {
  type Problem,
  type ProblemKind,
  problemKinds,
  type VerifySums,
} from '../contract/verify.ts';
import { verifyName } from './verify-name.ts';
import type { AuditQueries } from '../ledger/audit.ts';

/** What a bucket is asked for. */
export interface VerifiedBucket {
  readonly reader: Pick<BucketReader, 'pages' | 'folder' | 'sizeOf' | 'digest' | 'prefix'>;
  readonly documents: Pick<Documents, 'names' | 'read'>;
  /** What an error of the store means, in plain words. */
  explain(error: unknown): string;
}

export interface VerifyScope {
  /** All unless given. */
  readonly account?: string;
  /** Segments that begin from here (inclusive) to there (exclusive), in ms since 1970 UTC. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether each object is read and hashed. */
  readonly deep: boolean;
}

export interface BucketAudit extends VerifyScope {
  readonly ledger: {
    readonly audit: AuditQueries;
    readonly journal: Pick<JournalQueries, 'ledgerId'>;
  };
  readonly bucket: VerifiedBucket;
  readonly signal: AbortSignal;
  /** When the audit begins, in ms since 1970 UTC; now unless given. What is stored later is under way. */
  readonly startedMs?: number;
  /** Called with each problem as it is found. Awaited, so that nothing piles up. */
  readonly report: (problem: Problem) => Promise<void> | void;
}

/**
 * How many names are checked at once. Few, since the audit shares the store's connections with uploads
 * and hashes objects in the process that cameras' footage passes through.
 */
const namesAtOnce = { shallow: 4, deep: 2 } as const;

const documentFolder = '_ledger';
const tries = 3;
const pauseMs = 1_000;

/** An audit of the bucket against the ledger. */
export class Verification {
  readonly #options: BucketAudit;
  readonly #startedMs: number;
  readonly #problems = Object.fromEntries(problemKinds.map((kind) => [kind, 0])) as Record<
    ProblemKind,
    number
  >;
  readonly #done = { cameras: 0, ofCameras: 0, objects: 0, bytes: 0, read: 0, underWay: 0 };

  constructor(options: BucketAudit) {
    this.#options = options;
    this.#startedMs = options.startedMs ?? Date.now();
  }

  /** How far the audit is. */
  get sums(): VerifySums {
    return { ...this.#done, problems: { ...this.#problems } };
  }

  /**
   * Goes through all names in the scope, of the ledger and of the bucket.
   *
   * @returns accounts of other ledgers, which were left out
   * @throws an error of the store that came again and again; the signal's reason
   */
  async run(): Promise<readonly string[]> {
    const { account, ledger } = this.#options;
    const others = account === undefined ? await this.#otherAccounts() : new Set<string>();
    const names = new Map<string, readonly [string, string]>();
    const add = (owner: string, camera: string) =>
      names.set(`${owner}/${camera}`, [owner, camera] as const);
    for (const name of ledger.audit.names(account)) add(name.account, name.camera);
    const accounts = account === undefined ? await this.#labelsIn('', documentFolder) : [account];
    const skipped = accounts.filter((name) => others.has(name));
    for (const owner of accounts.filter((name) => !others.has(name))) {
      for (const camera of await this.#labelsIn(`${owner}/`)) add(owner, camera);
    }
    if (account !== undefined && names.size === 0) {
      throw new UnknownNameError(
        `There is no account ${account} with cameras, and no footage of one. See: cctv account list`,
      );
    }
    this.#done.ofCameras = names.size;
    await this.#inParallel([...names.values()], (name) => names.has(name));
    return skipped;
  }

  async #inParallel(
    names: (readonly [string, string])[],
    isName: (name: string) => boolean,
  ): Promise<void> {
    const { deep, fromMs, toMs, ledger, bucket, signal } = this.#options;
    const work = async (): Promise<void> => {
      for (let name = names.shift(); name !== undefined; name = names.shift()) {
        const [account, camera] = name;
        await verifyName({
          name: { account, camera },
          fromMs,
          toMs,
          deep,
          ledger,
          reader: bucket.reader,
          isName,
          startedMs: this.#startedMs,
          done: this.#done,
          retry: (task) => this.#retry(task),
          problem: (...problem) => this.#problem(...problem),
          signal,
        });
        this.#done.cameras += 1;
      }
    };
    const workers = Array.from({ length: deep ? namesAtOnce.deep : namesAtOnce.shallow }, work);
    // When one fails, the others end early; all have ended when this returns.
    const ended = await Promise.allSettled(
      workers.map((worker) =>
        worker.catch((error: unknown) => {
          names.length = 0;
          throw error;
        }),
      ),
    );
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
  }

  /** Names of folders that may be those of accounts or cameras. Reports all else as strange. */
  async #labelsIn(under: string, except?: string): Promise<string[]> {
    const { reader } = this.#options.bucket;
    const { folders, objects } = await this.#retry((signal) => reader.folder(under, signal));
    const at = reader.prefix + under;
    for (const { key } of objects) await this.#problem('strange', key, '');
    for (const folder of folders) {
      if (isLabel(folder) || folder === except) continue;
      await this.#problem('strange', `${at}${folder}/`, 'a folder, not looked into');
    }
    return folders.filter(isLabel);
  }

  /** Accounts in other ledgers' documents that this ledger doesn't know. */
  async #otherAccounts(): Promise<ReadonlySet<string>> {
    const { ledger, bucket } = this.#options;
    const own = new Set(ledger.audit.names().map(({ account }) => account));
    const others = new Set<string>();
    for (const name of await this.#retry((signal) => bucket.documents.names(signal))) {
      const parsed = parseDocumentName(name);
      if (parsed?.kind !== 'cameras' || parsed.ledgerId === ledger.journal.ledgerId) continue;
      const body = await this.#retry((signal) => bucket.documents.read(name, signal));
      try {
        for (const account of parseCameras(parsed.ledgerId, body).accounts) {
          for (const { name: called } of [account, ...account.formerNames]) {
            if (!own.has(called)) others.add(called);
          }
        }
      } catch {
        // Without a readable document, the accounts in it are audited as if they were ours.
      }
    }
    return others;
  }

  async #problem(kind: ProblemKind, key: string, detail: string): Promise<void> {
    this.#problems[kind] += 1;
    await this.#options.report({ kind, key, detail });
  }

  /** Tries an exchange with the store three times: a failed one says nothing of what the bucket holds. */
  async #retry<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#options;
    for (let failures = 0; ; ) {
      try {
        return await task(signal);
      } catch (error) {
        signal.throwIfAborted();
        failures += 1;
        if (failures === tries) throw error;
        await delay(pauseMs * failures * (0.5 + Math.random() / 2), undefined, { signal });
      }
    }
  }
}
