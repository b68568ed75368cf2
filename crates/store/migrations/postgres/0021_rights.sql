-- What people decided about their data, what it called back, and which partners were told. Only expands: the previous program runs
-- beside it, and heeds none of it. With the first decision 21 is entered in `schema_writer`: from then on it is refused.
-- The same tables as SQLite's.

-- One decision. The person is a keyed pseudonym, as in disclosure sets.
CREATE TABLE person_decision (
    number        BIGINT NOT NULL PRIMARY KEY CHECK (number >= 1),
    entity        TEXT COLLATE "C" NOT NULL CHECK (entity <> ''),
    person        TEXT COLLATE "C" NOT NULL CHECK (length(person) = 32),
    kind          TEXT COLLATE "C" NOT NULL CHECK (kind IN ('consent-given', 'consent-withdrawn', 'objection', 'objection-lifted', 'correction', 'contested', 'contest-resolved', 'merge', 'erasure')),
    -- Absent: every purpose, every recipient.
    purpose       TEXT COLLATE "C",
    partner       TEXT COLLATE "C",
    -- For a merge, the record under which the person goes on.
    into_person   TEXT COLLATE "C" CHECK (length(into_person) = 32),
    decision_json TEXT COLLATE "C" NOT NULL,
    recorded_at   BIGINT NOT NULL,
    recorded_by   TEXT COLLATE "C" NOT NULL,
    -- How many packages had been sealed and deliveries begun until then.
    packages      BIGINT NOT NULL CHECK (packages >= 0),
    begun         BIGINT NOT NULL CHECK (begun >= 0),
    CHECK ((kind = 'merge') = (into_person IS NOT NULL))
);

CREATE INDEX person_decision_by_person ON person_decision (entity, person, number);
CREATE INDEX person_decision_into ON person_decision (entity, into_person) WHERE into_person IS NOT NULL;

CREATE TRIGGER person_decision_is_never_edited BEFORE UPDATE ON person_decision
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a decision', 'edited');

CREATE TRIGGER person_decision_is_never_deleted BEFORE DELETE OR TRUNCATE ON person_decision
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a decision', 'deleted');

-- A sealed package that is for nobody any more, because somebody in it decided so before it arrived.
CREATE TABLE package_recall (
    package     TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES package (id),
    decision    BIGINT NOT NULL REFERENCES person_decision (number),
    recalled_at BIGINT NOT NULL
);

-- A package that holds somebody who is erased: our copy goes as soon as it is not on its way.
CREATE TABLE package_erase_due (
    package TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES package (id),
    since   BIGINT NOT NULL
);

-- A package that may have arrived and could not be asked when something was decided: the same command asks it again.
CREATE TABLE decision_unasked (
    decision BIGINT NOT NULL REFERENCES person_decision (number),
    package  TEXT COLLATE "C" NOT NULL REFERENCES package (id),
    PRIMARY KEY (decision, package)
);

-- What a partner is told. Until it has arrived, `draft` holds it sealed to the operation; from the intent on, `manifest`,
-- `signature` and `part` hold it sealed to the partner, too.
CREATE TABLE notice (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    decision        BIGINT REFERENCES person_decision (number),
    partner         TEXT COLLATE "C" NOT NULL,
    exchange        TEXT COLLATE "C" NOT NULL,
    what            TEXT COLLATE "C" NOT NULL,
    wants           TEXT COLLATE "C" NOT NULL CHECK (wants IN ('answer', 'deletion-certificate')),
    act_by          TEXT COLLATE "C" NOT NULL,
    token_sha256    TEXT COLLATE "C" NOT NULL CHECK (length(token_sha256) = 64),
    made_at         BIGINT NOT NULL,
    draft           BYTEA,
    sealed_to       TEXT COLLATE "C",
    manifest        BYTEA,
    signature       BYTEA,
    part            BYTEA,
    manifest_sha256 TEXT COLLATE "C" CHECK (length(manifest_sha256) = 64),
    begun_at        BIGINT,
    sent_at         BIGINT,
    CHECK ((sent_at IS NULL) = (draft IS NOT NULL)),
    CHECK ((begun_at IS NULL) = (manifest_sha256 IS NULL)),
    CHECK ((begun_at IS NOT NULL AND sent_at IS NULL) = (part IS NOT NULL))
);

CREATE INDEX notice_unsent ON notice (made_at) WHERE sent_at IS NULL;

CREATE TRIGGER notice_is_never_deleted BEFORE DELETE OR TRUNCATE ON notice
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a notice', 'deleted');

-- What a partner answered: that it received it, that it acted on it.
CREATE TABLE notice_answer (
    notice      TEXT COLLATE "C" NOT NULL REFERENCES notice (id),
    outcome     TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('received', 'done', 'not-held')),
    text        TEXT COLLATE "C" NOT NULL,
    signature   TEXT COLLATE "C" NOT NULL,
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (notice, outcome)
);

CREATE TRIGGER notice_answer_is_never_edited BEFORE UPDATE ON notice_answer
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('an answer', 'edited');

CREATE TRIGGER notice_answer_is_never_deleted BEFORE DELETE OR TRUNCATE ON notice_answer
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('an answer', 'deleted');
