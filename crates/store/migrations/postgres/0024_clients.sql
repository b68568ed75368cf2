-- Programs of partners that call over the network, by what they are known, and which tokens they hold. Only expands: the previous
-- program answers no calls. The same tables as SQLite's.

CREATE TABLE client (
    name         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (name <> ''),
    partner      TEXT COLLATE "C" NOT NULL REFERENCES partner (name),
    acts_as      TEXT COLLATE "C" NOT NULL CHECK (acts_as IN ('partner-operator', 'partner-administrator')),
    -- What the partner signed last about it, its detached signature, and when it says that it was made.
    registration TEXT COLLATE "C" NOT NULL,
    signature    TEXT COLLATE "C" NOT NULL,
    made_at      BIGINT NOT NULL,
    added_at     BIGINT NOT NULL,
    added_by     TEXT COLLATE "C" NOT NULL,
    revoked_at   BIGINT
);

CREATE INDEX client_of_partner ON client (partner, name);

CREATE TRIGGER client_is_never_deleted BEFORE DELETE OR TRUNCATE ON client
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a client', 'deleted');

-- What it may be about: `account`, `exchange:NAME`.
CREATE TABLE client_grant (
    client TEXT COLLATE "C" NOT NULL REFERENCES client (name),
    scope  TEXT COLLATE "C" NOT NULL CHECK (scope <> ''),
    PRIMARY KEY (client, scope)
);

-- Public keys, by their thumbprints. A key is one client's.
CREATE TABLE client_key (
    client     TEXT COLLATE "C" NOT NULL REFERENCES client (name),
    thumbprint TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    usage      TEXT COLLATE "C" NOT NULL CHECK (usage IN ('sig', 'enc')),
    jwk        TEXT COLLATE "C" NOT NULL,
    added_at   BIGINT NOT NULL,
    ends_at    BIGINT
);

CREATE TRIGGER client_key_is_never_deleted BEFORE DELETE OR TRUNCATE ON client_key
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a key of a client', 'deleted');

CREATE INDEX client_key_of_client ON client_key (client);

-- Certificates that it shows, by SHA-256. A certificate is one client's.
CREATE TABLE client_certificate (
    client   TEXT COLLATE "C" NOT NULL REFERENCES client (name),
    sha256   TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    added_at BIGINT NOT NULL,
    ends_at  BIGINT
);

CREATE INDEX client_certificate_of_client ON client_certificate (client);

-- Tokens, by SHA-256. No governance: what is done with one has its entry of the ledger.
CREATE TABLE access_token (
    sha256      TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    client      TEXT COLLATE "C" NOT NULL REFERENCES client (name),
    scopes      TEXT COLLATE "C" NOT NULL,
    -- The certificate that must be shown with it.
    certificate TEXT COLLATE "C",
    issued_at   BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);

CREATE INDEX access_token_ends ON access_token (expires_at);
CREATE INDEX access_token_of_client ON access_token (client);

-- Proofs that were used, until they would have ended.
CREATE TABLE assertion_seen (
    client     TEXT COLLATE "C" NOT NULL,
    jti_sha256 TEXT COLLATE "C" NOT NULL CHECK (length(jti_sha256) = 64),
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client, jti_sha256)
);

CREATE INDEX assertion_seen_ends ON assertion_seen (expires_at);
