-- What comes in from partners: each file, what of it waits for a person, who works on it, and what is being sent in pieces. Only
-- expands: the previous program runs beside it and knows nothing of what comes in. The same
-- tables as SQLite's.

CREATE TABLE intake (
    id                  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- The versions by which it is read; `retry` takes those then in use.
    exchange            TEXT COLLATE "C" NOT NULL,
    exchange_version    BIGINT NOT NULL,
    arrangement         TEXT COLLATE "C" NOT NULL,
    arrangement_version BIGINT NOT NULL,
    catalogue           TEXT COLLATE "C" NOT NULL,
    catalogue_version   BIGINT NOT NULL,
    partner             TEXT COLLATE "C" NOT NULL,
    -- The program of the partner that sent it, if one did.
    client              TEXT COLLATE "C",
    way                 TEXT COLLATE "C" NOT NULL CHECK (way IN ('api', 'upload', 'folder')),
    -- The partner's own number of an envelope.
    number              BIGINT CHECK (number > 0),
    sha256              TEXT COLLATE "C" NOT NULL CHECK (length(sha256) = 64),
    size                BIGINT NOT NULL CHECK (size >= 0),
    -- Ciphertext, where it is short; otherwise it lies in a file.
    body                BYTEA,
    -- Sealed to the operation: gone once nothing can be undone any more.
    undo_key            BYTEA,
    counts_json         TEXT COLLATE "C",
    received_at         BIGINT NOT NULL,
    received_by         TEXT COLLATE "C" NOT NULL,
    opened_at           BIGINT,
    erased_at           BIGINT,
    state               TEXT COLLATE "C" NOT NULL,
    state_json          TEXT COLLATE "C" NOT NULL,
    updated_at          BIGINT NOT NULL
);

CREATE INDEX intake_of_exchange ON intake (exchange, received_at, id);
CREATE INDEX intake_in_state ON intake (state, received_at);
CREATE INDEX intake_by_digest ON intake (exchange, partner, sha256);

CREATE TRIGGER intake_is_never_deleted BEFORE DELETE OR TRUNCATE ON intake
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('an intake', 'deleted');

CREATE TABLE intake_waiting (
    intake     TEXT COLLATE "C" NOT NULL REFERENCES intake (id),
    record     BIGINT NOT NULL CHECK (record > 0),
    -- Why it waits: codes, never a value.
    codes      TEXT COLLATE "C" NOT NULL,
    candidates BIGINT NOT NULL CHECK (candidates >= 0),
    decision   TEXT COLLATE "C" CHECK (decision IN ('link', 'insert', 'leave-out')),
    candidate  BIGINT CHECK (candidate > 0),
    reason     TEXT COLLATE "C",
    officer    TEXT COLLATE "C",
    decided_at BIGINT,
    PRIMARY KEY (intake, record),
    CHECK ((decision IS NULL) = (officer IS NULL)),
    CHECK ((decision IS NULL) = (decided_at IS NULL)),
    CHECK (candidate IS NULL OR decision = 'link')
);

CREATE TABLE intake_lease (
    intake     TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES intake (id),
    -- Who has it holds this; nobody has it where it is absent.
    token      TEXT COLLATE "C",
    worker     TEXT COLLATE "C",
    held_until BIGINT,
    taken      BIGINT NOT NULL CHECK (taken >= 0),
    failures   BIGINT NOT NULL CHECK (failures >= 0),
    not_before BIGINT NOT NULL,
    -- How the last try ended, and why so.
    ended      TEXT COLLATE "C" CHECK (ended IN ('done', 'held', 'failed')),
    why        TEXT COLLATE "C",
    CHECK ((token IS NULL) = (worker IS NULL)),
    CHECK ((token IS NULL) = (held_until IS NULL))
);

CREATE INDEX intake_lease_held ON intake_lease (token) WHERE token IS NOT NULL;

-- A file that comes in pieces, until it is an intake.
CREATE TABLE upload (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    exchange   TEXT COLLATE "C" NOT NULL,
    partner    TEXT COLLATE "C" NOT NULL,
    client     TEXT COLLATE "C",
    -- How many bytes it will have, where that was said, and how many are here.
    size       BIGINT CHECK (size >= 0),
    received   BIGINT NOT NULL CHECK (received >= 0),
    begun_at   BIGINT NOT NULL,
    begun_by   TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL,
    intake     TEXT COLLATE "C" REFERENCES intake (id),
    ended_at   BIGINT
);
