//! What is left when the process dies between a change and its commit, and right behind it?

use std::process::Command;

use causeway_store::Kind;
use causeway_store::change::DocumentKind;

use crate::house::{House, on_both, stamp};
use crate::raw::Raw;
use crate::street::document;

/// Tells a second process where to work: the house's folder, and the database of a server as `port/name`.
pub(crate) const PLACE: &str = "CAUSEWAY_STORE_TEST_PLACE";
const MARK: &str = "CAUSEWAY_STORE_TEST_MARK";

pub(crate) fn place_of(house: &House) -> String {
    let database = match house.raw() {
        Raw::File(_) => String::new(),
        Raw::Server(server, name) => format!("{}/{name}", server.port()),
        Raw::Elsewhere(port, name) => format!("{port}/{name}"),
    };
    format!("{}|{database}", house.folder().display())
}

/// The house that the first process told of.
pub(crate) fn opened() -> House {
    let place = std::env::var(PLACE).expect("the first process says where");
    let (folder, database) = place.split_once('|').unwrap();
    House::at(folder.into(), database.split_once('/').map(|(port, name)| (port.parse().unwrap(), name.to_owned())))
}

/// A second process that imports a document and dies at `mark`.
fn dies_at(house: &House, mark: &str) {
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "dying::a_process_that_dies", "--ignored", "--nocapture"])
        .env(PLACE, place_of(house))
        .env(MARK, mark)
        .output()
        .unwrap();
    assert!(!ended.status.success(), "it lived: {}", String::from_utf8_lossy(&ended.stdout));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains(&format!("dies at {mark}")), "{said}");
}

fn die(mark: &'static str) {
    if std::env::var(MARK).is_ok_and(|wanted| wanted == mark) {
        eprintln!("dies at {mark}");
        std::process::abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the tests here as the process that dies"]
async fn a_process_that_dies() {
    let house = opened();
    let store = house.open().await.probed(die);
    store.import_document(document(DocumentKind::Catalogue, "c", 1), stamp(1)).await.unwrap();
    house.sequence(&store).await;
}

async fn a_change_and_its_leaf_are_both_there_or_neither(kind: Kind) {
    let house = House::new(kind);
    house.open().await.close().await;
    for (mark, documents, pending, size) in [
        ("store-change-not-committed", 0, 0, 0),
        ("store-change-committed", 1, 1, 0),
        ("store-sequence-not-committed", 1, 1, 0),
        ("store-sequence-committed", 1, 0, 1),
    ] {
        dies_at(&house, mark);
        let store = house.open().await;
        assert_eq!(store.documents(DocumentKind::Catalogue).await.unwrap().len(), documents, "{mark}");
        assert_eq!(store.pending_leaves().await.unwrap(), pending, "{mark}");
        assert_eq!(store.ledger().await.unwrap().verify(None).await.unwrap().size, size, "{mark}");
        store.close().await;
    }
}

on_both!(a_change_and_its_leaf_are_both_there_or_neither);
