-- Which packages lie ready for their partners' programs, and what of packages was taken by them. Only expands: the previous program
-- knows no exchange whose packages are taken. The same tables as SQLite's.

CREATE TABLE package_ready (
    package  TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES package (id),
    transfer TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES transfer (id),
    ready_at BIGINT NOT NULL
);

CREATE TRIGGER package_ready_is_never_deleted BEFORE DELETE OR TRUNCATE ON package_ready
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a package that lies ready', 'deleted');

-- A row before the first byte leaves; `given` is what was handed over of it, as soon as that is told.
CREATE TABLE part_taking (
    package      TEXT COLLATE "C" NOT NULL REFERENCES package (id),
    number       BIGINT NOT NULL CHECK (number > 0),
    part         TEXT COLLATE "C" NOT NULL CHECK (part <> ''),
    client       TEXT COLLATE "C" NOT NULL REFERENCES client (name),
    first_byte   BIGINT NOT NULL CHECK (first_byte >= 0),
    bytes        BIGINT NOT NULL CHECK (bytes > 0),
    token_sha256 TEXT COLLATE "C" NOT NULL UNIQUE CHECK (length(token_sha256) = 64),
    begun_at     BIGINT NOT NULL,
    given        BIGINT CHECK (given >= 0 AND given <= bytes),
    ended_at     BIGINT,
    PRIMARY KEY (package, number),
    CHECK ((given IS NULL) = (ended_at IS NULL))
);

CREATE TRIGGER part_taking_is_never_deleted BEFORE DELETE OR TRUNCATE ON part_taking
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('what was taken', 'deleted');
