-- States of exchanges that are sent as deltas: where each package leads, and what a partner confirmed that is another state. Only
-- expands: the previous program knows no deltas.

CREATE TABLE package_state (
    package    TEXT    NOT NULL PRIMARY KEY REFERENCES package (id),
    -- The package that it starts from; or why it is full.
    base       TEXT    REFERENCES package (id),
    why_full   TEXT,
    -- What must be the same for another to start from it.
    shape      TEXT    NOT NULL,
    records    INTEGER NOT NULL CHECK (records >= 0),
    digest     TEXT    NOT NULL,
    set_sha256 TEXT    NOT NULL,
    added      INTEGER NOT NULL CHECK (added >= 0),
    changed    INTEGER NOT NULL CHECK (changed >= 0),
    removed    INTEGER NOT NULL CHECK (removed >= 0),
    CHECK ((base IS NULL) = (why_full IS NOT NULL))
) STRICT;

CREATE TRIGGER package_state_is_never_edited BEFORE UPDATE ON package_state
BEGIN
    SELECT RAISE(ABORT, 'the state of a package is never edited');
END;

CREATE TRIGGER package_state_is_never_deleted BEFORE DELETE ON package_state
BEGIN
    SELECT RAISE(ABORT, 'the state of a package is never deleted');
END;

CREATE TABLE state_dispute (
    package    TEXT    NOT NULL PRIMARY KEY REFERENCES package_state (package),
    codes_json TEXT    NOT NULL,
    entered_at INTEGER NOT NULL,
    settled_at INTEGER,
    settled_by TEXT,
    reason     TEXT,
    CHECK ((settled_at IS NULL) = (settled_by IS NULL)),
    CHECK ((settled_at IS NULL) = (reason IS NULL))
) STRICT;
