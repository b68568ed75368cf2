-- What comes in from partners: each file, what of it waits for a person, who works on it, and what is being sent in pieces. Only
-- expands: the previous program runs beside it and knows nothing of what comes in.

CREATE TABLE intake (
    id                  TEXT    NOT NULL PRIMARY KEY,
    -- The versions by which it is read; `retry` takes those then in use.
    exchange            TEXT    NOT NULL,
    exchange_version    INTEGER NOT NULL,
    arrangement         TEXT    NOT NULL,
    arrangement_version INTEGER NOT NULL,
    catalogue           TEXT    NOT NULL,
    catalogue_version   INTEGER NOT NULL,
    partner             TEXT    NOT NULL,
    -- The program of the partner that sent it, if one did.
    client              TEXT,
    way                 TEXT    NOT NULL CHECK (way IN ('api', 'upload', 'folder')),
    -- The partner's own number of an envelope.
    number              INTEGER CHECK (number > 0),
    sha256              TEXT    NOT NULL CHECK (length(sha256) = 64),
    size                INTEGER NOT NULL CHECK (size >= 0),
    -- Ciphertext, where it is short; otherwise it lies in a file.
    body                BLOB,
    -- Sealed to the operation: gone once nothing can be undone any more.
    undo_key            BLOB,
    counts_json         TEXT,
    received_at         INTEGER NOT NULL,
    received_by         TEXT    NOT NULL,
    opened_at           INTEGER,
    erased_at           INTEGER,
    state               TEXT    NOT NULL,
    state_json          TEXT    NOT NULL,
    updated_at          INTEGER NOT NULL
) STRICT;

CREATE INDEX intake_of_exchange ON intake (exchange, received_at, id);
CREATE INDEX intake_in_state ON intake (state, received_at);
CREATE INDEX intake_by_digest ON intake (exchange, partner, sha256);

CREATE TRIGGER intake_is_never_deleted BEFORE DELETE ON intake
BEGIN
    SELECT RAISE(ABORT, 'an intake is never deleted');
END;

CREATE TABLE intake_waiting (
    intake     TEXT    NOT NULL REFERENCES intake (id),
    record     INTEGER NOT NULL CHECK (record > 0),
    -- Why it waits: codes, never a value.
    codes      TEXT    NOT NULL,
    candidates INTEGER NOT NULL CHECK (candidates >= 0),
    decision   TEXT    CHECK (decision IN ('link', 'insert', 'leave-out')),
    candidate  INTEGER CHECK (candidate > 0),
    reason     TEXT,
    officer    TEXT,
    decided_at INTEGER,
    PRIMARY KEY (intake, record),
    CHECK ((decision IS NULL) = (officer IS NULL)),
    CHECK ((decision IS NULL) = (decided_at IS NULL)),
    CHECK (candidate IS NULL OR decision = 'link')
) STRICT;

CREATE TABLE intake_lease (
    intake     TEXT    NOT NULL PRIMARY KEY REFERENCES intake (id),
    -- Who has it holds this; nobody has it where it is absent.
    token      TEXT,
    worker     TEXT,
    held_until INTEGER,
    taken      INTEGER NOT NULL CHECK (taken >= 0),
    failures   INTEGER NOT NULL CHECK (failures >= 0),
    not_before INTEGER NOT NULL,
    -- How the last try ended, and why so.
    ended      TEXT CHECK (ended IN ('done', 'held', 'failed')),
    why        TEXT,
    CHECK ((token IS NULL) = (worker IS NULL)),
    CHECK ((token IS NULL) = (held_until IS NULL))
) STRICT;

CREATE INDEX intake_lease_held ON intake_lease (token) WHERE token IS NOT NULL;

-- A file that comes in pieces, until it is an intake.
CREATE TABLE upload (
    id         TEXT    NOT NULL PRIMARY KEY,
    exchange   TEXT    NOT NULL,
    partner    TEXT    NOT NULL,
    client     TEXT,
    -- How many bytes it will have, where that was said, and how many are here.
    size       INTEGER CHECK (size >= 0),
    received   INTEGER NOT NULL CHECK (received >= 0),
    begun_at   INTEGER NOT NULL,
    begun_by   TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    intake     TEXT    REFERENCES intake (id),
    ended_at   INTEGER
) STRICT;
