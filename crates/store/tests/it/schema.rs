//! Is a database refused that this program should not touch?

use causeway_store::change::ReceiptOutcome;
use causeway_store::query::TransferFilter;
use causeway_store::{Kind, StoreError, newest_schema};

use crate::house::{House, record, stamp};
use crate::street::{delivered, found, receipt};

/// As a newer program would leave the database that only works with schema `oldest` and later.
async fn migrated_further(house: &House, oldest: i64) {
    let checksum = house.raw().zeroes(1);
    house
        .sql(&format!(
            "INSERT INTO schema_version (version, description, success, checksum, execution_time) \
             VALUES (9000, 'from the future', 1, {checksum}, 0); \
             UPDATE schema_writer SET oldest_schema = {oldest}"
        ))
        .await;
}

async fn a_newer_schema_is_refused_untouched(kind: Kind) {
    let house = House::new(kind);
    house.open().await.close().await;
    migrated_further(&house, 8999).await;
    assert!(
        matches!(house.try_open().await, Err(StoreError::NewerSchema { found: 9000, known }) if known == newest_schema())
    );
    assert!(
        matches!(house.try_read().await, Err(StoreError::NewerSchema { found: 9000, known }) if known == newest_schema())
    );
}

async fn a_newer_schema_that_only_expands_is_worked_in_also_while_it_comes(kind: Kind) {
    let house = House::new(kind);
    let running = house.open().await;
    found(&running).await;
    let seen = delivered(&running, "t1").await;
    assert!(running.transfer("t1").await.unwrap().is_some());
    for table in ["transfer", "package", "delivery", "receipt", "partner"] {
        house.sql(&format!("ALTER TABLE {table} ADD COLUMN from_the_future TEXT NOT NULL DEFAULT ''")).await;
    }
    migrated_further(&house, newest_schema()).await;
    // The program that was at work goes on, and one of its version starts.
    assert_eq!(running.transfer("t1").await.unwrap().unwrap().state, seen.state);
    running.accept_receipt(receipt(&seen, "{}", ReceiptOutcome::Accepted), stamp(60)).await.unwrap();
    running.close().await;
    let store = house.open().await;
    delivered(&store, "t2").await;
    house.sequence(&store).await;
    assert_eq!(house.try_read().await.unwrap().transfers(&TransferFilter::default()).await.unwrap().len(), 2);
}

async fn another_text_of_an_applied_migration_is_refused(kind: Kind) {
    let house = House::new(kind);
    house.open().await.close().await;
    house.sql(&format!("UPDATE schema_version SET checksum = {} WHERE version = 1", house.raw().zeroes(48))).await;
    assert!(matches!(house.try_open().await, Err(StoreError::OtherSchema { version: 1 })));
}

async fn a_reader_makes_and_migrates_nothing(kind: Kind) {
    let house = House::new(kind);
    assert!(house.try_read().await.is_err());
    if kind == Kind::Sqlite {
        assert!(!house.database().exists());
    }
    house.sql("CREATE TABLE other (id INTEGER)").await;
    assert!(
        matches!(house.try_read().await, Err(StoreError::OlderSchema { found: 0, known }) if known == newest_schema())
    );
}

async fn opening_again_keeps_everything(kind: Kind) {
    let house = House::new(kind);
    for size in [2, 4, 6] {
        let store = house.open().await;
        record(&store, 2).await;
        house.sequence(&store).await;
        assert_eq!(store.ledger().await.unwrap().verify(None).await.unwrap().size, size);
        store.close().await;
    }
}

crate::house::on_both!(
    a_newer_schema_is_refused_untouched,
    a_newer_schema_that_only_expands_is_worked_in_also_while_it_comes,
    another_text_of_an_applied_migration_is_refused,
    a_reader_makes_and_migrates_nothing,
    opening_again_keeps_everything,
);

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::new(Kind::Sqlite);
    let store = house.open().await;
    record(&store, 1).await;
    for entry in std::fs::read_dir(house.database().parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
    store.close().await;
    std::fs::set_permissions(house.database(), std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(house.try_open().await, Err(StoreError::TooOpen { .. })));
}
