//! Whom may a package hold, by what people decided, and does that still hold at the moment of sealing?

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use causeway_flow::enforce::Register;
use causeway_model::Code;
use causeway_model::arrangement::{Arrangement, LawfulBasis};
use causeway_model::rights::{Kind, Standing};
use causeway_package::disclosure::{Pseudonym, SealedSet};
use causeway_store::change::{DECISIONS, SealTransfer, Seen};
use causeway_store::query::DecisionRow;
use causeway_store::{AuditEvent, Changed, StoreError};

use crate::error::EngineError;
use crate::house::House;
use crate::query::whole;

/// Decisions about people of one entity, for one purpose and recipient, as they were when they were read.
pub(crate) struct Heeded {
    entity: String,
    arrangement: Arrangement,
    /// How many decisions there were, of whomever.
    seen: u64,
    /// Of whoever decided anything: why the person is left out, if so.
    people: Arc<HashMap<Pseudonym, Option<Code>>>,
    /// Of everybody else.
    others: Option<Code>,
    /// Whose record was corrected or merged, by which decision: what was sealed about them before is no longer true.
    changed: BTreeSet<(Pseudonym, u64)>,
}

impl Heeded {
    /// Reads what was decided.
    pub(crate) async fn load(house: &House, entity: &str, arrangement: &Arrangement) -> Result<Self, EngineError> {
        let seen = house.store.decisions_count().await?;
        let mut found = Standings::default();
        let scope = (arrangement.purpose.code.as_str(), arrangement.partner.as_str());
        house.store.decisions(entity, scope, (0, seen), |row| found.take(&row)).await?;
        let needs_consent = arrangement.lawful_basis == LawfulBasis::Consent;
        let left_out = |standing: &Standing| standing.left_out(arrangement.rights, needs_consent);
        Ok(Self {
            entity: entity.to_owned(),
            arrangement: arrangement.clone(),
            seen,
            people: Arc::new(found.people.iter().map(|(person, standing)| (*person, left_out(standing))).collect()),
            others: left_out(&Standing::default()),
            changed: found.changed,
        })
    }

    /// The number of the newest decision that was read.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    /// What enforcement asks about each person.
    pub(crate) fn register(&self, house: &House) -> Register {
        if self.people.is_empty() && self.others.is_none() {
            return Register::default();
        }
        Register::new(self.asked(house))
    }

    /// Why a person is left out, by the key as packages write it.
    pub(crate) fn asked(&self, house: &House) -> impl Fn(&[u8]) -> Option<Code> + 'static {
        let (pseudonyms, people, others) =
            (house.keys.disclosure().of(&self.entity), Arc::clone(&self.people), self.others);
        move |key: &[u8]| people.get(&pseudonyms.pseudonym(key)).copied().unwrap_or(others)
    }

    /// Seals a package unless somebody who is in one of the sets, of whoever is in it or in its state, decided otherwise since the
    /// decisions were read. Decisions of others hold nothing up.
    ///
    /// # Errors
    /// [`is_overtaken`] when somebody did: the package is for nobody and is to be made again.
    pub(crate) async fn seal(
        mut self,
        house: &House,
        mut seal: SealTransfer,
        event: AuditEvent,
        sets: &[SealedSet],
    ) -> Result<Seen, EngineError> {
        loop {
            seal.decisions_seen = self.seen;
            match house.store.seal(Changed::new(seal.clone(), event.clone()), house.stamp()).await {
                Err(error) if is_overtaken(&error) => {
                    let now = Self::load(house, &self.entity, &self.arrangement).await?;
                    let concerned = now.beside(&self);
                    if hold_one(house, sets, &concerned)? {
                        return Err(error.into());
                    }
                    self = now;
                }
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Who is left out now and was not before, or whose record has changed since.
    fn beside(&self, before: &Self) -> Vec<Pseudonym> {
        let was = |person: &Pseudonym| before.people.get(person).copied().unwrap_or(before.others);
        let newly = self.people.iter().filter(|(person, code)| code.is_some() && was(person).is_none());
        let changed = self.changed.difference(&before.changed).map(|(person, _)| *person);
        newly.map(|(person, _)| *person).chain(changed).collect()
    }
}

/// Whether people decided something while a package was made.
pub(crate) fn is_overtaken(error: &StoreError) -> bool {
    matches!(error, StoreError::ChangedMeanwhile { what, .. } if *what == DECISIONS)
}

/// Whether one of the sets holds any of these people.
fn hold_one(house: &House, sets: &[SealedSet], people: &[Pseudonym]) -> Result<bool, EngineError> {
    if people.is_empty() {
        return Ok(false);
    }
    tokio::task::block_in_place(|| {
        for set in sets {
            let mut reader = whole(house.sets.open(set, &house.keys.operation))?;
            for person in people {
                if whole(reader.contains(person))? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    })
}

/// What holds of each person, decision by decision.
#[derive(Default)]
pub(crate) struct Standings {
    people: HashMap<Pseudonym, Standing>,
    /// Records that go on under another.
    merged: HashMap<Pseudonym, Pseudonym>,
    changed: BTreeSet<(Pseudonym, u64)>,
}

impl Standings {
    /// Takes the next decision.
    pub(crate) fn take(&mut self, row: &DecisionRow) {
        let standing = self.people.entry(row.person).or_default();
        let before = *standing;
        standing.take(row.kind);
        if matches!(row.kind, Kind::Correction | Kind::Merge) {
            self.changed.insert((row.person, row.number));
        }
        let mut at = row.into;
        if let Some(into) = at {
            self.merged.insert(row.person, into);
        }
        // A record goes on under one other, and no circle is ever recorded: this ends.
        while let Some(next) = at {
            self.changed.insert((next, row.number));
            self.people.entry(next).or_default().inherit(before);
            at = self.merged.get(&next).copied();
        }
    }

    /// What holds of a record.
    pub(crate) fn of(&self, person: &Pseudonym) -> Standing {
        self.people.get(person).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use causeway_model::rights::{Decision, Reason, RightsTerms, Scope};

    use super::*;

    fn row(number: u64, person: u8, into: Option<u8>, kind: Kind) -> DecisionRow {
        let effective = jiff::civil::date(2026, 5, 4);
        DecisionRow {
            number,
            person: [person; 16],
            into: into.map(|into| [into; 16]),
            kind,
            decision: Decision { kind, scope: Scope::default(), effective, reason: Reason::PersonAsked, consent: None },
            recorded_at: jiff::Timestamp::UNIX_EPOCH,
            recorded_by: "invented".to_owned(),
        }
    }

    #[test]
    fn what_a_merged_record_decided_goes_on_with_the_person_and_a_later_consent_counts() {
        let mut found = Standings::default();
        let (a, b, c) = ([1; 16], [2; 16], [3; 16]);
        found.take(&row(1, 1, None, Kind::ConsentWithdrawn));
        found.take(&row(2, 2, Some(3), Kind::Merge));
        found.take(&row(3, 1, Some(2), Kind::Merge));
        let code = |found: &Standings, person| found.of(&person).left_out(RightsTerms::default(), true);
        assert_eq!(code(&found, a), Some(Code::RecordMerged));
        assert_eq!(code(&found, b), Some(Code::RecordMerged));
        assert_eq!(code(&found, c), Some(Code::ConsentWithdrawn), "through both merges");
        found.take(&row(4, 3, None, Kind::ConsentGiven));
        assert_eq!(code(&found, c), None);
    }

    #[test]
    fn every_correction_and_every_merge_changes_whom_it_is_about() {
        let (mut found, mut seen) = (Standings::default(), BTreeSet::new());
        let mut newly = |row: DecisionRow| {
            found.take(&row);
            let newly: Vec<u8> = found.changed.difference(&seen).map(|(person, _)| person[0]).collect();
            seen.clone_from(&found.changed);
            newly
        };
        assert_eq!(newly(row(1, 1, None, Kind::Correction)), [1]);
        assert_eq!(newly(row(2, 1, None, Kind::Correction)), [1], "a second of the same person");
        assert_eq!(newly(row(3, 1, None, Kind::Contested)), [] as [u8; 0]);
        assert_eq!(newly(row(4, 2, Some(3), Kind::Merge)), [2, 3]);
        assert_eq!(newly(row(5, 1, Some(2), Kind::Merge)), [1, 2, 3], "and whoever goes on for it");
    }
}
