-- What partners certified to have erased, and how their pseudonyms were changed. Only expands: the previous program runs beside it.
-- The same tables as SQLite's.

CREATE TABLE erasure_certificate (
    package          TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES package (id),
    deleted_at       BIGINT NOT NULL,
    records          BIGINT NOT NULL CHECK (records >= 0),
    in_backups_until TEXT COLLATE "C",
    text             TEXT COLLATE "C" NOT NULL,
    signature        TEXT COLLATE "C" NOT NULL,
    accepted_at      BIGINT NOT NULL
);

CREATE TRIGGER erasure_certificate_is_never_edited BEFORE UPDATE ON erasure_certificate
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a certificate', 'edited');

CREATE TRIGGER erasure_certificate_is_never_deleted BEFORE DELETE OR TRUNCATE ON erasure_certificate
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a certificate', 'deleted');

-- A change of a partner's pseudonyms for a purpose. The secret lies in a file beside the keys; here is its name.
CREATE TABLE pseudonym_rotation (
    id                   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    partner              TEXT COLLATE "C" NOT NULL,
    purpose              TEXT COLLATE "C" NOT NULL,
    exchange             TEXT COLLATE "C" NOT NULL,
    secret               TEXT COLLATE "C" NOT NULL UNIQUE,
    package              TEXT COLLATE "C" NOT NULL UNIQUE,
    manifest_sha256      TEXT COLLATE "C" NOT NULL CHECK (length(manifest_sha256) = 64),
    receipt_token_sha256 TEXT COLLATE "C" NOT NULL CHECK (length(receipt_token_sha256) = 64),
    pairs                BIGINT NOT NULL CHECK (pairs >= 0),
    digest               TEXT COLLATE "C" NOT NULL,
    sealed_to            TEXT COLLATE "C" NOT NULL,
    -- Whoever was sent before is told in it.
    people_until         BIGINT NOT NULL,
    -- How many decisions of people were heeded in it.
    decisions_seen       BIGINT NOT NULL CHECK (decisions_seen >= 0),
    begun_at             BIGINT NOT NULL,
    begun_by             TEXT COLLATE "C" NOT NULL,
    delivered_at         BIGINT,
    acknowledged_at      BIGINT,
    given_up_at          BIGINT,
    CHECK (acknowledged_at IS NULL OR given_up_at IS NULL)
);

CREATE TRIGGER pseudonym_rotation_is_never_deleted BEFORE DELETE OR TRUNCATE ON pseudonym_rotation
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a change of pseudonyms', 'deleted');
