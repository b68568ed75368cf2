-- People in several roles, partners and arrangements that live, assessments. Only expands: the previous program runs beside it.

ALTER TABLE officer ADD COLUMN partner TEXT COLLATE "C";

-- Roles beside the first one, which stands in `officer`.
CREATE TABLE officer_role (
    officer    TEXT COLLATE "C"    NOT NULL REFERENCES officer (name),
    role       TEXT COLLATE "C"    NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (officer, role)
);

-- Who a partner is, and how far the acquaintance goes. A partner without a row was added by a program that had none.
CREATE TABLE partner_life (
    partner          TEXT COLLATE "C"    NOT NULL PRIMARY KEY REFERENCES partner (name),
    profile_json     TEXT COLLATE "C"    NOT NULL,
    state_json       TEXT COLLATE "C"    NOT NULL,
    -- The newest challenge: digest of the answer that proves the keys.
    challenge_sha256 TEXT COLLATE "C"    CHECK (length(challenge_sha256) = 64),
    challenged_at    BIGINT,
    updated_at       BIGINT NOT NULL
);

CREATE TABLE attestation (
    partner     TEXT COLLATE "C"    NOT NULL REFERENCES partner (name),
    kind        TEXT COLLATE "C"    NOT NULL,
    evidence    TEXT COLLATE "C"    NOT NULL,
    valid_until TEXT COLLATE "C"    NOT NULL,
    stated_by   TEXT COLLATE "C"    NOT NULL,
    stated_at   BIGINT NOT NULL,
    accepted_by TEXT COLLATE "C",
    accepted_at BIGINT,
    PRIMARY KEY (partner, kind, evidence, valid_until)
);

-- Where each version of an arrangement stands.
CREATE TABLE arrangement_life (
    arrangement    TEXT COLLATE "C"    NOT NULL,
    version        BIGINT NOT NULL,
    state          TEXT COLLATE "C"    NOT NULL,
    state_json     TEXT COLLATE "C"    NOT NULL,
    was_in_force   BIGINT NOT NULL CHECK (was_in_force IN (0, 1)),
    -- The last day on which it holds, as its text says.
    valid_until    TEXT COLLATE "C"    NOT NULL,
    updated_at     BIGINT NOT NULL,
    PRIMARY KEY (arrangement, version)
);

CREATE INDEX arrangement_life_by_state ON arrangement_life (state, arrangement, version);
CREATE INDEX arrangement_life_by_end ON arrangement_life (valid_until, arrangement, version)
    WHERE state IN ('in-force', 'suspended');

CREATE TABLE arrangement_event (
    arrangement TEXT COLLATE "C"    NOT NULL,
    version     BIGINT NOT NULL,
    number      BIGINT NOT NULL CHECK (number >= 1),
    event       TEXT COLLATE "C"    NOT NULL,
    actor       TEXT COLLATE "C"    NOT NULL,
    happened_at BIGINT NOT NULL,
    PRIMARY KEY (arrangement, version, number)
);

-- A party's signature under a version: written once.
CREATE TABLE arrangement_signature (
    arrangement TEXT COLLATE "C"    NOT NULL,
    version     BIGINT NOT NULL,
    officer     TEXT COLLATE "C"    NOT NULL REFERENCES officer (name),
    party       TEXT COLLATE "C"    NOT NULL,
    sha256      TEXT COLLATE "C"    NOT NULL CHECK (length(sha256) = 64),
    signature   TEXT COLLATE "C"    NOT NULL,
    signed_at   BIGINT NOT NULL,
    PRIMARY KEY (arrangement, version, officer)
);

CREATE TRIGGER arrangement_signature_is_never_edited BEFORE UPDATE ON arrangement_signature
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a signature', 'edited');

CREATE TRIGGER arrangement_signature_is_never_deleted BEFORE DELETE OR TRUNCATE ON arrangement_signature
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a signature', 'deleted');

CREATE TABLE assessment (
    name        TEXT COLLATE "C"    NOT NULL PRIMARY KEY CHECK (name <> ''),
    arrangement TEXT COLLATE "C"    NOT NULL,
    text        TEXT COLLATE "C"    NOT NULL,
    sha256      TEXT COLLATE "C"    NOT NULL CHECK (length(sha256) = 64),
    imported_by TEXT COLLATE "C"    NOT NULL,
    imported_at BIGINT NOT NULL,
    approved_by TEXT COLLATE "C",
    approved_at BIGINT
);

CREATE INDEX assessment_by_arrangement ON assessment (arrangement, name);
