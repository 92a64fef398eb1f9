/** All tables with their indexes and initial rows. */
export const tables = `
  -- ACCOUNTS AND CAMERAS

  CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    createdMs INTEGER NOT NULL,
    removedMs INTEGER,
    -- IANA name of the zone of times in alerts; NULL: UTC.
    timeZone TEXT
  ) STRICT;

  -- Former names of renamed accounts. Objects in the bucket keep their keys, so footage under this name
  -- that began before untilMs belongs to that account, even if another account has the name now.
  CREATE TABLE formerAccountNames (
    name TEXT NOT NULL,
    untilMs INTEGER NOT NULL,
    account INTEGER NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (name, untilMs)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX formerNamesOfAccount ON formerAccountNames (account);

  CREATE TABLE cameras (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    rtspPath TEXT NOT NULL,
    rtspUser TEXT,
    -- In plain text, since the daemon logs in to the camera with it. Protected by the file's mode.
    rtspPassword TEXT,
    profile TEXT CHECK (profile IN ('copy', 'downsample')),
    createdMs INTEGER NOT NULL,
    removedMs INTEGER,
    -- Since when a camera that enrolled with a token has waited to be adopted.
    newSinceMs INTEGER,
    disabledMs INTEGER,
    firstContactMs INTEGER,
    -- Contacts are alerted after so long without footage; NULL: the default; 0: never.
    alertAfterSeconds INTEGER CHECK (alertAfterSeconds >= 0),
    silentUntilMs INTEGER,
    UNIQUE (account, name)
  ) STRICT;

  -- Former names of renamed cameras, like formerAccountNames.
  CREATE TABLE formerNames (
    account INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    untilMs INTEGER NOT NULL,
    camera INTEGER NOT NULL REFERENCES cameras (id),
    PRIMARY KEY (account, name, untilMs)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX formerNamesOfCamera ON formerNames (camera);

  CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    camera INTEGER NOT NULL REFERENCES cameras (id),
    algorithm TEXT NOT NULL,
    blob BLOB NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    comment TEXT NOT NULL,
    addedMs INTEGER NOT NULL,
    -- 1: replaces the camera's other keys as soon as the camera dials in with it.
    successor INTEGER NOT NULL DEFAULT 0 CHECK (successor IN (0, 1))
  ) STRICT;
  CREATE INDEX keysOfCamera ON keys (camera);

  CREATE TABLE tokens (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    -- SHA-256 of the token, which is not stored itself. Its first characters (prefix) identify it.
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    prefix TEXT NOT NULL,
    uses INTEGER NOT NULL CHECK (uses > 0),
    createdMs INTEGER NOT NULL,
    expiresMs INTEGER NOT NULL,
    revokedMs INTEGER,
    -- Settings of the cameras that enrol with the token.
    rtspPath TEXT NOT NULL,
    rtspUser TEXT,
    rtspPassword TEXT,
    profile TEXT CHECK (profile IN ('copy', 'downsample'))
  ) STRICT;

  -- Uses of tokens. Rows outlive the camera, so that a deleted key can't enrol again.
  CREATE TABLE enrolments (
    token INTEGER NOT NULL REFERENCES tokens (id),
    blob BLOB NOT NULL,
    enrolledMs INTEGER NOT NULL,
    PRIMARY KEY (token, blob)
  ) STRICT, WITHOUT ROWID;

  -- SEGMENTS AND CAUSES OF GAPS

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
    -- Size of the file's init, and the first bytes of the init's SHA-256. NULL: not read yet.
    initBytes INTEGER,
    initHash BLOB,
    PRIMARY KEY (camera, startMs, sha256)
  ) STRICT, WITHOUT ROWID;
  -- Finds, at each start, the few spooled segments among tens of millions.
  CREATE INDEX spooledSegments ON segments (camera, startMs) WHERE state = 'spooled';

  -- Maintained by triggers, since counting tens of millions of segments takes seconds, and the
  -- operator's screen refreshes every second.
  CREATE TABLE totals (
    camera INTEGER NOT NULL REFERENCES cameras (id),
    state TEXT NOT NULL,
    segments INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    durationMs INTEGER NOT NULL,
    newestEndMs INTEGER NOT NULL,
    PRIMARY KEY (camera, state)
  ) STRICT, WITHOUT ROWID;

  -- States of a camera's recording, each from atMs until its next row. The first row says when the
  -- camera was added, and stays.
  CREATE TABLE states (
    camera INTEGER NOT NULL REFERENCES cameras (id),
    atMs INTEGER NOT NULL,
    -- 'recording', or why there is no footage.
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (camera, atMs)
  ) STRICT, WITHOUT ROWID;

  -- Times without footage and the cause, regardless of the state.
  CREATE TABLE losses (
    camera INTEGER NOT NULL REFERENCES cameras (id),
    startMs INTEGER NOT NULL,
    durationMs INTEGER NOT NULL CHECK (durationMs > 0),
    cause TEXT NOT NULL,
    detail TEXT NOT NULL,
    -- 1: a segment covers this time without a picture; 0: the segment of this time is lost.
    hole INTEGER NOT NULL CHECK (hole IN (0, 1)),
    PRIMARY KEY (camera, startMs, durationMs, cause, hole)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE daemon (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version TEXT NOT NULL,
    aliveMs INTEGER NOT NULL,
    -- 1: the daemon stopped regularly.
    stopped INTEGER NOT NULL CHECK (stopped IN (0, 1))
  ) STRICT;

  -- Cached sums of periods that are requested often, such as the past days of a time zone. Filled on
  -- request. Triggers delete a row if anything changes within 10 s of its period, on which it may depend.
  CREATE TABLE daySums (
    camera INTEGER NOT NULL REFERENCES cameras (id),
    startMs INTEGER NOT NULL,
    endMs INTEGER NOT NULL,
    storedMs INTEGER NOT NULL,
    spooledMs INTEGER NOT NULL,
    missingMs INTEGER NOT NULL,
    PRIMARY KEY (camera, startMs, endMs)
  ) STRICT, WITHOUT ROWID;

  -- VIEWERS AND OPERATORS

  -- Of passwords, only the hashes of user:realm:password are stored, as Digest requires (RFC 7616
  -- section 3.4.2). Protected by the file's mode: the hashes are as good as the password at this
  -- gateway, but useless elsewhere.
  CREATE TABLE viewers (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    md5 TEXT NOT NULL CHECK (length(md5) = 32),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    -- 1: all present and future cameras of the account; 0: only those in viewerCameras.
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

  -- Operators may see all accounts' cameras in a browser. passwordHash: scrypt's salt, then its hash.
  CREATE TABLE operators (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    passwordHash BLOB NOT NULL CHECK (length(passwordHash) = 48),
    createdMs INTEGER NOT NULL,
    passwordSetMs INTEGER NOT NULL
  ) STRICT;

  -- Sessions of browsers. hash: SHA-256 of the cookie's value.
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

  -- CONTACTS AND ALERTS

  -- Quiet hours are HH:MM in the account's time zone.
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

  -- Addresses are tried in the order of position.
  CREATE TABLE contactAddresses (
    contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sms', 'email', 'webhook')),
    address TEXT NOT NULL,
    PRIMARY KEY (contact, position)
  ) STRICT, WITHOUT ROWID;

  -- Alert decisions by subject as JSON, so that a restart neither repeats nor loses alerts.
  CREATE TABLE judgements (
    subject TEXT PRIMARY KEY,
    state TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- One row per event and contact.
  CREATE TABLE alertMessages (
    id TEXT PRIMARY KEY,
    -- NULL: for the operator.
    account INTEGER REFERENCES accounts (id),
    contact INTEGER REFERENCES contacts (id) ON DELETE SET NULL,
    contactName TEXT NOT NULL,
    -- Prevents two messages to a contact about one event.
    eventKey TEXT NOT NULL,
    kind TEXT NOT NULL,
    event TEXT NOT NULL,
    text TEXT NOT NULL,
    subject TEXT NOT NULL,
    createdMs INTEGER NOT NULL,
    -- Why the message is held, to be merged with others.
    heldFor TEXT CHECK (heldFor IN ('quiet', 'rate')),
    -- The message into which this one was merged.
    mergedInto TEXT REFERENCES alertMessages (id) ON DELETE SET NULL,
    UNIQUE (contactName, eventKey)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX alertMessagesByTime ON alertMessages (createdMs, id);
  CREATE INDEX heldAlertMessages ON alertMessages (contactName) WHERE heldFor IS NOT NULL;
  CREATE INDEX alertMessagesOfContact ON alertMessages (contact, createdMs);
  CREATE INDEX mergedAlertMessages ON alertMessages (mergedInto);

  -- The deliveries of a message, tried in the order of position.
  CREATE TABLE alertDeliveries (
    message TEXT NOT NULL REFERENCES alertMessages (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sms', 'email', 'webhook')),
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
      ('waiting', 'queued', 'sending', 'doubtful', 'accepted', 'delivered', 'failed', 'unneeded')),
    attempts INTEGER NOT NULL DEFAULT 0,
    -- When the state was reached, and when the delivery is due next.
    sinceMs INTEGER NOT NULL,
    nextMs INTEGER NOT NULL,
    carrierId TEXT,
    detail TEXT,
    PRIMARY KEY (message, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX openAlertDeliveries ON alertDeliveries (nextMs)
    WHERE state IN ('queued', 'sending', 'doubtful');
  CREATE INDEX sentAlertDeliveries ON alertDeliveries (kind, sinceMs);

  -- THE LEDGER'S COPY IN THE BUCKET

  -- The ledger's name in the bucket, which several ledgers may share.
  CREATE TABLE journal (ledgerId TEXT NOT NULL) STRICT;
  INSERT INTO journal VALUES (lower(hex(randomblob(8))));

  -- One document per day (counted from 1970 UTC) with its states and losses; day -1: the accounts and
  -- cameras. If written equals changes, the bucket's copy is current.
  CREATE TABLE journalDocuments (
    day INTEGER PRIMARY KEY,
    changes INTEGER NOT NULL,
    written INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO journalDocuments (day, changes) VALUES (-1, 1);
`;
