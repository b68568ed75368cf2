-- Who asked for what, who stopped what, and who consented to what the rules deny. Nothing here is a value of a person's record.
-- The same tables as SQLite's. Text is compared and ordered by its bytes, as there.

-- The switch. One stop of a scope stands at a time; what is lifted stays, as it was.
CREATE TABLE stop (
    id         TEXT COLLATE "C"    NOT NULL PRIMARY KEY CHECK (id <> ''),
    -- What is stopped, in words; the stop itself says it in JSON.
    scope      TEXT COLLATE "C"    NOT NULL CHECK (scope <> ''),
    stopped_at BIGINT NOT NULL,
    stopped_by TEXT COLLATE "C"    NOT NULL,
    state      TEXT COLLATE "C"    NOT NULL CHECK (state IN ('standing', 'resuming', 'lifted')),
    stop_json  TEXT COLLATE "C"    NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX stop_standing ON stop (scope) WHERE state <> 'lifted';
CREATE INDEX stop_by_time ON stop (stopped_at, id);

-- What a transfer was asked for with, and where its approval stands. A transfer of an older program has none.
CREATE TABLE request (
    transfer   TEXT COLLATE "C"    NOT NULL PRIMARY KEY REFERENCES transfer (id),
    exchange   TEXT COLLATE "C"    NOT NULL,
    asked_at   BIGINT NOT NULL,
    asked_json TEXT COLLATE "C"    NOT NULL,
    -- Who asked, with the key: nobody approves what they asked for.
    asked_by   TEXT COLLATE "C"    NOT NULL,
    -- What the rules deny and two consents may lift; none where nothing is denied.
    denied_json TEXT COLLATE "C",
    state      TEXT COLLATE "C"    NOT NULL CHECK (state IN ('received', 'awaiting-approval', 'approved', 'refused', 'withdrawn')),
    state_json TEXT COLLATE "C"    NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX request_by_exchange ON request (exchange, asked_at, transfer);
CREATE INDEX request_by_state ON request (state, asked_at, transfer);

-- A signed consent to release one transfer against a rule.
CREATE TABLE exceptional_consent (
    transfer  TEXT COLLATE "C"    NOT NULL REFERENCES transfer (id),
    role      TEXT COLLATE "C"    NOT NULL CHECK (role IN ('representative', 'data-protection-officer')),
    officer   TEXT COLLATE "C"    NOT NULL REFERENCES officer (name),
    reason    TEXT COLLATE "C"    NOT NULL,
    text      TEXT COLLATE "C"    NOT NULL,
    signature TEXT COLLATE "C"    NOT NULL,
    given_at  BIGINT NOT NULL,
    PRIMARY KEY (transfer, role)
);

-- The register of refused requests.
CREATE TABLE refused_request (
    id         TEXT COLLATE "C"    NOT NULL PRIMARY KEY CHECK (id <> ''),
    asked_on   TEXT COLLATE "C"    NOT NULL,
    entry_json TEXT COLLATE "C"    NOT NULL,
    entered_at BIGINT NOT NULL,
    entered_by TEXT COLLATE "C"    NOT NULL
);

CREATE INDEX refused_request_by_day ON refused_request (asked_on, entered_at, id);

-- Exchanges on invented people, and how many are invented.
CREATE TABLE sandbox (
    exchange TEXT COLLATE "C"    NOT NULL PRIMARY KEY CHECK (exchange <> ''),
    twin_of  TEXT COLLATE "C"    NOT NULL UNIQUE,
    records  BIGINT NOT NULL CHECK (records >= 1),
    opened_at BIGINT NOT NULL,
    opened_by TEXT COLLATE "C"    NOT NULL
);

-- A partner to which nothing but invented people goes.
CREATE TABLE synthetic_only (
    partner  TEXT COLLATE "C"    NOT NULL PRIMARY KEY REFERENCES partner (name),
    since    BIGINT NOT NULL,
    said_by  TEXT COLLATE "C"    NOT NULL
);
