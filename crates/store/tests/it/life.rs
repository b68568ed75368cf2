//! Do partners, arrangements and assessments move only as they were seen, and is nothing sealed once terms are out of force?

use causeway_model::arrangement::{Event, State, Terms, Validity};
use causeway_model::partner::{self, Attestation, AttestationKind};
use causeway_model::permission::Role;
use causeway_store::change::{
    AcceptAttestations, ApproveAssessment, ChallengePartner, DocumentKind, DraftArrangement, Move, MoveArrangement,
    MovePartner, NewAssessment, NewAttestations, NewDocument, NewOfficer,
};
use causeway_store::{Kind, Saved, Store, StoreError};

use crate::house::{House, changed, on_both, stamp};
use crate::street::{found, officer, partner, prepared, sealed, sealing, send};

fn reason() -> String {
    "a breach was reported".to_owned()
}

fn arrangement(version: u32, moves: Vec<(State, Event)>) -> MoveArrangement {
    let moves = moves.into_iter().map(|(seen, event)| Move { version, seen, event }).collect();
    MoveArrangement { arrangement: "food".into(), moves, signature: Some("aa".into()) }
}

async fn moved(store: &Store, seen: &State, event: Event) -> Result<State, StoreError> {
    let change = changed(arrangement(2, vec![(seen.clone(), event)]), "moved", "food");
    store.move_arrangement(change, stamp(3)).await.map(|states| states[0].clone())
}

/// An arrangement in force with a signature, a partner with attestations, an assessment, an officer in two roles.
pub(crate) async fn live(store: &Store) -> State {
    let mut person = officer("officer-a").value().clone();
    person.roles = [Role::Representative, Role::Auditor].into();
    store.add_officer(changed(person, "officer.added", "officer-a"), stamp(1)).await.unwrap();
    store.add_officer(officer("operation"), stamp(1)).await.unwrap();
    store.add_officer(officer("partner"), stamp(1)).await.unwrap();
    store.add_partner(partner("agency"), stamp(1)).await.unwrap();
    let attestations = || vec![attested()];
    let attest = NewAttestations { partner: "agency".into(), attestations: attestations() };
    store.attest(changed(attest, "attested", "agency"), stamp(2)).await.unwrap();
    let text = "arrangement: food\nversion: 2\npartner: agency\n".to_owned();
    let document = NewDocument { kind: DocumentKind::Arrangement, name: "food".into(), version: 2, text };
    let digest = "d".repeat(64);
    let State::Draft { terms } = State::samples().remove(0) else { panic!("the first one is a draft") };
    // Until long after the tests' invented days.
    let valid = Validity { until: "2099-12-31".parse().unwrap(), ..terms.valid };
    let mut state = State::Draft { terms: Terms { digest: digest.clone(), valid, ..terms } };
    let draft = DraftArrangement { document, state: state.clone() };
    store.draft_arrangement(changed(draft, "drafted", "food"), stamp(2)).await.unwrap();
    // Proposed, signed by both, in force: the samples' first events that do it.
    for wanted in ["propose", "sign", "sign", "activate"] {
        let mut next = None;
        for mut event in Event::samples().into_iter().filter(|event| event.name() == wanted) {
            if let Event::Sign { signature, .. } = &mut event {
                signature.digest.clone_from(&digest);
            }
            if next.is_none() && state.clone().apply(event.clone()).is_ok() {
                next = Some(event);
            }
        }
        state = moved(store, &state, next.unwrap()).await.unwrap();
    }
    let assessment = NewAssessment { name: "dpia".into(), arrangement: "food".into(), text: "assessment: dpia".into() };
    store.import_assessment(changed(assessment, "assessed", "dpia"), stamp(4)).await.unwrap();
    state
}

fn attested() -> Attestation {
    Attestation {
        kind: AttestationKind::Erasure,
        evidence: "procedure 12".into(),
        stated_by: "officer-a".into(),
        valid_until: "2031-12-31".parse().unwrap(),
        accepted_by: None,
    }
}

async fn two_at_once_are_one_and_a_clear_reason(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let seen = live(&store).await;
    let suspended = moved(&store, &seen, Event::Suspend { reason: reason() }).await.unwrap();
    let late = moved(&store, &seen, Event::Terminate { reason: reason() }).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { what: "arrangement", .. })), "{late:?}");
    let denied = moved(&store, &suspended, Event::Suspend { reason: reason() }).await;
    assert!(matches!(denied, Err(StoreError::Denied { .. })), "{denied:?}");
    let lives = store.arrangement_lives("food").await.unwrap();
    assert_eq!((lives.len(), lives[0].state.name(), lives[0].was_in_force), (1, "suspended", true));
    assert_eq!(store.arrangement_lives_after(None, 9).await.unwrap(), lives);
    assert_eq!(store.arrangement_lives_after(Some(("food", 1)), 9).await.unwrap(), lives);
    assert_eq!(store.arrangement_lives_after(Some(("food", 2)), 9).await.unwrap(), []);
    let last = lives[0].state.terms().valid.until;
    assert_eq!(store.arrangements_ending_by(last).await.unwrap(), lives, "suspended ones end too");
    assert_eq!(store.arrangements_ending_by(last.yesterday().unwrap()).await.unwrap(), []);
    let events: Vec<String> =
        store.arrangement_events("food").await.unwrap().into_iter().map(|one| one.event).collect();
    assert_eq!(events, ["draft", "propose", "sign", "sign", "activate", "suspend"]);
    assert_eq!(store.arrangement_signatures("food", 2).await.unwrap().len(), 2);

    let life = store.partner_life("agency").await.unwrap().unwrap();
    let act = |event: partner::Event| {
        let change = MovePartner { partner: "agency".into(), seen: life.state.clone(), events: vec![event] };
        store.move_partner(changed(change, "moved", "agency"), stamp(5))
    };
    let suspended = act(partner::Event::Suspend { reason: reason() }).await.unwrap();
    let late = act(partner::Event::Close { reason: reason() }).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { what: "partner", .. })), "{late:?}");
    assert_eq!(store.partner("agency").await.unwrap().unwrap().state.name(), suspended.name());
}

async fn nothing_is_sealed_or_sent_once_terms_are_out_of_force(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let preparing = prepared(&store, "t1").await;
    let ready = sealed(&store, "t2").await;
    let seen = live(&store).await;
    moved(&store, &seen, Event::Suspend { reason: reason() }).await.unwrap();
    let late = store.seal(sealing(&preparing, "token-1", 2), stamp(6)).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { .. })), "{late:?}");
    let late = store.begin_delivery(send(&ready), stamp(6)).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { .. })), "{late:?}");
}

async fn the_same_twice_changes_nothing(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    live(&store).await;
    let before = store.pending_leaves().await.unwrap();
    let person = |roles: &[Role]| {
        let more = NewOfficer { roles: roles.iter().copied().collect(), ..officer("officer-a").value().clone() };
        changed(more, "officer.added", "officer-a")
    };
    assert_eq!(store.add_officer(person(&[Role::Auditor]), stamp(7)).await.unwrap(), Saved::Already);
    assert_eq!(store.add_partner(partner("agency"), stamp(7)).await.unwrap(), Saved::Already);
    let attest = NewAttestations { partner: "agency".into(), attestations: vec![attested()] };
    assert_eq!(store.attest(changed(attest, "attested", "agency"), stamp(7)).await.unwrap(), Saved::Already);
    let assessment = NewAssessment { name: "dpia".into(), arrangement: "food".into(), text: "assessment: dpia".into() };
    assert_eq!(
        store.import_assessment(changed(assessment, "assessed", "dpia"), stamp(7)).await.unwrap(),
        Saved::Already
    );
    assert_eq!(store.pending_leaves().await.unwrap(), before);

    assert_eq!(store.add_officer(person(&[Role::DataProtectionOfficer]), stamp(7)).await.unwrap(), Saved::New);
    assert_eq!(store.officer("officer-a").await.unwrap().unwrap().roles.len(), 3);
    let sha256 = store.assessment("dpia").await.unwrap().unwrap().sha256;
    let approve =
        |sha256: &str| changed(ApproveAssessment { name: "dpia".into(), sha256: sha256.into() }, "approved", "dpia");
    assert_eq!(store.approve_assessment(approve(&sha256), stamp(8)).await.unwrap(), Saved::New);
    assert_eq!(store.approve_assessment(approve(&sha256), stamp(8)).await.unwrap(), Saved::Already);
    assert!(matches!(store.approve_assessment(approve("other"), stamp(8)).await, Err(StoreError::NotFound { .. })));
    let accept = || {
        let change = AcceptAttestations { partner: "agency".into(), attestations: vec![attested()] };
        changed(change, "accepted", "agency")
    };
    assert_eq!(store.accept_attestations(accept(), stamp(8)).await.unwrap(), Saved::New);
    assert_eq!(store.accept_attestations(accept(), stamp(8)).await.unwrap(), Saved::Already);
    assert!(store.attestations("agency").await.unwrap()[0].accepted_by.is_some());
    let challenge = ChallengePartner { partner: "agency".into(), answer_sha256: "c".repeat(64) };
    store.challenge_partner(changed(challenge, "challenged", "agency"), stamp(8)).await.unwrap();
    assert!(store.partner_life("agency").await.unwrap().unwrap().challenge.is_some());
}

on_both!(
    two_at_once_are_one_and_a_clear_reason,
    nothing_is_sealed_or_sent_once_terms_are_out_of_force,
    the_same_twice_changes_nothing,
);
