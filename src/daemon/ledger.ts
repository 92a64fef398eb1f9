import { parseDocumentName } from '../catalog/journal-documents.ts';
import { rebuildLedger } from '../catalog/rebuild.ts';
import { replaceLedger } from '../catalog/rebuild-replace.ts';
import type { Config } from '../config/config.ts';
import { LedgerDamagedError } from '../ledger/database.ts';
import { type Ledger, openLedger } from '../ledger/ledger.ts';
import { background } from '../lib/background.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { within } from '../lib/until.ts';
import type { ObjectStore } from '../storage/object-store.ts';

const clock = systemClock;

const lookEveryMs = 2_000;
const askWithinMs = 15_000;
/** Between two tries to find out whether the bucket has the cameras of an earlier ledger. */
const askAgainMs = 60_000;

export interface LedgerParts {
  readonly config: Pick<Config, 'ledgerFile' | 'rebuildLedger'>;
  readonly store: ObjectStore;
  readonly version: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Opens the ledger. One that is damaged, or empty though the bucket has the cameras of an earlier
 * one, is made anew from the bucket if the configuration says so; the old file is kept.
 *
 * @throws {OperatorError} it can't be used, and what to do
 */
export async function openOrRebuildLedger(parts: LedgerParts): Promise<Ledger> {
  const { config, log, signal } = parts;
  const open = (): Ledger => openLedger(config.ledgerFile, { alone: true });
  let ledger: Ledger;
  try {
    ledger = open();
  } catch (error) {
    if (!(error instanceof LedgerDamagedError) || !config.rebuildLedger) throw error;
    log.error('the ledger is damaged; it is made anew from the bucket', {
      cause: describeError(error),
    });
    await rebuild(parts);
    return open();
  }
  try {
    if (!config.rebuildLedger || !isEmpty(ledger)) return ledger;
    if (!(await hasEarlierLedger(parts.store, ledger, signal))) return ledger;
  } catch (error) {
    // Whoever has no cameras yet should not have to wait for the bucket.
    log.warn('whether the bucket has an earlier ledger is not known', {
      cause: describeError(error),
    });
    return ledger;
  }
  log.warn('the ledger is empty, and the bucket has an earlier one; it is made anew from that');
  ledger[Symbol.dispose]();
  await rebuild(parts);
  return open();
}

async function rebuild({ config, store, version, log, signal }: LedgerParts): Promise<void> {
  const { ledgerFile: file } = config;
  const rebuilt = await rebuildLedger({ file, bucket: store, version, signal });
  const kept = await replaceLedger(file, rebuilt.file, clock.wallNow());
  const { cameras, segments } = rebuilt;
  log.warn('the ledger was made anew from the bucket', { file, kept, cameras, segments });
}

const isEmpty = ({ accounts }: Pick<Ledger, 'accounts'>): boolean => accounts.list().length === 0;

/** Whether another ledger has written its cameras into the bucket. */
async function hasEarlierLedger(
  store: ObjectStore,
  { journal }: Pick<Ledger, 'journal'>,
  signal: AbortSignal,
): Promise<boolean> {
  const names = await within(askWithinMs, 'the list of documents', signal, (asking) =>
    store.documents.names(asking),
  );
  return names.some((name) => {
    const document = parseDocumentName(name);
    return document?.kind === 'cameras' && document.ledgerId !== journal.ledgerId;
  });
}

export interface KeptLedger extends AsyncDisposable {
  /** What is wrong with the ledger, and what to do; undefined if nothing is. */
  readonly problem: string | undefined;
}

/** Watches the ledger until disposed of: its file, and whether it lacks what an earlier one had. */
export function keepLedger(ledger: Ledger, { config, store, log }: LedgerParts): KeptLedger {
  const file = config.ledgerFile;
  let isLost = false;
  const problem = (): string | undefined =>
    ledger.watch.problem ??
    (isLost && isEmpty(ledger)
      ? `the ledger ${file} is empty, so that every camera is refused, but the bucket has the cameras of an earlier one. Stop the daemon and make the ledger anew from the bucket: cctv ledger rebuild --replace`
      : undefined);
  const asking = background(async (signal) => {
    using gate = new FloodGate(log);
    while (!signal.aborted && isEmpty(ledger)) {
      try {
        isLost = await hasEarlierLedger(store, ledger, signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const message = 'whether the bucket has an earlier ledger is not known';
        gate.warn(message, message, { cause: store.explain(error) || describeError(error) });
      }
      await clock.sleep(askAgainMs, signal);
    }
  });
  const looking = background(async (signal) => {
    let told: string | undefined;
    while (!signal.aborted) {
      await ledger.watch.look();
      const now = problem();
      if (now !== told && now !== undefined) log.error('the ledger is in trouble', { cause: now });
      if (now === undefined && told !== undefined) log.info('the ledger is well again', { file });
      told = now;
      await clock.sleep(lookEveryMs, signal);
    }
  });
  return {
    get problem() {
      return problem();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([asking[Symbol.asyncDispose](), looking[Symbol.asyncDispose]()]);
      await ledger.watch.end();
    },
  };
}
