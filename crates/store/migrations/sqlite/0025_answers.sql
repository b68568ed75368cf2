-- What programs of partners were told at once, over the network. Only expands: the previous program tells nothing this way.

CREATE TABLE answer (
    id                  TEXT    NOT NULL PRIMARY KEY CHECK (id LIKE 'an-%'),
    -- What was told: records by page, that somebody is known, or nothing of somebody who was asked about.
    kind                TEXT    NOT NULL CHECK (kind IN ('rows', 'looked-up', 'asked-about')),
    -- Who asked; none where several did.
    client              TEXT,
    exchange            TEXT    NOT NULL,
    exchange_version    INTEGER NOT NULL,
    arrangement         TEXT    NOT NULL,
    arrangement_version INTEGER NOT NULL,
    -- The thumbprint of the key that it was sealed to; none where the connection alone protected it.
    sealed_to           TEXT,
    records             INTEGER NOT NULL CHECK (records >= 0),
    purge_by            TEXT    NOT NULL,
    subject             TEXT    NOT NULL,
    people              INTEGER NOT NULL CHECK (people >= 0),
    catalogue           TEXT    NOT NULL,
    catalogue_version   INTEGER NOT NULL,
    elements_json       TEXT    NOT NULL,
    -- When it was told first; of several, the first of them.
    told_at             INTEGER NOT NULL
) STRICT;

CREATE INDEX answer_of_arrangement ON answer (arrangement, told_at);

CREATE TRIGGER answer_is_never_edited BEFORE UPDATE ON answer
BEGIN
    SELECT RAISE(ABORT, 'an answer is never edited');
END;

CREATE TRIGGER answer_is_never_deleted BEFORE DELETE ON answer
BEGIN
    SELECT RAISE(ABORT, 'an answer is never deleted');
END;

-- An answer that could not be asked when something was decided: the same command asks it again.
CREATE TABLE decision_unasked_answer (
    decision INTEGER NOT NULL REFERENCES person_decision (number),
    answer   TEXT    NOT NULL REFERENCES answer (id),
    PRIMARY KEY (decision, answer)
) STRICT;

-- Questions about one person each, so many as were answered together. What is in it is sealed to the operation, until it lies in the
-- sets of two answers: of those who were told about, and of those who were asked about.
CREATE TABLE look_up_round (
    number              INTEGER NOT NULL PRIMARY KEY CHECK (number >= 1),
    exchange            TEXT    NOT NULL,
    exchange_version    INTEGER NOT NULL,
    arrangement         TEXT    NOT NULL,
    arrangement_version INTEGER NOT NULL,
    catalogue           TEXT    NOT NULL,
    catalogue_version   INTEGER NOT NULL,
    subject             TEXT    NOT NULL,
    elements_json       TEXT    NOT NULL,
    purge_by            TEXT    NOT NULL,
    told                INTEGER NOT NULL CHECK (told >= 0),
    asked               INTEGER NOT NULL CHECK (asked >= told),
    people              BLOB,
    at                  INTEGER NOT NULL,
    closed_at           INTEGER,
    CHECK ((closed_at IS NULL) = (people IS NOT NULL))
) STRICT;

CREATE INDEX look_up_round_open ON look_up_round (number) WHERE closed_at IS NULL;

CREATE TRIGGER look_up_round_is_never_deleted BEFORE DELETE ON look_up_round
BEGIN
    SELECT RAISE(ABORT, 'a round of questions is never deleted');
END;

-- How many questions a client asked in an hour since 1970.
CREATE TABLE look_up_count (
    client   TEXT    NOT NULL,
    exchange TEXT    NOT NULL,
    hour     INTEGER NOT NULL,
    asked    INTEGER NOT NULL CHECK (asked >= 0),
    PRIMARY KEY (client, exchange, hour)
) STRICT;

-- Keyed digests of questions of the last day, and of what they have in common with others.
CREATE TABLE look_up_near (
    client   TEXT    NOT NULL,
    exchange TEXT    NOT NULL,
    near     TEXT    NOT NULL,
    question TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (client, exchange, near, question)
) STRICT;

CREATE INDEX look_up_near_at ON look_up_near (at);

-- Whoever seemed to be guessing asks no more, until somebody lifts it.
CREATE TABLE look_up_hold (
    client    TEXT    NOT NULL,
    exchange  TEXT    NOT NULL,
    number    INTEGER NOT NULL CHECK (number >= 1),
    held_at   INTEGER NOT NULL,
    lifted_at INTEGER,
    lifted_by TEXT,
    reason    TEXT,
    PRIMARY KEY (client, exchange, number),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (reason IS NULL))
) STRICT;

CREATE TRIGGER look_up_hold_is_never_deleted BEFORE DELETE ON look_up_hold
BEGIN
    SELECT RAISE(ABORT, 'a hold is never deleted');
END;

-- While somebody's decision is recorded no round is: until when at the most.
CREATE TABLE look_up_pause (
    one   INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    until INTEGER NOT NULL
) STRICT;
