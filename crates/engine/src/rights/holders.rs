//! Which sealed packages hold a person, under whichever record? Each is asked once, however often it is looked anew.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use causeway_model::arrangement::Arrangement;
use causeway_model::rights::{Decision, Kind, Standing};
use causeway_package::disclosure::{Pseudonym, SealedSet};
use causeway_store::change::{Meant, PackageContent};
use causeway_store::query::{DecisionRow, SentPackage};

use super::about::Whose;
use crate::drive::{Standings, disclosure_of};
use crate::error::EngineError;
use crate::house::House;
use crate::query::{Archive, sealed_set};

/// A person, with every record that was merged into the one under which the person goes on.
pub(crate) struct Person<'w> {
    pub(crate) whose: &'w Whose,
    /// The record under which the person goes on: another than was named, where that was merged.
    goes_on: Pseudonym,
    records: Vec<Pseudonym>,
    decided: Vec<DecisionRow>,
}

/// Whose decision it is, and for a merge who the person goes on as.
pub(crate) struct People<'w> {
    pub(crate) whose: Person<'w>,
    pub(crate) into: Option<Person<'w>>,
}

impl<'w> Person<'w> {
    /// As it was before the decision of a number.
    async fn load(house: &House, whose: &'w Whose, before: u64) -> Result<Self, EngineError> {
        let mut goes_on = whose.pseudonym;
        loop {
            let decided = house.store.decisions_of(&whose.entity, &goes_on, before).await?;
            let own = decided.iter().find(|row| row.person == goes_on && row.kind == Kind::Merge);
            match own.and_then(|row| row.into) {
                // No circle is ever recorded: this ends.
                Some(into) => goes_on = into,
                None => {
                    let others = decided.iter().filter(|row| row.kind == Kind::Merge).map(|row| row.person);
                    let records = std::iter::once(goes_on).chain(others).collect();
                    return Ok(Self { whose, goes_on, records, decided });
                }
            }
        }
    }

    /// What holds of the person for the purpose and the recipient of these terms.
    pub(crate) fn standing(&self, terms: &Arrangement) -> Standing {
        let mut found = Standings::default();
        self.covering(terms).for_each(|row| found.take(row));
        found.of(&self.goes_on)
    }

    /// The newest decision of a kind for these terms.
    pub(crate) fn newest(&self, kind: Kind, terms: &Arrangement) -> Option<&DecisionRow> {
        self.covering(terms).filter(|row| row.kind == kind).last()
    }

    /// Whether nothing was decided about the person before.
    pub(crate) fn is_new(&self) -> bool {
        self.decided.is_empty()
    }

    fn covering<'p>(&'p self, terms: &Arrangement) -> impl Iterator<Item = &'p DecisionRow> {
        self.decided.iter().filter(|row| row.decision.covers(&terms.purpose.code, &terms.partner))
    }
}

impl<'w> People<'w> {
    /// As they were before the decision of a number.
    pub(crate) async fn load(
        house: &House,
        whose: &'w Whose,
        into: Option<&'w Whose>,
        before: u64,
    ) -> Result<Self, EngineError> {
        let whose = Person::load(house, whose, before).await?;
        let into = match into {
            Some(into) => Some(Person::load(house, into, before).await?),
            None => None,
        };
        Ok(Self { whose, into })
    }

    /// Who was looked for, to be compared when the decision is recorded.
    pub(crate) fn meant(&self) -> Meant {
        let both = || std::iter::once(&self.whose).chain(&self.into);
        Meant {
            records: both().flat_map(|person| &person.records).map(hex::encode).collect(),
            newest: both().flat_map(|person| &person.decided).map(|row| row.number).max().unwrap_or(0),
        }
    }

    fn records(&self) -> Vec<Vec<Pseudonym>> {
        std::iter::once(&self.whose).chain(&self.into).map(|person| person.records.clone()).collect()
    }
}

/// Under which records a package holds a person.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Holds {
    /// The one that was named.
    pub(crate) named: bool,
    /// This or another one.
    pub(crate) any: bool,
}

/// A package that is sealed.
pub(crate) struct There {
    pub(crate) package: String,
    pub(crate) transfer: String,
    pub(crate) terms: Arc<Arrangement>,
    /// Whether it has not arrived.
    pub(crate) is_unsent: bool,
    /// Where it may have arrived: what left in it, if that is known.
    pub(crate) sent: Option<(SentPackage, Option<PackageContent>)>,
}

/// One that holds one of the people, or that could not be asked.
pub(crate) struct Found {
    pub(crate) there: There,
    pub(crate) answer: Answer,
}

/// Whether a package holds whose decision it is, and for a merge who the person goes on as; or why that cannot be told.
pub(crate) type Answer = Result<(Holds, Holds), String>;

/// What was asked already.
enum Known {
    /// It is about others, or holds nobody of them.
    Elsewhere,
    Asked(Answer),
}

/// Asks sealed packages, and remembers what they answered.
pub(crate) struct Asking<'h> {
    pub(crate) house: &'h House,
    pub(crate) archive: Archive<'h>,
    records: Vec<Vec<Pseudonym>>,
    known: HashMap<String, Known>,
}

impl<'h> Asking<'h> {
    pub(crate) fn new(house: &'h House) -> Self {
        Self { house, archive: Archive::new(house), records: Vec::new(), known: HashMap::new() }
    }

    /// Every package of which the decision speaks and that holds one of the people or cannot be asked, oldest first; of those named,
    /// where some are.
    pub(crate) async fn look(
        &mut self,
        decision: &Decision,
        people: &People<'_>,
        only: Option<&[String]>,
    ) -> Result<Vec<Found>, EngineError> {
        let records = people.records();
        if records != self.records {
            self.known.clear();
            self.records = records;
        }
        let entity = &people.whose.whose.entity;
        let (mut there, mut sets): (Vec<There>, _) = (Vec::new(), BTreeMap::new());
        for sent in self.house.store.sent_packages().await? {
            if self.is_elsewhere(&sent.package) || only.is_some_and(|only| !only.contains(&sent.package)) {
                continue;
            }
            let content = match self.archive.content(&sent).await {
                Ok(content) if content.subject != *entity => {
                    self.known.insert(sent.package, Known::Elsewhere);
                    continue;
                }
                Ok(content) => {
                    self.wants(&mut sets, &sent.package, || sealed_set(self.house, &sent));
                    Some(content)
                }
                Err(error @ (EngineError::NotProven(_) | EngineError::Unknown { .. })) => {
                    self.known.insert(sent.package.clone(), Known::Asked(Err(error.to_string())));
                    None
                }
                Err(error) => return Err(error),
            };
            let terms = self.archive.arrangement(&sent).await?;
            let (package, transfer) = (sent.package.clone(), sent.transfer.clone());
            there.push(There { package, transfer, terms, is_unsent: false, sent: Some((sent, content)) });
        }
        let unsent = if only.is_none() { self.house.store.unsent_packages().await? } else { Vec::new() };
        for one in unsent {
            if self.is_elsewhere(&one.package) {
                continue;
            }
            // Of one that is being delivered both is true.
            if let Some(there) = there.iter_mut().rev().find(|there| there.package == one.package) {
                there.is_unsent = true;
                continue;
            }
            if one.people.as_ref().is_some_and(|(subject, _)| subject != entity) {
                self.known.insert(one.package, Known::Elsewhere);
                continue;
            }
            self.wants(&mut sets, &one.package, || {
                let path = disclosure_of(self.house, &one.transfer, one.attempt_token.as_deref());
                SealedSet { path, people: one.people.as_ref().map(|(_, people)| *people) }
            });
            let terms = self.house.arrangement_version(&one.arrangement, one.arrangement_version).await?.value;
            let (package, transfer, terms) = (one.package, one.transfer, Arc::new(terms));
            there.push(There { package, transfer, terms, is_unsent: true, sent: None });
        }
        self.ask(sets, people);
        let meant = there.into_iter().filter(|one| decision.covers(&one.terms.purpose.code, &one.terms.partner));
        let found = meant.filter_map(|one| match self.known.get(&one.package) {
            Some(Known::Asked(answer)) => Some(Found { there: one, answer: answer.clone() }),
            _ => None,
        });
        Ok(found.collect())
    }

    /// Whether no package of any purpose and recipient holds whose decision it is, as far as all could be asked; and the same of who
    /// the person goes on as.
    pub(crate) fn nowhere(&self) -> (bool, bool) {
        let mut nowhere = (true, true);
        for known in self.known.values() {
            match known {
                Known::Elsewhere => {}
                Known::Asked(Err(_)) => return (false, false),
                Known::Asked(Ok((whose, into))) => nowhere = (nowhere.0 && !whose.any, nowhere.1 && !into.any),
            }
        }
        nowhere
    }

    /// Asks a set later, unless that was done.
    fn wants(&self, sets: &mut BTreeMap<String, SealedSet>, package: &str, set: impl FnOnce() -> SealedSet) {
        if !self.known.contains_key(package) {
            sets.insert(package.to_owned(), set());
        }
    }

    fn is_elsewhere(&self, package: &str) -> bool {
        matches!(self.known.get(package), Some(Known::Elsewhere))
    }

    /// Asks sets that were not asked yet, about every record.
    fn ask(&mut self, sets: BTreeMap<String, SealedSet>, people: &People<'_>) {
        let (packages, sets): (Vec<String>, Vec<SealedSet>) = sets.into_iter().unzip();
        let mut answers: Vec<Answer> = packages.iter().map(|_| Ok(Default::default())).collect();
        let of_whose = people.whose.records.iter().map(|record| (&people.whose, record, false));
        let of_into = people.into.iter().flat_map(|person| person.records.iter().map(move |it| (person, it, true)));
        for (person, record, is_into) in of_whose.chain(of_into) {
            for (answer, held) in answers.iter_mut().zip(self.holding(&sets, record)) {
                match (&mut *answer, held) {
                    (Ok((whose, into)), Ok(true)) => {
                        let holds = if is_into { into } else { whose };
                        holds.any = true;
                        holds.named |= *record == person.whose.pseudonym;
                    }
                    (Ok(_), Err(why)) => *answer = Err(why),
                    _ => {}
                }
            }
        }
        for (package, answer) in packages.into_iter().zip(answers) {
            let is_nobody = matches!(&answer, Ok((whose, into)) if !whose.any && !into.any);
            self.known.insert(package, if is_nobody { Known::Elsewhere } else { Known::Asked(answer) });
        }
    }

    /// Of each set, whether it holds a record, or why that cannot be told.
    fn holding(&self, sets: &[SealedSet], record: &Pseudonym) -> Vec<Result<bool, String>> {
        let (of, keys) = (&self.house.sets, &self.house.keys.operation);
        tokio::task::block_in_place(|| match of.holding(sets, record, keys) {
            Ok(held) => held.into_iter().map(Ok).collect(),
            // One of them cannot be asked: each by itself.
            Err(_) => {
                let one = |set: &SealedSet| of.open(set, keys)?.contains(record);
                sets.iter().map(|set| one(set).map_err(|error| error.to_string())).collect()
            }
        })
    }
}
