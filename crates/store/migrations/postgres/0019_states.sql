-- States of exchanges that are sent as deltas: where each package leads, and what a partner confirmed that is another state. Only
-- expands: the previous program knows no deltas. The same tables as SQLite's.

CREATE TABLE package_state (
    package    TEXT COLLATE "C"    NOT NULL PRIMARY KEY REFERENCES package (id),
    -- The package that it starts from; or why it is full.
    base       TEXT COLLATE "C"    REFERENCES package (id),
    why_full   TEXT COLLATE "C",
    -- What must be the same for another to start from it.
    shape      TEXT COLLATE "C"    NOT NULL,
    records    BIGINT NOT NULL CHECK (records >= 0),
    digest     TEXT COLLATE "C"    NOT NULL,
    set_sha256 TEXT COLLATE "C"    NOT NULL,
    added      BIGINT NOT NULL CHECK (added >= 0),
    changed    BIGINT NOT NULL CHECK (changed >= 0),
    removed    BIGINT NOT NULL CHECK (removed >= 0),
    CHECK ((base IS NULL) = (why_full IS NOT NULL))
);

CREATE TRIGGER package_state_is_never_edited BEFORE UPDATE ON package_state
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('the state of a package', 'edited');

CREATE TRIGGER package_state_is_never_deleted BEFORE DELETE OR TRUNCATE ON package_state
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('the state of a package', 'deleted');

CREATE TABLE state_dispute (
    package    TEXT COLLATE "C"    NOT NULL PRIMARY KEY REFERENCES package_state (package),
    codes_json TEXT COLLATE "C"    NOT NULL,
    entered_at BIGINT NOT NULL,
    settled_at BIGINT,
    settled_by TEXT COLLATE "C",
    reason     TEXT COLLATE "C",
    CHECK ((settled_at IS NULL) = (settled_by IS NULL)),
    CHECK ((settled_at IS NULL) = (reason IS NULL))
);
