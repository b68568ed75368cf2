//! One of each state and event, for the reference and for tests.

use super::*;

fn terms() -> Terms {
    let epoch = jiff::civil::Date::constant(2026, 1, 1);
    Terms {
        arrangement: "a".into(),
        version: 1,
        digest: "d".into(),
        parties: BTreeSet::from(["operation".to_owned(), "partner".to_owned()]),
        drafter: Person::new("drafter", "key of drafter"),
        valid: Validity { from: epoch, until: epoch },
    }
}

fn signature(party: &str) -> Signature {
    Signature { party: party.into(), signer: Person::new(party, format!("key of {party}")), digest: "d".into() }
}

impl State {
    /// One of each state, a proposed one with no and with one signature.
    pub fn samples() -> Vec<State> {
        let signatures = || vec![signature("operation"), signature("partner")];
        let ended = |ending| State::Ended { terms: terms(), ending };
        vec![
            State::Draft { terms: terms() },
            State::Proposed { terms: terms(), signatures: Vec::new() },
            State::Proposed { terms: terms(), signatures: vec![signature("operation")] },
            State::Agreed { terms: terms(), signatures: signatures() },
            State::InForce { terms: terms(), signatures: signatures(), assessment: None },
            State::Suspended { terms: terms(), signatures: signatures(), assessment: None, reason: "as asked".into() },
            ended(Ending::Expired),
            ended(Ending::Terminated("as asked".into())),
            ended(Ending::Superseded(2)),
        ]
    }
}

impl Event {
    /// One of each event, at the times at which it may happen; signatures of both parties and of a second officer.
    pub fn samples() -> Vec<Event> {
        let now = terms().valid.begins_at();
        let sign = |signature| Event::Sign { signature, key: KeyStanding::Current };
        let second = Signature { signer: Person::new("second", "key of second"), ..signature("partner") };
        vec![
            Event::Propose,
            sign(signature("operation")),
            sign(signature("partner")),
            sign(second),
            Event::Activate { now, revoked: BTreeSet::new(), gate: Gate::NotDue },
            Event::Suspend { reason: "as asked".into() },
            Event::Resume { now, gate: Gate::NotDue },
            Event::Expire { now: terms().valid.ends_at() },
            Event::Terminate { reason: "as asked".into() },
            Event::Supersede { by: 2 },
        ]
    }
}
