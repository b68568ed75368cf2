-- Programs of partners that call over the network, by what they are known, and which tokens they hold. Only expands: the previous
-- program answers no calls.

CREATE TABLE client (
    name         TEXT    NOT NULL PRIMARY KEY CHECK (name <> ''),
    partner      TEXT    NOT NULL REFERENCES partner (name),
    acts_as      TEXT    NOT NULL CHECK (acts_as IN ('partner-operator', 'partner-administrator')),
    -- What the partner signed last about it, its detached signature, and when it says that it was made.
    registration TEXT    NOT NULL,
    signature    TEXT    NOT NULL,
    made_at      INTEGER NOT NULL,
    added_at     INTEGER NOT NULL,
    added_by     TEXT    NOT NULL,
    revoked_at   INTEGER
) STRICT;

CREATE INDEX client_of_partner ON client (partner, name);

CREATE TRIGGER client_is_never_deleted BEFORE DELETE ON client
BEGIN
    SELECT RAISE(ABORT, 'a client is never deleted');
END;

-- What it may be about: `account`, `exchange:NAME`.
CREATE TABLE client_grant (
    client TEXT NOT NULL REFERENCES client (name),
    scope  TEXT NOT NULL CHECK (scope <> ''),
    PRIMARY KEY (client, scope)
) STRICT;

-- Public keys, by their thumbprints. A key is one client's.
CREATE TABLE client_key (
    client     TEXT    NOT NULL REFERENCES client (name),
    thumbprint TEXT    NOT NULL PRIMARY KEY,
    usage      TEXT    NOT NULL CHECK (usage IN ('sig', 'enc')),
    jwk        TEXT    NOT NULL,
    added_at   INTEGER NOT NULL,
    ends_at    INTEGER
) STRICT;

CREATE TRIGGER client_key_is_never_deleted BEFORE DELETE ON client_key
BEGIN
    SELECT RAISE(ABORT, 'a key of a client is never deleted');
END;

CREATE INDEX client_key_of_client ON client_key (client);

-- Certificates that it shows, by SHA-256. A certificate is one client's.
CREATE TABLE client_certificate (
    client   TEXT    NOT NULL REFERENCES client (name),
    sha256   TEXT    NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    added_at INTEGER NOT NULL,
    ends_at  INTEGER
) STRICT;

CREATE INDEX client_certificate_of_client ON client_certificate (client);

-- Tokens, by SHA-256. No governance: what is done with one has its entry of the ledger.
CREATE TABLE access_token (
    sha256      TEXT    NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    client      TEXT    NOT NULL REFERENCES client (name),
    scopes      TEXT    NOT NULL,
    -- The certificate that must be shown with it.
    certificate TEXT,
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX access_token_ends ON access_token (expires_at);
CREATE INDEX access_token_of_client ON access_token (client);

-- Proofs that were used, until they would have ended.
CREATE TABLE assertion_seen (
    client     TEXT    NOT NULL,
    jti_sha256 TEXT    NOT NULL CHECK (length(jti_sha256) = 64),
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (client, jti_sha256)
) STRICT;

CREATE INDEX assertion_seen_ends ON assertion_seen (expires_at);
