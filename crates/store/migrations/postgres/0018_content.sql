-- What left in a package: by which versions, each element with its form, and whom its disclosure set holds. A package of an older
-- program has no row. Only expands: the previous program runs beside it.
-- The same tables as SQLite's.

CREATE TABLE package_content (
    package           TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES package (id),
    -- The entity whose keys the disclosure set was made of, and how many people are in it.
    subject           TEXT COLLATE "C" NOT NULL,
    people            BIGINT NOT NULL CHECK (people >= 0),
    exchange_version  BIGINT NOT NULL CHECK (exchange_version >= 1),
    catalogue         TEXT COLLATE "C" NOT NULL,
    catalogue_version BIGINT NOT NULL CHECK (catalogue_version >= 1),
    elements_json     TEXT COLLATE "C" NOT NULL
);

CREATE TRIGGER package_content_is_never_edited BEFORE UPDATE ON package_content
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('what left in a package', 'edited');

CREATE TRIGGER package_content_is_never_deleted BEFORE DELETE OR TRUNCATE ON package_content
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('what left in a package', 'deleted');
