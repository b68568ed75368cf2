//! Does every change come with its leaf, and no leaf without its change?

use std::pin::Pin;

use causeway_store::change::{
    AbandonTransfer, AddClient, CancelTransfer, DeliveryOutcome, DocumentKind, ErasePackage, IntakeStep, LapseTransfer,
    NewApproval, ReceiptOutcome, RefuseTransfer, RevokeClient, RevokeOfficer, RotateClientKeys,
};
use causeway_store::{Kind, Store, StoreError};

use crate::clients::facts;
use crate::configuration;
use crate::house::{House, at, changed, stamp};
use crate::street::{
    attempt, document, found, officer, package_of, partner, prepared, receipt, request, sealed, sealing, send, sent,
};

/// Everything in the database, as text.
async fn everything(house: &House) -> Vec<String> {
    let salt = match house.kind() {
        Kind::Sqlite => "hex(salt)",
        Kind::Postgres => "encode(salt, 'hex')",
    };
    let mut all = Vec::new();
    for (table, columns) in [
        ("document", "kind || name || version || sha256"),
        ("officer", "name || coalesce(CAST(revoked_at AS TEXT), '-')"),
        ("approval", "arrangement || version || officer"),
        ("partner", "name || state"),
        (
            "transfer",
            "id || state || state_json || updated_at || coalesce(attempt_token, '-') \
             || coalesce(CAST(sequence AS TEXT), '-') || coalesce(sealed_json, '-')",
        ),
        ("package", "id || coalesce(CAST(erased_at AS TEXT), '-')"),
        ("intake", "id || state || state_json || updated_at || coalesce(CAST(opened_at AS TEXT), '-')"),
        ("delivery", "transfer || attempt || coalesce(outcome, '-')"),
        ("receipt", "package || text"),
        ("alert", "id || kind || subject"),
        ("client", "name || registration || coalesce(CAST(revoked_at AS TEXT), '-')"),
        ("client_secret", "client || partner_id"),
        ("client_key", "client || thumbprint || coalesce(CAST(ends_at AS TEXT), '-')"),
        ("staged_set", "name || sha256"),
        ("staged_document", "staged || kind || name || version"),
        ("activation", "number || staged || activated_by"),
        ("ledger_pending", &format!("id || event || subject || {salt}")),
    ] {
        let rows = house.raw().texts(&format!("SELECT {columns} FROM {table} ORDER BY 1")).await;
        all.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
    }
    all
}

/// Fails the leaf, which is the last statement, and expects that nothing is left; then lets it pass and expects that
/// exactly one leaf came. Boxed, so that not every call of a test has its place in one frame.
fn only_with_its_leaf<'a, T: 'a>(
    house: &'a House,
    store: &'a Store,
    what: &'static str,
    call: impl AsyncFn() -> Result<T, StoreError> + 'a,
) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    Box::pin(async move {
        let before = everything(house).await;
        house.raw().close_table("ledger_pending").await;
        assert!(matches!(call().await, Err(StoreError::Database(_))), "{what}");
        assert_eq!(everything(house).await, before, "{what}");
        house.raw().open_table("ledger_pending").await;
        let leaves = store.pending_leaves().await.unwrap();
        let outcome = call().await.unwrap();
        assert_eq!(store.pending_leaves().await.unwrap(), leaves + 1, "{what}");
        outcome
    })
}

macro_rules! only_with_its_leaf {
    ($house:ident, $store:ident, $call:expr) => {
        only_with_its_leaf(&$house, &$store, stringify!($call), async || $call.await).await
    };
}

async fn no_verb_saves_without_its_leaf(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    only_with_its_leaf!(house, store, store.record_event(changed((), "quarantine.opened", "q"), stamp(1)));
    only_with_its_leaf!(house, store, store.import_document(document(DocumentKind::Catalogue, "c", 1), stamp(1)));
    only_with_its_leaf!(house, store, store.add_officer(officer("officer-a"), stamp(1)));
    crate::intake::governed(&store).await;
    let file = crate::intake::file("in", 1);
    only_with_its_leaf!(house, store, store.receive_intake(changed(file.clone(), "intake-received", "in"), stamp(1)));
    let seen = store.intake("in").await.unwrap().unwrap().seen();
    only_with_its_leaf!(house, store, store.move_intake(crate::intake::moved(&seen, IntakeStep::Open), stamp(1)));
    only_with_its_leaf!(house, store, store.add_partner(partner("agency"), stamp(1)));
    let add = AddClient { facts: facts("sync", "key-a", 1) };
    only_with_its_leaf!(house, store, store.add_client(changed(add.clone(), "client-added", "sync"), stamp(1)));
    let rotate = RotateClientKeys { facts: facts("sync", "key-b", 2), others_until: at(9) };
    only_with_its_leaf!(
        house,
        store,
        store.rotate_client_keys(changed(rotate.clone(), "client-keys-rotated", "sync"), stamp(2))
    );
    let desk = crate::clients::secret("desk", "agency", "PNR-1");
    only_with_its_leaf!(
        house,
        store,
        store.add_secret_client(changed(desk.clone(), "ping-client-added", "desk"), stamp(2))
    );
    let revoke = RevokeClient { name: "sync".into() };
    only_with_its_leaf!(house, store, store.revoke_client(changed(revoke.clone(), "client-revoked", "sync"), stamp(2)));
    let sha256 = store.document(DocumentKind::Arrangement, "food", 2).await.unwrap().unwrap().listing.sha256;
    let approval = NewApproval {
        arrangement: "food".into(),
        version: 2,
        sha256,
        officer: "officer-a".into(),
        signature: "aa".into(),
    };
    only_with_its_leaf!(house, store, store.approve(changed(approval.clone(), "approved", "food"), stamp(2)));
    let revoke = RevokeOfficer { name: "officer-a".into() };
    only_with_its_leaf!(house, store, store.revoke_officer(changed(revoke.clone(), "revoked", "a"), stamp(3)));

    let set = configuration::set("first", &[configuration::exchange("extra", 1)]);
    only_with_its_leaf!(house, store, store.stage_set(configuration::by("bo", "staged", set.clone()), stamp(3)));
    let activate = configuration::activation(&store, &set, "key-c").await;
    only_with_its_leaf!(
        house,
        store,
        store.activate_set(configuration::by("cy", "activated", activate.clone()), stamp(3))
    );

    let seen = only_with_its_leaf!(house, store, store.request_transfer(request("t1"), stamp(4)));
    let seen = only_with_its_leaf!(house, store, store.begin_attempt(attempt(&seen, "token-1"), stamp(5)));
    let seen = only_with_its_leaf!(house, store, store.seal(sealing(&seen, "token-1", 1), stamp(6)));
    let seen = only_with_its_leaf!(house, store, store.begin_delivery(send(&seen), stamp(7)));
    let arrived = DeliveryOutcome::Arrived;
    let seen = only_with_its_leaf!(house, store, store.finish_delivery(sent(&seen, 1, arrived), stamp(8)));
    let accepted = ReceiptOutcome::Accepted;
    only_with_its_leaf!(house, store, store.accept_receipt(receipt(&seen, "{}", accepted), stamp(9)));
    let erase = ErasePackage { package: package_of(&seen) };
    only_with_its_leaf!(house, store, store.erase_package(changed(erase.clone(), "erased", "t1"), stamp(10)));

    let refuse =
        RefuseTransfer { seen: prepared(&store, "t2").await, token: Some("token-1".into()), violations: vec![] };
    only_with_its_leaf!(house, store, store.refuse(changed(refuse.clone(), "refused", "t2"), stamp(11)));
    let cancel = CancelTransfer { seen: sealed(&store, "t3").await };
    only_with_its_leaf!(house, store, store.cancel(changed(cancel.clone(), "cancelled", "t3"), stamp(12)));
    let lapse = LapseTransfer { seen: sealed(&store, "t4").await, tell: Vec::new() };
    only_with_its_leaf!(house, store, store.lapse(changed(lapse.clone(), "lapsed", "t4"), stamp(13)));
    let abandon = AbandonTransfer { seen: sealed(&store, "t5").await };
    only_with_its_leaf!(house, store, store.abandon(changed(abandon.clone(), "abandoned", "t5"), stamp(14)));
}

async fn a_second_row_that_fails_takes_the_first_with_it(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let seen = prepared(&store, "t1").await;
    let before = everything(&house).await;
    house.raw().close_table("package").await;
    assert!(matches!(store.seal(sealing(&seen, "token-1", 1), stamp(6)).await, Err(StoreError::Database(_))));
    assert_eq!(everything(&house).await, before);
    house.raw().open_table("package").await;
    let seen = store.seal(sealing(&seen, "token-1", 1), stamp(6)).await.unwrap();

    let before = everything(&house).await;
    house.raw().close_table("delivery").await;
    assert!(matches!(store.begin_delivery(send(&seen), stamp(7)).await, Err(StoreError::Database(_))));
    assert_eq!(everything(&house).await, before);
}

async fn a_sequencing_that_fails_leaves_the_leaves_pending(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    crate::house::record(&store, 5).await;
    house.raw().close_table("checkpoint").await;
    assert!(store.sequence(&house.signer, crate::house::at(1)).await.is_err());
    assert_eq!(store.pending_leaves().await.unwrap(), 5);
    assert_eq!(store.newest_checkpoint().await.unwrap(), None);
    assert!(!house.head().exists(), "nothing was promised");
    house.raw().open_table("checkpoint").await;
    house.sequence(&store).await;
    assert_eq!(store.ledger().await.unwrap().verify(None).await.unwrap().size, 5);
}

crate::house::on_both!(
    no_verb_saves_without_its_leaf,
    a_second_row_that_fails_takes_the_first_with_it,
    a_sequencing_that_fails_leaves_the_leaves_pending,
);
