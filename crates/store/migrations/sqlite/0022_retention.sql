-- What partners certified to have erased. Only expands: the previous program runs beside it.

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
