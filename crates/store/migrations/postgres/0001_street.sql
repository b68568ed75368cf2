-- Everything one transfer needs, from its documents to its receipt, and the ledger that tells of it.
-- Times are microseconds since the Unix epoch. Nothing here is a value of a person's record.
-- The same tables as SQLite's. Text is compared and ordered by its bytes, as there.

-- A version of a governance document: written once, never edited.
CREATE TABLE document (
    kind        TEXT COLLATE "C"    NOT NULL CHECK (kind IN ('catalogue', 'arrangement', 'exchange')),
    name        TEXT COLLATE "C"    NOT NULL CHECK (name <> ''),
    version     BIGINT NOT NULL CHECK (version >= 1),
    text        TEXT COLLATE "C"    NOT NULL,
    sha256      TEXT COLLATE "C"    NOT NULL CHECK (length(sha256) = 64),
    imported_at BIGINT NOT NULL,
    imported_by TEXT COLLATE "C"    NOT NULL,
    PRIMARY KEY (kind, name, version)
);

CREATE FUNCTION document_is_never_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a document version is never edited: import the next version';
END
$$;

CREATE TRIGGER document_is_never_edited BEFORE UPDATE ON document
    FOR EACH ROW EXECUTE FUNCTION document_is_never_edited();

CREATE TABLE officer (
    name           TEXT COLLATE "C"    NOT NULL PRIMARY KEY CHECK (name <> ''),
    role           TEXT COLLATE "C"    NOT NULL,
    public_key_pem TEXT COLLATE "C"    NOT NULL,
    -- Two officers with one key would be one officer.
    fingerprint    TEXT COLLATE "C"    NOT NULL UNIQUE,
    added_at       BIGINT NOT NULL,
    revoked_at     BIGINT
);

CREATE TABLE approval (
    arrangement TEXT COLLATE "C"    NOT NULL,
    version     BIGINT NOT NULL,
    sha256      TEXT COLLATE "C"    NOT NULL CHECK (length(sha256) = 64),
    officer     TEXT COLLATE "C"    NOT NULL REFERENCES officer (name),
    signature   TEXT COLLATE "C"    NOT NULL,
    approved_at BIGINT NOT NULL,
    PRIMARY KEY (arrangement, version, officer)
);

CREATE TABLE partner (
    name            TEXT COLLATE "C"    NOT NULL PRIMARY KEY CHECK (name <> ''),
    title           TEXT COLLATE "C"    NOT NULL,
    age_recipient   TEXT COLLATE "C"    NOT NULL,
    signing_key_pem TEXT COLLATE "C"    NOT NULL,
    fingerprint     TEXT COLLATE "C"    NOT NULL,
    state           TEXT COLLATE "C"    NOT NULL CHECK (state IN ('invited', 'verified', 'active', 'suspended', 'closed')),
    added_at        BIGINT NOT NULL,
    added_by        TEXT COLLATE "C"    NOT NULL
);

CREATE TABLE transfer (
    id                  TEXT COLLATE "C"    NOT NULL PRIMARY KEY CHECK (id <> ''),
    exchange            TEXT COLLATE "C"    NOT NULL,
    exchange_version    BIGINT NOT NULL,
    arrangement         TEXT COLLATE "C"    NOT NULL,
    arrangement_version BIGINT NOT NULL,
    requested_by        TEXT COLLATE "C"    NOT NULL,
    requested_at        BIGINT NOT NULL,
    expect_fewer        BIGINT NOT NULL CHECK (expect_fewer IN (0, 1)),
    -- The state's name, beside the state itself, so that it can be searched.
    state               TEXT COLLATE "C"    NOT NULL,
    state_json          TEXT COLLATE "C"    NOT NULL,
    updated_at          BIGINT NOT NULL,
    attempt_token       TEXT COLLATE "C",
    -- Given when the package is sealed; a gap or a repetition would look to the partner like a lost package.
    sequence            BIGINT CHECK (sequence >= 1),
    sealed_json         TEXT COLLATE "C",
    UNIQUE (exchange, sequence)
);

CREATE INDEX transfer_by_state ON transfer (state);
CREATE INDEX transfer_by_arrangement ON transfer (arrangement, requested_at);

CREATE TABLE package (
    id                   TEXT COLLATE "C"    NOT NULL PRIMARY KEY CHECK (id <> ''),
    transfer             TEXT COLLATE "C"    NOT NULL UNIQUE REFERENCES transfer (id),
    manifest_sha256      TEXT COLLATE "C"    NOT NULL CHECK (length(manifest_sha256) = 64),
    receipt_token_sha256 TEXT COLLATE "C"    NOT NULL CHECK (length(receipt_token_sha256) = 64),
    sealed_at            BIGINT NOT NULL,
    erased_at            BIGINT
);

-- The intent is committed before the network is touched, the outcome after.
CREATE TABLE delivery (
    transfer   TEXT COLLATE "C"    NOT NULL REFERENCES transfer (id),
    attempt    BIGINT NOT NULL CHECK (attempt >= 1),
    intent_at  BIGINT NOT NULL,
    outcome_at BIGINT,
    outcome    TEXT COLLATE "C"    CHECK (outcome IN ('arrived', 'failed', 'interrupted')),
    detail     TEXT COLLATE "C",
    PRIMARY KEY (transfer, attempt),
    CHECK ((outcome IS NULL) = (outcome_at IS NULL))
);

-- The key is what makes a receipt count once.
CREATE TABLE receipt (
    package        TEXT COLLATE "C"    NOT NULL PRIMARY KEY REFERENCES package (id),
    text           TEXT COLLATE "C"    NOT NULL,
    signature      TEXT COLLATE "C"    NOT NULL,
    outcome        TEXT COLLATE "C"    NOT NULL CHECK (outcome IN ('accepted', 'partial', 'rejected')),
    records_loaded BIGINT NOT NULL CHECK (records_loaded >= 0),
    accepted_at    BIGINT NOT NULL
);

-- Leaves that are committed with their change and wait for the sequencer.
CREATE TABLE ledger_pending (
    id      BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    time_us BIGINT NOT NULL,
    actor   TEXT COLLATE "C"    NOT NULL,
    event   TEXT COLLATE "C"    NOT NULL,
    subject TEXT COLLATE "C"    NOT NULL,
    body    TEXT COLLATE "C"    NOT NULL,
    salt    BYTEA    NOT NULL CHECK (length(salt) = 32)
);

CREATE TABLE ledger_leaf (
    idx     BIGINT PRIMARY KEY,
    time_us BIGINT NOT NULL,
    actor   TEXT COLLATE "C"    NOT NULL,
    event   TEXT COLLATE "C"    NOT NULL,
    subject TEXT COLLATE "C"    NOT NULL,
    body    TEXT COLLATE "C"    NOT NULL,
    salt    BYTEA    NOT NULL CHECK (length(salt) = 32),
    hash    BYTEA    NOT NULL CHECK (length(hash) = 32)
);

CREATE INDEX ledger_leaf_by_subject ON ledger_leaf (subject, idx);

-- The tree's full nodes; level 0 is its own copy of the leaf hashes.
CREATE TABLE ledger_node (
    level BIGINT NOT NULL CHECK (level BETWEEN 0 AND 63),
    idx   BIGINT NOT NULL,
    hash  BYTEA    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, idx)
);

CREATE TABLE checkpoint (
    size    BIGINT PRIMARY KEY,
    text    TEXT COLLATE "C"    NOT NULL,
    made_at BIGINT NOT NULL
);
