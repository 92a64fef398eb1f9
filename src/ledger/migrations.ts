/** Triggers that count the changes of the document that a table's rows go into. */
const noteChanges = (table: string, dayOf: (row: 'old' | 'new') => string): string =>
  (['insert', 'update', 'delete'] as const)
    .map(
      (change) => `CREATE TRIGGER journal_${change}_${table} AFTER ${change} ON ${table} BEGIN
        INSERT INTO journalDocuments (day, changes)
        VALUES (${dayOf(change === 'delete' ? 'old' : 'new')}, 1)
        ON CONFLICT DO UPDATE SET changes = changes + 1;
      END;`,
    )
    .join('\n');

/**
 * The schema, as the steps that lead to it: a ledger of version N has had the first N. Never change
 * a step that was released; add one. Times are milliseconds since 1970 UTC, lengths of time
 * milliseconds, sizes bytes.
 *
 * Removing an account or a camera marks it as removed: the footage of its name stays in the bucket,
 * and so do its rows here. A name that is added again goes on with its earlier footage.
 *
 * `totals` is kept by triggers, since counting tens of millions of segments takes seconds and the
 * operator's screen asks every second.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    createdMs INTEGER NOT NULL,
    removedMs INTEGER
  ) STRICT;

  CREATE TABLE cameras (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    rtspPath TEXT NOT NULL,
    rtspUser TEXT,
    -- As it is, not hashed: the daemon logs in to the camera with it. The file's mode guards it.
    rtspPassword TEXT,
    profile TEXT CHECK (profile IN ('copy', 'downsample')),
    createdMs INTEGER NOT NULL,
    removedMs INTEGER,
    UNIQUE (account, name)
  ) STRICT;

  CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    camera INTEGER NOT NULL REFERENCES cameras (id),
    algorithm TEXT NOT NULL,
    blob BLOB NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    comment TEXT NOT NULL,
    addedMs INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX keysOfCamera ON keys (camera);

  CREATE TABLE segments (
    camera INTEGER NOT NULL REFERENCES cameras (id),
    startMs INTEGER NOT NULL,
    durationMs INTEGER NOT NULL,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    bytes INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('spooled', 'stored')),
    objectKey TEXT,
    checksum TEXT,
    etag TEXT,
    storedMs INTEGER,
    PRIMARY KEY (camera, startMs, sha256)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE totals (
    camera INTEGER NOT NULL REFERENCES cameras (id),
    state TEXT NOT NULL,
    segments INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    durationMs INTEGER NOT NULL,
    newestEndMs INTEGER NOT NULL,
    PRIMARY KEY (camera, state)
  ) STRICT, WITHOUT ROWID;

  CREATE TRIGGER countNewSegment AFTER INSERT ON segments BEGIN
    INSERT INTO totals
    VALUES (new.camera, new.state, 1, new.bytes, new.durationMs, new.startMs + new.durationMs)
    ON CONFLICT DO UPDATE SET
      segments = segments + 1,
      bytes = bytes + excluded.bytes,
      durationMs = durationMs + excluded.durationMs,
      newestEndMs = max(newestEndMs, excluded.newestEndMs);
  END;

  CREATE TRIGGER countMovedSegment AFTER UPDATE OF state ON segments
  WHEN old.state <> new.state BEGIN
    UPDATE totals SET
      segments = segments - 1,
      bytes = bytes - old.bytes,
      durationMs = durationMs - old.durationMs
    WHERE camera = old.camera AND state = old.state;
    INSERT INTO totals
    VALUES (new.camera, new.state, 1, new.bytes, new.durationMs, new.startMs + new.durationMs)
    ON CONFLICT DO UPDATE SET
      segments = segments + 1,
      bytes = bytes + excluded.bytes,
      durationMs = durationMs + excluded.durationMs,
      newestEndMs = max(newestEndMs, excluded.newestEndMs);
  END;
  `,
  `
  -- Came with a token and has not been adopted yet.
  ALTER TABLE cameras ADD COLUMN newSinceMs INTEGER;
  ALTER TABLE cameras ADD COLUMN disabledMs INTEGER;
  ALTER TABLE cameras ADD COLUMN firstContactMs INTEGER;
  UPDATE cameras SET firstContactMs = createdMs WHERE id IN (SELECT camera FROM totals);

  -- Replaces the camera's other keys as soon as the camera has dialled in with it.
  ALTER TABLE keys ADD COLUMN successor INTEGER NOT NULL DEFAULT 0 CHECK (successor IN (0, 1));

  -- What a camera was called before it was renamed. Objects in the bucket keep their keys, so footage
  -- under this name that began before untilMs is that camera's, whoever has the name by now.
  CREATE TABLE formerNames (
    account INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    untilMs INTEGER NOT NULL,
    camera INTEGER NOT NULL REFERENCES cameras (id),
    PRIMARY KEY (account, name, untilMs)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX formerNamesOfCamera ON formerNames (camera);

  CREATE TABLE tokens (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    -- SHA-256. The token itself is known to its cards alone; its first characters name it.
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    prefix TEXT NOT NULL,
    uses INTEGER NOT NULL CHECK (uses > 0),
    createdMs INTEGER NOT NULL,
    expiresMs INTEGER NOT NULL,
    revokedMs INTEGER,
    -- Of the cameras that come with it.
    rtspPath TEXT NOT NULL,
    rtspUser TEXT,
    rtspPassword TEXT,
    profile TEXT CHECK (profile IN ('copy', 'downsample'))
  ) STRICT;

  -- Each use of a token. It outlives the camera, so that a key which was taken away doesn't come back.
  CREATE TABLE enrolments (
    token INTEGER NOT NULL REFERENCES tokens (id),
    blob BLOB NOT NULL,
    enrolledMs INTEGER NOT NULL,
    PRIMARY KEY (token, blob)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Who may watch an account's cameras. Of a password, what Digest demands is kept and nothing more:
  -- the hashes of user:realm:password (RFC 7616 section 3.4.2). The file's mode guards them: they
  -- are as good as the password at this gateway, and worth nothing elsewhere.
  CREATE TABLE viewers (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    md5 TEXT NOT NULL CHECK (length(md5) = 32),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    -- 1: all cameras of the account, those to come too; 0: those in viewerCameras alone.
    allCameras INTEGER NOT NULL CHECK (allCameras IN (0, 1)),
    createdMs INTEGER NOT NULL,
    passwordSetMs INTEGER NOT NULL,
    UNIQUE (account, name)
  ) STRICT;

  CREATE TABLE viewerCameras (
    viewer INTEGER NOT NULL REFERENCES viewers (id) ON DELETE CASCADE,
    camera INTEGER NOT NULL REFERENCES cameras (id) ON DELETE CASCADE,
    PRIMARY KEY (viewer, camera)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX viewersOfCamera ON viewerCameras (camera);

  -- An account that is added again doesn't let those in who watched it before.
  CREATE TRIGGER forgetViewers AFTER UPDATE OF removedMs ON accounts
  WHEN new.removedMs IS NOT NULL BEGIN
    DELETE FROM viewers WHERE account = new.id;
  END;
  `,
  `
  -- What a camera's recording did from atMs on, until its next row.
  CREATE TABLE states (
    camera INTEGER NOT NULL REFERENCES cameras (id),
    atMs INTEGER NOT NULL,
    -- 'recording', or why there is no footage.
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (camera, atMs)
  ) STRICT, WITHOUT ROWID;

  -- Why these times have no footage, whatever the state was.
  CREATE TABLE losses (
    camera INTEGER NOT NULL REFERENCES cameras (id),
    startMs INTEGER NOT NULL,
    durationMs INTEGER NOT NULL CHECK (durationMs > 0),
    cause TEXT NOT NULL,
    detail TEXT NOT NULL,
    -- 1: a segment has this time, and no picture of it; 0: a segment that had it is gone.
    hole INTEGER NOT NULL CHECK (hole IN (0, 1)),
    PRIMARY KEY (camera, startMs, durationMs, cause, hole)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE daemon (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version TEXT NOT NULL,
    aliveMs INTEGER NOT NULL,
    -- Whether it said goodbye.
    stopped INTEGER NOT NULL CHECK (stopped IN (0, 1))
  ) STRICT;

  -- Of what was before, nobody noted why there is no footage. The first row of all says since when
  -- the camera is there, and stays.
  INSERT INTO states
    SELECT id, createdMs, 'not seen yet', '' FROM cameras
    WHERE removedMs IS NULL OR removedMs > createdMs;
  INSERT OR REPLACE INTO states
    SELECT id, max(coalesce(firstContactMs, createdMs), createdMs + 1), 'unexplained',
      'this program did not note causes yet'
    FROM cameras
    WHERE (removedMs IS NULL OR removedMs > createdMs)
      AND (firstContactMs IS NOT NULL OR id IN (SELECT camera FROM totals));
  INSERT OR REPLACE INTO states
    SELECT id, max(disabledMs, createdMs + 2), 'disabled', '' FROM cameras WHERE disabledMs IS NOT NULL;
  INSERT OR REPLACE INTO states
    SELECT id, max(removedMs, createdMs + 3), 'disabled', 'removed' FROM cameras WHERE removedMs > createdMs;

  -- Among tens of millions of segments, the few that are looked for at each start.
  CREATE INDEX spooledSegments ON segments (camera, startMs) WHERE state = 'spooled';

  CREATE TRIGGER countLostSegment AFTER DELETE ON segments BEGIN
    UPDATE totals SET
      segments = segments - 1,
      bytes = bytes - old.bytes,
      durationMs = durationMs - old.durationMs,
      -- The newest to begin is all but always among the last to end.
      newestEndMs = coalesce(
        (SELECT max(endMs) FROM (
          SELECT startMs + durationMs AS endMs FROM segments WHERE camera = old.camera
          ORDER BY startMs DESC LIMIT 100)),
        newestEndMs)
    WHERE camera = old.camera AND state = old.state;
    DELETE FROM totals WHERE camera = old.camera AND state = old.state AND segments = 0;
  END;
  `,
  `
  -- The ledger's name in the bucket, where several may be.
  CREATE TABLE journal (ledgerId TEXT NOT NULL) STRICT;
  INSERT INTO journal VALUES (lower(hex(randomblob(8))));

  -- What the bucket is to have of it: of each day (counted from 1970 UTC) its states and losses; as
  -- day -1 the accounts and cameras. Written as often as it changed: the bucket has the present state.
  CREATE TABLE journalDocuments (
    day INTEGER PRIMARY KEY,
    changes INTEGER NOT NULL,
    written INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO journalDocuments (day, changes) VALUES (-1, 1);
  INSERT OR IGNORE INTO journalDocuments (day, changes) SELECT atMs / 86400000, 1 FROM states;
  INSERT OR IGNORE INTO journalDocuments (day, changes) SELECT startMs / 86400000, 1 FROM losses;

  ${noteChanges('accounts', () => '-1')}
  ${noteChanges('cameras', () => '-1')}
  ${noteChanges('keys', () => '-1')}
  ${noteChanges('formerNames', () => '-1')}
  ${noteChanges('states', (row) => `${row}.atMs / 86400000`)}
  ${noteChanges('losses', (row) => `${row}.startMs / 86400000`)}
  `,
  `
  -- IANA name; NULL: UTC. In the words that the account's contacts read.
  ALTER TABLE accounts ADD COLUMN timeZone TEXT;
  -- Without footage for so long, the camera's contacts are told; NULL: the default; 0: never.
  ALTER TABLE cameras ADD COLUMN alertAfterSeconds INTEGER CHECK (alertAfterSeconds >= 0);
  ALTER TABLE cameras ADD COLUMN silentUntilMs INTEGER;

  -- Who is told. Quiet hours are in the account's time zone, HH:MM.
  CREATE TABLE contacts (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    quietFrom TEXT,
    quietTo TEXT,
    createdMs INTEGER NOT NULL,
    UNIQUE (account, name),
    CHECK ((quietFrom IS NULL) = (quietTo IS NULL))
  ) STRICT;

  -- In the order in which they are tried.
  CREATE TABLE contactAddresses (
    contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sms', 'email', 'webhook')),
    address TEXT NOT NULL,
    PRIMARY KEY (contact, position)
  ) STRICT, WITHOUT ROWID;

  -- What was decided of each camera, so that a restart neither repeats nor forgets it. JSON.
  CREATE TABLE judgements (
    subject TEXT PRIMARY KEY,
    state TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What contacts are told: a row for each event and contact.
  CREATE TABLE alertMessages (
    id TEXT PRIMARY KEY,
    -- NULL: it is for the operator.
    account INTEGER REFERENCES accounts (id),
    contact INTEGER REFERENCES contacts (id) ON DELETE SET NULL,
    contactName TEXT NOT NULL,
    -- Nobody is told twice of one event.
    eventKey TEXT NOT NULL,
    kind TEXT NOT NULL,
    event TEXT NOT NULL,
    text TEXT NOT NULL,
    subject TEXT NOT NULL,
    createdMs INTEGER NOT NULL,
    -- Why it waits, to be told together with others.
    heldFor TEXT CHECK (heldFor IN ('quiet', 'rate')),
    -- With which message it was told.
    mergedInto TEXT REFERENCES alertMessages (id) ON DELETE SET NULL,
    UNIQUE (contactName, eventKey)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX alertMessagesByTime ON alertMessages (createdMs, id);
  CREATE INDEX heldAlertMessages ON alertMessages (contactName) WHERE heldFor IS NOT NULL;
  CREATE INDEX alertMessagesOfContact ON alertMessages (contact, createdMs);
  CREATE INDEX mergedAlertMessages ON alertMessages (mergedInto);

  -- The ways by which a message goes, in the order in which they are tried.
  CREATE TABLE alertDeliveries (
    message TEXT NOT NULL REFERENCES alertMessages (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sms', 'email', 'webhook')),
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
      ('waiting', 'queued', 'sending', 'doubtful', 'accepted', 'delivered', 'failed', 'unneeded')),
    attempts INTEGER NOT NULL DEFAULT 0,
    -- When the state was reached, and when it is to be seen to next.
    sinceMs INTEGER NOT NULL,
    nextMs INTEGER NOT NULL,
    carrierId TEXT,
    detail TEXT,
    PRIMARY KEY (message, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX openAlertDeliveries ON alertDeliveries (nextMs)
    WHERE state IN ('queued', 'sending', 'doubtful');
  CREATE INDEX sentAlertDeliveries ON alertDeliveries (kind, sinceMs);

  -- Who was removed is told nothing more.
  CREATE TRIGGER dropMessagesOfContact BEFORE DELETE ON contacts BEGIN
    UPDATE alertDeliveries SET state = 'unneeded', detail = 'the contact was removed'
    WHERE state IN ('waiting', 'queued') AND message IN
      (SELECT id FROM alertMessages WHERE contact = old.id);
    UPDATE alertMessages SET heldFor = NULL WHERE contact = old.id AND heldFor IS NOT NULL;
  END;
  CREATE TRIGGER forgetContacts AFTER UPDATE OF removedMs ON accounts
  WHEN new.removedMs IS NOT NULL BEGIN
    DELETE FROM contacts WHERE account = new.id;
  END;

  -- A camera that is added again under an old name begins without what was set for the earlier.
  CREATE TRIGGER forgetAlertSettings AFTER UPDATE OF removedMs ON cameras
  WHEN new.removedMs IS NOT NULL BEGIN
    UPDATE cameras SET alertAfterSeconds = NULL, silentUntilMs = NULL WHERE id = new.id;
    DELETE FROM judgements WHERE subject = 'camera ' || new.id;
  END;
  `,
  `
  -- Who may see all accounts' cameras in a browser. scrypt: salt, then hash.
  CREATE TABLE operators (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    passwordHash BLOB NOT NULL CHECK (length(passwordHash) = 48),
    createdMs INTEGER NOT NULL,
    passwordSetMs INTEGER NOT NULL
  ) STRICT;

  -- Of browsers that are logged in. The SHA-256 of what the cookie holds.
  CREATE TABLE sessions (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    viewer INTEGER REFERENCES viewers (id) ON DELETE CASCADE,
    operator INTEGER REFERENCES operators (id) ON DELETE CASCADE,
    createdMs INTEGER NOT NULL,
    usedMs INTEGER NOT NULL,
    CHECK ((viewer IS NULL) <> (operator IS NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessionsOfViewer ON sessions (viewer, usedMs) WHERE viewer IS NOT NULL;
  CREATE INDEX sessionsOfOperator ON sessions (operator, usedMs) WHERE operator IS NOT NULL;

  CREATE TRIGGER endSessionsOfViewer AFTER UPDATE OF md5, sha256, passwordSetMs ON viewers BEGIN
    DELETE FROM sessions WHERE viewer = old.id;
  END;
  CREATE TRIGGER endSessionsOfOperator AFTER UPDATE OF passwordHash ON operators BEGIN
    DELETE FROM sessions WHERE operator = old.id;
  END;

  -- Where in a segment's file the media begin, and which description of them comes before (the first
  -- bytes of its SHA-256). NULL: nobody has looked yet.
  ALTER TABLE segments ADD COLUMN initBytes INTEGER;
  ALTER TABLE segments ADD COLUMN initHash BLOB;

  -- What became of stretches that are asked for again and again, as days of some time zone that have
  -- ended. Filled when asked for; a row goes when something changes that it may depend on.
  CREATE TABLE daySums (
    camera INTEGER NOT NULL REFERENCES cameras (id),
    startMs INTEGER NOT NULL,
    endMs INTEGER NOT NULL,
    storedMs INTEGER NOT NULL,
    spooledMs INTEGER NOT NULL,
    missingMs INTEGER NOT NULL,
    PRIMARY KEY (camera, startMs, endMs)
  ) STRICT, WITHOUT ROWID;

  -- Sums depend on what lies within a second of them. None is longer than two days.
  CREATE TRIGGER forgetSumsOfNewSegment AFTER INSERT ON segments BEGIN
    DELETE FROM daySums WHERE camera = new.camera AND startMs > new.startMs - 172810000
      AND startMs < new.startMs + new.durationMs + 10000;
  END;
  CREATE TRIGGER forgetSumsOfMovedSegment AFTER UPDATE OF state ON segments
  WHEN old.state <> new.state BEGIN
    DELETE FROM daySums WHERE camera = new.camera AND startMs > new.startMs - 172810000
      AND startMs < new.startMs + new.durationMs + 10000;
  END;
  CREATE TRIGGER forgetSumsOfLostSegment AFTER DELETE ON segments BEGIN
    DELETE FROM daySums WHERE camera = old.camera AND startMs > old.startMs - 172810000
      AND startMs < old.startMs + old.durationMs + 10000;
  END;
  CREATE TRIGGER forgetSumsOfNewLoss AFTER INSERT ON losses BEGIN
    DELETE FROM daySums WHERE camera = new.camera AND startMs > new.startMs - 172810000
      AND startMs < new.startMs + new.durationMs + 10000;
  END;
  CREATE TRIGGER forgetSumsOfChangedLoss AFTER UPDATE ON losses BEGIN
    DELETE FROM daySums WHERE camera = new.camera AND startMs > new.startMs - 172810000
      AND startMs < new.startMs + new.durationMs + 10000;
  END;
  CREATE TRIGGER forgetSumsOfForgottenLoss AFTER DELETE ON losses BEGIN
    DELETE FROM daySums WHERE camera = old.camera AND startMs > old.startMs - 172810000
      AND startMs < old.startMs + old.durationMs + 10000;
  END;
  CREATE TRIGGER forgetSumsOfNewState AFTER INSERT ON states BEGIN
    DELETE FROM daySums WHERE camera = new.camera
      AND (new.state = 'not seen yet' OR
        (startMs > new.atMs - 172810000 AND startMs < new.atMs + 10000));
  END;
  CREATE TRIGGER forgetSumsOfChangedState AFTER UPDATE ON states BEGIN
    DELETE FROM daySums WHERE camera = new.camera
      AND (new.state = 'not seen yet' OR old.state = 'not seen yet' OR
        (startMs > new.atMs - 172810000 AND startMs < new.atMs + 10000));
  END;
  CREATE TRIGGER forgetSumsOfCamera AFTER UPDATE OF createdMs, removedMs ON cameras BEGIN
    DELETE FROM daySums WHERE camera = new.id;
  END;
  `,
  `
  -- What an account was called before it was renamed. Objects in the bucket keep their keys, so footage
  -- under this name that began before untilMs is that account's, whoever has the name by now.
  CREATE TABLE formerAccountNames (
    name TEXT NOT NULL,
    untilMs INTEGER NOT NULL,
    account INTEGER NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (name, untilMs)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX formerNamesOfAccount ON formerAccountNames (account);
  ${noteChanges('formerAccountNames', () => '-1')}

  -- An account that is added again begins without what was set for the one before, without what its
  -- contacts were told, and lets nobody in by its tokens. Viewers and contacts have such triggers already.
  CREATE TRIGGER forgetAccount AFTER UPDATE OF removedMs ON accounts
  WHEN new.removedMs IS NOT NULL BEGIN
    DELETE FROM enrolments WHERE token IN (SELECT id FROM tokens WHERE account = new.id);
    DELETE FROM tokens WHERE account = new.id;
    DELETE FROM contacts WHERE account = new.id;
    DELETE FROM alertMessages WHERE account = new.id;
    UPDATE accounts SET timeZone = NULL WHERE id = new.id;
  END;
  `,
  `
  -- A camera that has not dialled in yet is called the same everywhere.
  DROP TRIGGER forgetSumsOfNewState;
  DROP TRIGGER forgetSumsOfChangedState;
  UPDATE states SET state = 'never connected' WHERE state = 'not seen yet';
  CREATE TRIGGER forgetSumsOfNewState AFTER INSERT ON states BEGIN
    DELETE FROM daySums WHERE camera = new.camera
      AND (new.state = 'never connected' OR
        (startMs > new.atMs - 172810000 AND startMs < new.atMs + 10000));
  END;
  CREATE TRIGGER forgetSumsOfChangedState AFTER UPDATE ON states BEGIN
    DELETE FROM daySums WHERE camera = new.camera
      AND (new.state = 'never connected' OR old.state = 'never connected' OR
        (startMs > new.atMs - 172810000 AND startMs < new.atMs + 10000));
  END;
  `,
];
