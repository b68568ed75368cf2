-- Everything one transfer needs, from its documents to its receipt, and the ledger that tells of it.
-- Times are microseconds since the Unix epoch. Nothing here is a value of a person's record.

-- A version of a governance document: written once, never edited.
CREATE TABLE document (
    kind        TEXT    NOT NULL CHECK (kind IN ('catalogue', 'arrangement', 'exchange')),
    name        TEXT    NOT NULL CHECK (name <> ''),
    version     INTEGER NOT NULL CHECK (version >= 1),
    text        TEXT    NOT NULL,
    sha256      TEXT    NOT NULL CHECK (length(sha256) = 64),
    imported_at INTEGER NOT NULL,
    imported_by TEXT    NOT NULL,
    PRIMARY KEY (kind, name, version)
) STRICT;

CREATE TRIGGER document_is_never_edited BEFORE UPDATE ON document
BEGIN
    SELECT RAISE(ABORT, 'a document version is never edited: import the next version');
END;

CREATE TABLE officer (
    name           TEXT    NOT NULL PRIMARY KEY CHECK (name <> ''),
    role           TEXT    NOT NULL,
    public_key_pem TEXT    NOT NULL,
    -- Two officers with one key would be one officer.
    fingerprint    TEXT    NOT NULL UNIQUE,
    added_at       INTEGER NOT NULL,
    revoked_at     INTEGER
) STRICT;

CREATE TABLE approval (
    arrangement TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    sha256      TEXT    NOT NULL CHECK (length(sha256) = 64),
    officer     TEXT    NOT NULL REFERENCES officer (name),
    signature   TEXT    NOT NULL,
    approved_at INTEGER NOT NULL,
    PRIMARY KEY (arrangement, version, officer)
) STRICT;

CREATE TABLE partner (
    name            TEXT    NOT NULL PRIMARY KEY CHECK (name <> ''),
    title           TEXT    NOT NULL,
    age_recipient   TEXT    NOT NULL,
    signing_key_pem TEXT    NOT NULL,
    fingerprint     TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('invited', 'verified', 'active', 'suspended', 'closed')),
    added_at        INTEGER NOT NULL,
    added_by        TEXT    NOT NULL
) STRICT;

CREATE TABLE transfer (
    id                  TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    exchange            TEXT    NOT NULL,
    exchange_version    INTEGER NOT NULL,
    arrangement         TEXT    NOT NULL,
    arrangement_version INTEGER NOT NULL,
    requested_by        TEXT    NOT NULL,
    requested_at        INTEGER NOT NULL,
    expect_fewer        INTEGER NOT NULL CHECK (expect_fewer IN (0, 1)),
    -- The state's name, beside the state itself, so that it can be searched.
    state               TEXT    NOT NULL,
    state_json          TEXT    NOT NULL,
    updated_at          INTEGER NOT NULL,
    attempt_token       TEXT,
    -- Given when the package is sealed; a gap or a repetition would look to the partner like a lost package.
    sequence            INTEGER CHECK (sequence >= 1),
    sealed_json         TEXT,
    UNIQUE (exchange, sequence)
) STRICT;

CREATE INDEX transfer_by_state ON transfer (state);
CREATE INDEX transfer_by_arrangement ON transfer (arrangement, requested_at);

CREATE TABLE package (
    id                   TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    transfer             TEXT    NOT NULL UNIQUE REFERENCES transfer (id),
    manifest_sha256      TEXT    NOT NULL CHECK (length(manifest_sha256) = 64),
    receipt_token_sha256 TEXT    NOT NULL CHECK (length(receipt_token_sha256) = 64),
    sealed_at            INTEGER NOT NULL,
    erased_at            INTEGER
) STRICT;

-- The intent is committed before the network is touched, the outcome after.
CREATE TABLE delivery (
    transfer   TEXT    NOT NULL REFERENCES transfer (id),
    attempt    INTEGER NOT NULL CHECK (attempt >= 1),
    intent_at  INTEGER NOT NULL,
    outcome_at INTEGER,
    outcome    TEXT    CHECK (outcome IN ('arrived', 'failed', 'interrupted')),
    detail     TEXT,
    PRIMARY KEY (transfer, attempt),
    CHECK ((outcome IS NULL) = (outcome_at IS NULL))
) STRICT;

-- The key is what makes a receipt count once.
CREATE TABLE receipt (
    package        TEXT    NOT NULL PRIMARY KEY REFERENCES package (id),
    text           TEXT    NOT NULL,
    signature      TEXT    NOT NULL,
    outcome        TEXT    NOT NULL CHECK (outcome IN ('accepted', 'partial', 'rejected')),
    records_loaded INTEGER NOT NULL CHECK (records_loaded >= 0),
    accepted_at    INTEGER NOT NULL
) STRICT;

-- Leaves that are committed with their change and wait for the sequencer.
CREATE TABLE ledger_pending (
    id      INTEGER PRIMARY KEY,
    time_us INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    event   TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    salt    BLOB    NOT NULL CHECK (length(salt) = 32)
) STRICT;

CREATE TABLE ledger_leaf (
    idx     INTEGER PRIMARY KEY,
    time_us INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    event   TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    salt    BLOB    NOT NULL CHECK (length(salt) = 32),
    hash    BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX ledger_leaf_by_subject ON ledger_leaf (subject, idx);

-- The tree's full nodes; level 0 is its own copy of the leaf hashes.
CREATE TABLE ledger_node (
    level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 63),
    idx   INTEGER NOT NULL,
    hash  BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, idx)
) STRICT;

CREATE TABLE checkpoint (
    size    INTEGER PRIMARY KEY,
    text    TEXT    NOT NULL,
    made_at INTEGER NOT NULL
) STRICT;
