-- Invented people: keys of partners for sandboxes, runs of sandboxes, and who asked that a partner gets real data. Only expands.

-- The keys with which a partner takes part in sandboxes. No key of these is anybody's for real people's data.
CREATE TABLE sandbox_key (
    partner         TEXT COLLATE "C"    NOT NULL PRIMARY KEY CHECK (partner <> ''),
    age_recipient   TEXT COLLATE "C"    NOT NULL,
    signing_key_pem TEXT COLLATE "C"    NOT NULL,
    fingerprint     TEXT COLLATE "C"    NOT NULL,
    added_at        BIGINT NOT NULL,
    added_by        TEXT COLLATE "C"    NOT NULL
);

-- Packages of invented people. A table of their own: what counts, caps, assesses or publishes transfers cannot meet them.
CREATE TABLE sandbox_run (
    package              TEXT COLLATE "C"    NOT NULL PRIMARY KEY CHECK (package <> ''),
    sandbox              TEXT COLLATE "C"    NOT NULL REFERENCES sandbox (exchange),
    sequence             BIGINT NOT NULL CHECK (sequence >= 1),
    partner              TEXT COLLATE "C"    NOT NULL,
    released             BIGINT NOT NULL CHECK (released >= 0),
    digest               TEXT COLLATE "C"    NOT NULL,
    manifest_sha256      TEXT COLLATE "C"    NOT NULL CHECK (length(manifest_sha256) = 64),
    receipt_token_sha256 TEXT COLLATE "C"    NOT NULL CHECK (length(receipt_token_sha256) = 64),
    made_at              BIGINT NOT NULL,
    made_by              TEXT COLLATE "C"    NOT NULL,
    outcome              TEXT COLLATE "C"    CHECK (outcome IN ('accepted', 'partial', 'rejected')),
    records_loaded       BIGINT CHECK (records_loaded >= 0),
    disputed             BIGINT CHECK (disputed IN (0, 1)),
    receipt_sha256       TEXT COLLATE "C"    CHECK (length(receipt_sha256) = 64),
    received_at          BIGINT,
    UNIQUE (sandbox, sequence),
    CHECK ((outcome IS NULL) = (received_at IS NULL))
);

-- Who asked that a partner for invented people gets real data: another person agrees.
CREATE TABLE real_data_asked (
    partner   TEXT COLLATE "C"    NOT NULL PRIMARY KEY REFERENCES partner (name),
    asked_by  TEXT COLLATE "C"    NOT NULL,
    asked_key TEXT COLLATE "C"    NOT NULL,
    reason    TEXT COLLATE "C"    NOT NULL,
    asked_at  BIGINT NOT NULL
);

-- Partners of whom a program said so that did not look at it yet.
INSERT INTO synthetic_only (partner, since, said_by)
SELECT partner.name, partner.added_at, partner.added_by FROM partner_life JOIN partner ON partner.name = partner_life.partner
WHERE (partner_life.profile_json::json ->> 'synthetic_only') = 'true'
AND partner.name NOT IN (SELECT partner FROM synthetic_only);
