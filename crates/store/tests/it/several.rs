//! Do many who write at once, in one process and in several, leave one log without gap or fork?

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use causeway_store::{Kind, Saved, Store, StoreError};

use crate::dying::{PLACE, opened, place_of};
use crate::house::{House, changed, on_both, stamp};
use crate::street::{document, found, request};
use causeway_store::change::DocumentKind;

const EACH: i64 = 200;

/// Writes so many changes in the name of `writer`, and sequences now and then, as others do at the same time.
async fn write(house: &House, store: &Store, writer: &str) {
    for number in 0..EACH {
        let subject = format!("{writer}-{number}");
        let stamp = crate::house::stamp_of(&subject);
        store.record_event(changed((), "quarantine.opened", &subject), stamp).await.unwrap();
        if number % 20 == 7 {
            house.sequence(store).await;
        }
    }
}

async fn together(house: &House, stores: &[Store], names: &str) {
    let writers = stores.iter().enumerate().map(|(number, store)| {
        let name = format!("{names}{number}");
        async move { write(house, store, &name).await }
    });
    futures_util::future::join_all(writers).await;
}

async fn is_one_log(house: &House, store: &Store, writers: &[String]) {
    house.sequence(store).await;
    let mut log = store.ledger().await.unwrap();
    let verified = log.verify(None).await.unwrap();
    assert_eq!(verified.size, writers.len() as u64 * EACH as u64);
    let mut subjects = BTreeSet::new();
    let mut from = 0;
    loop {
        let rows = log.rows_from(from).await.unwrap();
        let Some(last) = rows.last() else { break };
        from = last.index + 1;
        subjects.extend(rows.into_iter().map(|row| row.leaf.subject));
    }
    let expected: BTreeSet<_> =
        writers.iter().flat_map(|writer| (0..EACH).map(move |number| format!("{writer}-{number}"))).collect();
    assert_eq!(subjects, expected);
}

async fn eight_writers_at_one_store(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let writers = (0..8).map(|number| {
        let (house, store) = (&house, &store);
        async move { write(house, store, &format!("w{number}")).await }
    });
    futures_util::future::join_all(writers).await;
    let names: Vec<_> = (0..8).map(|number| format!("w{number}")).collect();
    is_one_log(&house, &store, &names).await;
}

on_both!(eight_writers_at_one_store);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_stores_in_two_processes_write_one_log_on_postgres() {
    let house = House::new(Kind::Postgres);
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(house.open().await);
    }
    let other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "several::another_process", "--ignored", "--nocapture"])
        .env(PLACE, place_of(&house))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    together(&house, &stores, "here").await;
    let ended = other.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
    let names: Vec<_> = ["here", "there"].iter().flat_map(|at| (0..4).map(move |n| format!("{at}{n}"))).collect();
    is_one_log(&house, stores.first().unwrap(), &names).await;
    let head = std::fs::read_to_string(house.head()).unwrap();
    assert_eq!(Some(head), stores.first().unwrap().newest_checkpoint().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the test above as its second process"]
async fn another_process() {
    let house = opened();
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(house.open().await);
    }
    together(&house, &stores, "there").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_stores_that_save_the_same_one_is_told_that_it_was_there_on_postgres() {
    let house = House::new(Kind::Postgres);
    let (one, other) = (house.open().await, house.open().await);
    found(&one).await;
    for version in 1..20 {
        let import = || document(DocumentKind::Catalogue, "c", version);
        let (first, second) =
            tokio::join!(one.import_document(import(), stamp(1)), other.import_document(import(), stamp(1)));
        let mut told = [first.unwrap(), second.unwrap()];
        told.sort_by_key(|saved| *saved == Saved::Already);
        assert_eq!(told, [Saved::New, Saved::Already]);
        let id = format!("t{version}");
        let (first, second) =
            tokio::join!(one.request_transfer(request(&id), stamp(1)), other.request_transfer(request(&id), stamp(1)));
        assert_eq!(u8::from(first.is_ok()) + u8::from(second.is_ok()), 1);
        assert!([first, second].into_iter().filter_map(Result::err).all(|e| matches!(e, StoreError::Taken { .. })));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_open_notices_that_its_database_became_older_on_postgres() {
    let house = House::new(Kind::Postgres);
    let store = house.open().await;
    crate::house::record(&store, 3).await;
    house.sequence(&store).await;
    store.close().await;
    let older = house.raw().copy();
    let store = house.open().await;
    crate::house::record(&store, 2).await;
    house.sequence(&store).await;
    house.raw().replace_by(Some(&older));
    crate::house::record(&store, 4).await;
    let refused = store.sequence(&house.signer, crate::house::at(9)).await;
    assert!(matches!(refused, Err(StoreError::RolledBack { saved_size: 5, found_size: 3 })), "{refused:?}");
}
