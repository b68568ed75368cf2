//! Is what is told over the network recorded first, by what still holds, and does nobody ask more often, or more nearly the same, than
//! they may?

use causeway_model::arrangement::Validity;
use causeway_model::environment::DataKind;
use causeway_model::stop::{Scope, Stop};
use causeway_model::{Code, Person};
use causeway_store::change::{
    AnswerKind, CAPS, ClientFacts, ClientKeyText, CloseRounds, Judged, LiftHold, NewStop, RevokeClient, Room, RoundOf,
    RoundOutcome, RoundQuestion, TellAnswer, TellRound, Unanswered,
};
use causeway_store::token::{Issued, NewToken};
use causeway_store::{Changed, Kind, Saved, Store, StoreError};

use crate::house::{House, at, changed, on_both, stamp};
use crate::street::{content, found};

async fn judged(store: &Store) -> Judged {
    Judged {
        operation: "an-operation".into(),
        partner: "agency".into(),
        arrangement: ("food".into(), 2),
        data: DataKind::Synthetic,
        decisions_seen: store.decisions_count().await.unwrap(),
        pseudonyms_seen: store.pseudonyms_changed().await.unwrap(),
        room: Vec::new(),
        as_of: None,
    }
}

/// SHA-256 of the token of a program.
fn token_of(client: &str) -> String {
    format!("{:0>64}", client.trim_start_matches("client/"))
}

async fn issued(store: &Store, client: &str, by: &str, when: i64) {
    let token = crate::clients::token(client, by, client, 0, when);
    let token = NewToken { sha256: token_of(client), expires_at: at(when + 200_000), ..token };
    assert_eq!(store.tokens().issue(&token).await.unwrap(), Issued::Now);
}

/// Programs of the partner, each with a key that answers are sealed to.
async fn programs(store: &Store, names: &[&str]) {
    for (at, name) in (5..).zip(names) {
        let facts = crate::clients::facts(name, &format!("sig-{name}"), at);
        let key = ClientKeyText { thumbprint: format!("enc-{name}"), usage: "enc".into(), jwk: "{}".into() };
        let keys = facts.keys.iter().cloned().chain([key]).collect();
        crate::clients::add(store, ClientFacts { keys, ..facts }, at).await.unwrap();
        issued(store, name, &format!("sig-{name}"), at).await;
    }
}

async fn answer(store: &Store, id: &str, kind: AnswerKind) -> TellAnswer {
    TellAnswer {
        id: id.into(),
        kind,
        client: Some("client/desk".into()),
        judged: judged(store).await,
        exchange: "food-list".into(),
        sealed_to: Some("enc-desk".into()),
        records: 7,
        purge_by: "2031-08-01".parse().unwrap(),
        content: content(7),
    }
}

/// Questions of one client: each a digest, and what it has in common with others.
async fn asked(store: &Store, client: &str, questions: &[(&str, &str)]) -> TellRound {
    let question = |(question, near): &(&str, &str)| RoundQuestion {
        question: (*question).to_owned(),
        near: vec![((*near).to_owned(), 3)],
    };
    let of = RoundOf {
        client: client.into(),
        most: (5, 8),
        questions: questions.iter().map(question).collect(),
        tokens: [token_of(client)].into(),
        sealed_to: [format!("enc-{}", client.trim_start_matches("client/"))].into(),
    };
    TellRound {
        judged: judged(store).await,
        exchange: "food-list".into(),
        purge_by: "2031-08-01".parse().unwrap(),
        content: content(0),
        of: vec![of],
        told: 1,
        people: b"sealed to ourselves".to_vec(),
    }
}

async fn round(store: &Store, client: &str, questions: &[(&str, &str)]) -> Changed<TellRound> {
    changed(asked(store, client, questions).await, "looked-up", "food-list")
}

/// Something in every table of answers; the arrangement `food` is in force.
pub(crate) async fn told(house: &House, store: &Store) {
    programs(store, &["desk"]).await;
    let tell = answer(store, "an-told", AnswerKind::Rows).await;
    store.tell(changed(tell, "rows-told", "an-told"), stamp(30)).await.unwrap();
    let same = [("q1", "n"), ("q2", "n"), ("q3", "n"), ("q4", "n")];
    let said = store.tell_round(round(store, "client/desk", &same).await, stamp(31), &house.signer).await.unwrap();
    assert_eq!(said, RoundOutcome::Recorded(vec!["client/desk".into()]));
    store.pause_rounds(at(0)).await.unwrap();
}

async fn governed(kind: Kind) -> (House, Store) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    crate::life::live(&store).await;
    programs(&store, &["desk", "a", "b"]).await;
    (house, store)
}

async fn what_is_told_is_recorded_by_what_still_holds(kind: Kind) {
    let (_house, store) = governed(kind).await;
    let tell = answer(&store, "an-1", AnswerKind::Rows).await;
    let act = |tell: TellAnswer| store.tell(changed(tell, "rows-told", "an-1"), stamp(30));
    // Each of the things by which it was judged.
    let other = |change: &dyn Fn(&mut Judged)| {
        let mut tell = tell.clone();
        change(&mut tell.judged);
        tell
    };
    for stale in [
        other(&|judged| judged.arrangement.1 = 1),
        other(&|judged| judged.arrangement.0 = "other".into()),
        other(&|judged| judged.decisions_seen = 7),
        other(&|judged| judged.pseudonyms_seen = 7),
    ] {
        let late = act(stale).await;
        assert!(matches!(late, Err(StoreError::ChangedMeanwhile { .. })), "{late:?}");
    }
    let refused = act(other(&|judged| judged.partner = "nobody".into())).await;
    assert!(
        matches!(&refused, Err(StoreError::Denied { source, .. }) if source.codes().contains(&Code::PartnerNotActive)),
        "{refused:?}"
    );
    assert_eq!(store.sent_packages().await.unwrap(), []);
    act(tell.clone()).await.unwrap();
    let sent = store.sent_packages().await.unwrap();
    assert_eq!((sent.len(), sent[0].transfer.as_str(), sent[0].is_answer()), (1, "an-1", true));
    assert_eq!((sent[0].arrived_at, sent[0].sealed_to.as_deref()), (Some(at(30)), Some("enc-desk")));
    assert_eq!(sent[0].content, Some(content(7)));
    let released = store.releases_since("food", at(0)).await.unwrap();
    assert_eq!((released.len(), released[0].records), (1, 7), "it counts for the caps");
    let many: Vec<String> = (0..250).map(|number| format!("an-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let recorded = store.recorded_answers(&many).await.unwrap();
    assert_eq!(recorded.into_iter().collect::<Vec<_>>(), ["an-1"]);
    let leaving = store.leaving().await.unwrap();
    let stop =
        Stop::new("s1".into(), Scope::All, Person::new("officer-a", "SHA256:a"), at(1), "an invented reason".into());
    store.stop(changed(NewStop { stop: stop.unwrap() }, "stopped", "all"), stamp(40)).await.unwrap();
    let stopped = store.tell(changed(TellAnswer { id: "an-2".into(), ..tell }, "rows-told", "an-2"), stamp(41)).await;
    assert!(
        matches!(&stopped, Err(StoreError::Denied { source, .. }) if source.codes().contains(&Code::Stopped)),
        "{stopped:?}"
    );
    assert_eq!(store.leaving().await.unwrap(), leaving);
}

async fn what_was_judged_stands_while_nothing_but_questions_is_entered(kind: Kind) {
    let (house, store) = governed(kind).await;
    house.sequence(&store).await;
    let (leaves, valid) = (store.leaves().await.unwrap(), Validity { from: day(at(0)), until: day(at(0)) });
    // What was judged by says something that would be refused if it were asked for.
    let asks = async |as_of| {
        let mut asks = asked(&store, "a", &[("q1", "n1")]).await;
        asks.judged = Judged { decisions_seen: 7, as_of, ..asks.judged };
        changed(asks, "looked-up", "food-list")
    };
    let tell = async |as_of, when| store.tell_round(asks(as_of).await, stamp(when), &house.signer).await;
    let is_overtaken =
        |said: Result<RoundOutcome, StoreError>| matches!(said, Err(StoreError::ChangedMeanwhile { .. }));
    let stands = Some((valid, leaves));
    assert!(is_overtaken(tell(None, 30).await));
    for when in [30, 31] {
        assert_eq!(tell(stands, when).await.unwrap(), RoundOutcome::Recorded(Vec::new()));
    }
    assert_eq!(store.only_questions(leaves).await.unwrap(), (leaves + 2, true));
    // Its last day is over.
    assert!(is_overtaken(tell(stands, 25 * 3_600).await));
    // Something else is entered: before it has its place, and after.
    let stop =
        Stop::new("s1".into(), Scope::All, Person::new("officer-a", "SHA256:a"), at(1), "an invented reason".into());
    store.stop(changed(NewStop { stop: stop.unwrap() }, "stopped", "all"), stamp(40)).await.unwrap();
    for when in [41, 42] {
        let said = tell(stands, when).await;
        assert!(matches!(&said, Err(StoreError::Denied { .. })), "{said:?}");
        assert_eq!(store.only_questions(leaves).await.unwrap(), (leaves + 2 + (when - 41) as u64, false));
        house.sequence(&store).await;
    }
    // What the rounds entered in its place is in one tree with what the sequencer took.
    store.ledger().await.unwrap().verify(None).await.unwrap();
}

fn day(at: jiff::Timestamp) -> jiff::civil::Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

async fn a_round_is_in_a_checkpoint_after_one_commit_and_counts(kind: Kind) {
    let (house, store) = governed(kind).await;
    house.sequence(&store).await;
    let before = store.leaving().await.unwrap();
    let ask = async |client: &str, questions: &[(&str, &str)], when: i64| {
        store.tell_round(round(&store, client, questions).await, stamp(when), &house.signer).await.unwrap()
    };
    let done = RoundOutcome::Recorded(Vec::new());
    assert_eq!(ask("a", &[("q1", "n1"), ("q2", "n2")], 30).await, done);
    assert_eq!(store.pending_leaves().await.unwrap(), 0, "its leaf has its place");
    assert_ne!(store.leaving().await.unwrap(), before, "whoever records a decision sees it");
    assert_eq!(ask("a", &[("q1", "n1"), ("q3", "n3"), ("q1", "n1")], 31).await, done, "five in an hour");
    let over = RoundOutcome::Without(vec![("a".into(), Unanswered::TooOften(3_600 - 460))]);
    let said = ask("a", &[("q4", "n4")], 32).await;
    let RoundOutcome::Without(left) = &said else { panic!("{said:?}") };
    assert!(
        matches!(left[..], [(_, Unanswered::TooOften(seconds))] if (1..=3_600).contains(&seconds)),
        "{said:?} {over:?}"
    );
    assert_eq!(store.open_questions().await.unwrap(), (2, 5, Some(at(30))), "nothing of it was recorded");
    // Another client has its own hours, and so has the next hour; eight in a day.
    assert_eq!(ask("b", &[("q4", "n4")], 33).await, done);
    assert_eq!(ask("a", &[("q4", "n4"), ("q5", "n5"), ("q6", "n6")], 3_600 * 2).await, done);
    let said = ask("a", &[("q7", "n7")], 3_600 * 4).await;
    assert!(matches!(&said, RoundOutcome::Without(left) if matches!(left[0].1, Unanswered::TooOften(_))), "{said:?}");
    assert_eq!(ask("a", &[("q7", "n7")], 3_600 * 25).await, done, "the next day");
}

async fn questions_that_are_nearly_the_same_end_until_somebody_says_otherwise(kind: Kind) {
    let (house, store) = governed(kind).await;
    let ask = async |questions: &[(&str, &str)], when: i64| {
        store.tell_round(round(&store, "a", questions).await, stamp(when), &house.signer).await.unwrap()
    };
    let done = RoundOutcome::Recorded(Vec::new());
    assert_eq!(ask(&[("q1", "n"), ("q2", "n"), ("q3", "n"), ("q1", "n")], 30).await, done, "three, of which one twice");
    // A day later these count no more.
    let day = 3_600 * 25;
    assert_eq!(ask(&[("q4", "n"), ("q5", "n"), ("q6", "n")], day).await, done);
    let held = RoundOutcome::Recorded(vec!["a".into()]);
    assert_eq!(ask(&[("q7", "n")], day + 1).await, held);
    let holds = store.holds().await.unwrap();
    assert_eq!((holds.len(), holds[0].client.as_str(), holds[0].exchange.as_str()), (1, "a", "food-list"));
    assert_eq!(ask(&[("q8", "other")], day + 2).await, RoundOutcome::Without(vec![("a".into(), Unanswered::Held)]));
    let lift = || LiftHold { client: "a".into(), exchange: "food-list".into(), reason: "it was us".into() };
    assert_eq!(store.lift_hold(changed(lift(), "look-ups-resumed", "a"), stamp(day + 3)).await.unwrap(), Saved::New);
    let again = store.lift_hold(changed(lift(), "look-ups-resumed", "a"), stamp(day + 4)).await;
    assert!(matches!(again, Err(StoreError::NotFound { .. })), "{again:?}");
    assert_eq!(ask(&[("q8", "n")], day + 5).await, done, "what it asked before counts no more");
}

async fn rounds_become_answers_once_and_wait_for_a_decision(kind: Kind) {
    let (house, store) = governed(kind).await;
    let ask =
        async |when: i64| store.tell_round(round(&store, "a", &[("q1", "n")]).await, stamp(when), &house.signer).await;
    ask(30).await.unwrap();
    store.pause_rounds(at(40)).await.unwrap();
    let paused = ask(31).await;
    assert!(matches!(paused, Err(StoreError::ChangedMeanwhile { .. })), "{paused:?}");
    ask(41).await.unwrap();
    let open = store.open_rounds(9).await.unwrap();
    assert_eq!(open.iter().map(|round| (round.number, round.told)).collect::<Vec<_>>(), [(1, 1), (2, 1)]);
    assert_eq!(open[0].people, b"sealed to ourselves");
    let close = async || {
        let answers = vec![
            (answer(&store, "an-told", AnswerKind::LookedUp).await, at(30)),
            (answer(&store, "an-asked", AnswerKind::AskedAbout).await, at(30)),
        ];
        changed(CloseRounds { rounds: vec![1, 2], answers }, "questions-closed", "food-list")
    };
    assert_eq!(store.close_rounds(close().await, stamp(50)).await.unwrap(), Saved::New);
    assert!(store.close_rounds(close().await, stamp(51)).await.is_err());
    assert_eq!(store.open_rounds(9).await.unwrap(), []);
    let ids =
        |sent: Vec<causeway_store::query::SentPackage>| sent.into_iter().map(|one| one.transfer).collect::<Vec<_>>();
    assert_eq!(ids(store.sent_packages().await.unwrap()), ["an-told"], "who was only asked about was sent nothing");
    assert_eq!(ids(store.asked_about().await.unwrap()), ["an-asked"]);
}

async fn a_cap_holds_with_all_that_is_told_meanwhile(kind: Kind) {
    let (house, store) = governed(kind).await;
    let room = |most: u64, since: i64| vec![Room { since: at(since), most }];
    let tell = async |id: &str, room: Vec<Room>, when: i64| {
        let mut tell = answer(&store, id, AnswerKind::Rows).await;
        tell.judged.room = room;
        store.tell(changed(tell, "rows-told", id), stamp(when)).await
    };
    let ask = async |room: Vec<Room>, when: i64| {
        let questions = [("q1", "n1"), ("q2", "n2")];
        let mut round = asked(&store, "a", &questions).await;
        round.judged.room = room;
        store.tell_round(changed(round, "looked-up", "food-list"), stamp(when), &house.signer).await
    };
    let is_full = |error: StoreError| matches!(error, StoreError::ChangedMeanwhile { what: CAPS, .. });
    // Seven records of ten; a second answer by the same judgement comes too late.
    tell("an-1", room(10, 0), 30).await.unwrap();
    assert!(is_full(tell("an-2", room(10, 0), 31).await.unwrap_err()));
    // Two are asked about, of whom one is told about: that one counts, before it lies in an answer.
    ask(room(9, 0), 32).await.unwrap();
    assert!(is_full(ask(room(9, 0), 33).await.unwrap_err()), "eight were told, and both might be");
    ask(room(10, 0), 34).await.unwrap();
    assert_eq!(store.told_since("food", at(0)).await.unwrap().iter().map(|one| one.records).sum::<u64>(), 9);
    assert_eq!(store.releases_since("food", at(0)).await.unwrap().iter().map(|one| one.records).sum::<u64>(), 9);
    // Of another day nothing counts.
    tell("an-2", room(9, 32), 35).await.unwrap();
    assert!(is_full(tell("an-3", room(9, 32), 36).await.unwrap_err()));
}

async fn whoever_is_revoked_or_has_another_key_is_told_nothing(kind: Kind) {
    let (house, store) = governed(kind).await;
    let tell = answer(&store, "an-1", AnswerKind::Rows).await;
    let denied = |outcome: Result<(), StoreError>| matches!(outcome, Err(StoreError::Denied { source, .. }) if source.codes().contains(&Code::KeyRevoked));
    // A key of another one, and one that only signs.
    for key in ["enc-a", "sig-desk", "nobodys"] {
        let other = TellAnswer { sealed_to: Some(key.into()), ..tell.clone() };
        assert!(denied(store.tell(changed(other, "rows-told", "an-1"), stamp(30)).await), "{key}");
    }
    let unknown = RoundOutcome::Without(vec![("a".into(), Unanswered::Unknown)]);
    // A key of another one; its own token beside another's, another's alone, nobody's, and its own when that has ended.
    let (own, others) = (token_of("a"), token_of("b"));
    for (key, tokens, when) in [
        ("enc-b", vec![&own], 30),
        ("enc-a", vec![&own, &others], 30),
        ("enc-a", vec![&others], 30),
        ("enc-a", vec![&"0".repeat(64)], 30),
        ("enc-a", vec![&own], 300_000),
    ] {
        let mut other = asked(&store, "a", &[("q1", "n1")]).await;
        other.of[0].sealed_to = [key.to_owned()].into();
        other.of[0].tokens = tokens.into_iter().cloned().collect();
        assert_eq!(store.may_not_ask("food-list", &other.of[0], at(when)).await.unwrap(), Some(Unanswered::Unknown));
        let other = changed(other, "looked-up", "food-list");
        assert_eq!(store.tell_round(other, stamp(when), &house.signer).await.unwrap(), unknown);
    }
    for name in ["desk", "a"] {
        let revoke = RevokeClient { name: name.into() };
        store.revoke_client(changed(revoke, "client-revoked", name), stamp(31)).await.unwrap();
    }
    assert!(denied(store.tell(changed(tell, "rows-told", "an-1"), stamp(32)).await));
    let asks = asked(&store, "a", &[("q1", "n1")]).await;
    assert_eq!(store.may_not_ask("food-list", &asks.of[0], at(32)).await.unwrap(), Some(Unanswered::Unknown));
    assert_eq!(
        store.tell_round(changed(asks, "looked-up", "food-list"), stamp(32), &house.signer).await.unwrap(),
        unknown
    );
    assert_eq!(store.open_questions().await.unwrap().0, 0);
    assert_eq!(store.sent_packages().await.unwrap(), []);
}

on_both!(
    a_cap_holds_with_all_that_is_told_meanwhile,
    whoever_is_revoked_or_has_another_key_is_told_nothing,
    what_is_told_is_recorded_by_what_still_holds,
    what_was_judged_stands_while_nothing_but_questions_is_entered,
    a_round_is_in_a_checkpoint_after_one_commit_and_counts,
    questions_that_are_nearly_the_same_end_until_somebody_says_otherwise,
    rounds_become_answers_once_and_wait_for_a_decision,
);
