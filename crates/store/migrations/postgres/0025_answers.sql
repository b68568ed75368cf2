-- What programs of partners were told at once, over the network. Only expands: the previous program tells nothing this way.
-- The same tables as SQLite's.

CREATE TABLE answer (
    id                  TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id LIKE 'an-%'),
    -- What was told: records by page, that somebody is known, or nothing of somebody who was asked about.
    kind                TEXT COLLATE "C" NOT NULL CHECK (kind IN ('rows', 'looked-up', 'asked-about')),
    -- Who asked; none where several did.
    client              TEXT COLLATE "C",
    exchange            TEXT COLLATE "C" NOT NULL,
    exchange_version    BIGINT NOT NULL,
    arrangement         TEXT COLLATE "C" NOT NULL,
    arrangement_version BIGINT NOT NULL,
    -- The thumbprint of the key that it was sealed to; none where the connection alone protected it.
    sealed_to           TEXT COLLATE "C",
    records             BIGINT NOT NULL CHECK (records >= 0),
    purge_by            TEXT COLLATE "C" NOT NULL,
    subject             TEXT COLLATE "C" NOT NULL,
    people              BIGINT NOT NULL CHECK (people >= 0),
    catalogue           TEXT COLLATE "C" NOT NULL,
    catalogue_version   BIGINT NOT NULL,
    elements_json       TEXT COLLATE "C" NOT NULL,
    -- When it was told first; of several, the first of them.
    told_at             BIGINT NOT NULL
);

CREATE INDEX answer_of_arrangement ON answer (arrangement, told_at);

CREATE TRIGGER answer_is_never_edited BEFORE UPDATE ON answer
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('an answer', 'edited');

CREATE TRIGGER answer_is_never_deleted BEFORE DELETE OR TRUNCATE ON answer
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('an answer', 'deleted');

-- An answer that could not be asked when something was decided: the same command asks it again.
CREATE TABLE decision_unasked_answer (
    decision BIGINT NOT NULL REFERENCES person_decision (number),
    answer   TEXT COLLATE "C" NOT NULL REFERENCES answer (id),
    PRIMARY KEY (decision, answer)
);

-- Questions about one person each, so many as were answered together. What is in it is sealed to the operation, until it lies in the
-- sets of two answers: of those who were told about, and of those who were asked about.
CREATE TABLE look_up_round (
    number              BIGINT NOT NULL PRIMARY KEY CHECK (number >= 1),
    exchange            TEXT COLLATE "C" NOT NULL,
    exchange_version    BIGINT NOT NULL,
    arrangement         TEXT COLLATE "C" NOT NULL,
    arrangement_version BIGINT NOT NULL,
    catalogue           TEXT COLLATE "C" NOT NULL,
    catalogue_version   BIGINT NOT NULL,
    subject             TEXT COLLATE "C" NOT NULL,
    elements_json       TEXT COLLATE "C" NOT NULL,
    purge_by            TEXT COLLATE "C" NOT NULL,
    told                BIGINT NOT NULL CHECK (told >= 0),
    asked               BIGINT NOT NULL CHECK (asked >= told),
    people              BYTEA,
    at                  BIGINT NOT NULL,
    closed_at           BIGINT,
    CHECK ((closed_at IS NULL) = (people IS NOT NULL))
);

CREATE INDEX look_up_round_open ON look_up_round (number) WHERE closed_at IS NULL;

CREATE TRIGGER look_up_round_is_never_deleted BEFORE DELETE OR TRUNCATE ON look_up_round
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a round of questions', 'deleted');

-- How many questions a client asked in an hour since 1970.
CREATE TABLE look_up_count (
    client   TEXT COLLATE "C" NOT NULL,
    exchange TEXT COLLATE "C" NOT NULL,
    hour     BIGINT NOT NULL,
    asked    BIGINT NOT NULL CHECK (asked >= 0),
    PRIMARY KEY (client, exchange, hour)
);

-- Keyed digests of questions of the last day, and of what they have in common with others.
CREATE TABLE look_up_near (
    client   TEXT COLLATE "C" NOT NULL,
    exchange TEXT COLLATE "C" NOT NULL,
    near     TEXT COLLATE "C" NOT NULL,
    question TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (client, exchange, near, question)
);

CREATE INDEX look_up_near_at ON look_up_near (at);

-- Whoever seemed to be guessing asks no more, until somebody lifts it.
CREATE TABLE look_up_hold (
    client    TEXT COLLATE "C" NOT NULL,
    exchange  TEXT COLLATE "C" NOT NULL,
    number    BIGINT NOT NULL CHECK (number >= 1),
    held_at   BIGINT NOT NULL,
    lifted_at BIGINT,
    lifted_by TEXT COLLATE "C",
    reason    TEXT COLLATE "C",
    PRIMARY KEY (client, exchange, number),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (reason IS NULL))
);

CREATE TRIGGER look_up_hold_is_never_deleted BEFORE DELETE OR TRUNCATE ON look_up_hold
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a hold', 'deleted');

-- While somebody's decision is recorded no round is: until when at the most.
CREATE TABLE look_up_pause (
    one   BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    until BIGINT NOT NULL
);
