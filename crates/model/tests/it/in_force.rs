//! Can any sequence of events bring an arrangement into force without both signatures and, where due, an assessment?

use std::cell::Cell;
use std::collections::BTreeSet;

use causeway_model::arrangement::{Event, KeyStanding, Signature, State};
use causeway_model::assessment::{Assessment, Figures, Reason, Thresholds, gate};
use causeway_model::{Code, Person};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use crate::invented::{arrangement, runner};

const DIGEST: &str = "the digest of the text";
const PARTIES: [&str; 2] = ["Operation", "Lantern"];
/// The first drafted the text.
const NAMES: [&str; 4] = ["drafter", "amina", "thandi", "bo"];
const KEYS: [&str; 4] = ["key-0", "key-1", "key-2", "key-3"];

/// Facts that the world may have, from which the gate is asked.
#[derive(Clone, Debug)]
struct Facts {
    records: u64,
    transfers: u32,
    span_days: u32,
    sensitivity: u8,
    templates: bool,
    /// Approved by whom, valid until, covered reasons, covered records.
    assessment: Option<(Option<&'static str>, Date, BTreeSet<Reason>, u64)>,
}

/// A world from random bits. Half of them ask for no assessment.
fn facts(bits: &mut Bits) -> Facts {
    if bits.pick(2) == 0 {
        return Facts { records: 10, transfers: 1, span_days: 0, sensitivity: 2, templates: false, assessment: None };
    }
    let covers = match bits.pick(3) {
        0 => Reason::ALL.iter().copied().filter(|_| bits.pick(2) == 0).collect(),
        _ => Reason::ALL.iter().copied().collect(),
    };
    let approved_by = [Some("dana"), Some("dana"), Some("fola"), None][bits.pick(4)];
    let until = [date(2026, 3, 31), date(2026, 4, 1), date(2027, 1, 1)][bits.pick(3)];
    let assessment = (approved_by, until, covers, [100, 60_000, 1_000_000][bits.pick(3)]);
    Facts {
        records: [0, 100, 4_999, 5_000, 49_999, 50_000, 60_001][bits.pick(7)],
        transfers: bits.pick(4) as u32,
        span_days: [0, 89, 90][bits.pick(3)],
        sensitivity: bits.pick(4) as u8 + 1,
        templates: bits.pick(5) == 0,
        assessment: (bits.pick(4) > 0).then_some(assessment),
    }
}

/// Random bits, taken a choice at a time.
struct Bits(u64);

impl Bits {
    fn pick(&mut self, of: u64) -> usize {
        let found = self.0 % of;
        self.0 /= of;
        found as usize
    }
}

impl Facts {
    fn gate(&self) -> causeway_model::assessment::Gate {
        let figures = Figures {
            records_moved: self.records,
            transfers_moved: self.transfers,
            span_days: self.span_days,
            highest_sensitivity: self.sensitivity,
            templates: self.templates,
            ..Figures::default()
        };
        let assessments: Vec<Assessment> = self
            .assessment
            .iter()
            .map(|(approved_by, valid_until, covers, covers_records)| Assessment {
                assessment: "dpia-1".into(),
                arrangement: "a".into(),
                written_by: "fola".into(),
                approved_by: approved_by.map(Into::into),
                valid_until: *valid_until,
                covers: covers.clone(),
                covers_records: *covers_records,
                evidence: "DOC".into(),
            })
            .collect();
        gate("a", &figures, &Thresholds::default(), &assessments, TODAY)
    }

    /// The rule written a second time, another way.
    fn may_be_in_force(&self) -> bool {
        let large = match (self.templates, self.sensitivity) {
            (true, _) | (_, 4) => 5_000,
            (_, 3) => 10_000,
            _ => 50_000,
        };
        let mut due = BTreeSet::new();
        due.extend((self.records >= large).then_some(Reason::Large));
        due.extend((self.transfers > 1).then_some(Reason::Repeated));
        due.extend((self.transfers > 1 && self.span_days >= 90).then_some(Reason::Structural));
        due.extend(self.templates.then_some(Reason::Biometrics));
        due.extend((self.sensitivity == 4).then_some(Reason::Sensitive));
        due.is_empty()
            || self.assessment.as_ref().is_some_and(|(by, until, covers, records)| {
                *by == Some("dana") && *until >= TODAY && due.is_subset(covers) && self.records <= *records
            })
    }
}

const TODAY: Date = date(2026, 4, 1);

#[derive(Clone, Debug)]
enum Step {
    Sign { party: usize, name: usize, key: usize, right_text: bool },
    Revoke(usize),
    World(Facts),
    Clock(usize),
    Plain(usize),
}

/// A signature of either party or a stranger, now and then by the drafter, the drafter's key or over another text.
fn signing(bits: &mut Bits) -> Step {
    let party = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2][bits.pick(11)];
    let mut one = || [0, 1, 1, 1, 2, 2, 2, 3, 3, 3][bits.pick(10)];
    let (name, key) = (one(), one());
    Step::Sign { party, name, key, right_text: bits.pick(10) > 0 }
}

fn step(bits: &mut Bits) -> Step {
    match bits.pick(15) {
        0..=2 => signing(bits),
        3 => Step::Revoke(bits.pick(4)),
        4 | 5 => Step::World(facts(bits)),
        6 => Step::Clock([0, 1, 1, 1, 2, 3][bits.pick(6)]),
        _ => Step::Plain(bits.pick(8)),
    }
}

fn clock(at: usize) -> Timestamp {
    ["2025-12-31T23:59:59Z", "2026-04-01T12:00:00Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"][at]
        .parse()
        .unwrap()
}

#[test]
fn no_sequence_reaches_in_force_without_signatures_and_assessment() {
    let (activated, rested, refused) = (Cell::new(0_u32), Cell::new(0_u32), Cell::new(0_u32));
    let bits = prop::collection::vec(any::<u64>(), 1..8);
    let sequences = (any::<u64>(), bits, prop::collection::vec(any::<u64>(), 3..16));
    let outcome = runner(20_000).run(&sequences, |(first, signatures, others)| {
        let first = facts(&mut Bits(first));
        let steps = signatures.into_iter().map(|bits| signing(&mut Bits(bits)));
        let steps = steps.chain(others.into_iter().map(|bits| step(&mut Bits(bits))));
        let mut state = State::draft(&arrangement(), DIGEST, Person::new(NAMES[0], KEYS[0]));
        state = state.apply(Event::Propose).unwrap();
        let (mut world, mut now, mut revoked) = (first, clock(1), BTreeSet::<usize>::new());
        // What a clerk beside the machine writes down: who signed this text for whom, with a key good at that time.
        let mut signed: Vec<(usize, usize, usize)> = Vec::new();
        for step in steps {
            let (event, clerk) = match step {
                Step::Revoke(key) => {
                    revoked.insert(key);
                    continue;
                }
                Step::World(facts) => {
                    world = facts;
                    continue;
                }
                Step::Clock(at) => {
                    now = clock(at);
                    continue;
                }
                Step::Sign { party, name, key, right_text } => {
                    let digest = if right_text { DIGEST } else { "another" };
                    let party_name = PARTIES.get(party).copied().unwrap_or("Stranger");
                    let signer = Person::new(NAMES[name], KEYS[key]);
                    let signature = Signature { party: party_name.into(), signer, digest: digest.into() };
                    let good = !revoked.contains(&key);
                    let standing = if good { KeyStanding::Current } else { KeyStanding::Revoked };
                    let counts = good && right_text && party < 2 && name != 0 && key != 0;
                    (Event::Sign { signature, key: standing }, counts.then_some((party, name, key)))
                }
                Step::Plain(0..=2) => {
                    let revoked = revoked.iter().map(|key| KEYS[*key].to_owned()).collect();
                    (Event::Activate { now, revoked, gate: world.gate() }, None)
                }
                Step::Plain(3) => (Event::Suspend { reason: "as asked".into() }, None),
                Step::Plain(4) => (Event::Resume { now, gate: world.gate() }, None),
                Step::Plain(5) => (Event::Expire { now }, None),
                Step::Plain(6) => (Event::Supersede { by: 2 }, None),
                Step::Plain(_) => (Event::Propose, None),
            };
            let is_activation = matches!(event, Event::Activate { .. });
            let was = state.name();
            let before = state.clone();
            match state.apply(event) {
                Err(refusal) => {
                    prop_assert!(!refusal.violations.is_empty());
                    refused.set(refused.get() + u32::from(refusal.codes() != [Code::WrongState]));
                    state = before;
                }
                Ok(next) => {
                    state = next;
                    signed.extend(clerk);
                }
            }
            if state.name() == "in-force" && was != "in-force" {
                let good = |party: usize| {
                    signed
                        .iter()
                        .filter(move |(of, _, _)| *of == party)
                        .filter(|(_, _, key)| !is_activation || !revoked.contains(key))
                };
                let two = good(0).any(|a| good(1).any(|b| a.1 != b.1 && a.2 != b.2));
                prop_assert!(two, "in force without two parties: {:?}, revoked {:?}", signed, revoked);
                prop_assert!(world.may_be_in_force(), "in force without an assessment: {:?}", world);
                prop_assert!(clock(0) < now && now < clock(3), "in force at {}", now);
                activated.set(activated.get() + 1);
                if let State::InForce { assessment: Some(_), .. } = state {
                    rested.set(rested.get() + 1);
                }
            }
        }
        Ok(())
    });
    outcome.unwrap();
    let reached = (activated.get(), rested.get(), refused.get());
    assert!(reached.0 > 2_000 && reached.1 > 200 && reached.2 > 10_000, "the sequences show too little: {reached:?}");
}
