-- Who works on a transfer now, and when it is tried again. Only expands: the previous program works without, and only one process
-- of it at a time. Not governance: no entry of the ledger tells of it.

CREATE TABLE lease (
    transfer   TEXT    NOT NULL PRIMARY KEY REFERENCES transfer (id),
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

CREATE INDEX lease_held ON lease (token) WHERE token IS NOT NULL;
