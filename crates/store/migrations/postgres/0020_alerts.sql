-- What people are told of by mail and webhook, by which ways, and which workers are seen. Only expands: the previous program tells
-- nobody. Not governance: what causes an alert has its entry of the ledger. The same tables as SQLite's.

-- Written once, and never changed but for the moment at which the ways were chosen. Its id is a digest of what makes it the same alert.
CREATE TABLE alert (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind         TEXT COLLATE "C" NOT NULL CHECK (kind <> ''),
    -- The partner to whom it goes; none where it is for the operation's people.
    partner      TEXT COLLATE "C",
    subject      TEXT COLLATE "C" NOT NULL CHECK (subject <> ''),
    ids_json     TEXT COLLATE "C" NOT NULL,
    occasion     TEXT COLLATE "C" NOT NULL,
    posted_at    BIGINT NOT NULL,
    addressed_at BIGINT
);

CREATE INDEX alert_posted ON alert (posted_at, id);
CREATE INDEX alert_unaddressed ON alert (posted_at, id) WHERE addressed_at IS NULL;

CREATE TRIGGER alert_is_never_deleted BEFORE DELETE OR TRUNCATE ON alert
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a alert', 'deleted');

-- One way to one addressee.
CREATE TABLE alert_dispatch (
    alert     TEXT COLLATE "C" NOT NULL REFERENCES alert (id),
    route      TEXT COLLATE "C" NOT NULL CHECK (route <> ''),
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    -- Who sends it now holds this.
    token      TEXT COLLATE "C",
    held_until BIGINT,
    tries      BIGINT NOT NULL CHECK (tries >= 0),
    failures   BIGINT NOT NULL CHECK (failures >= 0),
    not_before BIGINT NOT NULL,
    ended_at   BIGINT,
    -- Why the last try did not succeed.
    why        TEXT COLLATE "C",
    PRIMARY KEY (alert, route),
    CHECK ((token IS NULL) = (held_until IS NULL)),
    CHECK ((ended_at IS NULL) = (state = 'waiting'))
);

CREATE INDEX alert_dispatch_waiting ON alert_dispatch (not_before) WHERE state = 'waiting';
CREATE INDEX alert_dispatch_dead ON alert_dispatch (alert) WHERE state = 'dead';
CREATE INDEX alert_dispatch_held ON alert_dispatch (route, held_until) WHERE held_until IS NOT NULL;

-- Which workers are at work, and when the next occurrence of a schedule is due as far as they know.
CREATE TABLE worker_beat (
    worker   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    program  TEXT COLLATE "C" NOT NULL,
    began_at BIGINT NOT NULL,
    seen_at  BIGINT NOT NULL,
    next_run BIGINT
);
