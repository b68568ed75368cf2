//! Is every edit of the log by plain SQL found, with its index?

use causeway_ledger::FaultKind::{
    BadSignature, BeyondCheckpoint, RowEdited, RowInserted, RowMissing, RowsSwapped, TileMismatch,
};
use causeway_ledger::tree::NodeId;
use causeway_ledger::{Fault, Hash, Row, VerifyError, verify_log};
use causeway_store::{Reader, StoreError};

use crate::house::{House, record};

/// Twelve leaves, with checkpoints at 5 and 12.
async fn house() -> House {
    let house = House::new();
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
    let mut raw = house.raw().await;
    let texts: Vec<String> =
        sqlx::query_scalar("SELECT text FROM checkpoint ORDER BY size").fetch_all(&mut raw).await.unwrap();
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

#[tokio::test]
async fn one_edited_column_names_its_row() {
    for index in [0, 4, 5, 8, 11] {
        for column in [
            "time_us = time_us + 1",
            "actor = 'officer-b'",
            "event = 'quarantine.closed'",
            "subject = subject || ' '",
            "body = replace(body, '3', '4')",
            "salt = randomblob(32)",
            "hash = randomblob(32)",
        ] {
            let house = house().await;
            house.sql(&format!("UPDATE ledger_leaf SET {column} WHERE idx = {index}")).await;
            let fault = fault(&house).await;
            assert_eq!((fault.kind, fault.index), (RowEdited, index), "{column}: {fault}");
        }
    }
}

#[tokio::test]
async fn an_edited_index_names_its_row() {
    for index in [0, 4, 8] {
        let house = house().await;
        house.sql(&format!("UPDATE ledger_leaf SET idx = 1000 WHERE idx = {index}")).await;
        assert_eq!(fault(&house).await.index, index);
    }
    // A row hidden below zero is not overlooked.
    let house = house().await;
    house.sql("UPDATE ledger_leaf SET idx = -9223372036854775808 WHERE idx = 11").await;
    let reader = house.try_read().await.unwrap();
    let said = reader.ledger().await.unwrap().verify(None).await;
    assert!(matches!(said, Err(StoreError::Tampered(_))), "{said:?}");
}

#[tokio::test]
async fn a_deleted_row_names_its_place() {
    for index in [0, 4, 5, 11] {
        let house = house().await;
        house.sql(&format!("DELETE FROM ledger_leaf WHERE idx = {index}")).await;
        let said = fault(&house).await;
        assert_eq!((said.kind, said.index), (RowMissing, index), "{said}");
        // Also when those behind it close the gap.
        house
            .sql(&format!(
                "UPDATE ledger_leaf SET idx = -idx WHERE idx > {index}; UPDATE ledger_leaf SET idx = -idx - 1 WHERE idx < 0"
            ))
            .await;
        let said = fault(&house).await;
        assert_eq!((said.kind, said.index), (RowMissing, index), "{said}");
    }
}

#[tokio::test]
async fn swapped_rows_name_both() {
    for (one, other) in [(0, 1), (3, 9), (4, 5), (10, 11)] {
        let house = house().await;
        house
            .sql(&format!(
                "UPDATE ledger_leaf SET idx = 99 WHERE idx = {one}; \
                 UPDATE ledger_leaf SET idx = {one} WHERE idx = {other}; \
                 UPDATE ledger_leaf SET idx = {other} WHERE idx = 99"
            ))
            .await;
        let said = fault(&house).await;
        assert_eq!((said.kind, said.index, said.other), (RowsSwapped, one, Some(other)), "{said}");
    }
}

#[tokio::test]
async fn an_inserted_row_names_its_place() {
    for index in [0, 3, 5, 12] {
        let house = house().await;
        house
            .sql(&format!(
                "UPDATE ledger_leaf SET idx = -idx - 1 WHERE idx >= {index}; \
                 UPDATE ledger_leaf SET idx = -idx WHERE idx < 0; \
                 INSERT INTO ledger_leaf SELECT {index}, 1, 'nobody', 'transfer.requested', 't', '{{}}', \
                 randomblob(32), hash FROM ledger_leaf WHERE idx = {}",
                (index + 1) % 13 % 12
            ))
            .await;
        let said = fault(&house).await;
        assert_eq!(said.index, index, "{said}");
        assert!(matches!(said.kind, RowInserted | RowEdited), "{said}");
    }
}

#[tokio::test]
async fn the_tree_and_the_checkpoints_are_held_to_the_rows() {
    let house = house().await;
    house.sql("UPDATE ledger_node SET hash = zeroblob(32) WHERE level = 0 AND idx = 6").await;
    let said = fault(&house).await;
    assert_eq!((said.kind, said.index), (TileMismatch, 6), "{said}");

    let house = self::house().await;
    house.sql("UPDATE checkpoint SET text = replace(text, char(10) || '5' || char(10), char(10) || '4' || char(10)) WHERE size = 5").await;
    assert_eq!(fault(&house).await.kind, BadSignature);

    // Without its newest checkpoint the log does not open: the tree is larger than what was signed.
    let house = self::house().await;
    let reader = house.try_read().await.unwrap();
    house.sql("DELETE FROM checkpoint WHERE size = 12").await;
    match reader.ledger().await.unwrap().verify(None).await {
        Err(StoreError::Tampered(fault)) => assert_eq!((fault.kind, fault.index), (BeyondCheckpoint, 5)),
        other => panic!("not found out: {other:?}"),
    }
    reader.close().await;
    assert!(matches!(house.try_open().await, Err(StoreError::LedgerDamaged { .. })));
}

#[tokio::test]
async fn a_row_that_is_no_leaf_any_more_is_damage_and_names_its_row() {
    let house = house().await;
    house.sql("PRAGMA ignore_check_constraints = ON; UPDATE ledger_leaf SET salt = x'00' WHERE idx = 7").await;
    let reader = house.try_read().await.unwrap();
    match reader.ledger().await.unwrap().verify(None).await {
        Err(StoreError::Damaged { table, row, column }) => {
            assert_eq!((table, row.as_str(), column), ("ledger_leaf", "7", "salt"));
        }
        other => panic!("not found out: {other:?}"),
    }
}
