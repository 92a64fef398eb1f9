import { type Clock, wallNow } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import { within } from '../lib/until.ts';
import type { Documents } from '../storage/documents.ts';
import { camerasDay, type ChangedDocument, type JournalQueries } from '../ledger/journal.ts';
import { camerasName, formatCameras, formatNotes, notesName } from './journal-documents.ts';

export interface JournalStore {
  readonly documents: Pick<Documents, 'write'>;
  /** What an error of the store means, in plain words. */
  explain(error: unknown): string;
}

export interface JournalOptions {
  readonly ledger: { readonly journal: JournalQueries };
  readonly store: JournalStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Changed documents are written this often. */
  readonly everyMs: number;
  /** How long the last write may take, at the end; 3 s unless given. */
  readonly finishMs?: number;
}

/** One document may take this long. */
const writeMs = 60_000;

/**
 * Keeps in the bucket what the ledger knows beside segments, so that the bucket alone can bring it
 * back. Dispose to write what has changed a last time and stop.
 */
export function startJournal(options: JournalOptions): AsyncDisposable {
  const { clock, everyMs, finishMs = 3_000 } = options;
  const writer = new Writer(options);
  const life = new Scope();
  const done = (async () => {
    while (!life.signal.aborted) {
      await writer.flush(life.signal);
      await clock.sleep(everyMs, life.signal);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      life[Symbol.dispose]();
      await done;
      using last = new Scope();
      const writing = 'writing the ledger into the bucket';
      await within(finishMs, writing, last.signal, (signal) => writer.flush(signal)).catch(
        () => {},
      );
      writer.ended();
    },
  };
}

class Writer {
  readonly #options: JournalOptions;
  /** When it began to fail, if it does. */
  #failingSince: number | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Writes the documents that changed. One that fails is tried again next time. Never rejects. */
  async flush(signal: AbortSignal): Promise<void> {
    const { ledger, store } = this.#options;
    try {
      for (const changed of ledger.journal.changed()) {
        const { name, body } = documentOf(ledger.journal, changed);
        await within(writeMs, `writing ${name}`, signal, (writing) =>
          store.documents.write(name, body, writing),
        );
        // The ledger may have been closed while the document was written.
        if (signal.aborted) return;
        ledger.journal.written(changed);
        this.#worked();
      }
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  /** Logs how many documents are left for the next start. */
  ended(): void {
    const { ledger, log } = this.#options;
    const documents = ledger.journal.changed().length;
    if (documents === 0 || this.#failingSince !== undefined) return;
    log.warn('the ledger was not written into the bucket in time; the next start does it', {
      documents,
    });
  }

  #failed(error: unknown): void {
    const { clock, log, store } = this.#options;
    if (this.#failingSince !== undefined) return;
    this.#failingSince = clock.now();
    log.warn('the ledger could not be written into the bucket; it is tried again', {
      cause: store.explain(error) || describeError(error),
    });
  }

  #worked(): void {
    if (this.#failingSince === undefined) return;
    const { clock, log } = this.#options;
    const afterSeconds = Math.round((clock.now() - this.#failingSince) / 1000);
    this.#failingSince = undefined;
    log.info('the ledger is written into the bucket again', { afterSeconds });
  }
}

function documentOf(
  journal: JournalQueries,
  { day }: ChangedDocument,
): { readonly name: string; readonly body: Buffer } {
  const { ledgerId } = journal;
  if (day !== camerasDay) {
    return { name: notesName(ledgerId, day), body: formatNotes(journal.notes(day)) };
  }
  const document = { ledgerId, writtenMs: wallNow(), ...journal.cameras() };
  return { name: camerasName(ledgerId), body: formatCameras(document) };
}
