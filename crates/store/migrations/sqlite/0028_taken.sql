-- Which packages lie ready for their partners' programs, and what of packages was taken by them. Only expands: the previous program
-- knows no exchange whose packages are taken.

CREATE TABLE package_ready (
    package  TEXT    NOT NULL PRIMARY KEY REFERENCES package (id),
    transfer TEXT    NOT NULL UNIQUE REFERENCES transfer (id),
    ready_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER package_ready_is_never_deleted BEFORE DELETE ON package_ready
BEGIN
    SELECT RAISE(ABORT, 'a package that lies ready is never deleted');
END;

-- A row before the first byte leaves; `given` is what was handed over of it, as soon as that is told.
CREATE TABLE part_taking (
    package      TEXT    NOT NULL REFERENCES package (id),
    number       INTEGER NOT NULL CHECK (number > 0),
    part         TEXT    NOT NULL CHECK (part <> ''),
    client       TEXT    NOT NULL REFERENCES client (name),
    first_byte   INTEGER NOT NULL CHECK (first_byte >= 0),
    bytes        INTEGER NOT NULL CHECK (bytes > 0),
    token_sha256 TEXT    NOT NULL UNIQUE CHECK (length(token_sha256) = 64),
    begun_at     INTEGER NOT NULL,
    given        INTEGER CHECK (given >= 0 AND given <= bytes),
    ended_at     INTEGER,
    PRIMARY KEY (package, number),
    CHECK ((given IS NULL) = (ended_at IS NULL))
) STRICT;

CREATE TRIGGER part_taking_is_never_deleted BEFORE DELETE ON part_taking
BEGIN
    SELECT RAISE(ABORT, 'what was taken is never deleted');
END;
