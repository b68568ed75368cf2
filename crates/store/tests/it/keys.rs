//! Is nothing sealed to a key that was revoked, or sent that is sealed to it; and are enquiries and withdrawals kept once?

use causeway_model::Person;
use causeway_model::enquiry::{Checklist, Event as Answered, State as Enquired};
use causeway_model::partner::{Event, KeyPurpose, Recipient, RecipientKind, State};
use causeway_store::change::{
    DeclareRecipients, KeyText, MoveEnquiry, MovePartner, NewEnquiry, RegisterKeys, WithdrawSet,
};
use causeway_store::{Kind, Saved, Store, StoreError};

use crate::configuration::{activation, by, exchange, set};
use crate::house::{House, changed, on_both, stamp};
use crate::life::live;
use crate::street::{found, prepared, sealed, sealing, send};

/// An enquiry, and a set that was taken back.
pub(crate) async fn asked_and_taken_back(store: &Store) {
    let new =
        NewEnquiry { name: "food".into(), partner: Some("agency".into()), text: "organisation: invented\n".into() };
    store.enquire(changed(new, "enquired", "food"), stamp(5)).await.unwrap();
    let staged = set("back", &[exchange("back", 1)]);
    store.stage_set(by("bo", "staged", staged), stamp(5)).await.unwrap();
    let back = WithdrawSet { name: "back".into(), reason: "an invented reason".into() };
    assert_eq!(store.withdraw_set(by("cy", "withdrawn", back), stamp(6)).await.unwrap(), Saved::New);
}

async fn state(store: &Store) -> State {
    store.partner_life("agency").await.unwrap().unwrap().state
}

fn moving(seen: State, events: Vec<Event>) -> MovePartner {
    MovePartner { partner: "agency".into(), seen, events }
}

async fn moved(store: &Store, event: Event) -> State {
    let change = moving(state(store).await, vec![event]);
    store.move_partner(changed(change, "moved", "agency"), stamp(5)).await.unwrap()
}

/// Brings in the next recipient key, `r2`.
async fn next_key(store: &Store) {
    let others_until = "2031-12-31".parse().unwrap();
    let rotate = Event::RotateKey { key: "r2".into(), purpose: KeyPurpose::Recipient, others_until };
    let text = KeyText { fingerprint: "r2".into(), purpose: KeyPurpose::Recipient, text: "age1next".into() };
    let change = RegisterKeys { moved: moving(state(store).await, vec![rotate]), keys: vec![text] };
    store.register_keys(changed(change, "key.registered", "agency"), stamp(5)).await.unwrap();
}

async fn nothing_is_sealed_to_a_revoked_key_or_sent(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    live(&store).await;
    let preparing = prepared(&store, "t1").await;
    let ready = sealed(&store, "t2").await;
    let package = crate::street::package_of(&ready);
    assert_eq!(store.sealed_to(&package).await.unwrap().as_deref(), Some("r"));
    assert!(!store.key_is_revoked("r").await.unwrap());
    moved(&store, Event::RevokeKey { key: "r".into() }).await;
    assert!(store.key_is_revoked("r").await.unwrap());
    let late = store.seal(sealing(&preparing, "token-1", 2), stamp(6)).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { what: "key", .. })), "{late:?}");
    let late = store.begin_delivery(send(&ready), stamp(6)).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { what: "key", .. })), "{late:?}");
    assert_eq!(state(&store).await.name(), "suspended");
}

async fn the_key_in_use_follows_what_is_trusted(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    live(&store).await;
    let current = async || store.partner("agency").await.unwrap().unwrap().age_recipient;
    let challenge =
        causeway_store::change::ChallengePartner { partner: "agency".into(), answer_sha256: "c".repeat(64) };
    store.challenge_partner(changed(challenge, "challenged", "agency"), stamp(4)).await.unwrap();
    next_key(&store).await;
    let life = store.partner_life("agency").await.unwrap().unwrap();
    assert_eq!(life.challenge, None, "what was put before proves nothing of the next key");
    moved(&store, Event::ProvePossession { key: "r2".into() }).await;
    assert_eq!(current().await, "age1invented");
    moved(&store, Event::ConfirmFingerprint { key: "r2".into(), by: "officer-a".into() }).await;
    assert_eq!(current().await, "age1next", "for a program that knows no others");
    moved(&store, Event::RevokeKey { key: "r2".into() }).await;
    assert_eq!(current().await, "age1invented", "the one before, until its day");
    let keys = store.partner_keys("agency").await.unwrap();
    let told: Vec<_> = keys.iter().map(|key| (key.fingerprint.as_str(), key.revoked_at.is_some())).collect();
    assert_eq!(told, [("r", false), ("s", false), ("r2", true)]);
}

async fn who_handles_the_data_is_changed_as_it_was_seen(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    live(&store).await;
    let seen = store.partner_life("agency").await.unwrap().unwrap().profile;
    let mut profile = seen.clone();
    profile.recipients.push(Recipient {
        name: "Cloud (invented)".into(),
        kind: RecipientKind::Processor,
        jurisdiction: "KEN".into(),
        hosting_country: "KEN".into(),
        purpose: "keeps backups".into(),
    });
    let declare = || changed(DeclareRecipients { seen: seen.clone(), profile: profile.clone() }, "declared", "agency");
    assert_eq!(store.declare_recipients(declare(), stamp(5)).await.unwrap(), Saved::New);
    assert_eq!(store.declare_recipients(declare(), stamp(6)).await.unwrap(), Saved::Already);
    let mut other = profile.clone();
    other.title = "another".into();
    let late = DeclareRecipients { seen, profile: other };
    let late = store.declare_recipients(changed(late, "declared", "agency"), stamp(6)).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { .. })), "{late:?}");
}

async fn an_enquiry_moves_as_it_was_seen_and_a_set_taken_back_stays_back(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    asked_and_taken_back(&store).await;
    let again = NewEnquiry { name: "food".into(), partner: None, text: "organisation: another\n".into() };
    let taken = store.enquire(changed(again, "enquired", "food"), stamp(6)).await;
    assert!(matches!(taken, Err(StoreError::Taken { what: "enquiry", .. })), "{taken:?}");
    let act = |seen: Enquired, event: Answered| {
        let change = MoveEnquiry { name: "food".into(), seen, event: Some(event), checklist: None };
        store.move_enquiry(changed(change, "moved", "food"), stamp(7))
    };
    let open = Answered::Assess { checklist: Checklist::new(), by: Person::new("officer-a", "key") };
    assert!(matches!(act(Enquired::Received, open).await, Err(StoreError::Denied { .. })));
    assert_eq!(act(Enquired::Received, Answered::Withdraw).await.unwrap(), Enquired::Withdrawn);
    let late = act(Enquired::Received, Answered::Withdraw).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { what: "enquiry", .. })), "{late:?}");
    assert_eq!(store.enquiries("", 10).await.unwrap().len(), 1);
    assert!(store.enquiries("food", 10).await.unwrap().is_empty());

    let back = || WithdrawSet { name: "back".into(), reason: "again".into() };
    assert_eq!(store.withdraw_set(by("bo", "withdrawn", back()), stamp(7)).await.unwrap(), Saved::Already);
    let staged = set("back", &[exchange("back", 1)]);
    let activate = activation(&store, &staged, "key-c").await;
    let late = store.activate_set(by("cy", "activated", activate), stamp(8)).await;
    assert!(matches!(late, Err(StoreError::Withdrawn { officer, .. }) if officer == "cy"));
    crate::configuration::in_use(&store, "used", 1).await;
    let late = WithdrawSet { name: "used".into(), reason: "too late".into() };
    let late = store.withdraw_set(by("bo", "withdrawn", late), stamp(9)).await;
    assert!(matches!(late, Err(StoreError::ActivatedAlready { .. })), "{late:?}");
    assert_eq!(store.withdrawals().await.unwrap().len(), 1);
}

on_both!(
    nothing_is_sealed_to_a_revoked_key_or_sent,
    the_key_in_use_follows_what_is_trusted,
    who_handles_the_data_is_changed_as_it_was_seen,
    an_enquiry_moves_as_it_was_seen_and_a_set_taken_back_stays_back,
);
