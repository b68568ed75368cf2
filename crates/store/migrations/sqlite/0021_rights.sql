-- What people decided about their data, what it called back, and which partners were told. Only expands: the previous program runs
-- beside it, and heeds none of it. With the first decision 21 is entered in `schema_writer`: from then on it is refused.

-- One decision. The person is a keyed pseudonym, as in disclosure sets.
CREATE TABLE person_decision (
    number        INTEGER NOT NULL PRIMARY KEY CHECK (number >= 1),
    entity        TEXT    NOT NULL CHECK (entity <> ''),
    person        TEXT    NOT NULL CHECK (length(person) = 32),
    kind          TEXT    NOT NULL CHECK (kind IN ('consent-given', 'consent-withdrawn', 'objection', 'objection-lifted', 'correction', 'contested', 'contest-resolved', 'merge', 'erasure')),
    -- Absent: every purpose, every recipient.
    purpose       TEXT,
    partner       TEXT,
    -- For a merge, the record under which the person goes on.
    into_person   TEXT    CHECK (length(into_person) = 32),
    decision_json TEXT    NOT NULL,
    recorded_at   INTEGER NOT NULL,
    recorded_by   TEXT    NOT NULL,
    -- How many packages had been sealed and deliveries begun until then.
    packages      INTEGER NOT NULL CHECK (packages >= 0),
    begun         INTEGER NOT NULL CHECK (begun >= 0),
    CHECK ((kind = 'merge') = (into_person IS NOT NULL))
) STRICT;

CREATE INDEX person_decision_by_person ON person_decision (entity, person, number);
CREATE INDEX person_decision_into ON person_decision (entity, into_person) WHERE into_person IS NOT NULL;

CREATE TRIGGER person_decision_is_never_edited BEFORE UPDATE ON person_decision
BEGIN
    SELECT RAISE(ABORT, 'a decision is never edited');
END;

CREATE TRIGGER person_decision_is_never_deleted BEFORE DELETE ON person_decision
BEGIN
    SELECT RAISE(ABORT, 'a decision is never deleted');
END;

-- A sealed package that is for nobody any more, because somebody in it decided so before it arrived.
CREATE TABLE package_recall (
    package     TEXT    NOT NULL PRIMARY KEY REFERENCES package (id),
    decision    INTEGER NOT NULL REFERENCES person_decision (number),
    recalled_at INTEGER NOT NULL
) STRICT;

-- A package that holds somebody who is erased: our copy goes as soon as it is not on its way.
CREATE TABLE package_erase_due (
    package TEXT    NOT NULL PRIMARY KEY REFERENCES package (id),
    since   INTEGER NOT NULL
) STRICT;

-- A package that may have arrived and could not be asked when something was decided: the same command asks it again.
CREATE TABLE decision_unasked (
    decision INTEGER NOT NULL REFERENCES person_decision (number),
    package  TEXT    NOT NULL REFERENCES package (id),
    PRIMARY KEY (decision, package)
) STRICT;

-- What a partner is told. Until it has arrived, `draft` holds it sealed to the operation; from the intent on, `manifest`,
-- `signature` and `part` hold it sealed to the partner, too.
CREATE TABLE notice (
    id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    decision        INTEGER REFERENCES person_decision (number),
    partner         TEXT    NOT NULL,
    exchange        TEXT    NOT NULL,
    what            TEXT    NOT NULL,
    wants           TEXT    NOT NULL CHECK (wants IN ('answer', 'deletion-certificate')),
    act_by          TEXT    NOT NULL,
    token_sha256    TEXT    NOT NULL CHECK (length(token_sha256) = 64),
    made_at         INTEGER NOT NULL,
    draft           BLOB,
    sealed_to       TEXT,
    manifest        BLOB,
    signature       BLOB,
    part            BLOB,
    manifest_sha256 TEXT    CHECK (length(manifest_sha256) = 64),
    begun_at        INTEGER,
    sent_at         INTEGER,
    CHECK ((sent_at IS NULL) = (draft IS NOT NULL)),
    CHECK ((begun_at IS NULL) = (manifest_sha256 IS NULL)),
    CHECK ((begun_at IS NOT NULL AND sent_at IS NULL) = (part IS NOT NULL))
) STRICT;

CREATE INDEX notice_unsent ON notice (made_at) WHERE sent_at IS NULL;

CREATE TRIGGER notice_is_never_deleted BEFORE DELETE ON notice
BEGIN
    SELECT RAISE(ABORT, 'a notice is never deleted');
END;

-- What a partner answered: that it received it, that it acted on it.
CREATE TABLE notice_answer (
    notice      TEXT    NOT NULL REFERENCES notice (id),
    outcome     TEXT    NOT NULL CHECK (outcome IN ('received', 'done', 'not-held')),
    text        TEXT    NOT NULL,
    signature   TEXT    NOT NULL,
    accepted_at INTEGER NOT NULL,
    PRIMARY KEY (notice, outcome)
) STRICT;

CREATE TRIGGER notice_answer_is_never_edited BEFORE UPDATE ON notice_answer
BEGIN
    SELECT RAISE(ABORT, 'an answer is never edited');
END;

CREATE TRIGGER notice_answer_is_never_deleted BEFORE DELETE ON notice_answer
BEGIN
    SELECT RAISE(ABORT, 'an answer is never deleted');
END;
