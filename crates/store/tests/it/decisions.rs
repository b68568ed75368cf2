//! Is a person's decision kept whole or not at all, and does what it forbids not happen, whoever is first?

use causeway_model::rights::{Decision, Kind as Decided, Reason, Scope};
use causeway_store::change::{
    AnswerNotice, BeginNotice, BeginRotation, CarriesOn, CertifyErasure, FinishNotice, Leaving, Meant, Merges,
    MoveRotation, NewDecision, NewNotice, RecordDecision, Rotated, SealTransfer,
};
use causeway_store::query::NoticeBytes;
use causeway_store::{Changed, Kind, Saved, Store, StoreError};

use crate::house::{House, at, changed, on_both, stamp};
use crate::street::{found, package_of, prepared, sealed, sealing, send};

fn decision(kind: Decided, person: char) -> RecordDecision {
    let effective = "2026-05-04".parse().unwrap();
    let decision = Decision { kind, scope: Scope::default(), effective, reason: Reason::PersonAsked, consent: None };
    let into = (kind == Decided::Merge).then(|| "f".repeat(32));
    let new = NewDecision { entity: "individual".into(), person: person.to_string().repeat(32), into, decision };
    let [recalled, erase, unasked] = [(); 3].map(|()| Vec::new());
    let (seen, meant) = (Leaving::default(), Meant::default());
    RecordDecision { new, recalled, erase, unasked, notices: Vec::new(), seen, meant, carries_on: None }
}

async fn now(store: &Store, decision: RecordDecision) -> Changed<RecordDecision> {
    let seen = store.leaving().await.unwrap();
    changed(RecordDecision { seen, ..decision }, "decision", "people")
}

async fn record(store: &Store, one: RecordDecision) -> Result<Saved, StoreError> {
    let change = now(store, one).await;
    store.record_decision(change, stamp(40)).await
}

fn notice(id: char) -> NewNotice {
    NewNotice {
        id: id.to_string().repeat(32),
        partner: "agency".into(),
        exchange: "food-list".into(),
        what: "objection".into(),
        wants_certificate: false,
        act_by: "2026-05-18".parse().unwrap(),
        token_sha256: "c".repeat(64),
        draft: b"sealed to ourselves".to_vec(),
    }
}

fn begin(id: &str) -> Changed<BeginNotice> {
    let begin = BeginNotice {
        id: id.into(),
        sealed_to: "SHA256:agency".into(),
        manifest: b"{}".to_vec(),
        signature: vec![1; 64],
        part: b"sealed to the partner".to_vec(),
        manifest_sha256: "a".repeat(64),
    };
    changed(begin, "notice-begun", id)
}

fn answer(id: &str, outcome: &'static str, text: &str) -> Changed<AnswerNotice> {
    let answer = AnswerNotice { id: id.into(), outcome, text: text.into(), signature: "ab".into() };
    changed(answer, "notice-answered", id)
}

/// Calls a package back.
pub(crate) async fn recall(store: &Store, package: &str) {
    let one = RecordDecision { recalled: vec![package.to_owned()], ..decision(Decided::Objection, 'a') };
    assert_eq!(record(store, one).await.unwrap(), Saved::New);
}

/// Something in every table of decisions, where `t2` is sealed and `an-told` was told.
pub(crate) async fn decided(store: &Store) {
    let recalled = vec!["package-of-t2".to_owned()];
    let one = RecordDecision {
        recalled,
        erase: vec!["package-of-t2".to_owned()],
        unasked: vec!["package-of-t1".to_owned(), "an-told".to_owned()],
        notices: vec![notice('1'), notice('2')],
        ..decision(Decided::Objection, 'a')
    };
    assert_eq!(record(store, one).await.unwrap(), Saved::New);
    let id = "1".repeat(32);
    store.begin_notice(begin(&id), stamp(41)).await.unwrap();
    store.answer_notice(answer(&id, "received", "{}"), stamp(42)).await.unwrap();
    let certificate = CertifyErasure {
        package: "package-of-t1".into(),
        deleted_at: at(43),
        records: 101,
        in_backups_until: Some("2026-06-30".parse().unwrap()),
        text: "{}".into(),
        signature: "ab".into(),
    };
    let certify = |of: CertifyErasure| store.certify_erasure(changed(of, "erasure-certified", "t1"), stamp(44));
    assert_eq!(certify(certificate.clone()).await.unwrap(), Saved::New);
    assert_eq!(certify(certificate.clone()).await.unwrap(), Saved::Already);
    certify(CertifyErasure { text: "{ }".into(), ..certificate }).await.unwrap_err();
    let decisions_seen = store.decisions_count().await.unwrap();
    let begin = |id: &str| BeginRotation {
        id: id.into(),
        partner: "agency".into(),
        purpose: "food".into(),
        exchange: "food-list".into(),
        secret: format!("secret-{id}"),
        package: format!("pairs-{id}"),
        manifest_sha256: "a".repeat(64),
        receipt_token_sha256: "b".repeat(64),
        pairs: 7,
        digest: "d".repeat(64),
        sealed_to: "SHA256:agency".into(),
        people_until: at(44),
        decisions_seen,
    };
    store.begin_rotation(changed(begin("r1"), "pseudonyms", "r1"), stamp(45)).await.unwrap();
    let open = store.begin_rotation(changed(begin("r2"), "pseudonyms", "r2"), stamp(46)).await;
    assert!(matches!(open, Err(StoreError::ChangedMeanwhile { .. })), "one at a time: {open:?}");
    for (to, saved) in
        [(Rotated::Delivered, Saved::New), (Rotated::Acknowledged, Saved::New), (Rotated::Acknowledged, Saved::Already)]
    {
        let change = changed(MoveRotation { id: "r1".into(), to }, "pseudonyms", "r1");
        assert_eq!(store.move_rotation(change, stamp(47)).await.unwrap(), saved, "{to:?}");
    }
    let late = changed(MoveRotation { id: "r1".into(), to: Rotated::GivenUp }, "pseudonyms", "r1");
    let late = store.move_rotation(late, stamp(47)).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { .. })), "it was acknowledged: {late:?}");
    let found = store.rotations("agency", "food").await.unwrap();
    assert!(found.len() == 1 && found[0].acknowledged_at.is_some() && found[0].given_up_at.is_none());
    let kept = store.kept_package("package-of-t1").await.unwrap().unwrap();
    assert!(kept.was_begun && kept.certified_at.is_some() && kept.erased_at.is_none());
    let somewhere = store.packages_somewhere().await.unwrap();
    assert!(somewhere.iter().any(|one| one.package == "package-of-t2"), "it is kept here");
}

async fn what_a_decision_forbids_does_not_happen(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let t1 = sealed(&store, "t1").await;
    let stale = now(&store, decision(Decided::Objection, 'a')).await;
    let t2 = sealed(&store, "t2").await;
    let outcome = store.record_decision(stale, stamp(40)).await;
    assert!(matches!(outcome, Err(StoreError::ChangedMeanwhile { .. })), "sealed meanwhile: {outcome:?}");
    let stale = now(&store, decision(Decided::Objection, 'a')).await;
    store.begin_delivery(send(&t2), stamp(41)).await.unwrap();
    let outcome = store.record_decision(stale, stamp(42)).await;
    assert!(matches!(outcome, Err(StoreError::ChangedMeanwhile { .. })), "begun meanwhile: {outcome:?}");
    assert_eq!(store.decisions_count().await.unwrap(), 0, "nothing of it was kept");

    let seen = prepared(&store, "t3").await;
    let one = RecordDecision { recalled: vec![package_of(&t1)], ..decision(Decided::Objection, 'a') };
    assert_eq!(record(&store, one.clone()).await.unwrap(), Saved::New);
    assert_eq!(record(&store, one).await.unwrap(), Saved::Already);
    assert!(store.is_recalled(&package_of(&t1)).await.unwrap());
    let outcome = store.begin_delivery(send(&t1), stamp(43)).await;
    assert!(matches!(outcome, Err(StoreError::ChangedMeanwhile { .. })), "called back: {outcome:?}");
    let next = store.next_sequence("food-list").await.unwrap();
    let outcome = store.seal(sealing(&seen, "token-1", next), stamp(44)).await;
    assert!(matches!(outcome, Err(StoreError::ChangedMeanwhile { .. })), "judged before: {outcome:?}");
    let judged = SealTransfer { decisions_seen: 1, ..sealing(&seen, "token-1", next).value().clone() };
    store.seal(changed(judged, "transfer.sealed", "t3"), stamp(45)).await.unwrap();
}

async fn the_newest_counts_and_no_merge_is_a_circle(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    for (kind, saved) in [
        (Decided::Objection, Saved::New),
        (Decided::ObjectionLifted, Saved::New),
        (Decided::Objection, Saved::New),
        (Decided::Objection, Saved::Already),
        (Decided::Contested, Saved::New),
    ] {
        assert_eq!(record(&store, decision(kind, 'a')).await.unwrap(), saved, "{kind}");
    }
    assert_eq!(store.decisions_of("individual", &[0xaa; 16], u64::MAX).await.unwrap().len(), 4);
    // What was objected to in part, lifted as a whole, and objected to in part again, holds again.
    let part = |kind| {
        let mut one = decision(kind, 'e');
        one.new.decision.scope = Scope { purpose: Some("food".into()), partner: Some("agency".into()) };
        one
    };
    for (one, saved) in [
        (part(Decided::Objection), Saved::New),
        (decision(Decided::ObjectionLifted, 'e'), Saved::New),
        (part(Decided::Objection), Saved::New),
        (part(Decided::Objection), Saved::Already),
    ] {
        assert_eq!(record(&store, one).await.unwrap(), saved);
    }
    let merge = |from: char, into: char| {
        let mut one = decision(Decided::Merge, from);
        one.new.into = Some(into.to_string().repeat(32));
        one
    };
    assert_eq!(record(&store, merge('a', 'b')).await.unwrap(), Saved::New);
    assert_eq!(record(&store, merge('a', 'b')).await.unwrap(), Saved::Already);
    assert_eq!(record(&store, merge('b', 'c')).await.unwrap(), Saved::New);
    for one in [merge('c', 'a'), merge('a', 'd'), decision(Decided::Objection, 'b')] {
        let outcome = record(&store, one).await;
        assert!(matches!(outcome, Err(StoreError::Denied { .. })), "{outcome:?}");
    }
    let Err(StoreError::Denied { .. }) = store.demand_possible(&merge('c', 'a').new, &Merges::new()).await else {
        panic!("it is told before it is tried")
    };
    let before = Merges::from([(("individual".into(), "9".repeat(32)), "d".repeat(32))]);
    assert!(store.demand_possible(&merge('d', '9').new, &before).await.is_err(), "a circle with one asked for before");
    store.demand_possible(&merge('d', '9').new, &Merges::new()).await.unwrap();
    // Whoever is the person of `c` is that of `b` and `a` too.
    let of = |before| store.decisions_of("individual", &[0xcc; 16], before);
    assert_eq!(of(u64::MAX).await.unwrap().iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 3, 4, 8, 9]);
    assert_eq!(of(9).await.unwrap(), [], "before the second merge it was nobody else's");
    let mut kinds = Vec::new();
    let scope = ("food", "agency");
    store.decisions("individual", scope, (0, 99), |row| kinds.push(row.kind)).await.unwrap();
    assert_eq!(kinds.len(), 9);
    let (mut of_part, mut of_another) = (0, 0);
    store.decisions("individual", ("food/camps", "agency"), (0, 99), |_| of_part += 1).await.unwrap();
    store.decisions("individual", ("foodstuff", "agency"), (0, 99), |_| of_another += 1).await.unwrap();
    assert_eq!((of_part, of_another), (9, 7), "an objection to a purpose is one to its parts");
}

async fn a_second_correction_is_one_where_anything_left_since_and_an_erasure_is_one_on_whatever_day(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let correct = || decision(Decided::Correction, 'a');
    assert_eq!(record(&store, correct()).await.unwrap(), Saved::New);
    assert_eq!(record(&store, correct()).await.unwrap(), Saved::Already);
    let seen = sealed(&store, "t1").await;
    assert_eq!(record(&store, correct()).await.unwrap(), Saved::New, "sealed since");
    assert_eq!(record(&store, correct()).await.unwrap(), Saved::Already);
    store.begin_delivery(send(&seen), stamp(41)).await.unwrap();
    assert_eq!(record(&store, correct()).await.unwrap(), Saved::New, "begun since");
    assert_eq!(record(&store, correct()).await.unwrap(), Saved::Already);

    let erase = |effective: &str| {
        let mut one = RecordDecision { erase: vec![package_of(&seen)], ..decision(Decided::Erasure, 'b') };
        one.new.decision.effective = effective.parse().unwrap();
        one
    };
    assert_eq!(record(&store, erase("2026-05-04")).await.unwrap(), Saved::New);
    assert_eq!(record(&store, erase("2026-05-05")).await.unwrap(), Saved::Already);
    assert!(store.kept_package(&package_of(&seen)).await.unwrap().unwrap().person_erased_at.is_some());
}

async fn what_could_not_be_asked_is_carried_on_once(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let packages = [sealed(&store, "t1").await, sealed(&store, "t2").await].map(|seen| package_of(&seen));
    let one = RecordDecision { unasked: packages.to_vec(), ..decision(Decided::Objection, 'a') };
    assert_eq!(record(&store, one.clone()).await.unwrap(), Saved::New);
    let before = store.recorded_before(&one.new).await.unwrap().unwrap();
    assert_eq!((before.number, before.unasked.as_slice()), (1, packages.as_slice()));
    assert_eq!(record(&store, one.clone()).await.unwrap(), Saved::Already, "nothing is asked for anew");
    let asked = vec![packages[0].clone()];
    let again = RecordDecision {
        notices: vec![notice('1')],
        carries_on: Some(CarriesOn { number: 1, asked }),
        ..decision(Decided::Objection, 'a')
    };
    assert_eq!(record(&store, again.clone()).await.unwrap(), Saved::New);
    let twice = record(&store, again).await;
    assert!(matches!(twice, Err(StoreError::ChangedMeanwhile { .. })), "{twice:?}");
    assert_eq!(store.recorded_before(&one.new).await.unwrap().unwrap().unasked, packages[1..]);
    let mut tomorrow = one.new.clone();
    tomorrow.decision.effective = tomorrow.decision.effective.tomorrow().unwrap();
    assert_eq!(store.recorded_before(&tomorrow).await.unwrap().unwrap().number, 1, "repeated on another day");
    assert_eq!((store.unsent_notices().await.unwrap().len(), store.decisions_count().await.unwrap()), (1, 1));
}

async fn what_was_decided_about_the_same_person_meanwhile_is_looked_at_first(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let meant = Meant { records: vec!["b".repeat(32)], newest: 0 };
    let erase = RecordDecision { meant: meant.clone(), ..decision(Decided::Erasure, 'b') };
    let mut merge = decision(Decided::Merge, 'a');
    merge.new.into = Some("b".repeat(32));
    record(&store, decision(Decided::Objection, 'e')).await.unwrap();
    record(&store, merge).await.unwrap();
    let outcome = record(&store, erase.clone()).await;
    assert!(matches!(outcome, Err(StoreError::ChangedMeanwhile { .. })), "merged into it meanwhile: {outcome:?}");
    let erase = RecordDecision { meant: Meant { newest: 2, ..meant }, ..erase };
    assert_eq!(record(&store, erase).await.unwrap(), Saved::New);
}

async fn the_first_decision_keeps_out_who_heeds_none(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let oldest = || house.raw().texts("SELECT CAST(max(oldest_schema) AS TEXT) FROM schema_writer");
    assert_eq!(oldest().await, ["1"]);
    for person in ['a', 'b'] {
        record(&store, decision(Decided::Objection, person)).await.unwrap();
        assert_eq!(oldest().await, ["21"]);
    }
}

async fn a_notice_keeps_only_what_it_needs(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let one = RecordDecision { notices: vec![notice('1')], ..decision(Decided::Objection, 'a') };
    record(&store, one).await.unwrap();
    let id = "1".repeat(32);
    assert_eq!(store.notice_bytes(&id).await.unwrap(), NoticeBytes::Draft(b"sealed to ourselves".to_vec()));
    assert_eq!(store.begin_notice(begin(&id), stamp(41)).await.unwrap(), Saved::New);
    assert_eq!(store.begin_notice(begin(&id), stamp(42)).await.unwrap(), Saved::Already, "the first bytes stay");
    let draft_of = |bytes| match bytes {
        NoticeBytes::Sealed { draft, manifest, .. } => (draft, manifest),
        other => panic!("{other:?}"),
    };
    let ours = b"sealed to ourselves".to_vec();
    assert_eq!(draft_of(store.notice_bytes(&id).await.unwrap()), (ours.clone(), b"{}".to_vec()));
    let anew = BeginNotice { sealed_to: "SHA256:next".into(), manifest: b"{ }".to_vec(), ..begin(&id).value().clone() };
    assert_eq!(store.begin_notice(changed(anew, "notice-begun", &id), stamp(42)).await.unwrap(), Saved::New);
    assert_eq!(
        draft_of(store.notice_bytes(&id).await.unwrap()),
        (ours, b"{ }".to_vec()),
        "it can be told as long as it has not arrived"
    );
    assert_eq!(store.unsent_notices().await.unwrap().len(), 1);
    store.finish_notice(changed(FinishNotice { id: id.clone() }, "sent", &id), stamp(43)).await.unwrap();
    assert_eq!(store.notice_bytes(&id).await.unwrap(), NoticeBytes::Gone);
    assert!(store.unsent_notices().await.unwrap().is_empty());
    let late = "2026-05-19".parse().unwrap();
    assert!(store.notice(&id).await.unwrap().unwrap().is_overdue(late));
    assert_eq!(store.answer_notice(answer(&id, "received", "{}"), stamp(44)).await.unwrap(), Saved::New);
    assert!(store.notice(&id).await.unwrap().unwrap().is_overdue(late), "receiving is not acting");
    assert_eq!(store.answer_notice(answer(&id, "done", "{}"), stamp(45)).await.unwrap(), Saved::New);
    assert_eq!(store.answer_notice(answer(&id, "done", "{}"), stamp(45)).await.unwrap(), Saved::Already);
    store.answer_notice(answer(&id, "done", "{ }"), stamp(46)).await.unwrap_err();
    assert!(!store.notices(None).await.unwrap()[0].is_overdue(late));
}

on_both!(
    what_a_decision_forbids_does_not_happen,
    the_newest_counts_and_no_merge_is_a_circle,
    a_second_correction_is_one_where_anything_left_since_and_an_erasure_is_one_on_whatever_day,
    what_could_not_be_asked_is_carried_on_once,
    what_was_decided_about_the_same_person_meanwhile_is_looked_at_first,
    the_first_decision_keeps_out_who_heeds_none,
    a_notice_keeps_only_what_it_needs,
);
