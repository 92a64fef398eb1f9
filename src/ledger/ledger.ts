import { prepareAccountRows } from './account-rows.ts';
import { type AccountQueries, prepareAccounts } from './accounts.ts';
import { type AlertSettingQueries, prepareAlertSettings } from './alert-settings.ts';
import { type AlertQueries, prepareAlerts } from './alerts.ts';
import { type AuditQueries, prepareAudit } from './audit.ts';
import { prepareCameraIds } from './camera-ids.ts';
import { prepareCameraRows } from './camera-rows.ts';
import { type CameraQueries, prepareCameras } from './cameras.ts';
import { type ContactQueries, prepareContacts } from './contacts.ts';
import { type ContinuityQueries, prepareContinuity } from './continuity.ts';
import { ContinuitySteps } from './continuity-steps.ts';
import { openDatabase, type OpenOptions } from './database.ts';
import { type FootageQueries, prepareFootage } from './footage.ts';
import { type JournalQueries, prepareJournal } from './journal.ts';
import { type KeyQueries, prepareKeys } from './keys.ts';
import { type OperatorQueries, prepareOperators } from './operators.ts';
import { prepareRuns, type RunQueries } from './runs.ts';
import { prepareSegments, type SegmentQueries } from './segments.ts';
import { prepareSessions, type SessionQueries } from './sessions.ts';
import { prepareStates, type StateQueries } from './states.ts';
import { prepareTokens, type TokenQueries } from './tokens.ts';
import { prepareViewers, type ViewerQueries } from './viewers.ts';
import { LedgerWatch } from './watch.ts';
import { migrations } from './schema.ts';

/**
 * The record of accounts, cameras, segments, causes of gaps, viewers and alerts. A SQLite file; each
 * call is a transaction that is on the disk when the call returns.
 */
export interface Ledger extends Disposable {
  readonly accounts: AccountQueries;
  readonly cameras: CameraQueries;
  readonly keys: KeyQueries;
  readonly tokens: TokenQueries;
  readonly segments: SegmentQueries;
  readonly footage: FootageQueries;
  readonly states: StateQueries;
  readonly continuity: ContinuityQueries;
  readonly continuitySteps: ContinuitySteps;
  readonly runs: RunQueries;
  readonly viewers: ViewerQueries;
  readonly operators: OperatorQueries;
  readonly sessions: SessionQueries;
  readonly contacts: ContactQueries;
  readonly alerts: AlertQueries;
  readonly alertSettings: AlertSettingQueries;
  readonly journal: JournalQueries;
  readonly audit: AuditQueries;
  /** How its file is. */
  readonly watch: LedgerWatch;
}

/**
 * @throws {LedgerDamagedError} the file is damaged
 * @throws {OperatorError} it is in use, of a newer version, or no ledger
 */
export function openLedger(file: string, options?: OpenOptions): Ledger {
  const database = openDatabase(file, migrations, options);
  const watch = new LedgerWatch(file, database);
  const accounts = prepareAccountRows(database);
  const ids = prepareCameraIds(database, accounts);
  const states = prepareStates(database, ids);
  const cameras = prepareCameraRows(database, accounts, states);
  const keys = prepareKeys(database, cameras);
  const continuity = prepareContinuity(database, ids);
  return {
    accounts: prepareAccounts(database, accounts, cameras),
    cameras: prepareCameras(database, accounts, cameras, keys, states),
    keys,
    tokens: prepareTokens(database, accounts, cameras, keys, states),
    segments: prepareSegments(database, ids),
    footage: prepareFootage(database, ids),
    states,
    continuity,
    continuitySteps: new ContinuitySteps(continuity),
    runs: prepareRuns(database, states),
    viewers: prepareViewers(database, accounts),
    operators: prepareOperators(database),
    sessions: prepareSessions(database),
    contacts: prepareContacts(database, accounts),
    alerts: prepareAlerts(database, accounts),
    alertSettings: prepareAlertSettings(database, cameras),
    journal: prepareJournal(database),
    audit: prepareAudit(database),
    watch,
    [Symbol.dispose]: () => database.close(),
  };
}
