-- Who works on a transfer now, and when it is tried again. Only expands: the previous program works without, and only one process
-- of it at a time. Not governance: no entry of the ledger tells of it. The same table as SQLite's.

CREATE TABLE lease (
    transfer   TEXT COLLATE "C"    NOT NULL PRIMARY KEY REFERENCES transfer (id),
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

CREATE INDEX lease_held ON lease (token) WHERE token IS NOT NULL;
