//! Where does the disclosure record keep who was asked about, one by one? In two sets for so many rounds: of those who were told about,
//! and of those who were asked about.

use std::collections::{BTreeMap, BTreeSet};

use causeway_package::disclosure::{DisclosureSet, PSEUDONYM_SIZE, Pseudonym};
use causeway_package::notice::{seal_own, unseal_own};
use causeway_store::change::{AnswerKind, CloseRounds, Judged, PackageContent, TellAnswer};
use causeway_store::query::OpenRound;
use causeway_store::{Changed, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::drive::WORKER;
use crate::drive::room::remove;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Rounds that are closed at a time.
const ROUNDS: u32 = 4_096;

/// Questions after which rounds are closed, and for how long they stay open at the most.
const QUESTIONS: u64 = 65_536;
const OPEN: SignedDuration = SignedDuration::from_hours(1);

/// Somebody in a round, and whether anything was told.
pub(super) type InRound = (Pseudonym, bool);

/// Seals who is in a round.
pub(super) fn seal_round(house: &House, people: &[InRound]) -> Result<Vec<u8>, EngineError> {
    let mut plain = zeroize::Zeroizing::new(Vec::with_capacity(people.len() * (PSEUDONYM_SIZE + 1)));
    for (pseudonym, told) in people {
        plain.extend_from_slice(pseudonym);
        plain.push(u8::from(*told));
    }
    Ok(seal_own(house.keys.recipient(), &plain)?)
}

fn open_round(house: &House, round: &OpenRound) -> Result<Vec<InRound>, EngineError> {
    let plain = unseal_own(&round.people, &house.keys.operation)?;
    let broken = || EngineError::NotProven(format!("round {} of questions is damaged", round.number));
    let each = plain.chunks(PSEUDONYM_SIZE + 1).map(|one| {
        let (pseudonym, told) = one.split_last_chunk::<1>().map(|(pseudonym, [told])| (pseudonym, *told))?;
        Some((Pseudonym::try_from(pseudonym).ok()?, told != 0))
    });
    each.collect::<Option<Vec<_>>>().ok_or_else(broken)
}

/// Whether nothing is recorded for sure, so that the set of it is nobody's. Of any other error it is not known: the database may have taken it
/// and been unable to say so. Then the set stays, and recovery asks whether it is an answer's.
pub(super) fn is_not_recorded(error: &StoreError) -> bool {
    matches!(error, StoreError::ChangedMeanwhile { .. } | StoreError::Denied { .. })
}

/// Closes rounds that have been open long enough, or that are many.
pub(crate) async fn close_due(house: &House) -> Result<(), EngineError> {
    let (rounds, questions, first) = house.store.open_questions().await?;
    let is_due = questions >= QUESTIONS || first.is_some_and(|first| house.now().duration_since(first) >= OPEN);
    if rounds > 0 && is_due { close(house).await } else { Ok(()) }
}

/// Closes every round that there is when it begins: whoever asks about a person then asks sets alone. Those that are recorded meanwhile are
/// left to whoever asks next.
///
/// # Errors
/// [`EngineError::NotProven`] where one cannot be opened: nothing is answered then.
pub(crate) async fn close(house: &House) -> Result<(), EngineError> {
    let newest = house.store.newest_round().await?;
    loop {
        let mut open = house.store.open_rounds(ROUNDS).await?;
        open.retain(|round| round.number <= newest);
        if open.is_empty() {
            return Ok(());
        }
        let mut alike: BTreeMap<(String, u32, String, u32, i64), Vec<OpenRound>> = BTreeMap::new();
        for round in open {
            let (arrangement, version) = round.arrangement.clone();
            // Of one day: an answer counts for the day of its first round.
            let day = round.at.as_second().div_euclid(86_400);
            alike
                .entry((round.exchange.clone(), round.content.exchange_version, arrangement, version, day))
                .or_default()
                .push(round);
        }
        for rounds in alike.into_values() {
            match close_some(house, rounds).await {
                // Somebody else closed some of them; what is left is looked for again.
                Err(EngineError::Store(StoreError::ChangedMeanwhile { .. })) | Ok(()) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Closes rounds of one exchange, one version of everything and one day.
async fn close_some(house: &House, rounds: Vec<OpenRound>) -> Result<(), EngineError> {
    let (mut told, mut asked) = (Vec::new(), Vec::new());
    let (mut elements, mut records) = (BTreeSet::new(), 0);
    for round in &rounds {
        records += round.told;
        elements.extend(round.content.elements.iter().cloned());
        for (pseudonym, was_told) in open_round(house, round)? {
            if was_told { told.push(pseudonym) } else { asked.push(pseudonym) }
        }
    }
    let Some(first) = rounds.first() else { return Ok(()) };
    let (mut answers, mut files) = (Vec::new(), Vec::new());
    for (kind, people, records) in [(AnswerKind::LookedUp, told, records), (AnswerKind::AskedAbout, asked, 0)] {
        if people.is_empty() {
            continue;
        }
        let id = house.id("an");
        let path = house.home.sealed().join(format!("{id}.people.age"));
        let mut set = DisclosureSet::expecting(people.len());
        people.into_iter().for_each(|person| set.add(person));
        // CRASH: a set of an answer that is not recorded: recovery removes it, and the rounds are still open.
        let people = set.seal(&path, house.keys.recipient())?;
        let elements = if kind == AnswerKind::LookedUp { elements.clone() } else { BTreeSet::new() };
        let content = PackageContent { people, elements, ..first.content.clone() };
        answers.push((answer(house, first, id, kind, records, content), first.at));
        files.push(path);
    }
    let sealed = house.home.sealed();
    std::fs::File::open(&sealed).and_then(|folder| folder.sync_all()).map_err(EngineError::file("sync", &sealed))?;
    let ids: Vec<&String> = answers.iter().map(|(answer, _)| &answer.id).collect();
    let body = json!({ "rounds": rounds.len(), "told": records, "answers": ids });
    let event = audit(WORKER, "questions-closed", &first.exchange, body);
    let numbers = rounds.iter().map(|round| round.number).collect();
    let change = CloseRounds { rounds: numbers, answers };
    let closed = house.store.close_rounds(Changed::new(change, event), house.stamp()).await;
    if closed.as_ref().is_err_and(is_not_recorded) {
        files.iter().try_for_each(|path| remove(path).map(|_| ()))?;
    }
    closed?;
    house.sequence().await?;
    Ok(())
}

fn answer(
    house: &House,
    first: &OpenRound,
    id: String,
    kind: AnswerKind,
    records: u64,
    content: PackageContent,
) -> TellAnswer {
    TellAnswer {
        id,
        kind,
        client: None,
        // It was judged when each of its rounds was.
        judged: Judged {
            operation: house.operation().to_owned(),
            partner: String::new(),
            arrangement: first.arrangement.clone(),
            data: causeway_model::environment::DataKind::Synthetic,
            decisions_seen: 0,
            pseudonyms_seen: 0,
            room: Vec::new(),
            as_of: None,
        },
        exchange: first.exchange.clone(),
        sealed_to: None,
        records,
        purge_by: first.purge_by,
        content,
    }
}

/// Keeps rounds from being recorded while a person's decision is, for as long as that may take at the most.
pub(crate) async fn pause(house: &House) -> Result<(), EngineError> {
    const PAUSE: SignedDuration = SignedDuration::from_secs(10);
    let until = house.now().checked_add(PAUSE).unwrap_or(Timestamp::MAX);
    Ok(house.store.pause_rounds(until).await?)
}

/// Lets rounds be recorded again.
pub(crate) async fn unpause(house: &House) -> Result<(), EngineError> {
    Ok(house.store.pause_rounds(house.now()).await?)
}

#[cfg(test)]
mod tests {
    use causeway_model::{Code, Refused};

    use super::*;

    #[test]
    fn a_set_goes_only_where_nothing_was_recorded_for_sure() {
        let name = || "an-1".to_owned();
        let source = Refused::one(Code::Stopped, "all", "invented");
        assert!(is_not_recorded(&StoreError::Denied { what: "answer", name: name(), source }));
        assert!(is_not_recorded(&StoreError::ChangedMeanwhile { what: "arrangement", name: name() }));
        // The connection was lost while it was committed, or the head beside it could not be written.
        assert!(!is_not_recorded(&StoreError::NotFound { what: "anything else", name: name() }));
    }
}
