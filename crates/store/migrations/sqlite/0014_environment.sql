-- Invented people: keys of partners for sandboxes, runs of sandboxes, and who asked that a partner gets real data. Only expands.

-- The keys with which a partner takes part in sandboxes. No key of these is anybody's for real people's data.
CREATE TABLE sandbox_key (
    partner         TEXT    NOT NULL PRIMARY KEY CHECK (partner <> ''),
    age_recipient   TEXT    NOT NULL,
    signing_key_pem TEXT    NOT NULL,
    fingerprint     TEXT    NOT NULL,
    added_at        INTEGER NOT NULL,
    added_by        TEXT    NOT NULL
) STRICT;

-- Packages of invented people. A table of their own: what counts, caps, assesses or publishes transfers cannot meet them.
CREATE TABLE sandbox_run (
    package              TEXT    NOT NULL PRIMARY KEY CHECK (package <> ''),
    sandbox              TEXT    NOT NULL REFERENCES sandbox (exchange),
    sequence             INTEGER NOT NULL CHECK (sequence >= 1),
    partner              TEXT    NOT NULL,
    released             INTEGER NOT NULL CHECK (released >= 0),
    digest               TEXT    NOT NULL,
    manifest_sha256      TEXT    NOT NULL CHECK (length(manifest_sha256) = 64),
    receipt_token_sha256 TEXT    NOT NULL CHECK (length(receipt_token_sha256) = 64),
    made_at              INTEGER NOT NULL,
    made_by              TEXT    NOT NULL,
    outcome              TEXT    CHECK (outcome IN ('accepted', 'partial', 'rejected')),
    records_loaded       INTEGER CHECK (records_loaded >= 0),
    disputed             INTEGER CHECK (disputed IN (0, 1)),
    receipt_sha256       TEXT    CHECK (length(receipt_sha256) = 64),
    received_at          INTEGER,
    UNIQUE (sandbox, sequence),
    CHECK ((outcome IS NULL) = (received_at IS NULL))
) STRICT;

-- Who asked that a partner for invented people gets real data: another person agrees.
CREATE TABLE real_data_asked (
    partner   TEXT    NOT NULL PRIMARY KEY REFERENCES partner (name),
    asked_by  TEXT    NOT NULL,
    asked_key TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    asked_at  INTEGER NOT NULL
) STRICT;

-- Partners of whom a program said so that did not look at it yet.
INSERT INTO synthetic_only (partner, since, said_by)
SELECT partner.name, partner.added_at, partner.added_by FROM partner_life JOIN partner ON partner.name = partner_life.partner
WHERE json_extract(partner_life.profile_json, '$.synthetic_only') = 1
AND partner.name NOT IN (SELECT partner FROM synthetic_only);
