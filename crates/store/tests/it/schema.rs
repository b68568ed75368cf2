//! Is a database refused that this program should not touch?

use causeway_store::StoreError;

use crate::house::{House, record};

#[tokio::test]
async fn a_newer_schema_is_refused_untouched() {
    let house = House::new();
    house.open().await.close().await;
    house
        .sql(
            "INSERT INTO schema_version (version, description, success, checksum, execution_time) \
             VALUES (2, 'from the future', 1, x'00', 0)",
        )
        .await;
    assert!(matches!(house.try_open().await, Err(StoreError::NewerSchema { found: 2, known: 1 })));
    assert!(matches!(house.try_read().await, Err(StoreError::NewerSchema { found: 2, known: 1 })));
}

#[tokio::test]
async fn a_reader_makes_and_migrates_nothing() {
    let house = House::new();
    assert!(house.try_read().await.is_err());
    assert!(!house.database().exists());
    house.sql_on_a_new_file().await;
    assert!(matches!(house.try_read().await, Err(StoreError::OlderSchema { found: 0, known: 1 })));
}

#[tokio::test]
async fn opening_again_keeps_everything() {
    let house = House::new();
    for size in [2, 4, 6] {
        let store = house.open().await;
        record(&store, 2).await;
        house.sequence(&store).await;
        assert_eq!(store.ledger().await.unwrap().verify(None).await.unwrap().size, size);
        store.close().await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::new();
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
