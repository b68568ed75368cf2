-- What is written once is neither edited nor taken away, by whatever program: documents, and the log.

CREATE TRIGGER document_is_never_deleted BEFORE DELETE ON document
BEGIN
    SELECT RAISE(ABORT, 'a document version is never deleted');
END;

CREATE TRIGGER ledger_leaf_is_never_edited BEFORE UPDATE ON ledger_leaf
BEGIN
    SELECT RAISE(ABORT, 'a leaf of the ledger is never edited');
END;

CREATE TRIGGER ledger_leaf_is_never_deleted BEFORE DELETE ON ledger_leaf
BEGIN
    SELECT RAISE(ABORT, 'a leaf of the ledger is never deleted');
END;

CREATE TRIGGER ledger_node_is_never_edited BEFORE UPDATE ON ledger_node
BEGIN
    SELECT RAISE(ABORT, 'a node of the ledger is never edited');
END;

CREATE TRIGGER ledger_node_is_never_deleted BEFORE DELETE ON ledger_node
BEGIN
    SELECT RAISE(ABORT, 'a node of the ledger is never deleted');
END;

CREATE TRIGGER checkpoint_is_never_edited BEFORE UPDATE ON checkpoint
BEGIN
    SELECT RAISE(ABORT, 'a checkpoint is never edited');
END;

CREATE TRIGGER checkpoint_is_never_deleted BEFORE DELETE ON checkpoint
BEGIN
    SELECT RAISE(ABORT, 'a checkpoint is never deleted');
END;

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
    oldest_schema INTEGER NOT NULL PRIMARY KEY
) STRICT;
INSERT INTO schema_writer (oldest_schema) VALUES (1);
