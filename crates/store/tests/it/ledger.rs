//! Can the log be verified, exported and proven from what the store holds?

use std::convert::Infallible;

use causeway_ledger::proof::verify_proof;
use causeway_ledger::{Checkpoint, SignerKey, verify_log};
use causeway_store::{Changed, Kind, StoreError};
use serde_json::json;

use crate::house::{House, ORIGIN, at, event, record, stamp};

/// More pending leaves than one batch and one page hold.
fn many(house: &House) -> String {
    format!(
        "INSERT INTO ledger_pending (time_us, actor, event, subject, body, salt) \
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1299) \
         SELECT i, 'officer-a', 'preview.shown', 'exchange-' || i, '{{}}', {} FROM n",
        house.raw().random_bytes()
    )
}

async fn a_long_log_is_read_in_pages_verified_exported_and_proven(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    record(&store, 3).await;
    let early = house.sequence(&store).await;
    house.sql(&many(&house)).await;
    let newest = house.sequence(&store).await;
    assert_eq!(store.pending_leaves().await.unwrap(), 0);
    assert_eq!(std::fs::read_to_string(house.head()).unwrap(), newest);

    let mut log = store.ledger().await.unwrap();
    let verified = log.verify(Some(&early)).await.unwrap();
    assert_eq!((verified.size, verified.checkpoints), (1303, 2));
    assert_eq!(Checkpoint::verify(&newest, house.key()).unwrap().root, verified.root);

    let export = log.export(Vec::new()).await.unwrap();
    assert_eq!(String::from_utf8(export.clone()).unwrap().lines().count(), 1 + 1303 + 2 + 1);
    let expected = causeway_ledger::export::Expected::default();
    causeway_ledger::export::verify_export(export.as_slice(), &expected).unwrap();

    for index in [0, 2, 3, 700, 1302] {
        let leaf = log.leaf(index).await.unwrap().unwrap().leaf;
        let proof = log.prove(index).await.unwrap();
        assert_eq!(verify_proof(&proof, &leaf.hash(), house.key()).unwrap().size, 1303);
    }
    assert!(matches!(log.prove(1303).await, Err(StoreError::Tree(_))));
    assert_eq!(log.leaf(1303).await.unwrap(), None);
    assert_eq!(store.leaves_of("exchange-700").await.unwrap()[0].index, 703);
}

async fn a_snapshot_stays_what_it_was(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    record(&store, 4).await;
    house.sequence(&store).await;
    let mut before = store.ledger().await.unwrap();
    record(&store, 3).await;
    house.sequence(&store).await;
    assert_eq!(before.verify(None).await.unwrap().size, 4);
    assert_eq!(before.rows_from(0).await.unwrap().len(), 4);
    assert_eq!(store.ledger().await.unwrap().verify(None).await.unwrap().size, 7);
}

async fn the_body_is_kept_as_one_text_and_the_leaf_as_it_happened(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let mut told = event("quarantine.opened", "q-1");
    told.body = json!({"z": 1, "a": ["é", null]});
    store.record_event(Changed::new((), told), stamp(77)).await.unwrap();
    house.sequence(&store).await;
    let row = store.leaves_of("q-1").await.unwrap().remove(0);
    assert_eq!(row.leaf.body, r#"{"a":["é",null],"z":1}"#);
    assert_eq!((row.leaf.time_us, row.index), (at(77).as_microsecond(), 0));
    assert_eq!((row.leaf.hash(), row.leaf.actor.as_str()), (row.hash, "officer-a"));
}

async fn an_idle_sequencer_repeats_itself_and_an_empty_log_is_signed_too(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let empty = house.sequence(&store).await;
    assert_eq!(Checkpoint::verify(&empty, house.key()).unwrap().size, 0);
    assert_eq!(house.sequence(&store).await, empty);
    assert!(store.ledger().await.unwrap().prove(0).await.is_err());
    record(&store, 1).await;
    let first = house.sequence(&store).await;
    std::fs::remove_file(house.head()).unwrap();
    assert_eq!(house.sequence(&store).await, first);
    assert_eq!(std::fs::read_to_string(house.head()).unwrap(), first, "the head is made good");
}

async fn another_key_signs_nothing_and_nothing_is_signed_on_top_of_an_edit(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    record(&store, 3).await;
    let thief = SignerKey::from_seed(ORIGIN, &[8; 32]).unwrap();
    let refused = store.sequence(&thief, at(1)).await;
    assert!(matches!(refused, Err(StoreError::WrongLedgerKey { .. })));
    house.sequence(&store).await;
    record(&store, 1).await;
    house.tamper(&format!("UPDATE ledger_node SET hash = {} WHERE level = 1", house.raw().zeroes(32))).await;
    let refused = store.sequence(&house.signer, at(2)).await;
    assert!(matches!(refused, Err(StoreError::LedgerDamaged { .. })));
    assert_eq!(store.pending_leaves().await.unwrap(), 1);
    let said = store.ledger().await.unwrap().verify(None).await;
    assert!(matches!(said, Err(StoreError::LedgerDamaged { .. })), "rows are whole, an inner node is not");
}

async fn rows_of_the_store_pass_the_ledgers_own_verification(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    record(&store, 9).await;
    let text = house.sequence(&store).await;
    let rows = store.ledger().await.unwrap().rows_from(0).await.unwrap();
    let tiles: Vec<_> = rows.iter().map(|row| row.hash).collect();
    let verified =
        verify_log::<Infallible>(rows.into_iter().map(Ok), tiles.into_iter().map(Ok), [Ok(text)], house.key());
    assert_eq!(verified.unwrap().size, 9);
}

crate::house::on_both!(
    a_long_log_is_read_in_pages_verified_exported_and_proven,
    a_snapshot_stays_what_it_was,
    the_body_is_kept_as_one_text_and_the_leaf_as_it_happened,
    an_idle_sequencer_repeats_itself_and_an_empty_log_is_signed_too,
    another_key_signs_nothing_and_nothing_is_signed_on_top_of_an_edit,
    rows_of_the_store_pass_the_ledgers_own_verification,
);
