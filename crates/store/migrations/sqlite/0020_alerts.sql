-- What people are told of by mail and webhook, by which ways, and which workers are seen. Only expands: the previous program tells
-- nobody. Not governance: what causes an alert has its entry of the ledger.

-- Written once, and never changed but for the moment at which the ways were chosen. Its id is a digest of what makes it the same alert.
CREATE TABLE alert (
    id           TEXT    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL CHECK (kind <> ''),
    -- The partner to whom it goes; none where it is for the operation's people.
    partner      TEXT,
    subject      TEXT    NOT NULL CHECK (subject <> ''),
    ids_json     TEXT    NOT NULL,
    occasion     TEXT    NOT NULL,
    posted_at    INTEGER NOT NULL,
    addressed_at INTEGER
) STRICT;

CREATE INDEX alert_posted ON alert (posted_at, id);
CREATE INDEX alert_unaddressed ON alert (posted_at, id) WHERE addressed_at IS NULL;

CREATE TRIGGER alert_is_never_deleted BEFORE DELETE ON alert
BEGIN
    SELECT RAISE(ABORT, 'a alert is never deleted');
END;

-- One way to one addressee.
CREATE TABLE alert_dispatch (
    alert     TEXT    NOT NULL REFERENCES alert (id),
    route      TEXT    NOT NULL CHECK (route <> ''),
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    -- Who sends it now holds this.
    token      TEXT,
    held_until INTEGER,
    tries      INTEGER NOT NULL CHECK (tries >= 0),
    failures   INTEGER NOT NULL CHECK (failures >= 0),
    not_before INTEGER NOT NULL,
    ended_at   INTEGER,
    -- Why the last try did not succeed.
    why        TEXT,
    PRIMARY KEY (alert, route),
    CHECK ((token IS NULL) = (held_until IS NULL)),
    CHECK ((ended_at IS NULL) = (state = 'waiting'))
) STRICT;

CREATE INDEX alert_dispatch_waiting ON alert_dispatch (not_before) WHERE state = 'waiting';
CREATE INDEX alert_dispatch_dead ON alert_dispatch (alert) WHERE state = 'dead';
CREATE INDEX alert_dispatch_held ON alert_dispatch (route, held_until) WHERE held_until IS NOT NULL;

-- Which workers are at work, and when the next occurrence of a schedule is due as far as they know.
CREATE TABLE worker_beat (
    worker   TEXT    NOT NULL PRIMARY KEY,
    program  TEXT    NOT NULL,
    began_at INTEGER NOT NULL,
    seen_at  INTEGER NOT NULL,
    next_run INTEGER
) STRICT;
