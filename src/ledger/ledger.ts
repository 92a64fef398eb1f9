import { type AccountQueries, prepareAccounts } from './accounts.ts';
import { type CameraChanges, prepareCameraChanges } from './camera-changes.ts';
import { type CameraQueries, prepareCameras } from './cameras.ts';
import { prepareViewers, type ViewerQueries } from './viewers.ts';
import { openDatabase } from './database.ts';
import { prepareSegments, type SegmentQueries } from './segments.ts';
import { prepareTokens, type TokenQueries } from './tokens.ts';

/**
 * Who may dial in, and where each segment is. SQLite in one file; each call is a transaction that is
 * on the disk when it returns.
 */
export interface Ledger
  extends AccountQueries,
    CameraQueries,
    CameraChanges,
    TokenQueries,
    SegmentQueries,
    ViewerQueries,
    Disposable {}

/** @throws {OperatorError} if the file is damaged, of a newer version, or no ledger */
export function openLedger(file: string): Ledger {
  const database = openDatabase(file);
  const accounts = prepareAccounts(database);
  const cameras = prepareCameras(database, accounts);
  return {
    ...accounts,
    ...cameras,
    ...prepareCameraChanges(database, cameras),
    ...prepareTokens(database, accounts, cameras),
    ...prepareSegments(database, accounts),
    ...prepareViewers(database, accounts),
    [Symbol.dispose]: () => database.close(),
  };
}
