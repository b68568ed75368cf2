-- Governance documents laid by for a second officer, what was activated, and when. Written once, like the documents.

CREATE TABLE staged_set (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (name <> ''),
    -- Of the list of its documents with their digests: what both officers sign.
    sha256     TEXT COLLATE "C" NOT NULL CHECK (length(sha256) = 64),
    origin     TEXT COLLATE "C" NOT NULL CHECK (origin IN ('directory', 'file', 'roll-back')),
    staged_by  TEXT COLLATE "C" NOT NULL,
    staged_key TEXT COLLATE "C" NOT NULL CHECK (staged_key <> ''),
    signature  TEXT COLLATE "C" NOT NULL,
    staged_at  BIGINT NOT NULL
);

CREATE INDEX staged_set_by_time ON staged_set (staged_at, name);

CREATE TABLE staged_document (
    staged  TEXT COLLATE "C" NOT NULL REFERENCES staged_set (name),
    kind    TEXT COLLATE "C" NOT NULL CHECK (kind IN ('catalogue', 'arrangement', 'exchange', 'thresholds')),
    name    TEXT COLLATE "C" NOT NULL CHECK (name <> ''),
    version BIGINT NOT NULL CHECK (version >= 1),
    text    TEXT COLLATE "C" NOT NULL,
    sha256  TEXT COLLATE "C" NOT NULL CHECK (length(sha256) = 64),
    PRIMARY KEY (staged, kind, name)
);

-- One row for every set that came into use; the number tells the order.
CREATE TABLE activation (
    number        BIGINT PRIMARY KEY,
    staged        TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES staged_set (name),
    activated_by  TEXT COLLATE "C" NOT NULL,
    activated_key TEXT COLLATE "C" NOT NULL CHECK (activated_key <> ''),
    signature     TEXT COLLATE "C" NOT NULL,
    activated_at  BIGINT NOT NULL,
    -- Kind, name and version of everything in use from then on: what a roll-back goes back to.
    state_json    TEXT COLLATE "C" NOT NULL
);

CREATE TRIGGER staged_set_is_never_edited BEFORE UPDATE ON staged_set
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a staged set', 'edited');

CREATE TRIGGER staged_set_is_never_deleted BEFORE DELETE OR TRUNCATE ON staged_set
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a staged set', 'deleted');

CREATE TRIGGER staged_document_is_never_edited BEFORE UPDATE ON staged_document
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a staged document', 'edited');

CREATE TRIGGER staged_document_is_never_deleted BEFORE DELETE OR TRUNCATE ON staged_document
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a staged document', 'deleted');

CREATE TRIGGER activation_is_never_edited BEFORE UPDATE ON activation
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('an activation', 'edited');

CREATE TRIGGER activation_is_never_deleted BEFORE DELETE OR TRUNCATE ON activation
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('an activation', 'deleted');
