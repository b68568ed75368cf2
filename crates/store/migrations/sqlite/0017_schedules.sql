-- Pauses of schedules, and what became of each occurrence. Only expands: the previous program knows no schedules.

CREATE TABLE schedule_pause (
    exchange  TEXT    NOT NULL CHECK (exchange <> ''),
    number    INTEGER NOT NULL CHECK (number >= 1),
    paused_at INTEGER NOT NULL,
    paused_by TEXT    NOT NULL,
    reason    TEXT    NOT NULL CHECK (reason <> ''),
    ended_at  INTEGER,
    ended_by  TEXT,
    PRIMARY KEY (exchange, number),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;

CREATE INDEX schedule_pause_standing ON schedule_pause (exchange) WHERE ended_at IS NULL;

-- An occurrence that was handled, or several in a row that were skipped for the same reason: then the newest of them.
CREATE TABLE schedule_occurrence (
    exchange         TEXT    NOT NULL CHECK (exchange <> ''),
    due_at           INTEGER NOT NULL,
    -- What the schedule says of it, in its zone: an occurrence is the same one though the rules of the zone changed.
    due_local        TEXT    NOT NULL,
    time_zone        TEXT    NOT NULL,
    exchange_version INTEGER NOT NULL CHECK (exchange_version >= 1),
    first_due_at     INTEGER NOT NULL,
    occurrences      INTEGER NOT NULL CHECK (occurrences >= 1),
    -- Why it was skipped; none where a transfer was asked for.
    skipped          TEXT,
    detail           TEXT    NOT NULL,
    transfer         TEXT    UNIQUE REFERENCES transfer (id),
    handled_at       INTEGER NOT NULL,
    PRIMARY KEY (exchange, due_at),
    UNIQUE (exchange, time_zone, due_local),
    CHECK ((skipped IS NULL) = (transfer IS NOT NULL))
) STRICT;

CREATE TRIGGER schedule_occurrence_is_never_edited BEFORE UPDATE ON schedule_occurrence
BEGIN
    SELECT RAISE(ABORT, 'an occurrence is never edited');
END;

CREATE TRIGGER schedule_occurrence_is_never_deleted BEFORE DELETE ON schedule_occurrence
BEGIN
    SELECT RAISE(ABORT, 'an occurrence is never deleted');
END;
