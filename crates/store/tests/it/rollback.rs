//! Is an older copy of the database refused, and a newer one than the head not?

use std::fs;

use causeway_store::{Opening, Store, StoreError};

use crate::house::{House, record};

fn rolled_back(outcome: Result<Store, StoreError>) -> (u64, u64) {
    match outcome {
        Err(StoreError::RolledBack { saved_size, found_size }) => (saved_size, found_size),
        other => panic!("not refused: {other:?}"),
    }
}

/// Three leaves sequenced, a copy set aside, two more sequenced.
async fn house_with_an_older_copy() -> House {
    let house = House::new();
    let store = house.open().await;
    record(&store, 3).await;
    house.sequence(&store).await;
    store.close().await;
    fs::copy(house.database(), house.beside("older.db")).unwrap();
    fs::copy(house.head(), house.beside("older-head")).unwrap();
    let store = house.open().await;
    record(&store, 2).await;
    house.sequence(&store).await;
    store.close().await;
    house
}

#[tokio::test]
async fn an_older_copy_is_refused() {
    let house = house_with_an_older_copy().await;
    house.open().await.close().await;
    fs::copy(house.beside("older.db"), house.database()).unwrap();
    assert_eq!(rolled_back(house.try_open().await), (5, 3));
    assert!(matches!(house.try_read().await, Err(StoreError::RolledBack { saved_size: 5, found_size: 3 })));
}

#[tokio::test]
async fn an_older_copy_that_went_another_way_is_refused() {
    let house = house_with_an_older_copy().await;
    let (database, head) = (house.beside("older.db"), house.beside("older-head"));
    let fork = Store::open(Opening { database: &database, head: &head, key: house.key() }).await.unwrap();
    record(&fork, 6).await;
    house.sequence(&fork).await;
    fork.close().await;
    fs::copy(house.beside("older.db"), house.database()).unwrap();
    assert_eq!(rolled_back(house.try_open().await), (5, 9));
}

#[tokio::test]
async fn a_lost_database_is_not_replaced_by_an_empty_one() {
    let house = house_with_an_older_copy().await;
    fs::remove_file(house.database()).unwrap();
    assert_eq!(rolled_back(house.try_open().await), (5, 0));
    assert!(!house.database().exists());
}

#[tokio::test]
async fn a_database_newer_than_the_head_is_fine_and_the_head_catches_up() {
    let house = house_with_an_older_copy().await;
    let newest = fs::read_to_string(house.head()).unwrap();
    fs::copy(house.beside("older-head"), house.head()).unwrap();
    let reader = house.try_read().await.unwrap();
    assert_ne!(fs::read_to_string(house.head()).unwrap(), newest, "a reader writes nothing");
    reader.close().await;
    house.open().await.close().await;
    assert_eq!(fs::read_to_string(house.head()).unwrap(), newest);
    assert!(!house.beside("head.new").exists());
}

#[tokio::test]
async fn a_missing_head_is_innocent_only_behind_the_first_checkpoint() {
    let house = House::new();
    let store = house.open().await;
    record(&store, 3).await;
    let first = house.sequence(&store).await;
    store.close().await;
    fs::remove_file(house.head()).unwrap();
    let store = house.open().await;
    assert_eq!(fs::read_to_string(house.head()).unwrap(), first);
    record(&store, 1).await;
    house.sequence(&store).await;
    store.close().await;
    fs::remove_file(house.head()).unwrap();
    assert!(matches!(house.try_open().await, Err(StoreError::HeadMissing { found_size: 4, .. })));
}

#[tokio::test]
async fn a_head_that_is_not_signed_by_the_ledgers_key_is_not_believed() {
    let house = house_with_an_older_copy().await;
    let head = fs::read_to_string(house.head()).unwrap();
    for forged in [head.replace("\n5\n", "\n3\n"), "nonsense".into(), String::new()] {
        fs::write(house.head(), forged).unwrap();
        assert!(matches!(house.try_open().await, Err(StoreError::BadHead { .. })));
    }
}

#[tokio::test]
async fn what_was_pending_survives() {
    let house = House::new();
    let store = house.open().await;
    record(&store, 3).await;
    store.close().await;
    let store = house.open().await;
    assert_eq!(store.pending_leaves().await.unwrap(), 3);
    house.sequence(&store).await;
    assert_eq!(store.ledger().await.unwrap().verify(None).await.unwrap().size, 3);
}
