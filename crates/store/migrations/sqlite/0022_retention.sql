-- What partners certified to have erased, and how their pseudonyms were changed. Only expands: the previous program runs beside it.

CREATE TABLE erasure_certificate (
    package          TEXT    NOT NULL PRIMARY KEY REFERENCES package (id),
    deleted_at       INTEGER NOT NULL,
    records          INTEGER NOT NULL CHECK (records >= 0),
    in_backups_until TEXT,
    text             TEXT    NOT NULL,
    signature        TEXT    NOT NULL,
    accepted_at      INTEGER NOT NULL
) STRICT;

CREATE TRIGGER erasure_certificate_is_never_edited BEFORE UPDATE ON erasure_certificate
BEGIN
    SELECT RAISE(ABORT, 'a certificate is never edited');
END;

CREATE TRIGGER erasure_certificate_is_never_deleted BEFORE DELETE ON erasure_certificate
BEGIN
    SELECT RAISE(ABORT, 'a certificate is never deleted');
END;

-- A change of a partner's pseudonyms for a purpose. The secret lies in a file beside the keys; here is its name.
CREATE TABLE pseudonym_rotation (
    id                   TEXT    NOT NULL PRIMARY KEY,
    partner              TEXT    NOT NULL,
    purpose              TEXT    NOT NULL,
    exchange             TEXT    NOT NULL,
    secret               TEXT    NOT NULL UNIQUE,
    package              TEXT    NOT NULL UNIQUE,
    manifest_sha256      TEXT    NOT NULL CHECK (length(manifest_sha256) = 64),
    receipt_token_sha256 TEXT    NOT NULL CHECK (length(receipt_token_sha256) = 64),
    pairs                INTEGER NOT NULL CHECK (pairs >= 0),
    digest               TEXT    NOT NULL,
    sealed_to            TEXT    NOT NULL,
    -- Whoever was sent before is told in it.
    people_until         INTEGER NOT NULL,
    -- How many decisions of people were heeded in it.
    decisions_seen       INTEGER NOT NULL CHECK (decisions_seen >= 0),
    begun_at             INTEGER NOT NULL,
    begun_by             TEXT    NOT NULL,
    delivered_at         INTEGER,
    acknowledged_at      INTEGER,
    given_up_at          INTEGER,
    CHECK (acknowledged_at IS NULL OR given_up_at IS NULL)
) STRICT;

CREATE TRIGGER pseudonym_rotation_is_never_deleted BEFORE DELETE ON pseudonym_rotation
BEGIN
    SELECT RAISE(ABORT, 'a change of pseudonyms is never deleted');
END;
