-- Who asked for what, who stopped what, and who consented to what the rules deny. Nothing here is a value of a person's record.

-- The switch. One stop of a scope stands at a time; what is lifted stays, as it was.
CREATE TABLE stop (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    -- What is stopped, in words; the stop itself says it in JSON.
    scope      TEXT    NOT NULL CHECK (scope <> ''),
    stopped_at INTEGER NOT NULL,
    stopped_by TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('standing', 'resuming', 'lifted')),
    stop_json  TEXT    NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX stop_standing ON stop (scope) WHERE state <> 'lifted';
CREATE INDEX stop_by_time ON stop (stopped_at, id);

-- What a transfer was asked for with, and where its approval stands. A transfer of an older program has none.
CREATE TABLE request (
    transfer   TEXT    NOT NULL PRIMARY KEY REFERENCES transfer (id),
    exchange   TEXT    NOT NULL,
    asked_at   INTEGER NOT NULL,
    asked_json TEXT    NOT NULL,
    -- Who asked, with the key: nobody approves what they asked for.
    asked_by   TEXT    NOT NULL,
    -- What the rules deny and two consents may lift; none where nothing is denied.
    denied_json TEXT,
    state      TEXT    NOT NULL CHECK (state IN ('received', 'awaiting-approval', 'approved', 'refused', 'withdrawn')),
    state_json TEXT    NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX request_by_exchange ON request (exchange, asked_at, transfer);
CREATE INDEX request_by_state ON request (state, asked_at, transfer);

-- A signed consent to release one transfer against a rule.
CREATE TABLE exceptional_consent (
    transfer  TEXT    NOT NULL REFERENCES transfer (id),
    role      TEXT    NOT NULL CHECK (role IN ('representative', 'data-protection-officer')),
    officer   TEXT    NOT NULL REFERENCES officer (name),
    reason    TEXT    NOT NULL,
    text      TEXT    NOT NULL,
    signature TEXT    NOT NULL,
    given_at  INTEGER NOT NULL,
    PRIMARY KEY (transfer, role)
) STRICT;

-- The register of refused requests.
CREATE TABLE refused_request (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    asked_on   TEXT    NOT NULL,
    entry_json TEXT    NOT NULL,
    entered_at INTEGER NOT NULL,
    entered_by TEXT    NOT NULL
) STRICT;

CREATE INDEX refused_request_by_day ON refused_request (asked_on, entered_at, id);

-- Exchanges on invented people, and how many are invented.
CREATE TABLE sandbox (
    exchange TEXT    NOT NULL PRIMARY KEY CHECK (exchange <> ''),
    twin_of  TEXT    NOT NULL UNIQUE,
    records  INTEGER NOT NULL CHECK (records >= 1),
    opened_at INTEGER NOT NULL,
    opened_by TEXT    NOT NULL
) STRICT;

-- A partner to which nothing but invented people goes.
CREATE TABLE synthetic_only (
    partner  TEXT    NOT NULL PRIMARY KEY REFERENCES partner (name),
    since    INTEGER NOT NULL,
    said_by  TEXT    NOT NULL
) STRICT;
