import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { defaultConfigFile } from '../config/places.ts';
import { adviceOfHidden, asService } from '../config/service-credentials.ts';
import { compareLedgers } from '../catalog/rebuild-compare.ts';
import { replaceLedger } from '../catalog/rebuild-replace.ts';
import { type Rebuilt, rebuildLedger } from '../catalog/rebuild.ts';
import { isSqliteError, OperatorError } from '../lib/errors.ts';
import { silentLog } from '../lib/log.ts';
import { readVersion } from '../lib/version.ts';
import { lockDirectory } from '../spool/lock.ts';
import { createObjectStore } from '../storage/object-store.ts';
import type { DaemonClient } from './client.ts';
import { type GlobalOptions, print, printJson } from './context.ts';
import { copyOfLedger } from './ledger-copy.ts';
import { comparisonScreen, lackingScreen, rebuildScreen } from './screens/rebuild-screen.ts';
import { onStopSignals } from './signals.ts';

export interface RebuildFlags extends GlobalOptions {
  readonly replace?: true;
  readonly json?: true;
}

/** `cctv ledger rebuild` */
export async function runRebuild(options: RebuildFlags, client: DaemonClient): Promise<void> {
  const { config: file, replace, json } = options;
  const config = loadWithSecrets(file ?? defaultConfigFile);
  const { ledgerFile } = config;
  await using _lock = replace && (await lockSpool(config.spoolDirectory));
  const rebuilt = await rebuild(config);
  // A daemon that works on the present one lets nobody else read it.
  await using copy = replace ? undefined : await copyOfLedger(client);
  const comparison = compareLedgers(copy?.path ?? ledgerFile, rebuilt.file);
  const kept = replace && (await replaceLedger(ledgerFile, rebuilt.file, Date.now()));
  if (json) return printJson({ rebuilt, comparison, replaced: replace === true, kept });
  print([
    ...rebuildScreen(rebuilt),
    '',
    ...comparisonScreen(ledgerFile, comparison),
    '',
    ...lackingScreen(rebuilt),
    '',
    ...(replace
      ? [
          `${ledgerFile} is the rebuilt one now.${kept === undefined ? '' : ` The one before is kept as ${kept}.`} Start the daemon: systemctl start sapiengraph-cctv`,
        ]
      : [
          `${ledgerFile} was not touched. To replace it: stop the daemon and give --replace. Until then footage is recorded as before.`,
        ]),
  ]);
}

/** Loads the configuration with the service's secrets. */
export function loadWithSecrets(file: string): Config {
  try {
    return loadConfig(file, asService(file, process.env));
  } catch (error) {
    const advice = adviceOfHidden(file, process.env);
    if (!(error instanceof OperatorError) || advice === undefined) throw error;
    throw new OperatorError(`${error.message}\n${advice}`, { cause: error });
  }
}

/** Keeps the daemon from running meanwhile: what it wrote to the replaced ledger would be lost. */
async function lockSpool(directory: string): Promise<AsyncDisposable | undefined> {
  // Without a spool, no daemon has ever run.
  if (!existsSync(directory)) return undefined;
  try {
    return await lockDirectory(directory);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    throw new OperatorError(
      `The ledger can't be replaced while a daemon works on it. Stop the daemon: systemctl stop sapiengraph-cctv. (${error.message})`,
      { cause: error },
    );
  }
}

async function rebuild({ bucket, ledgerFile }: Config): Promise<Rebuilt> {
  using stop = onStopSignals();
  using store = createObjectStore({
    ...bucket,
    ...bucket.credentials,
    bucket: bucket.name,
    log: silentLog,
  });
  const isTerminal = process.stderr.isTTY;
  try {
    return await rebuildLedger({
      file: ledgerFile,
      bucket: store,
      version: readVersion(),
      signal: stop.signal,
      onProgress: (objects) => {
        if (isTerminal) process.stderr.write(`\r\u001b[K${objects} objects`);
      },
    });
  } catch (error) {
    stop.signal.throwIfAborted();
    // Only the ledger is a database: that is no error of the store.
    if (error instanceof OperatorError || isSqliteError(error)) throw error;
    throw new OperatorError(`The bucket could not be read: ${store.explain(error)}`, {
      cause: error,
    });
  } finally {
    if (isTerminal) process.stderr.write('\r\u001b[K');
  }
}
