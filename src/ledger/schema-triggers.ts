/** Deletes the cached sums, of at most two days each, that may include a row with a start and a duration. */
const forgetSums = (row: 'old' | 'new'): string => `
    DELETE FROM daySums WHERE camera = ${row}.camera AND startMs > ${row}.startMs - 172810000
      AND startMs < ${row}.startMs + ${row}.durationMs + 10000;`;

/** Deletes the cached sums that a state may affect: all, if it is the first, which says when the camera was added. */
const forgetSumsOfState = (isFirst: string): string => `
    DELETE FROM daySums WHERE camera = new.camera
      AND (${isFirst} OR (startMs > new.atMs - 172810000 AND startMs < new.atMs + 10000));`;

const addToTotals = `
    INSERT INTO totals
    VALUES (new.camera, new.state, 1, new.bytes, new.durationMs, new.startMs + new.durationMs)
    ON CONFLICT DO UPDATE SET
      segments = segments + 1,
      bytes = bytes + excluded.bytes,
      durationMs = durationMs + excluded.durationMs,
      newestEndMs = max(newestEndMs, excluded.newestEndMs);`;

/** Triggers that count changes of the journal document that contains a table's rows. */
const noteChanges = (table: string, dayOf: (row: 'old' | 'new') => string = () => '-1'): string =>
  (['insert', 'update', 'delete'] as const)
    .map(
      (change) => `
  CREATE TRIGGER journal_${change}_${table} AFTER ${change} ON ${table} BEGIN
    INSERT INTO journalDocuments (day, changes)
    VALUES (${dayOf(change === 'delete' ? 'old' : 'new')}, 1)
    ON CONFLICT DO UPDATE SET changes = changes + 1;
  END;`,
    )
    .join('');

/** Triggers that maintain totals, cached sums, sessions and the journal's counts, and delete dependent rows. */
export const triggers = `
  CREATE TRIGGER addedSegment AFTER INSERT ON segments BEGIN
    ${addToTotals}
    ${forgetSums('new')}
  END;
  CREATE TRIGGER movedSegment AFTER UPDATE OF state ON segments
  WHEN old.state <> new.state BEGIN
    UPDATE totals SET
      segments = segments - 1,
      bytes = bytes - old.bytes,
      durationMs = durationMs - old.durationMs
    WHERE camera = old.camera AND state = old.state;
    ${addToTotals}
    ${forgetSums('new')}
  END;
  CREATE TRIGGER deletedSegment AFTER DELETE ON segments BEGIN
    UPDATE totals SET
      segments = segments - 1,
      bytes = bytes - old.bytes,
      durationMs = durationMs - old.durationMs,
      -- The segment that ends last is nearly always among the latest to begin.
      newestEndMs = coalesce(
        (SELECT max(endMs) FROM (
          SELECT startMs + durationMs AS endMs FROM segments WHERE camera = old.camera
          ORDER BY startMs DESC LIMIT 100)),
        newestEndMs)
    WHERE camera = old.camera AND state = old.state;
    DELETE FROM totals WHERE camera = old.camera AND state = old.state AND segments = 0;
    ${forgetSums('old')}
  END;
  CREATE TRIGGER addedLoss AFTER INSERT ON losses BEGIN ${forgetSums('new')} END;
  CREATE TRIGGER changedLoss AFTER UPDATE ON losses BEGIN ${forgetSums('new')} END;
  CREATE TRIGGER deletedLoss AFTER DELETE ON losses BEGIN ${forgetSums('old')} END;
  CREATE TRIGGER addedState AFTER INSERT ON states BEGIN
    ${forgetSumsOfState("new.state = 'never connected'")}
  END;
  CREATE TRIGGER changedState AFTER UPDATE ON states BEGIN
    ${forgetSumsOfState("new.state = 'never connected' OR old.state = 'never connected'")}
  END;
  CREATE TRIGGER changedLife AFTER UPDATE OF createdMs, removedMs ON cameras BEGIN
    DELETE FROM daySums WHERE camera = new.id;
  END;
  CREATE TRIGGER endSessionsOfViewer AFTER UPDATE OF md5, sha256, passwordSetMs ON viewers BEGIN
    DELETE FROM sessions WHERE viewer = old.id;
  END;
  CREATE TRIGGER endSessionsOfOperator AFTER UPDATE OF passwordHash ON operators BEGIN
    DELETE FROM sessions WHERE operator = old.id;
  END;

  -- Cancels pending alerts of a removed contact.
  CREATE TRIGGER dropMessagesOfContact BEFORE DELETE ON contacts BEGIN
    UPDATE alertDeliveries SET state = 'unneeded', detail = 'the contact was removed'
    WHERE state IN ('waiting', 'queued') AND message IN
      (SELECT id FROM alertMessages WHERE contact = old.id);
    UPDATE alertMessages SET heldFor = NULL WHERE contact = old.id AND heldFor IS NOT NULL;
  END;

  -- Deletes settings of a removed account or camera, so that re-adding the name starts without them.
  CREATE TRIGGER forgetAccount AFTER UPDATE OF removedMs ON accounts
  WHEN new.removedMs IS NOT NULL BEGIN
    DELETE FROM viewers WHERE account = new.id;
    DELETE FROM enrolments WHERE token IN (SELECT id FROM tokens WHERE account = new.id);
    DELETE FROM tokens WHERE account = new.id;
    DELETE FROM contacts WHERE account = new.id;
    DELETE FROM alertMessages WHERE account = new.id;
    UPDATE accounts SET timeZone = NULL WHERE id = new.id;
  END;
  CREATE TRIGGER forgetCamera AFTER UPDATE OF removedMs ON cameras
  WHEN new.removedMs IS NOT NULL BEGIN
    UPDATE cameras SET alertAfterSeconds = NULL, silentUntilMs = NULL WHERE id = new.id;
    DELETE FROM judgements WHERE subject = 'camera ' || new.id;
  END;

  -- The journal documents in the bucket contain rows of these tables.
  ${noteChanges('accounts')}
  ${noteChanges('formerAccountNames')}
  ${noteChanges('cameras')}
  ${noteChanges('formerNames')}
  ${noteChanges('keys')}
  ${noteChanges('states', (row) => `${row}.atMs / 86400000`)}
  ${noteChanges('losses', (row) => `${row}.startMs / 86400000`)}
`;
