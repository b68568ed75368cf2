//! Is every edit of the log by plain SQL found, with its index?

use causeway_ledger::FaultKind::{
    BadSignature, BeyondCheckpoint, RowEdited, RowInserted, RowMissing, RowsSwapped, TileMismatch,
};
use causeway_ledger::tree::NodeId;
use causeway_ledger::{Fault, Hash, Row, VerifyError, verify_log};
use causeway_store::{Kind, Reader, StoreError};

use crate::house::{House, record};

/// Twelve leaves, with checkpoints at 5 and 12.
async fn house(kind: Kind) -> House {
    let house = House::new(kind);
    let store = house.open().await;
    record(&store, 5).await;
    house.sequence(&store).await;
    record(&store, 7).await;
    house.sequence(&store).await;
    store.close().await;
    house
}

/// The fault that the store finds; the ledger's own verification of the rows as read must agree.
async fn fault(house: &House) -> Fault {
    let reader = house.try_read().await.unwrap();
    let found = match reader.ledger().await.unwrap().verify(None).await {
        Err(StoreError::Tampered(fault)) => fault,
        other => panic!("not found out: {other:?}"),
    };
    assert_eq!(by_verify_log(house, &reader).await, found);
    reader.close().await;
    found
}

async fn by_verify_log(house: &House, reader: &Reader) -> Fault {
    let mut log = reader.ledger().await.unwrap();
    let rows: Vec<Row> = log.rows_from(0).await.unwrap();
    let mut tiles: Vec<Hash> = Vec::new();
    for index in 0..20 {
        let id = NodeId { level: 0, index };
        tiles.extend(log.nodes(vec![id]).await.unwrap().remove(&id));
    }
    let texts = house.raw().texts("SELECT text FROM checkpoint ORDER BY size").await;
    let outcome = verify_log::<std::convert::Infallible>(
        rows.into_iter().map(Ok),
        tiles.into_iter().map(Ok),
        texts.into_iter().map(Ok),
        house.key(),
    );
    match outcome {
        Err(VerifyError::Fault(fault)) => fault,
        other => panic!("not found out: {other:?}"),
    }
}

async fn one_edited_column_names_its_row(kind: Kind) {
    for index in [0, 4, 5, 8, 11] {
        for column in [
            "time_us = time_us + 1",
            "actor = 'officer-b'",
            "event = 'quarantine.closed'",
            "subject = subject || ' '",
            "body = replace(body, '3', '4')",
            "salt = RANDOM",
            "hash = RANDOM",
        ] {
            let house = house(kind).await;
            let column = column.replace("RANDOM", house.raw().random_bytes());
            house.tamper(&format!("UPDATE ledger_leaf SET {column} WHERE idx = {index}")).await;
            let fault = fault(&house).await;
            assert_eq!((fault.kind, fault.index), (RowEdited, index), "{column}: {fault}");
        }
    }
}

async fn an_edited_index_names_its_row(kind: Kind) {
    for index in [0, 4, 8] {
        let house = house(kind).await;
        house.tamper(&format!("UPDATE ledger_leaf SET idx = 1000 WHERE idx = {index}")).await;
        assert_eq!(fault(&house).await.index, index);
    }
    // A row hidden below zero is not overlooked.
    let house = house(kind).await;
    house.tamper("UPDATE ledger_leaf SET idx = -9223372036854775808 WHERE idx = 11").await;
    let reader = house.try_read().await.unwrap();
    let said = reader.ledger().await.unwrap().verify(None).await;
    assert!(matches!(said, Err(StoreError::Tampered(_))), "{said:?}");
}

async fn a_deleted_row_names_its_place(kind: Kind) {
    for index in [0, 4, 5, 11] {
        let house = house(kind).await;
        house.tamper(&format!("DELETE FROM ledger_leaf WHERE idx = {index}")).await;
        let said = fault(&house).await;
        assert_eq!((said.kind, said.index), (RowMissing, index), "{said}");
        // Also when those behind it close the gap.
        house
            .tamper(&format!(
                "UPDATE ledger_leaf SET idx = -idx WHERE idx > {index}; UPDATE ledger_leaf SET idx = -idx - 1 WHERE idx < 0"
            ))
            .await;
        let said = fault(&house).await;
        assert_eq!((said.kind, said.index), (RowMissing, index), "{said}");
    }
}

async fn swapped_rows_name_both(kind: Kind) {
    for (one, other) in [(0, 1), (3, 9), (4, 5), (10, 11)] {
        let house = house(kind).await;
        house
            .tamper(&format!(
                "UPDATE ledger_leaf SET idx = 99 WHERE idx = {one}; \
                 UPDATE ledger_leaf SET idx = {one} WHERE idx = {other}; \
                 UPDATE ledger_leaf SET idx = {other} WHERE idx = 99"
            ))
            .await;
        let said = fault(&house).await;
        assert_eq!((said.kind, said.index, said.other), (RowsSwapped, one, Some(other)), "{said}");
    }
}

async fn an_inserted_row_names_its_place(kind: Kind) {
    for index in [0, 3, 5, 12] {
        let house = house(kind).await;
        house
            .tamper(&format!(
                "UPDATE ledger_leaf SET idx = -idx - 1 WHERE idx >= {index}; \
                 UPDATE ledger_leaf SET idx = -idx WHERE idx < 0; \
                 INSERT INTO ledger_leaf SELECT {index}, 1, 'nobody', 'transfer.requested', 't', '{{}}', \
                 {}, hash FROM ledger_leaf WHERE idx = {}",
                house.raw().random_bytes(),
                (index + 1) % 13 % 12
            ))
            .await;
        let said = fault(&house).await;
        assert_eq!(said.index, index, "{said}");
        assert!(matches!(said.kind, RowInserted | RowEdited), "{said}");
    }
}

async fn the_tree_and_the_checkpoints_are_held_to_the_rows(kind: Kind) {
    let house = house(kind).await;
    house
        .tamper(&format!("UPDATE ledger_node SET hash = {} WHERE level = 0 AND idx = 6", house.raw().zeroes(32)))
        .await;
    let said = fault(&house).await;
    assert_eq!((said.kind, said.index), (TileMismatch, 6), "{said}");

    let house = self::house(kind).await;
    house.tamper("UPDATE checkpoint SET text = replace(text, '\n5\n', '\n4\n') WHERE size = 5").await;
    assert_eq!(fault(&house).await.kind, BadSignature);

    // Without its newest checkpoint the log does not open: the tree is larger than what was signed.
    let house = self::house(kind).await;
    let reader = house.try_read().await.unwrap();
    house.tamper("DELETE FROM checkpoint WHERE size = 12").await;
    match reader.ledger().await.unwrap().verify(None).await {
        Err(StoreError::Tampered(fault)) => assert_eq!((fault.kind, fault.index), (BeyondCheckpoint, 5)),
        other => panic!("not found out: {other:?}"),
    }
    reader.close().await;
    assert!(matches!(house.try_open().await, Err(StoreError::LedgerDamaged { .. })));
}

async fn a_row_that_is_no_leaf_any_more_is_damage_and_names_its_row(kind: Kind) {
    let house = house(kind).await;
    let unchecked = match kind {
        Kind::Sqlite => "PRAGMA ignore_check_constraints = ON",
        Kind::Postgres => "ALTER TABLE ledger_leaf DROP CONSTRAINT ledger_leaf_salt_check",
    };
    let short = house.raw().zeroes(1);
    house.tamper(&format!("{unchecked}; UPDATE ledger_leaf SET salt = {short} WHERE idx = 7")).await;
    let reader = house.try_read().await.unwrap();
    match reader.ledger().await.unwrap().verify(None).await {
        Err(StoreError::Damaged { table, row, column }) => {
            assert_eq!((table, row.as_str(), column), ("ledger_leaf", "7", "salt"));
        }
        other => panic!("not found out: {other:?}"),
    }
}

crate::house::on_both!(
    one_edited_column_names_its_row,
    an_edited_index_names_its_row,
    a_deleted_row_names_its_place,
    swapped_rows_name_both,
    an_inserted_row_names_its_place,
    the_tree_and_the_checkpoints_are_held_to_the_rows,
    a_row_that_is_no_leaf_any_more_is_damage_and_names_its_row,
);
