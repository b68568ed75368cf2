-- Pauses of schedules, and what became of each occurrence. Only expands: the previous program knows no schedules. The same tables as
-- SQLite's.

CREATE TABLE schedule_pause (
    exchange  TEXT COLLATE "C"    NOT NULL CHECK (exchange <> ''),
    number    BIGINT NOT NULL CHECK (number >= 1),
    paused_at BIGINT NOT NULL,
    paused_by TEXT COLLATE "C"    NOT NULL,
    reason    TEXT COLLATE "C"    NOT NULL CHECK (reason <> ''),
    ended_at  BIGINT,
    ended_by  TEXT COLLATE "C",
    PRIMARY KEY (exchange, number),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);

CREATE INDEX schedule_pause_standing ON schedule_pause (exchange) WHERE ended_at IS NULL;

-- An occurrence that was handled, or several in a row that were skipped for the same reason: then the newest of them.
CREATE TABLE schedule_occurrence (
    exchange         TEXT COLLATE "C"    NOT NULL CHECK (exchange <> ''),
    due_at           BIGINT NOT NULL,
    -- What the schedule says of it, in its zone: an occurrence is the same one though the rules of the zone changed.
    due_local        TEXT COLLATE "C"    NOT NULL,
    time_zone        TEXT COLLATE "C"    NOT NULL,
    exchange_version BIGINT NOT NULL CHECK (exchange_version >= 1),
    first_due_at     BIGINT NOT NULL,
    occurrences      BIGINT NOT NULL CHECK (occurrences >= 1),
    -- Why it was skipped; none where a transfer was asked for.
    skipped          TEXT COLLATE "C",
    detail           TEXT COLLATE "C"    NOT NULL,
    transfer         TEXT COLLATE "C"    UNIQUE REFERENCES transfer (id),
    handled_at       BIGINT NOT NULL,
    PRIMARY KEY (exchange, due_at),
    UNIQUE (exchange, time_zone, due_local),
    CHECK ((skipped IS NULL) = (transfer IS NOT NULL))
);

CREATE TRIGGER schedule_occurrence_is_never_edited BEFORE UPDATE ON schedule_occurrence
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('an occurrence', 'edited');

CREATE TRIGGER schedule_occurrence_is_never_deleted BEFORE DELETE OR TRUNCATE ON schedule_occurrence
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('an occurrence', 'deleted');
