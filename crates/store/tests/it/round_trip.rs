//! Is what was stored read back as it was?

use causeway_model::transfer::Transfer;
use causeway_model::violation::{Code, Violation};
use causeway_store::change::{
    CancelTransfer, DeliveryOutcome, DocumentKind, ErasePackage, LapseTransfer, NewApproval, PartnerState,
    ReceiptOutcome, RefuseTransfer, RevokeOfficer,
};
use causeway_store::query::{LastReceipted, TransferFilter};
use causeway_store::{Changed, Kind, Saved, StoreError};

use crate::house::{House, at, changed, stamp};
use crate::street::{
    delivered, document, facts, found, officer, package_of, partner, prepared, receipt, request, sealed, send, sent,
};

async fn documents_are_versions_that_are_never_edited(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let second = store.document(DocumentKind::Arrangement, "food", 2).await.unwrap().unwrap();
    assert_eq!(second.text, "arrangement: food\nversion: 2\npartner: agency\n");
    assert_eq!((second.listing.imported_at, second.listing.imported_by.as_str()), (at(0), "officer-a"));
    assert_eq!(store.latest_document(DocumentKind::Arrangement, "food").await.unwrap(), Some(second));
    let all = store.documents(DocumentKind::Arrangement).await.unwrap();
    assert_eq!(all.len(), 2);
    let page = async |after, limit| store.documents_after(DocumentKind::Arrangement, after, limit).await.unwrap();
    assert_eq!(page(None, 9).await, all);
    assert_eq!((page(None, 1).await, page(Some(("food", 1)), 9).await), (vec![all[0].clone()], vec![all[1].clone()]));
    assert_eq!(page(Some(("food", 2)), 9).await, []);
    assert_eq!(store.document(DocumentKind::Catalogue, "food", 2).await.unwrap(), None);

    let before = store.pending_leaves().await.unwrap();
    let again = store.import_document(document(DocumentKind::Arrangement, "food", 2), stamp(1)).await;
    assert_eq!(again.unwrap(), Saved::Already);
    let (mut other, event) =
        (document(DocumentKind::Arrangement, "food", 2).value().clone(), crate::house::event("x", "x"));
    other.text.push_str("row_cap: 9\n");
    let refused = store.import_document(Changed::new(other, event), stamp(1)).await;
    assert!(matches!(refused, Err(StoreError::Taken { what: "arrangement", .. })));
    assert_eq!(store.pending_leaves().await.unwrap(), before);

    let edit = house.raw().try_sql("UPDATE document SET text = 'row_cap: 9' WHERE version = 2").await;
    assert!(edit.unwrap_err().contains("never edited"));
    let deletion = house.raw().try_sql("DELETE FROM document WHERE version = 2").await;
    assert!(deletion.unwrap_err().contains("never deleted"));
    house.tamper("UPDATE document SET text = 'row_cap: 9' WHERE version = 2").await;
    let damaged = store.latest_document(DocumentKind::Arrangement, "food").await;
    assert!(matches!(damaged, Err(StoreError::Damaged { table: "document", column: "text", .. })));
}

async fn officers_approve_the_text_that_is_stored(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    for name in ["officer-a", "officer-b"] {
        assert_eq!(store.add_officer(officer(name), stamp(1)).await.unwrap(), Saved::New);
        assert_eq!(store.add_officer(officer(name), stamp(1)).await.unwrap(), Saved::Already);
    }
    let mut twin = officer("officer-a").value().clone();
    twin.name = "officer-c".into();
    let twin = store.add_officer(changed(twin, "officer.added", "officer-c"), stamp(1)).await;
    assert!(matches!(twin, Err(StoreError::Taken { .. })), "one key, two officers");

    let sha256 = store.document(DocumentKind::Arrangement, "food", 2).await.unwrap().unwrap().listing.sha256;
    let approval = |officer: &str, sha256: &str, signature: &str| {
        let approval = NewApproval {
            arrangement: "food".into(),
            version: 2,
            sha256: sha256.into(),
            officer: officer.into(),
            signature: signature.into(),
        };
        changed(approval, "arrangement.approved", "food")
    };
    assert_eq!(store.approve(approval("officer-a", &sha256, "aa"), stamp(2)).await.unwrap(), Saved::New);
    assert_eq!(store.approve(approval("officer-a", &sha256, "aa"), stamp(3)).await.unwrap(), Saved::Already);
    let other = store.approve(approval("officer-a", &sha256, "bb"), stamp(3)).await;
    assert!(matches!(other, Err(StoreError::Taken { .. })));
    let other = store.approve(approval("officer-b", &"0".repeat(64), "bb"), stamp(3)).await;
    assert!(matches!(other, Err(StoreError::OtherText { version: 2, .. })));
    let unknown = store.approve(approval("nobody", &sha256, "bb"), stamp(3)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { what: "officer", .. })));

    let revoke = || changed(RevokeOfficer { name: "officer-b".into() }, "officer.revoked", "officer-b");
    assert_eq!(store.revoke_officer(revoke(), stamp(4)).await.unwrap(), Saved::New);
    assert_eq!(store.revoke_officer(revoke(), stamp(5)).await.unwrap(), Saved::Already);
    let revoked = store.approve(approval("officer-b", &sha256, "bb"), stamp(6)).await;
    assert!(matches!(revoked, Err(StoreError::OfficerRevoked { .. })));
    assert_eq!(store.officer("officer-b").await.unwrap().unwrap().revoked_at, Some(at(4)));
    let all = store.officers().await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(store.officers_after(None, 1).await.unwrap(), all[..1]);
    assert_eq!(store.officers_after(Some("officer-a"), 9).await.unwrap(), all[1..]);
    let kept = store.approvals("food", 2).await.unwrap();
    assert_eq!((kept.len(), kept[0].signature.as_str(), kept[0].approved_at), (1, "aa", at(2)));
}

async fn partners_are_kept_as_confirmed(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    assert_eq!(store.add_partner(partner("agency"), stamp(1)).await.unwrap(), Saved::New);
    assert_eq!(store.add_partner(partner("agency"), stamp(1)).await.unwrap(), Saved::Already);
    let mut other = partner("agency").value().clone();
    other.age_recipient = "age1another".into();
    let refused = store.add_partner(changed(other, "partner.added", "agency"), stamp(1)).await;
    assert!(matches!(refused, Err(StoreError::Taken { what: "partner", .. })), "a key is never replaced silently");
    let kept = store.partner("agency").await.unwrap().unwrap();
    assert_eq!((kept.title.as_str(), kept.state), ("Invented Agency, ምሳሌ", PartnerState::Active));
    assert_eq!(store.partners().await.unwrap(), vec![kept.clone()]);
    assert_eq!(store.partners_after(Some("a"), 1).await.unwrap(), vec![kept]);
    assert_eq!(store.partners_after(Some("agency"), 1).await.unwrap(), []);
    assert_eq!(store.partner("none").await.unwrap(), None);
}

async fn a_transfer_walks_the_whole_street(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    assert_eq!(store.next_sequence("food-list").await.unwrap(), 1);
    assert_eq!(store.last_receipted("food-list").await.unwrap(), None);
    let seen = sealed(&store, "t1").await;
    assert_eq!(store.next_sequence("food-list").await.unwrap(), 2);

    let seen = store.begin_delivery(send(&seen), stamp(40)).await.unwrap();
    assert_eq!(store.open_deliveries().await.unwrap()[0].attempt, 1);
    let blind = store.begin_delivery(send(&seen), stamp(41)).await;
    assert!(matches!(blind, Err(StoreError::OpenDelivery { attempt: 1, .. })));
    let lapse = changed(LapseTransfer { seen: seen.clone(), tell: Vec::new() }, "transfer.lapsed", "t1");
    assert!(matches!(store.lapse(lapse, stamp(41)).await, Err(StoreError::OpenDelivery { .. })));
    let seen = store.finish_delivery(sent(&seen, 1, DeliveryOutcome::Failed), stamp(42)).await.unwrap();
    assert!(matches!(seen.state, Transfer::Delivering { attempt: 1, .. }));
    let twice = store.finish_delivery(sent(&seen, 1, DeliveryOutcome::Arrived), stamp(43)).await;
    assert!(matches!(twice, Err(StoreError::NoOpenDelivery { attempt: 1, .. })));
    let seen = store.begin_delivery(send(&seen), stamp(44)).await.unwrap();
    let seen = store.finish_delivery(sent(&seen, 2, DeliveryOutcome::Arrived), stamp(45)).await.unwrap();
    let outcomes: Vec<_> = store.deliveries("t1").await.unwrap().into_iter().map(|tried| tried.outcome).collect();
    assert_eq!(outcomes, [Some(DeliveryOutcome::Failed), Some(DeliveryOutcome::Arrived)]);
    assert!(store.open_deliveries().await.unwrap().is_empty());

    store.accept_receipt(receipt(&seen, "{}", ReceiptOutcome::Accepted), stamp(60)).await.unwrap();
    let row = store.transfer("t1").await.unwrap().unwrap();
    assert_eq!(row.state, Transfer::Receipted { package: "package-of-t1".into() });
    assert_eq!((row.requested_at, row.updated_at, row.sequence), (at(10), at(60), Some(1)));
    assert_eq!((row.sealed, row.attempt_token.as_deref()), (Some(facts(101)), Some("token-1")));
    let last = LastReceipted { transfer: "t1".into(), sequence: 1, released: 101 };
    assert_eq!(store.last_receipted("food-list").await.unwrap(), Some(last));

    let package = store.package(&package_of(&seen)).await.unwrap().unwrap();
    assert_eq!((package.transfer.as_str(), package.sealed_at, package.erased_at), ("t1", at(30), None));
    assert_eq!(store.held_packages().await.unwrap().len(), 1);
    let erase = || changed(ErasePackage { package: package_of(&seen) }, "package.erased", "t1");
    assert_eq!(store.erase_package(erase(), stamp(70)).await.unwrap(), Saved::New);
    assert_eq!(store.erase_package(erase(), stamp(71)).await.unwrap(), Saved::Already);
    assert!(store.held_packages().await.unwrap().is_empty());

    house.sequence(&store).await;
    let told: Vec<_> = store.leaves_of("t1").await.unwrap().into_iter().map(|row| row.leaf.event).collect();
    assert_eq!(told.len(), 9, "{told:?}");
    assert_eq!((told[0].as_str(), told[8].as_str()), ("transfer.requested", "package.erased"));
}

async fn transfers_end_without_a_package_too_and_are_found_by_what_they_are(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let refused = prepared(&store, "t1").await;
    let violations = vec![Violation::new(Code::ALL[0], "individual.name", "not agreed")];
    let refuse = RefuseTransfer { seen: refused, token: Some("token-1".into()), violations: violations.clone() };
    let refused = store.refuse(changed(refuse, "transfer.refused", "t1"), stamp(30)).await.unwrap();
    assert_eq!(store.transfer("t1").await.unwrap().unwrap().state, Transfer::Refused { violations });
    assert_eq!(refused.state.name(), "refused");

    let cancelled = sealed(&store, "t2").await;
    store.cancel(changed(CancelTransfer { seen: cancelled }, "transfer.cancelled", "t2"), stamp(40)).await.unwrap();
    let lapsed = prepared(&store, "t3").await;
    store
        .lapse(changed(LapseTransfer { seen: lapsed, tell: Vec::new() }, "transfer.lapsed", "t3"), stamp(40))
        .await
        .unwrap();
    delivered(&store, "t4").await;
    store.request_transfer(request("t5"), stamp(90)).await.unwrap();

    let ids = |filter: TransferFilter| {
        let store = &store;
        async move { store.transfers(&filter).await.unwrap().into_iter().map(|row| row.id).collect::<Vec<_>>() }
    };
    let all = TransferFilter::default;
    assert_eq!(ids(all()).await, ["t5", "t4", "t3", "t2", "t1"]);
    assert_eq!(ids(TransferFilter { limit: Some(2), ..all() }).await, ["t5", "t4"]);
    let behind = |id: &str| TransferFilter { after: Some(id.into()), ..all() };
    assert_eq!(ids(TransferFilter { limit: Some(2), ..behind("t4") }).await, ["t3", "t2"]);
    assert_eq!(ids(TransferFilter { state: Some("refused"), ..behind("t4") }).await, ["t1"]);
    assert_eq!(ids(behind("t1")).await, [""; 0]);
    let unknown = store.transfers(&behind("t9")).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { what: "transfer", .. })));
    assert_eq!(ids(TransferFilter { state: Some("cancelled"), ..all() }).await, ["t2"]);
    let moved = TransferFilter { moved_since: Some(at(40)), ..all() };
    assert_eq!(ids(moved).await, ["t5", "t4", "t3", "t2"], "asked for before, and moved since");
    assert_eq!(ids(TransferFilter { exchange: Some("another".into()), ..all() }).await, [""; 0]);
    assert_eq!(ids(TransferFilter { arrangement: Some("food".into()), ..all() }).await.len(), 5);
    let unfinished: Vec<_> = store.unfinished_transfers().await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(unfinished, ["t5"]);
    let releases = store.releases_since("food", at(30)).await.unwrap();
    assert_eq!(releases.iter().map(|release| release.transfer.as_str()).collect::<Vec<_>>(), ["t4"]);
    assert!(store.releases_since("food", at(31)).await.unwrap().is_empty());
    assert_eq!(store.next_sequence("food-list").await.unwrap(), 3, "a number once sealed is not given again");
    let used = store.request_transfer(request("t5"), stamp(91)).await;
    assert!(matches!(used, Err(StoreError::Taken { what: "transfer", .. })));
}

async fn a_transfer_needs_its_documents(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let refused = store.request_transfer(request("t1"), stamp(1)).await;
    assert_eq!(refused.unwrap_err().to_string(), "there is no exchange `food-list version 1`");
}

crate::house::on_both!(
    documents_are_versions_that_are_never_edited,
    officers_approve_the_text_that_is_stored,
    partners_are_kept_as_confirmed,
    a_transfer_walks_the_whole_street,
    transfers_end_without_a_package_too_and_are_found_by_what_they_are,
    a_transfer_needs_its_documents,
);
