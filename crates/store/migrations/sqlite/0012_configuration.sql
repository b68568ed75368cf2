-- Governance documents laid by for a second officer, what was activated, and when. Written once, like the documents.

CREATE TABLE staged_set (
    name       TEXT    NOT NULL PRIMARY KEY CHECK (name <> ''),
    -- Of the list of its documents with their digests: what both officers sign.
    sha256     TEXT    NOT NULL CHECK (length(sha256) = 64),
    origin     TEXT    NOT NULL CHECK (origin IN ('directory', 'file', 'roll-back')),
    staged_by  TEXT    NOT NULL,
    staged_key TEXT    NOT NULL CHECK (staged_key <> ''),
    signature  TEXT    NOT NULL,
    staged_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX staged_set_by_time ON staged_set (staged_at, name);

CREATE TABLE staged_document (
    staged  TEXT    NOT NULL REFERENCES staged_set (name),
    kind    TEXT    NOT NULL CHECK (kind IN ('catalogue', 'arrangement', 'exchange', 'thresholds')),
    name    TEXT    NOT NULL CHECK (name <> ''),
    version INTEGER NOT NULL CHECK (version >= 1),
    text    TEXT    NOT NULL,
    sha256  TEXT    NOT NULL CHECK (length(sha256) = 64),
    PRIMARY KEY (staged, kind, name)
) STRICT;

-- One row for every set that came into use; the number tells the order.
CREATE TABLE activation (
    number        INTEGER PRIMARY KEY,
    staged        TEXT    NOT NULL UNIQUE REFERENCES staged_set (name),
    activated_by  TEXT    NOT NULL,
    activated_key TEXT    NOT NULL CHECK (activated_key <> ''),
    signature     TEXT    NOT NULL,
    activated_at  INTEGER NOT NULL,
    -- Kind, name and version of everything in use from then on: what a roll-back goes back to.
    state_json    TEXT    NOT NULL
) STRICT;

CREATE TRIGGER staged_set_is_never_edited BEFORE UPDATE ON staged_set
BEGIN
    SELECT RAISE(ABORT, 'a staged set is never edited');
END;

CREATE TRIGGER staged_set_is_never_deleted BEFORE DELETE ON staged_set
BEGIN
    SELECT RAISE(ABORT, 'a staged set is never deleted');
END;

CREATE TRIGGER staged_document_is_never_edited BEFORE UPDATE ON staged_document
BEGIN
    SELECT RAISE(ABORT, 'a staged document is never edited');
END;

CREATE TRIGGER staged_document_is_never_deleted BEFORE DELETE ON staged_document
BEGIN
    SELECT RAISE(ABORT, 'a staged document is never deleted');
END;

CREATE TRIGGER activation_is_never_edited BEFORE UPDATE ON activation
BEGIN
    SELECT RAISE(ABORT, 'an activation is never edited');
END;

CREATE TRIGGER activation_is_never_deleted BEFORE DELETE ON activation
BEGIN
    SELECT RAISE(ABORT, 'an activation is never deleted');
END;
