import { type AccountQueries, prepareAccounts } from './accounts.ts';
import { type AlertQueries, prepareAlerts } from './alerts.ts';
import { type CameraChanges, prepareCameraChanges } from './camera-changes.ts';
import { type CameraQueries, prepareCameras } from './cameras.ts';
import { prepareViewers, type ViewerQueries } from './viewers.ts';
import { type ContactQueries, prepareContacts } from './contacts.ts';
import { openDatabase } from './database.ts';
import { prepareSegments, type SegmentQueries } from './segments.ts';
import { prepareSilences, type SilenceQueries } from './silences.ts';
import { prepareTokens, type TokenQueries } from './tokens.ts';

/**
 * Who may dial in, where each segment is, and who is told what. SQLite in one file; each call is a transaction that is
 * on the disk when it returns.
 */
export interface Ledger
  extends AccountQueries,
    CameraQueries,
    CameraChanges,
    TokenQueries,
    SegmentQueries,
    ViewerQueries,
    ContactQueries,
    SilenceQueries,
    AlertQueries,
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
    ...prepareContacts(database, accounts),
    ...prepareSilences(database, accounts, cameras),
    ...prepareAlerts(database, accounts),
    [Symbol.dispose]: () => database.close(),
  };
}
