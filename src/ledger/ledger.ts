import { type AccountChanges, prepareAccountChanges } from './account-changes.ts';
import { type AccountQueries, prepareAccounts } from './accounts.ts';
import { type AlertCounts, prepareAlertCounts } from './alert-counts.ts';
import { type AlertQueries, prepareAlerts } from './alerts.ts';
import { type CameraChanges, prepareCameraChanges } from './camera-changes.ts';
import { type CameraQueries, prepareCameras } from './cameras.ts';
import { prepareViewers, type ViewerQueries } from './viewers.ts';
import { type ContactQueries, prepareContacts } from './contacts.ts';
import { type CameraStateQueries, prepareCameraStates } from './camera-states.ts';
import { prepareCameraIds } from './camera-ids.ts';
import { type ContinuityQueries, prepareContinuity } from './continuity.ts';
import { type DaySumQueries, prepareDaySums } from './day-sums.ts';
import { openDatabase } from './database.ts';
import { type FootageQueries, prepareFootage } from './footage.ts';
import { type JournalRows, prepareJournal } from './journal-rows.ts';
import { type LossQueries, prepareLosses } from './losses.ts';
import { type OperatorQueries, prepareOperators } from './operators.ts';
import { prepareRuns, type RunQueries } from './runs.ts';
import { prepareSegments, type SegmentQueries } from './segments.ts';
import { prepareSessions, type SessionQueries } from './sessions.ts';
import { prepareSilences, type SilenceQueries } from './silences.ts';
import { prepareStates, type StateQueries } from './states.ts';
import { prepareStreamChanges, type StreamQueries } from './stream-changes.ts';
import { prepareTokens, type TokenQueries } from './tokens.ts';
import { prepareVerifyRows, type VerifyRows } from './verify-rows.ts';

/**
 * Who may dial in, where each segment is and why others are missing, and who is told what. SQLite in
 * one file; each call is a transaction that is on the disk when it returns.
 */
export interface Ledger
  extends AccountQueries,
    AccountChanges,
    CameraQueries,
    CameraChanges,
    StreamQueries,
    TokenQueries,
    SegmentQueries,
    StateQueries,
    LossQueries,
    RunQueries,
    ContinuityQueries,
    FootageQueries,
    DaySumQueries,
    ViewerQueries,
    OperatorQueries,
    SessionQueries,
    CameraStateQueries,
    ContactQueries,
    SilenceQueries,
    AlertQueries,
    AlertCounts,
    JournalRows,
    VerifyRows,
    Disposable {}

/** @throws {OperatorError} if the file is damaged, of a newer version, or no ledger */
export function openLedger(file: string): Ledger {
  const database = openDatabase(file);
  const accounts = prepareAccounts(database);
  const ids = prepareCameraIds(database, accounts);
  const states = prepareStates(database, ids);
  const cameras = prepareCameras(database, accounts, states);
  const continuity = prepareContinuity(database, ids);
  return {
    ...accounts,
    ...cameras,
    ...prepareAccountChanges(database, accounts, cameras),
    ...prepareCameraChanges(database, cameras, states),
    ...prepareStreamChanges(database, cameras),
    ...prepareTokens(database, accounts, cameras, states),
    ...prepareSegments(database, ids),
    ...states,
    ...prepareLosses(database, ids),
    ...prepareRuns(database, states),
    ...continuity,
    ...prepareFootage(database, ids),
    ...prepareDaySums(database, ids, continuity),
    ...prepareViewers(database, accounts),
    ...prepareOperators(database),
    ...prepareSessions(database),
    ...prepareCameraStates(database),
    ...prepareContacts(database, accounts),
    ...prepareSilences(database, accounts, cameras),
    ...prepareAlerts(database, accounts),
    ...prepareAlertCounts(database),
    ...prepareJournal(database),
    ...prepareVerifyRows(database),
    [Symbol.dispose]: () => database.close(),
  };
}
