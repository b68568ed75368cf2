-- Keys of partners beside the first ones, to which key a package was sealed, enquiries, and sets taken back. Only expands: the
-- previous program runs beside it, with the keys in `partner`, which are the current ones. The same tables as SQLite's.

CREATE TABLE partner_key (
    partner       TEXT COLLATE "C"    NOT NULL REFERENCES partner (name),
    fingerprint   TEXT COLLATE "C"    NOT NULL CHECK (fingerprint <> ''),
    purpose       TEXT COLLATE "C"    NOT NULL CHECK (purpose IN ('recipient', 'signing')),
    -- The public key: an age recipient, or PEM.
    key_text      TEXT COLLATE "C"    NOT NULL CHECK (key_text <> ''),
    registered_at BIGINT NOT NULL,
    registered_by TEXT COLLATE "C"    NOT NULL,
    revoked_at    BIGINT,
    PRIMARY KEY (partner, fingerprint)
);

CREATE INDEX partner_key_revoked ON partner_key (fingerprint) WHERE revoked_at IS NOT NULL;

-- To which key a package was sealed. A package of an older program has no row.
CREATE TABLE package_key (
    package     TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES package (id),
    fingerprint TEXT COLLATE "C" NOT NULL CHECK (fingerprint <> '')
);

CREATE INDEX package_key_by_fingerprint ON package_key (fingerprint, package);

CREATE TRIGGER package_key_is_never_edited BEFORE UPDATE ON package_key
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('the key of a package', 'edited');

-- What an organisation asked for before any text was drafted, and how far the answer is.
CREATE TABLE enquiry (
    name       TEXT COLLATE "C"    NOT NULL PRIMARY KEY CHECK (name <> ''),
    -- The partner that asks; none for an organisation that is no partner yet.
    partner    TEXT COLLATE "C",
    text       TEXT COLLATE "C"    NOT NULL,
    sha256     TEXT COLLATE "C"    NOT NULL CHECK (length(sha256) = 64),
    asked_at   BIGINT NOT NULL,
    asked_by   TEXT COLLATE "C"    NOT NULL,
    state      TEXT COLLATE "C"    NOT NULL CHECK (state IN ('received', 'feasible', 'drafted', 'declined', 'withdrawn')),
    state_json TEXT COLLATE "C"    NOT NULL,
    -- The newest checklist, also one that does not suffice.
    checklist_json TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX enquiry_by_state ON enquiry (state, asked_at, name);

-- A staged set that either officer took back: it never comes into use.
CREATE TABLE set_withdrawal (
    staged       TEXT COLLATE "C"    NOT NULL PRIMARY KEY REFERENCES staged_set (name),
    withdrawn_by TEXT COLLATE "C"    NOT NULL,
    reason       TEXT COLLATE "C"    NOT NULL CHECK (reason <> ''),
    withdrawn_at BIGINT NOT NULL
);

CREATE TRIGGER set_withdrawal_is_never_edited BEFORE UPDATE ON set_withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a withdrawal', 'edited');

CREATE TRIGGER set_withdrawal_is_never_deleted BEFORE DELETE OR TRUNCATE ON set_withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a withdrawal', 'deleted');
