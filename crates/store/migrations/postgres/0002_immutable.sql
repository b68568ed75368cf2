-- What is written once is neither edited nor taken away, by whatever program: documents, and the log.

CREATE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never %', TG_ARGV[0], TG_ARGV[1];
END
$$;

CREATE TRIGGER document_is_never_deleted BEFORE DELETE OR TRUNCATE ON document
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a document version', 'deleted');

CREATE TRIGGER ledger_leaf_is_never_edited BEFORE UPDATE ON ledger_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a leaf of the ledger', 'edited');

CREATE TRIGGER ledger_leaf_is_never_deleted BEFORE DELETE OR TRUNCATE ON ledger_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a leaf of the ledger', 'deleted');

CREATE TRIGGER ledger_node_is_never_edited BEFORE UPDATE ON ledger_node
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a node of the ledger', 'edited');

CREATE TRIGGER ledger_node_is_never_deleted BEFORE DELETE OR TRUNCATE ON ledger_node
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a node of the ledger', 'deleted');

CREATE TRIGGER checkpoint_is_never_edited BEFORE UPDATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a checkpoint', 'edited');

CREATE TRIGGER checkpoint_is_never_deleted BEFORE DELETE OR TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION written_once('a checkpoint', 'deleted');

-- Lists by what people ask for, newest first.
DROP INDEX transfer_by_state;
DROP INDEX transfer_by_arrangement;
CREATE INDEX transfer_by_time ON transfer (requested_at, id);
CREATE INDEX transfer_by_state ON transfer (state, requested_at, id);
CREATE INDEX transfer_by_exchange ON transfer (exchange, requested_at, id);
CREATE INDEX transfer_by_arrangement ON transfer (arrangement, requested_at, id);
CREATE INDEX package_held ON package (sealed_at, id) WHERE erased_at IS NULL;
CREATE INDEX delivery_open ON delivery (intent_at, transfer) WHERE outcome IS NULL;

-- The oldest schema that a program must know to run on these tables: raised only by a migration that contracts.
CREATE TABLE schema_writer (
    oldest_schema BIGINT NOT NULL PRIMARY KEY
);
INSERT INTO schema_writer (oldest_schema) VALUES (1);
