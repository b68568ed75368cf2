//! Does no sequence of events bring an arrangement into force without both parties' signatures and, where one is due, an approved
//! assessment? The model is tried with twenty thousand sequences by itself (`crates/model/tests/it/in_force.rs`); here the commands
//! are, on real databases: they gather the facts, and what they forget the model cannot know.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use causeway_engine::command::{
    NewPerson, activate_arrangement, add_officer, approve_assessment, draft_arrangement, expire_arrangements,
    import_assessment, propose_arrangement, resume_arrangement, revoke_officer, sign_arrangement, suspend_arrangement,
    terminate_arrangement,
};
use causeway_engine::{EngineError, Home, House, Surroundings};
use causeway_model::arrangement::State;
use causeway_model::permission::Role;
use causeway_package::key::SigningKey;
use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::seeded;
use jiff::Timestamp;
use rand::Rng;

use crate::copied::Original;
use crate::governance::place::Kind;

/// The arrangement's days are 2026 to 2030.
const CLOCK: [&str; 4] =
    ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2030-12-31T23:59:59Z", "2031-01-01T00:00:00Z"];

thread_local! {
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::UNIX_EPOCH) };
}

fn surroundings() -> Surroundings {
    Surroundings {
        now: || NOW.get(),
        entropy: |buffer| rand::rng().fill(buffer),
        environment: |name| std::env::var(name).ok(),
        probe: |_| {},
        fixed_pseudonyms: || None,
        share: || None,
        without: None,
    }
}

/// People of a sequence: what they are called, their roles, whether the partner's. The first one drafts.
const PEOPLE: [(&str, &[Role], bool); 5] = [
    ("drafter", &[Role::RegistrationOfficer, Role::Representative], false),
    ("representative", &[Role::Representative], false),
    ("protection", &[Role::DataProtectionOfficer], false),
    ("administrator", &[Role::PartnerAdministrator], true),
    ("focal", &[Role::DataProtectionFocalPoint], false),
];

/// One sequence: an arrangement of its own, people of its own, and what a clerk beside it wrote down.
struct Sequence<'h> {
    house: &'h House,
    folder: &'h Path,
    name: String,
    /// Whether an assessment is due: elements of the highest sensitivity may leave.
    due: bool,
    keys: BTreeMap<String, SigningKey>,
    revoked: BTreeSet<String>,
    /// Who has signed, and for which side.
    signed: BTreeSet<(String, bool)>,
    /// Assessments: the last day, whether it covers what is due, whether somebody else approved it.
    assessments: BTreeMap<String, (bool, bool)>,
    was: &'static str,
}

#[derive(Default, Debug)]
struct Tally {
    events: usize,
    taken: usize,
    in_force: usize,
    resting_on_an_assessment: usize,
    refused_activations: usize,
}

impl<'h> Sequence<'h> {
    async fn begin(house: &'h House, folder: &'h Path, number: u64, due: bool, text: &str) -> Self {
        NOW.set(CLOCK[1].parse().unwrap());
        let mut keys = BTreeMap::new();
        let name = format!("sequence-{number}");
        for (person, roles, partners) in PEOPLE {
            let key = SigningKey::from_seed(&rand::random::<[u8; 32]>());
            let called = format!("{person}-{number}");
            let public = key.verifying_key();
            let roles = roles.iter().copied().collect();
            let print = public.fingerprint().to_string();
            let partner = partners.then_some("lantern-relief");
            let new = NewPerson { name: &called, roles: &roles, partner, key: &public, confirmed: &print };
            let by = if partners { "lantern-relief-admin" } else { "representative" };
            add_officer(house, by, new).await.unwrap();
            keys.insert(person.to_owned(), key);
        }
        let text = text.replace("arrangement: food-2026", &format!("arrangement: {name}"));
        let kept = |line: &&str| due || !line.contains("specific_need");
        let text = text.lines().filter(kept).collect::<Vec<_>>().join("\n") + "\n";
        let file = folder.join(format!("{name}.yaml"));
        std::fs::write(&file, text).unwrap();
        draft_arrangement(house, &format!("drafter-{number}"), &file, None).await.unwrap();
        let (revoked, signed, assessments) = Default::default();
        Self { house, folder, name, due, keys, revoked, signed, assessments, was: "draft" }
    }

    fn called(&self, person: &str) -> String {
        self.name.replace("sequence", person)
    }

    /// Something happens, by the right person or another; whether it was taken.
    async fn step(&mut self, draw: &mut impl Rng, tally: &mut Tally) -> Result<(), EngineError> {
        let (house, name) = (self.house, self.name.clone());
        let person = PEOPLE[draw.random_range(0..PEOPLE.len())].0;
        let who = self.called(person);
        let representative = self.called("representative");
        match draw.random_range(0..if self.due { 26 } else { 20 }) {
            0 | 1 => drop(propose_arrangement(house, &self.called("focal"), &name).await?),
            2..=7 => {
                let signer =
                    ["drafter", "representative", "representative", "administrator", "administrator", "protection"];
                let person = signer[draw.random_range(0..signer.len())];
                // Now and then with somebody else's key.
                let with = if draw.random_range(0..8) == 0 { "focal" } else { person };
                let called = self.called(person);
                sign_arrangement(house, &called, &name, None, &self.keys[with]).await?;
                assert_eq!(with, person, "a signature by another key");
                self.signed.insert((called, person == "administrator"));
            }
            8..=12 => {
                let outcome = activate_arrangement(house, &representative, &name).await;
                tally.refused_activations += usize::from(outcome.is_err());
                outcome?;
            }
            13 => drop(suspend_arrangement(house, &self.called("protection"), &name, "a breach").await?),
            14 => drop(resume_arrangement(house, &representative, &name).await?),
            15 => {
                // The end comes seldom: a sequence would be over with it.
                if draw.random_range(0..4) == 0 {
                    terminate_arrangement(house, &representative, &name, "over").await?;
                }
            }
            16 => {
                if draw.random_range(0..3) == 0 {
                    revoke_officer(house, "protection", &who, "left").await?;
                    self.revoked.insert(who);
                }
            }
            17 | 18 | 20.. => self.assessment(draw).await?,
            _ => {
                let at = [0, 1, 1, 1, 2, 2, 3][draw.random_range(0..7)];
                NOW.set(CLOCK[at].parse().unwrap());
                expire_arrangements(house).await?;
            }
        }
        Ok(())
    }

    /// An assessment is brought in, or one that is there is approved, by somebody who may or may not.
    async fn assessment(&mut self, draw: &mut impl Rng) -> Result<(), EngineError> {
        let by = ["protection", "protection", "focal", "representative"][draw.random_range(0..4)];
        let by = self.called(by);
        if let Some(waiting) =
            self.assessments.iter().find(|(_, (_, approved))| !approved).map(|(name, _)| name.clone())
        {
            approve_assessment(self.house, &by, &waiting).await?;
            assert!(by.starts_with("protection"), "approved by {by}");
            self.assessments.get_mut(&waiting).unwrap().1 = true;
            return Ok(());
        }
        let number = self.assessments.len();
        let (written, name) = (self.called("focal"), format!("{}-{number}", self.called("dpia")));
        let covers = draw.random_range(0..3) > 0;
        let reasons = if covers { "large, repeated, structural, biometrics, sensitive" } else { "large, repeated" };
        let text = format!(
            "assessment: {name}\narrangement: {}\nwritten_by: {written}\nvalid_until: 2030-12-31\ncovers: [{reasons}]\n\
             covers_records: 1000000\nevidence: assessment {number} (invented)\n",
            self.name
        );
        let file: PathBuf = self.folder.join(format!("{name}.yaml"));
        std::fs::write(&file, text).unwrap();
        import_assessment(self.house, &written, &file).await?;
        self.assessments.insert(name, (covers, false));
        Ok(())
    }

    /// What the database says, held against what the clerk wrote down.
    async fn judge(&mut self, tally: &mut Tally) {
        let lives = self.house.store.arrangement_lives(&self.name).await.unwrap();
        let state = &lives[0].state;
        if let (State::InForce { assessment, .. }, true) = (state, self.was != "in-force") {
            // A key that was revoked after its signature came into force does not undo it: only activation counts keys.
            let good = |partners: bool| {
                self.signed.iter().any(|(who, side)| {
                    *side == partners
                        && *who != self.called("drafter")
                        && (self.was == "suspended" || !self.revoked.contains(who))
                })
            };
            assert!(good(false) && good(true), "{}: {:?}, revoked {:?}", self.name, self.signed, self.revoked);
            let met = self.assessments.values().any(|(covers, approved)| *covers && *approved);
            assert!(!self.due || met, "{}: no assessment: {:?}", self.name, self.assessments);
            let now = NOW.get();
            assert!(
                CLOCK[0].parse::<Timestamp>().unwrap() < now && now < CLOCK[3].parse().unwrap(),
                "in force at {now}"
            );
            tally.in_force += 1;
            tally.resting_on_an_assessment += usize::from(assessment.is_some());
        }
        self.was = state.name();
    }
}

fn no_sequence_reaches_in_force(kind: Kind, sequences: u64) {
    let original = Original::new(kind, |street| {
        street.people(&Spec::of(60).plant(Plant::none())).unwrap();
        street.set_up_with(&["lantern-relief"], &[], &[]).unwrap();
    });
    let copy = original.copy();
    let text = std::fs::read_to_string(copy.street.example("arrangement-food.yaml")).unwrap();
    let mut tally = Tally::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        NOW.set(CLOCK[1].parse().unwrap());
        let house = House::open(Home::open(copy.street.home()).unwrap(), surroundings()).await.unwrap();
        for number in 0..sequences {
            let mut draw = seeded(number ^ 0x1F_0C);
            let due = number % 2 == 0;
            let mut sequence = Sequence::begin(&house, copy.folder(), number, due, &text).await;
            propose_arrangement(&house, &sequence.called("focal"), &sequence.name).await.unwrap();
            for _ in 0..draw.random_range(8..24) {
                tally.events += 1;
                let taken = sequence.step(&mut draw, &mut tally).await.is_ok();
                tally.taken += usize::from(taken);
                sequence.judge(&mut tally).await;
            }
        }
        house.sequence().await.unwrap();
        house.store.ledger().await.unwrap().verify(None).await.unwrap();
    });
    println!("{tally:?}");
    let enough = sequences as usize / 10;
    assert!(tally.in_force > enough && tally.refused_activations > sequences as usize, "{tally:?}");
    assert!(tally.resting_on_an_assessment > enough / 4, "{tally:?}");
}

#[test]
fn on_sqlite() {
    no_sequence_reaches_in_force(Kind::Sqlite, 240);
}

#[test]
fn on_postgres() {
    no_sequence_reaches_in_force(Kind::Postgres, 120);
}
