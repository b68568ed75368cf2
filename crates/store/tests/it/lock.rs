//! Does one process at a time work, and may others read meanwhile?

use std::path::PathBuf;
use std::process::Command;

use causeway_ledger::SignerKey;
use causeway_store::{Kind, Opening, Place, Store, StoreError};

use crate::house::{House, ORIGIN, record};

const DATABASE: &str = "CAUSEWAY_STORE_TEST_DATABASE";

#[tokio::test]
async fn a_second_process_is_told_which_lock_and_gets_it_when_the_first_ends() {
    let house = House::new(Kind::Sqlite);
    let store = house.open().await;
    let child = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "lock::a_second_process", "--ignored", "--nocapture"])
            .env(DATABASE, house.database())
            .output()
            .unwrap()
    };
    let said = String::from_utf8_lossy(&child().stdout).into_owned();
    let expected =
        format!("refused: another process is at work here and holds the lock `{}.lock`", house.database().display());
    assert!(said.contains(&expected), "{said}");
    store.close().await;
    let said = String::from_utf8_lossy(&child().stdout).into_owned();
    assert!(said.contains("opened"), "{said}");
}

#[tokio::test]
#[ignore = "run by the test above as its second process"]
async fn a_second_process() {
    let database = PathBuf::from(std::env::var_os(DATABASE).expect("the test above says which database"));
    let key = SignerKey::from_seed(ORIGIN, &[7; 32]).unwrap();
    let head = database.with_extension("head");
    match Store::open(Opening { place: Place::File(&database), head: &head, key: key.public() }).await {
        Ok(_) => println!("opened"),
        Err(error) => println!("refused: {error}"),
    }
}

async fn a_reader_reads_beside_the_worker_and_cannot_write(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    if kind == Kind::Sqlite {
        assert!(matches!(house.try_open().await, Err(StoreError::Locked { .. })));
    }
    record(&store, 2).await;
    house.sequence(&store).await;
    let reader = house.try_read().await.unwrap();
    record(&store, 1).await;
    assert_eq!(reader.pending_leaves().await.unwrap(), 1);
    assert_eq!(reader.ledger().await.unwrap().verify(None).await.unwrap().size, 2);
    reader.close().await;
    store.close().await;
    // Also when nobody is at work.
    let reader = house.try_read().await.unwrap();
    assert_eq!(reader.ledger().await.unwrap().verify(None).await.unwrap().size, 2);
}

crate::house::on_both!(a_reader_reads_beside_the_worker_and_cannot_write);
