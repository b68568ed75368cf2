-- What programs prove themselves by that cannot sign. Only expands. The same table as SQLite's.

-- Both secrets are 256 random bits that the operation made, so that their SHA-256 tells nobody anything. Whoever only reads to answer
-- the network needs no right to it.
CREATE TABLE client_secret (
    client          TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES client (name),
    -- By what the partner is known at that door: `PNR-1363`.
    partner_id      TEXT COLLATE "C" NOT NULL CHECK (partner_id <> ''),
    password_sha256 TEXT COLLATE "C" NOT NULL CHECK (length(password_sha256) = 64),
    key_sha256      TEXT COLLATE "C" NOT NULL CHECK (length(key_sha256) = 64)
);

CREATE INDEX client_secret_of_partner ON client_secret (partner_id);

CREATE TRIGGER client_secret_is_never_deleted BEFORE DELETE OR TRUNCATE ON client_secret
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a secret of a client', 'deleted');
