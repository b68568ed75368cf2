//! Does a set come into use whole, in order, and only by a second person?

use causeway_store::change::{ActivateSet, DocumentKind, InUse, NewStagedSet, SetOrigin, StagedDocument, StagedKind};
use causeway_store::{AuditEvent, Changed, Kind, Saved, Store, StoreError};
use serde_json::json;

use crate::house::{House, at, stamp};
use crate::street::found;

pub(crate) fn exchange(name: &str, version: u32) -> StagedDocument {
    let text = format!("exchange: {name}\nversion: {version}\n");
    StagedDocument { kind: StagedKind::Exchange, name: name.to_owned(), version, text }
}

fn thresholds(version: u32) -> StagedDocument {
    let (kind, name) = (StagedKind::Thresholds, "assessment".to_owned());
    StagedDocument { kind, name, version, text: format!("version: {version}\n") }
}

pub(crate) fn set(name: &str, documents: &[StagedDocument]) -> NewStagedSet {
    NewStagedSet {
        name: name.to_owned(),
        sha256: documents.first().unwrap().sha256(),
        origin: SetOrigin::Directory,
        key: "key-b".to_owned(),
        signature: "aa".to_owned(),
        documents: documents.to_vec(),
    }
}

pub(crate) fn by<T>(actor: &str, event: &str, value: T) -> Changed<T> {
    let event = AuditEvent { actor: actor.into(), event: event.into(), subject: "set".into(), body: json!({}) };
    Changed::new(value, event)
}

pub(crate) async fn activation(store: &Store, set: &NewStagedSet, key: &str) -> ActivateSet {
    let one = |document: &StagedDocument| InUse {
        kind: document.kind.name().to_owned(),
        name: document.name.clone(),
        version: document.version,
    };
    ActivateSet {
        name: set.name.clone(),
        sha256: set.sha256.clone(),
        key: key.to_owned(),
        signature: "bb".to_owned(),
        changes_seen: store.configuration_changes().await.unwrap(),
        in_use: set.documents.iter().map(one).collect(),
        drafts: Vec::new(),
    }
}

/// Brings one exchange and the thresholds of that version into use.
pub(crate) async fn in_use(store: &Store, name: &str, version: u32) {
    let set = set(name, &[exchange("extra", version), thresholds(version)]);
    store.stage_set(by("bo", "staged", set.clone()), stamp(3)).await.unwrap();
    let activate = activation(store, &set, "key-c").await;
    store.activate_set(by("cy", "activated", activate), stamp(4)).await.unwrap();
}

async fn a_set_is_in_use_only_when_a_second_person_says_so(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let first = set("first", &[exchange("extra", 1), thresholds(1)]);
    assert_eq!(store.stage_set(by("bo", "staged", first.clone()), stamp(1)).await.unwrap(), Saved::New);
    assert_eq!(store.stage_set(by("bo", "staged", first.clone()), stamp(2)).await.unwrap(), Saved::Already);
    let other = set("first", &[exchange("other", 1)]);
    let taken = store.stage_set(by("bo", "staged", other), stamp(2)).await;
    assert!(matches!(taken, Err(StoreError::Taken { what: "staged set", .. })));
    assert_eq!(store.latest_document(DocumentKind::Exchange, "extra").await.unwrap(), None);
    assert_eq!(store.thresholds().await.unwrap(), None);

    let activate = activation(&store, &first, "key-c").await;
    let own = store.activate_set(by("bo", "activated", activate.clone()), stamp(3)).await;
    assert!(matches!(own, Err(StoreError::SameOfficer { .. })), "by name");
    let twin = ActivateSet { key: "key-b".into(), ..activate.clone() };
    let twin = store.activate_set(by("cy", "activated", twin), stamp(3)).await;
    assert!(matches!(twin, Err(StoreError::SameOfficer { .. })), "by key");
    let unknown = ActivateSet { name: "none".into(), ..activate.clone() };
    assert!(matches!(
        store.activate_set(by("cy", "activated", unknown), stamp(3)).await,
        Err(StoreError::NotFound { what: "staged set", .. })
    ));
    assert_eq!(store.activate_set(by("cy", "activated", activate.clone()), stamp(3)).await.unwrap(), Saved::New);
    assert_eq!(store.activate_set(by("cy", "activated", activate.clone()), stamp(4)).await.unwrap(), Saved::Already);
    let late = store.activate_set(by("di", "activated", activate.clone()), stamp(4)).await;
    assert!(matches!(late, Err(StoreError::ActivatedAlready { officer, .. }) if officer == "cy"));

    assert_eq!(
        store.latest_document(DocumentKind::Exchange, "extra").await.unwrap().unwrap().listing.imported_by,
        "cy"
    );
    assert_eq!(store.thresholds().await.unwrap(), Some(thresholds(1)));
    let activations = store.activations().await.unwrap();
    assert_eq!((activations.len(), activations[0].number, activations[0].in_use.len()), (1, 1, 2));
    assert_eq!(store.staged_documents("first").await.unwrap(), first.documents);
    let edit = house.raw().try_sql("UPDATE staged_document SET text = 'x'").await;
    assert!(edit.unwrap_err().contains("never edited"));
}

async fn a_set_that_was_overtaken_comes_in_neither_whole_nor_in_part(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let sets = [set("first", &[exchange("extra", 1)]), set("second", &[exchange("also", 1), exchange("extra", 1)])];
    for set in &sets {
        store.stage_set(by("bo", "staged", set.clone()), stamp(1)).await.unwrap();
    }
    let [first, second] = [activation(&store, &sets[0], "key-c").await, activation(&store, &sets[1], "key-d").await];
    // Two officers at once: both looked at the same configuration, and one is first.
    store.activate_set(by("cy", "activated", first), stamp(2)).await.unwrap();
    let all = store.set_history(None, 9).await.unwrap();
    assert_eq!(all[0].activated, Some((1, "cy".to_owned(), at(2))));
    assert_eq!(all[0].documents, [(StagedKind::Exchange, "extra".to_owned(), 1)]);
    assert_eq!((all.len(), &all[1].activated, all[1].documents.len()), (2, &None, 2));
    assert_eq!(store.set_history(None, 1).await.unwrap(), all[..1]);
    assert_eq!(store.set_history(Some("first"), 9).await.unwrap(), all[1..]);
    let overtaken = store.activate_set(by("di", "activated", second), stamp(2)).await;
    assert!(matches!(overtaken, Err(StoreError::ConfigurationChanged)));
    let again = activation(&store, &sets[1], "key-d").await;
    let stale = store.activate_set(by("di", "activated", again), stamp(2)).await;
    assert!(matches!(stale, Err(StoreError::NotNext { what: "exchange", found: 1, next: 2, .. })));
    assert_eq!(store.latest_document(DocumentKind::Exchange, "also").await.unwrap(), None);
    let next = set("third", &[exchange("extra", 2), thresholds(1)]);
    store.stage_set(by("bo", "staged", next.clone()), stamp(3)).await.unwrap();
    let next = activation(&store, &next, "key-d").await;
    assert_eq!(store.activate_set(by("di", "activated", next), stamp(4)).await.unwrap(), Saved::New);
}

crate::house::on_both!(
    a_set_is_in_use_only_when_a_second_person_says_so,
    a_set_that_was_overtaken_comes_in_neither_whole_nor_in_part,
);
