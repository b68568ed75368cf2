-- People in several roles, partners and arrangements that live, assessments. Only expands: the previous program runs beside it.

ALTER TABLE officer ADD COLUMN partner TEXT;

-- Roles beside the first one, which stands in `officer`.
CREATE TABLE officer_role (
    officer    TEXT    NOT NULL REFERENCES officer (name),
    role       TEXT    NOT NULL,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (officer, role)
) STRICT;

-- Who a partner is, and how far the acquaintance goes. A partner without a row was added by a program that had none.
CREATE TABLE partner_life (
    partner          TEXT    NOT NULL PRIMARY KEY REFERENCES partner (name),
    profile_json     TEXT    NOT NULL,
    state_json       TEXT    NOT NULL,
    -- The newest challenge: digest of the answer that proves the keys.
    challenge_sha256 TEXT    CHECK (length(challenge_sha256) = 64),
    challenged_at    INTEGER,
    updated_at       INTEGER NOT NULL
) STRICT;

CREATE TABLE attestation (
    partner     TEXT    NOT NULL REFERENCES partner (name),
    kind        TEXT    NOT NULL,
    evidence    TEXT    NOT NULL,
    valid_until TEXT    NOT NULL,
    stated_by   TEXT    NOT NULL,
    stated_at   INTEGER NOT NULL,
    accepted_by TEXT,
    accepted_at INTEGER,
    PRIMARY KEY (partner, kind, evidence, valid_until)
) STRICT;

-- Where each version of an arrangement stands.
CREATE TABLE arrangement_life (
    arrangement    TEXT    NOT NULL,
    version        INTEGER NOT NULL,
    state          TEXT    NOT NULL,
    state_json     TEXT    NOT NULL,
    was_in_force   INTEGER NOT NULL CHECK (was_in_force IN (0, 1)),
    -- The last day on which it holds, as its text says.
    valid_until    TEXT    NOT NULL,
    updated_at     INTEGER NOT NULL,
    PRIMARY KEY (arrangement, version)
) STRICT;

CREATE INDEX arrangement_life_by_state ON arrangement_life (state, arrangement, version);
CREATE INDEX arrangement_life_by_end ON arrangement_life (valid_until, arrangement, version)
    WHERE state IN ('in-force', 'suspended');

CREATE TABLE arrangement_event (
    arrangement TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    number      INTEGER NOT NULL CHECK (number >= 1),
    event       TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    happened_at INTEGER NOT NULL,
    PRIMARY KEY (arrangement, version, number)
) STRICT;

-- A party's signature under a version: written once.
CREATE TABLE arrangement_signature (
    arrangement TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    officer     TEXT    NOT NULL REFERENCES officer (name),
    party       TEXT    NOT NULL,
    sha256      TEXT    NOT NULL CHECK (length(sha256) = 64),
    signature   TEXT    NOT NULL,
    signed_at   INTEGER NOT NULL,
    PRIMARY KEY (arrangement, version, officer)
) STRICT;

CREATE TRIGGER arrangement_signature_is_never_edited BEFORE UPDATE ON arrangement_signature
BEGIN
    SELECT RAISE(ABORT, 'a signature is never edited');
END;

CREATE TRIGGER arrangement_signature_is_never_deleted BEFORE DELETE ON arrangement_signature
BEGIN
    SELECT RAISE(ABORT, 'a signature is never deleted');
END;

CREATE TABLE assessment (
    name        TEXT    NOT NULL PRIMARY KEY CHECK (name <> ''),
    arrangement TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    sha256      TEXT    NOT NULL CHECK (length(sha256) = 64),
    imported_by TEXT    NOT NULL,
    imported_at INTEGER NOT NULL,
    approved_by TEXT,
    approved_at INTEGER
) STRICT;

CREATE INDEX assessment_by_arrangement ON assessment (arrangement, name);
