//! Does a real record ever pass the store on its way to somebody who is for invented people only?

use causeway_model::Code;
use causeway_model::environment::DataKind;
use causeway_store::change::{
    AdmitRealData, AskRealData, BeginDelivery, DocumentKind, NewDocument, NewSandbox, NewSandboxRun, NewTransfer,
    ReceiptOutcome, SandboxKeys, SandboxReceipt, SealTransfer, Seen, SyntheticOnly,
};
use causeway_store::{AuditEvent, Changed, Kind, Saved, Store, StoreError};
use proptest::prelude::*;

use crate::house::{House, changed, event, on_both, stamp};
use crate::street::{attempt, document, facts, found, partner, prepared, request, sealed, sealing, send};

fn by<T>(actor: &str, value: T) -> Changed<T> {
    Changed::new(value, AuditEvent { actor: actor.into(), ..event("said", "agency") })
}

async fn restrict(store: &Store, name: &str) -> Saved {
    store.synthetic_only(by("officer-a", SyntheticOnly { partner: name.into() }), stamp(1)).await.unwrap()
}

async fn ask(store: &Store, actor: &str) -> Result<Saved, StoreError> {
    let ask = AskRealData { partner: "agency".into(), key: format!("key of {actor}"), reason: "invented".into() };
    store.ask_real_data(by(actor, ask), stamp(2)).await
}

async fn admit(store: &Store, actor: &str, key: &str) -> Result<Saved, StoreError> {
    let admit = AdmitRealData { partner: "agency".into(), key: key.into() };
    store.admit_real_data(by(actor, admit), stamp(3)).await
}

fn code<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> Code {
    match outcome {
        Err(StoreError::Denied { source, .. }) => source.codes()[0],
        other => panic!("{other:?}"),
    }
}

async fn house(kind: Kind) -> (House, Store) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    store.add_partner(partner("agency"), stamp(1)).await.unwrap();
    (house, store)
}

async fn two_people_admit_real_data_and_one_keeps_them_out(kind: Kind) {
    let (_house, store) = house(kind).await;
    let nobody = AskRealData { partner: "agency".into(), key: "key".into(), reason: "invented".into() };
    let early = store.ask_real_data(by("officer-a", nobody), stamp(1)).await;
    assert!(matches!(early, Err(StoreError::NotFound { .. })), "{early:?}");
    assert_eq!(restrict(&store, "agency").await, Saved::New);
    assert_eq!(restrict(&store, "agency").await, Saved::Already);
    assert_eq!(code(admit(&store, "officer-b", "key of officer-b").await), Code::TwoPeopleNeeded, "nobody asked");
    assert_eq!(ask(&store, "officer-a").await.unwrap(), Saved::New);
    assert_eq!(ask(&store, "officer-a").await.unwrap(), Saved::Already);
    assert!(matches!(ask(&store, "officer-b").await, Err(StoreError::ChangedMeanwhile { .. })));
    assert_eq!(code(admit(&store, "officer-a", "another key").await), Code::TwoPeopleNeeded, "the same person");
    assert_eq!(code(admit(&store, "officer-b", "key of officer-a").await), Code::TwoPeopleNeeded, "the same key");
    // A word against it takes the request away.
    assert_eq!(restrict(&store, "agency").await, Saved::New);
    assert_eq!(store.real_data_asked("agency").await.unwrap(), None);
    assert_eq!(code(admit(&store, "officer-b", "key of officer-b").await), Code::TwoPeopleNeeded);
    assert_eq!(ask(&store, "officer-a").await.unwrap(), Saved::New);
    assert_eq!(admit(&store, "officer-b", "key of officer-b").await.unwrap(), Saved::New);
    assert_eq!(admit(&store, "officer-b", "key of officer-b").await.unwrap(), Saved::Already);
    assert!(!store.is_synthetic_only("agency").await.unwrap());
}

async fn what_seals_and_what_delivers_asks_in_its_own_transaction(kind: Kind) {
    let (_house, store) = house(kind).await;
    let before = sealed(&store, "t1").await;
    let preparing = prepared(&store, "t2").await;
    restrict(&store, "agency").await;
    let leaves = store.pending_leaves().await.unwrap();
    assert_eq!(code(store.begin_delivery(send(&before), stamp(5)).await), Code::SyntheticOnlyPartner);
    assert_eq!(code(store.seal(sealing(&preparing, "token-1", 2), stamp(5)).await), Code::SyntheticOnlyPartner);
    assert_eq!(store.pending_leaves().await.unwrap(), leaves, "nothing was changed");
    assert_eq!(store.transfer("t2").await.unwrap().unwrap().state, preparing.state);
    // Invented people pass.
    let invented = SealTransfer { data: DataKind::Synthetic, ..sealing(&preparing, "token-1", 2).value().clone() };
    let seen = store.seal(changed(invented, "sealed", "t2"), stamp(6)).await.unwrap();
    let begin = BeginDelivery { seen, data: DataKind::Synthetic };
    store.begin_delivery(changed(begin, "delivery.begun", "t2"), stamp(7)).await.unwrap();
}

/// A transfer under an arrangement with this text, about to be sealed.
async fn under(store: &Store, id: &str, text: &str) -> Seen {
    let name = format!("terms-{id}");
    let text = format!("arrangement: {name}\nversion: 1\n{text}");
    let terms = NewDocument { kind: DocumentKind::Arrangement, name: name.clone(), version: 1, text };
    store.import_document(changed(terms, "document.imported", &name), stamp(1)).await.unwrap();
    let transfer = NewTransfer { arrangement: name, arrangement_version: 1, ..request(id).value().clone() };
    let seen = store.request_transfer(changed(transfer, "requested", id), stamp(2)).await.unwrap();
    store.begin_attempt(attempt(&seen, "token-1"), stamp(3)).await.unwrap()
}

async fn whoever_else_would_get_the_data_is_looked_at_too(kind: Kind) {
    let (_house, store) = house(kind).await;
    // Another name with the same key.
    store.add_partner(partner("twin-of-agency"), stamp(1)).await.unwrap();
    let mut stranger = partner("stranger").value().clone();
    stranger.age_recipient = "age1stranger".into();
    stranger.profile.recipients = vec![causeway_model::partner::Recipient {
        name: "declared".into(),
        kind: causeway_model::partner::RecipientKind::Processor,
        jurisdiction: "KEN".into(),
        hosting_country: "KEN".into(),
        purpose: "hosting".into(),
    }];
    store.add_partner(changed(stranger, "partner.added", "stranger"), stamp(1)).await.unwrap();
    for name in ["declared", "named"] {
        let mut other = partner(name).value().clone();
        other.age_recipient = format!("age1{name}");
        store.add_partner(changed(other, "partner.added", name), stamp(1)).await.unwrap();
    }
    restrict(&store, "agency").await;
    let cases = [
        ("a", "partner: twin-of-agency\n", Some("agency")),
        ("b", "partner: stranger\nparties: [{ name: agency }]\n", Some("agency")),
        ("c", "partner: stranger\nprocessors: [{ name: agency }]\n", Some("agency")),
        ("d", "title: it does not say to whom\n", Some("d")),
        ("e", "partner: stranger\n", None),
    ];
    for (id, text, hit) in cases {
        let seen = under(&store, id, text).await;
        let next = store.next_sequence("food-list").await.unwrap();
        match (store.seal(sealing(&seen, "token-1", next), stamp(5)).await, hit) {
            (Ok(_), None) => {}
            (Err(StoreError::Denied { source, .. }), Some(hit)) => {
                assert_eq!(source.violations[0].subject, hit, "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    restrict(&store, "declared").await;
    let seen = under(&store, "f", "partner: stranger\n").await;
    let next = store.next_sequence("food-list").await.unwrap();
    assert_eq!(code(store.seal(sealing(&seen, "token-1", next), stamp(5)).await), Code::SyntheticOnlyPartner);
}

fn test_keys(partner: &str, recipient: &str, signing: &str) -> Changed<SandboxKeys> {
    let print = |word: &str| format!("SHA256:{word:x<43}");
    let keys = SandboxKeys {
        partner: partner.into(),
        age_recipient: recipient.into(),
        signing_key_pem: "invented key".into(),
        fingerprint: format!("{} {}", print(recipient), print(signing)),
    };
    changed(keys, "test-keys.added", partner)
}

async fn a_key_is_for_real_people_or_for_invented_ones(kind: Kind) {
    let (_house, store) = house(kind).await;
    assert_eq!(
        code(store.sandbox_keys(test_keys("agency", "age1invented", "s1"), stamp(1)).await),
        Code::KeyEnvironment
    );
    assert_eq!(store.sandbox_keys(test_keys("agency", "age1trial", "s1"), stamp(1)).await.unwrap(), Saved::New);
    assert_eq!(store.sandbox_keys(test_keys("agency", "age1trial", "s1"), stamp(1)).await.unwrap(), Saved::Already);
    let mut disguised = partner("other").value().clone();
    disguised.age_recipient = "age1trial".into();
    let refused = store.add_partner(changed(disguised, "partner.added", "other"), stamp(2)).await;
    assert_eq!(code(refused), Code::KeyEnvironment);
    let mut disguised = partner("other").value().clone();
    disguised.age_recipient = "age1other".into();
    disguised.fingerprint = format!("SHA256:{:x<43} SHA256:{:x<43}", "r9", "s1");
    let refused = store.add_partner(changed(disguised, "partner.added", "other"), stamp(2)).await;
    assert_eq!(code(refused), Code::KeyEnvironment);
    let mut real = partner("other").value().clone();
    real.age_recipient = "age1other".into();
    real.fingerprint = format!("SHA256:{:x<43} SHA256:{:x<43}", "r9", "s9");
    store.add_partner(changed(real, "partner.added", "other"), stamp(2)).await.unwrap();
    let keys = test_keys("agency", "age1trial-2", "s9");
    assert_eq!(code(store.sandbox_keys(keys, stamp(3)).await), Code::KeyEnvironment);
    assert_eq!(store.sandbox_keys(test_keys("agency", "age1trial-2", "s2"), stamp(3)).await.unwrap(), Saved::New);
    assert_eq!(store.sandbox_key("agency").await.unwrap().unwrap().age_recipient, "age1trial-2", "the newest counts");
}

fn run(package: &str, sequence: u64) -> Changed<NewSandboxRun> {
    let run = NewSandboxRun {
        package: package.into(),
        sandbox: "trial".into(),
        sequence,
        partner: "agency".into(),
        released: 40,
        digest: "d".repeat(64),
        manifest_sha256: "a".repeat(64),
        receipt_token_sha256: "b".repeat(64),
    };
    changed(run, "sandbox-run", "trial")
}

/// Something in every table of sandboxes, in a house whose partner is for invented people only.
pub async fn tried(store: &Store) {
    let sandbox = NewSandbox { exchange: "trial".into(), twin_of: "school-list".into(), records: 40 };
    store.open_sandbox(changed(sandbox, "sandbox.opened", "trial"), stamp(8)).await.unwrap();
    store.sandbox_keys(test_keys("agency", "age1trial", "trial"), stamp(8)).await.unwrap();
    store.sandbox_run(run("trial-1", 1), stamp(8)).await.unwrap();
    ask(store, "officer-a").await.unwrap();
}

/// Another person lets real data go to the partner again.
pub async fn admitted(store: &Store) {
    assert_eq!(admit(store, "officer-b", "key of officer-b").await.unwrap(), Saved::New);
}

fn loaded(package: &str, sha256: &str) -> Changed<SandboxReceipt> {
    let receipt = SandboxReceipt {
        package: package.into(),
        outcome: ReceiptOutcome::Accepted,
        records_loaded: 40,
        disputed: false,
        sha256: sha256.repeat(64),
    };
    changed(receipt, "sandbox-receipt", "trial")
}

async fn runs_are_counted_apart_from_transfers(kind: Kind) {
    let (_house, store) = house(kind).await;
    let early = store.sandbox_run(run("p1", 1), stamp(1)).await;
    assert!(matches!(early, Err(StoreError::NotFound { .. })), "{early:?}");
    let sandbox = NewSandbox { exchange: "trial".into(), twin_of: "food-list".into(), records: 40 };
    store.open_sandbox(changed(sandbox, "sandbox.opened", "trial"), stamp(1)).await.unwrap();
    let taken = store.import_document(document(DocumentKind::Exchange, "trial", 1), stamp(1)).await;
    assert!(matches!(taken, Err(StoreError::Taken { what: "sandbox", .. })), "{taken:?}");
    for (package, sequence) in [("p1", 1), ("p2", 2)] {
        assert_eq!(store.next_run("trial").await.unwrap(), sequence);
        store.sandbox_run(run(package, sequence), stamp(2)).await.unwrap();
    }
    let late = store.sandbox_run(run("p3", 2), stamp(2)).await;
    assert!(matches!(late, Err(StoreError::OutOfSequence { next: 3, .. })), "{late:?}");
    assert_eq!(store.next_sequence("food-list").await.unwrap(), 1, "transfers are not counted with them");
    assert_eq!(store.unfinished_transfers().await.unwrap(), []);
    assert_eq!(store.sandbox_receipt(loaded("p1", "c"), stamp(3)).await.unwrap(), Saved::New);
    assert_eq!(store.sandbox_receipt(loaded("p1", "c"), stamp(3)).await.unwrap(), Saved::Already);
    let other = store.sandbox_receipt(loaded("p1", "d"), stamp(3)).await;
    assert!(matches!(other, Err(StoreError::ReceiptReplayed { .. })), "{other:?}");
    let unknown = store.sandbox_receipt(loaded("p9", "c"), stamp(3)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })), "{unknown:?}");
    let runs = store.sandbox_runs("trial", 10).await.unwrap();
    assert_eq!(runs.iter().map(|run| run.sequence).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(runs[1].received, Some((ReceiptOutcome::Accepted, false, 40)));
    assert_eq!(store.run_of_package("p2").await.unwrap().unwrap(), runs[0]);
}

async fn every_change_of_sandboxes_and_restrictions_has_one_leaf(kind: Kind) {
    let (house, store) = house(kind).await;
    let sandbox = NewSandbox { exchange: "trial".into(), twin_of: "food-list".into(), records: 40 };
    store.open_sandbox(changed(sandbox, "sandbox.opened", "trial"), stamp(1)).await.unwrap();
    macro_rules! one_leaf {
        ($call:expr) => {{
            let leaves = store.pending_leaves().await.unwrap();
            house.raw().close_table("ledger_pending").await;
            assert!(matches!($call.await, Err(StoreError::Database(_))), "{}", stringify!($call));
            house.raw().open_table("ledger_pending").await;
            $call.await.unwrap();
            assert_eq!(store.pending_leaves().await.unwrap(), leaves + 1, "{}", stringify!($call));
        }};
    }
    one_leaf!(store.sandbox_keys(test_keys("agency", "age1trial", "s1"), stamp(2)));
    one_leaf!(store.sandbox_run(run("p1", 1), stamp(3)));
    one_leaf!(store.sandbox_receipt(loaded("p1", "c"), stamp(4)));
    let only = || by("officer-a", SyntheticOnly { partner: "agency".into() });
    one_leaf!(store.synthetic_only(only(), stamp(5)));
    one_leaf!(ask(&store, "officer-a"));
    one_leaf!(admit(&store, "officer-b", "key of officer-b"));
}

on_both!(
    two_people_admit_real_data_and_one_keeps_them_out,
    what_seals_and_what_delivers_asks_in_its_own_transaction,
    whoever_else_would_get_the_data_is_looked_at_too,
    a_key_is_for_real_people_or_for_invented_ones,
    runs_are_counted_apart_from_transfers,
    every_change_of_sandboxes_and_restrictions_has_one_leaf,
);

#[derive(Clone, Copy, Debug)]
enum Step {
    Restrict,
    Ask(u8),
    Admit(u8),
    /// Requests, prepares, and tries to seal.
    Seal(DataKind),
    /// Tries to deliver the oldest that is sealed.
    Deliver(DataKind),
}

fn kind_of_data() -> impl Strategy<Value = DataKind> {
    prop_oneof![3 => Just(DataKind::Real), 1 => Just(DataKind::Synthetic)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Restrict),
        2 => (0_u8..3).prop_map(Step::Ask),
        3 => (0_u8..3).prop_map(Step::Admit),
        4 => kind_of_data().prop_map(Step::Seal),
        3 => kind_of_data().prop_map(Step::Deliver),
    ]
}

/// Walks the steps beside a model of three lines: restricted or not, who has asked, what is sealed.
async fn walk(kind: Kind, named: u8, restricted_at_first: bool, steps: &[Step]) {
    let (_house, store) = house(kind).await;
    // Who is for invented people only stands in the terms as partner, party or processor, or has the partner's key.
    let text = match named {
        0 => "partner: agency\n",
        1 => "partner: agency\nparties: [{ name: agency }]\n",
        2 => "partner: nobody-known\nprocessors: [{ name: agency }]\n",
        _ => "partner: twin-of-agency\n",
    };
    store.add_partner(partner("twin-of-agency"), stamp(1)).await.unwrap();
    let (mut restricted, mut asked, mut waiting) = (false, None, Vec::new());
    if restricted_at_first {
        restrict(&store, "agency").await;
        restricted = true;
    }
    for (at, step) in steps.iter().enumerate() {
        match *step {
            Step::Restrict => {
                restrict(&store, "agency").await;
                (restricted, asked) = (true, None);
            }
            Step::Ask(who) => {
                let done = ask(&store, &format!("officer-{who}")).await;
                let may = restricted && asked.is_none_or(|before| before == who);
                assert_eq!(done.is_ok(), may, "{step:?}: {done:?}");
                asked = if may { Some(who) } else { asked };
            }
            Step::Admit(who) => {
                let done = admit(&store, &format!("officer-{who}"), &format!("key of officer-{who}")).await;
                let may = !restricted || asked.is_some_and(|before| before != who);
                assert_eq!(done.is_ok(), may, "{step:?}: {done:?}");
                if may {
                    (restricted, asked) = (false, None);
                }
            }
            Step::Seal(data) => {
                let seen = under(&store, &format!("t{at}"), text).await;
                let next = store.next_sequence("food-list").await.unwrap();
                let seal = SealTransfer {
                    data,
                    package: format!("p{at}"),
                    facts: facts(1),
                    ..sealing(&seen, "token-1", next).value().clone()
                };
                let done = store.seal(changed(seal, "sealed", "t"), stamp(5)).await;
                assert_eq!(done.is_ok(), !(restricted && data == DataKind::Real), "{step:?}: {done:?}");
                waiting.extend(done);
            }
            Step::Deliver(data) => {
                let Some(seen) = waiting.first().cloned() else { continue };
                let done = store.begin_delivery(changed(BeginDelivery { seen, data }, "begun", "t"), stamp(6)).await;
                assert_eq!(done.is_ok(), !(restricted && data == DataKind::Real), "{step:?}: {done:?}");
                if done.is_ok() {
                    waiting.remove(0);
                }
            }
        }
    }
}

fn walk_all(kind: Kind, named: u8, restricted: bool, steps: &[Step]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(walk(kind, named, restricted, steps));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn no_order_of_words_lets_a_real_record_pass_to_a_partner_for_invented_people(
        named in 0_u8..4, restricted: bool, steps in prop::collection::vec(step(), 1..14)
    ) {
        walk_all(Kind::Sqlite, named, restricted, &steps);
    }

    #[test]
    fn no_order_of_words_lets_a_real_record_pass_to_a_partner_for_invented_people_on_postgres(
        named in 0_u8..4, restricted: bool, steps in prop::collection::vec(step(), 1..14)
    ) {
        walk_all(Kind::Postgres, named, restricted, &steps);
    }
}
