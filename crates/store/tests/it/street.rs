//! How do the tests bring a transfer to where they want it?

use causeway_model::environment::DataKind;
use causeway_model::partner::{Profile, State};
use causeway_model::permission::Role;
use causeway_model::transfer::Transfer;
use causeway_store::change::{
    BeginAttempt, BeginDelivery, DeliveryOutcome, DocumentKind, FinishDelivery, NewDocument, NewOfficer, NewPartner,
    NewReceipt, NewTransfer, PackageContent, ReceiptOutcome, RefuseTransfer, SealTransfer, SealedFacts, Seen,
    SharedElement,
};
use causeway_store::{Changed, Saved, Store};

use crate::house::{changed, stamp};

pub(crate) fn document(kind: DocumentKind, name: &str, version: u32) -> Changed<NewDocument> {
    let partner = if kind == DocumentKind::Arrangement { "partner: agency\n" } else { "" };
    let text = format!("{}: {name}\nversion: {version}\n{partner}", kind.name());
    changed(NewDocument { kind, name: name.into(), version, text }, "document.imported", name)
}

pub(crate) fn officer(name: &str) -> Changed<NewOfficer> {
    let officer = NewOfficer {
        name: name.into(),
        roles: [Role::Representative].into(),
        partner: None,
        public_key_pem: format!("invented key of {name}"),
        fingerprint: format!("SHA256:{name}"),
    };
    changed(officer, "officer.added", name)
}

pub(crate) fn partner(name: &str) -> Changed<NewPartner> {
    let partner = NewPartner {
        name: name.into(),
        title: "Invented Agency, ምሳሌ".into(),
        age_recipient: "age1invented".into(),
        signing_key_pem: "invented key".into(),
        fingerprint: format!("SHA256:{name}"),
        profile: Profile {
            partner: name.into(),
            title: "Invented Agency, ምሳሌ".into(),
            jurisdiction: "KEN".into(),
            hosting_country: "KEN".into(),
            synthetic_only: false,
            recipients: Vec::new(),
        },
        state: State::samples().into_iter().find(|state| state.name() == "active").unwrap(),
    };
    changed(partner, "partner.added", name)
}

pub(crate) fn request(id: &str) -> Changed<NewTransfer> {
    let transfer = NewTransfer {
        id: id.into(),
        exchange: "food-list".into(),
        exchange_version: 1,
        arrangement: "food".into(),
        arrangement_version: 2,
        expect_fewer: false,
    };
    changed(transfer, "transfer.requested", id)
}

pub(crate) fn attempt(seen: &Seen, token: &str) -> Changed<BeginAttempt> {
    changed(BeginAttempt { seen: seen.clone(), token: token.into() }, "transfer.preparing", &seen.transfer)
}

pub(crate) fn facts(released: u64) -> SealedFacts {
    SealedFacts {
        released,
        digest: "d".repeat(64),
        manifest_sha256: "a".repeat(64),
        purge_by: "2031-10-01".parse().unwrap(),
    }
}

pub(crate) fn content(people: u64) -> PackageContent {
    let element = SharedElement { element: "individual.family_name".parse().unwrap(), form: "raw".parse().unwrap() };
    PackageContent {
        subject: "individual".into(),
        people,
        exchange_version: 1,
        catalogue: "kenya".into(),
        catalogue_version: 1,
        elements: [element].into(),
    }
}

pub(crate) fn package_of(seen: &Seen) -> String {
    format!("package-of-{}", seen.transfer)
}

pub(crate) fn sealing(seen: &Seen, token: &str, sequence: u64) -> Changed<SealTransfer> {
    sealing_of(seen, token, sequence, 100 + sequence)
}

fn sealing_of(seen: &Seen, token: &str, sequence: u64, released: u64) -> Changed<SealTransfer> {
    let sealing = SealTransfer {
        seen: seen.clone(),
        token: token.into(),
        package: package_of(seen),
        sealed_to: "r".into(),
        sequence,
        facts: facts(released),
        content: content(released),
        state: None,
        data: DataKind::Real,
        receipt_token_sha256: "b".repeat(64),
        decisions_seen: 0,
        pseudonyms_seen: 0,
    };
    changed(sealing, "transfer.sealed", &seen.transfer)
}

pub(crate) fn send(seen: &Seen) -> Changed<BeginDelivery> {
    changed(BeginDelivery { seen: seen.clone(), data: DataKind::Real }, "delivery.begun", &seen.transfer)
}

pub(crate) fn sent(seen: &Seen, attempt: u32, outcome: DeliveryOutcome) -> Changed<FinishDelivery> {
    let finish = FinishDelivery { seen: seen.clone(), attempt, outcome, detail: Some("disk full".into()) };
    changed(finish, "delivery.finished", &seen.transfer)
}

pub(crate) fn receipt(seen: &Seen, text: &str, outcome: ReceiptOutcome) -> Changed<NewReceipt> {
    let receipt = NewReceipt {
        seen: seen.clone(),
        package: package_of(seen),
        token_sha256: "b".repeat(64),
        text: text.into(),
        signature: "invented signature".into(),
        outcome,
        records_loaded: 99,
        disagreements: Vec::new(),
    };
    changed(receipt, "receipt.accepted", &seen.transfer)
}

/// Stores the documents that [`request`] names.
pub(crate) async fn found(store: &Store) {
    for (kind, name, version) in [
        (DocumentKind::Exchange, "food-list", 1),
        (DocumentKind::Arrangement, "food", 1),
        (DocumentKind::Arrangement, "food", 2),
    ] {
        assert_eq!(store.import_document(document(kind, name, version), stamp(0)).await.unwrap(), Saved::New);
    }
}

pub(crate) async fn prepared(store: &Store, id: &str) -> Seen {
    let seen = store.request_transfer(request(id), stamp(10)).await.unwrap();
    store.begin_attempt(attempt(&seen, "token-1"), stamp(20)).await.unwrap()
}

pub(crate) async fn sealed(store: &Store, id: &str) -> Seen {
    let seen = prepared(store, id).await;
    let sequence = store.next_sequence("food-list").await.unwrap();
    let decisions_seen = store.decisions_count().await.unwrap();
    let pseudonyms_seen = store.pseudonyms_changed().await.unwrap();
    let seal = SealTransfer { decisions_seen, pseudonyms_seen, ..sealing(&seen, "token-1", sequence).value().clone() };
    store.seal(changed(seal, "transfer.sealed", id), stamp(30)).await.unwrap()
}

/// Sealed with so many records.
pub(crate) async fn sealed_with(store: &Store, id: &str, released: u64) -> Seen {
    let seen = prepared(store, id).await;
    let sequence = store.next_sequence("food-list").await.unwrap();
    let decisions_seen = store.decisions_count().await.unwrap();
    let pseudonyms_seen = store.pseudonyms_changed().await.unwrap();
    let seal = SealTransfer {
        decisions_seen,
        pseudonyms_seen,
        ..sealing_of(&seen, "token-1", sequence, released).value().clone()
    };
    store.seal(changed(seal, "transfer.sealed", id), stamp(30)).await.unwrap()
}

pub(crate) async fn refused(store: &Store, id: &str) -> Seen {
    let refuse = RefuseTransfer { seen: prepared(store, id).await, token: Some("token-1".into()), violations: vec![] };
    store.refuse(changed(refuse, "transfer.refused", id), stamp(25)).await.unwrap()
}

pub(crate) async fn delivered(store: &Store, id: &str) -> Seen {
    let seen = sealed(store, id).await;
    arrived(store, &seen).await
}

pub(crate) async fn arrived(store: &Store, seen: &Seen) -> Seen {
    let seen = store.begin_delivery(send(seen), stamp(40)).await.unwrap();
    assert!(matches!(seen.state, Transfer::Delivering { attempt: 1, .. }));
    store.finish_delivery(sent(&seen, 1, DeliveryOutcome::Arrived), stamp(50)).await.unwrap()
}
