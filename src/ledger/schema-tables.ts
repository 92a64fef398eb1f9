/** All tables with their indexes, and the rows that there are from the start. */
export const tables = `
  -- ACCOUNTS AND CAMERAS

  CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    createdMs INTEGER NOT NULL,
    removedMs INTEGER,
    -- IANA name; NULL: UTC. What contacts are told has times of this zone.
    timeZone TEXT
  ) STRICT;

  -- What an account was called before it was renamed. Objects in the bucket keep their keys, so footage
  -- under this name that began before untilMs is that account's, whoever has the name by now.
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
    -- As it is, not hashed: the daemon logs in to the camera with it. The file's mode guards it.
    rtspPassword TEXT,
    profile TEXT CHECK (profile IN ('copy', 'downsample')),
    createdMs INTEGER NOT NULL,
    removedMs INTEGER,
    -- Since when a camera that came with a token waits to be adopted.
    newSinceMs INTEGER,
    disabledMs INTEGER,
    firstContactMs INTEGER,
    -- Without footage for so long, the camera's contacts are told; NULL: the default; 0: never.
    alertAfterSeconds INTEGER CHECK (alertAfterSeconds >= 0),
    silentUntilMs INTEGER,
    UNIQUE (account, name)
  ) STRICT;

  -- What a camera was called before it was renamed, as formerAccountNames.
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
    -- 1: replaces the camera's other keys as soon as the camera has dialled in with it.
    successor INTEGER NOT NULL DEFAULT 0 CHECK (successor IN (0, 1))
  ) STRICT;
  CREATE INDEX keysOfCamera ON keys (camera);

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

  -- SEGMENTS, AND WHY OTHERS ARE MISSING

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
    -- Where in the file the media begin, and which description of them comes before (the first bytes
    -- of its SHA-256). NULL: nobody has looked yet.
    initBytes INTEGER,
    initHash BLOB,
    PRIMARY KEY (camera, startMs, sha256)
  ) STRICT, WITHOUT ROWID;
  -- Among tens of millions of segments, the few that are looked for at each start.
  CREATE INDEX spooledSegments ON segments (camera, startMs) WHERE state = 'spooled';

  -- Kept by triggers: counting tens of millions of segments takes seconds, and the operator's screen
  -- asks every second.
  CREATE TABLE totals (
    camera INTEGER NOT NULL REFERENCES cameras (id),
    state TEXT NOT NULL,
    segments INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    durationMs INTEGER NOT NULL,
    newestEndMs INTEGER NOT NULL,
    PRIMARY KEY (camera, state)
  ) STRICT, WITHOUT ROWID;

  -- What a camera's recording did from atMs on, until its next row. The first row of all says since
  -- when the camera is there, and stays.
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
    -- 1: it stopped of its own accord.
    stopped INTEGER NOT NULL CHECK (stopped IN (0, 1))
  ) STRICT;

  -- What became of stretches that are asked for again and again, such as the past days of some time
  -- zone. Filled when asked for; triggers delete a row when something changes that it may depend on,
  -- which is what lies within 10 s of it.
  CREATE TABLE daySums (
    camera INTEGER NOT NULL REFERENCES cameras (id),
    startMs INTEGER NOT NULL,
    endMs INTEGER NOT NULL,
    storedMs INTEGER NOT NULL,
    spooledMs INTEGER NOT NULL,
    missingMs INTEGER NOT NULL,
    PRIMARY KEY (camera, startMs, endMs)
  ) STRICT, WITHOUT ROWID;

  -- WHO MAY WATCH

  -- Of a password, what Digest demands is kept and nothing more: the hashes of user:realm:password
  -- (RFC 7616 section 3.4.2). The file's mode guards them: they are as good as the password at this
  -- gateway, and worth nothing elsewhere.
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

  -- They may see all accounts' cameras in a browser. scrypt: salt, then hash.
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

  -- WHO IS TOLD WHAT

  -- Quiet hours are in the account's time zone, HH:MM.
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

  -- A row for each event and contact.
  CREATE TABLE alertMessages (
    id TEXT PRIMARY KEY,
    -- NULL: it is for the operator.
    account INTEGER REFERENCES accounts (id),
    contact INTEGER REFERENCES contacts (id) ON DELETE SET NULL,
    contactName TEXT NOT NULL,
    -- No contact is told twice of one event.
    eventKey TEXT NOT NULL,
    kind TEXT NOT NULL,
    event TEXT NOT NULL,
    text TEXT NOT NULL,
    subject TEXT NOT NULL,
    createdMs INTEGER NOT NULL,
    -- Why it waits, to be told together with others.
    heldFor TEXT CHECK (heldFor IN ('quiet', 'rate')),
    -- The message that told it.
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

  -- WHAT THE BUCKET IS TO HAVE OF THE LEDGER

  -- The ledger's name in the bucket, where several may be.
  CREATE TABLE journal (ledgerId TEXT NOT NULL) STRICT;
  INSERT INTO journal VALUES (lower(hex(randomblob(8))));

  -- Of each day (counted from 1970 UTC) its states and losses; as day -1 the accounts and cameras.
  -- Where written equals changes, the bucket has the present state.
  CREATE TABLE journalDocuments (
    day INTEGER PRIMARY KEY,
    changes INTEGER NOT NULL,
    written INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO journalDocuments (day, changes) VALUES (-1, 1);
`;
