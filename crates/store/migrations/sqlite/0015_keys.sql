-- Keys of partners beside the first ones, to which key a package was sealed, enquiries, and sets taken back. Only expands: the
-- previous program runs beside it, with the keys in `partner`, which are the current ones.

CREATE TABLE partner_key (
    partner       TEXT    NOT NULL REFERENCES partner (name),
    fingerprint   TEXT    NOT NULL CHECK (fingerprint <> ''),
    purpose       TEXT    NOT NULL CHECK (purpose IN ('recipient', 'signing')),
    -- The public key: an age recipient, or PEM.
    key_text      TEXT    NOT NULL CHECK (key_text <> ''),
    registered_at INTEGER NOT NULL,
    registered_by TEXT    NOT NULL,
    revoked_at    INTEGER,
    PRIMARY KEY (partner, fingerprint)
) STRICT;

CREATE INDEX partner_key_revoked ON partner_key (fingerprint) WHERE revoked_at IS NOT NULL;

-- To which key a package was sealed. A package of an older program has no row.
CREATE TABLE package_key (
    package     TEXT NOT NULL PRIMARY KEY REFERENCES package (id),
    fingerprint TEXT NOT NULL CHECK (fingerprint <> '')
) STRICT;

CREATE INDEX package_key_by_fingerprint ON package_key (fingerprint, package);

CREATE TRIGGER package_key_is_never_edited BEFORE UPDATE ON package_key
BEGIN
    SELECT RAISE(ABORT, 'the key of a package is never edited');
END;

-- What an organisation asked for before any text was drafted, and how far the answer is.
CREATE TABLE enquiry (
    name       TEXT    NOT NULL PRIMARY KEY CHECK (name <> ''),
    -- The partner that asks; none for an organisation that is no partner yet.
    partner    TEXT,
    text       TEXT    NOT NULL,
    sha256     TEXT    NOT NULL CHECK (length(sha256) = 64),
    asked_at   INTEGER NOT NULL,
    asked_by   TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('received', 'feasible', 'drafted', 'declined', 'withdrawn')),
    state_json TEXT    NOT NULL,
    -- The newest checklist, also one that does not suffice.
    checklist_json TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX enquiry_by_state ON enquiry (state, asked_at, name);

-- A staged set that either officer took back: it never comes into use.
CREATE TABLE set_withdrawal (
    staged       TEXT    NOT NULL PRIMARY KEY REFERENCES staged_set (name),
    withdrawn_by TEXT    NOT NULL,
    reason       TEXT    NOT NULL CHECK (reason <> ''),
    withdrawn_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER set_withdrawal_is_never_edited BEFORE UPDATE ON set_withdrawal
BEGIN
    SELECT RAISE(ABORT, 'a withdrawal is never edited');
END;

CREATE TRIGGER set_withdrawal_is_never_deleted BEFORE DELETE ON set_withdrawal
BEGIN
    SELECT RAISE(ABORT, 'a withdrawal is never deleted');
END;
