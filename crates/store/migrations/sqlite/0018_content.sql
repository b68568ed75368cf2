-- What left in a package: by which versions, each element with its form, and whom its disclosure set holds. A package of an older
-- program has no row. Only expands: the previous program runs beside it.

CREATE TABLE package_content (
    package           TEXT    NOT NULL PRIMARY KEY REFERENCES package (id),
    -- The entity whose keys the disclosure set was made of, and how many people are in it.
    subject           TEXT    NOT NULL,
    people            INTEGER NOT NULL CHECK (people >= 0),
    exchange_version  INTEGER NOT NULL CHECK (exchange_version >= 1),
    catalogue         TEXT    NOT NULL,
    catalogue_version INTEGER NOT NULL CHECK (catalogue_version >= 1),
    elements_json     TEXT    NOT NULL
) STRICT;

CREATE TRIGGER package_content_is_never_edited BEFORE UPDATE ON package_content
BEGIN
    SELECT RAISE(ABORT, 'what left in a package is never edited');
END;

CREATE TRIGGER package_content_is_never_deleted BEFORE DELETE ON package_content
BEGIN
    SELECT RAISE(ABORT, 'what left in a package is never deleted');
END;
