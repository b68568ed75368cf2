-- What partners certified to have erased. Only expands: the previous program runs beside it.
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
