//! Is an older copy of the database refused, and a newer one than the head not?

use std::fs;

use causeway_store::{Kind, Store, StoreError};

use crate::house::{House, record};
use crate::raw::Raw;

fn rolled_back(outcome: Result<Store, StoreError>) -> (u64, u64) {
    match outcome {
        Err(StoreError::RolledBack { saved_size, found_size }) => (saved_size, found_size),
        other => panic!("not refused: {other:?}"),
    }
}

/// Three leaves sequenced, a copy set aside, two more sequenced.
async fn house_with_an_older_copy(kind: Kind) -> (House, Raw) {
    let house = House::new(kind);
    let store = house.open().await;
    record(&store, 3).await;
    house.sequence(&store).await;
    store.close().await;
    let older = house.raw().copy();
    fs::copy(house.head(), house.beside("older-head")).unwrap();
    let store = house.open().await;
    record(&store, 2).await;
    house.sequence(&store).await;
    store.close().await;
    (house, older)
}

async fn an_older_copy_is_refused(kind: Kind) {
    let (house, older) = house_with_an_older_copy(kind).await;
    house.open().await.close().await;
    house.raw().replace_by(Some(&older));
    assert_eq!(rolled_back(house.try_open().await), (5, 3));
    assert!(matches!(house.try_read().await, Err(StoreError::RolledBack { saved_size: 5, found_size: 3 })));
}

async fn an_older_copy_that_went_another_way_is_refused(kind: Kind) {
    let (house, older) = house_with_an_older_copy(kind).await;
    let fork = house.try_open_with(&older, &house.beside("older-head")).await.unwrap();
    record(&fork, 6).await;
    house.sequence(&fork).await;
    fork.close().await;
    house.raw().replace_by(Some(&older));
    assert_eq!(rolled_back(house.try_open().await), (5, 9));
}

async fn a_lost_database_is_not_replaced_by_an_empty_one(kind: Kind) {
    let (house, _) = house_with_an_older_copy(kind).await;
    house.raw().replace_by(None);
    assert_eq!(rolled_back(house.try_open().await), (5, 0));
    if kind == Kind::Sqlite {
        assert!(!house.database().exists());
    }
}

async fn a_database_newer_than_the_head_is_fine_and_the_head_catches_up(kind: Kind) {
    let (house, _) = house_with_an_older_copy(kind).await;
    let newest = fs::read_to_string(house.head()).unwrap();
    fs::copy(house.beside("older-head"), house.head()).unwrap();
    let reader = house.try_read().await.unwrap();
    assert_ne!(fs::read_to_string(house.head()).unwrap(), newest, "a reader writes nothing");
    reader.close().await;
    house.open().await.close().await;
    assert_eq!(fs::read_to_string(house.head()).unwrap(), newest);
    assert!(!house.beside("head.new").exists());
}

async fn a_missing_head_is_innocent_only_behind_the_first_checkpoint(kind: Kind) {
    let house = House::new(kind);
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

async fn a_head_that_is_not_signed_by_the_ledgers_key_is_not_believed(kind: Kind) {
    let (house, _) = house_with_an_older_copy(kind).await;
    let head = fs::read_to_string(house.head()).unwrap();
    for forged in [head.replace("\n5\n", "\n3\n"), "nonsense".into(), String::new()] {
        fs::write(house.head(), forged).unwrap();
        assert!(matches!(house.try_open().await, Err(StoreError::BadHead { .. })));
    }
}

async fn what_was_pending_survives(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    record(&store, 3).await;
    store.close().await;
    let store = house.open().await;
    assert_eq!(store.pending_leaves().await.unwrap(), 3);
    house.sequence(&store).await;
    assert_eq!(store.ledger().await.unwrap().verify(None).await.unwrap().size, 3);
}

crate::house::on_both!(
    an_older_copy_is_refused,
    an_older_copy_that_went_another_way_is_refused,
    a_lost_database_is_not_replaced_by_an_empty_one,
    a_database_newer_than_the_head_is_fine_and_the_head_catches_up,
    a_missing_head_is_innocent_only_behind_the_first_checkpoint,
    a_head_that_is_not_signed_by_the_ledgers_key_is_not_believed,
    what_was_pending_survives,
);
