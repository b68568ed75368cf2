//! How does a person decide on a record that waits, and see what there is to decide?

use std::collections::BTreeSet;

use causeway_flow::accept::Question;
use causeway_model::intake::Verdict;
use causeway_model::permission::Action;
use causeway_package::report::ReportReader;
use causeway_store::change::ReviewIntake;
use causeway_store::{Changed, Saved, StoreError};
use serde_json::{Value, json};

use super::Decided;
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::intake::{Pinned, REVIEW, folder};

/// Decides on a record: it is the candidate of a number, becomes a new row, or is left out. Whoever works carries it out, as long as the
/// rows are still those that could be seen.
///
/// # Errors
/// [`EngineError::Denied`] for whoever brought the file in, and once what was decided is carried out.
pub async fn review_intake(
    house: &House,
    name: &str,
    intake: &str,
    record: u64,
    (verdict, candidate): (Verdict, Option<u64>),
    reason: &str,
) -> Result<Decided, EngineError> {
    if reason.trim().len() < 5 {
        return Err(EngineError::Wrong("say in a few words why it is decided so: --reason TEXT".to_owned()));
    }
    let row = house.intake(intake).await?;
    let brought = house.person(&row.received_by).await?;
    let thing = house.of_both(intake, &row.partner).drafted_by(brought);
    house.permit(name, Action::ReviewIntake, &thing).await?;
    let waits = house.store.intake_waiting(intake).await?.into_iter().find(|one| one.record == record);
    let waits = waits.ok_or_else(|| EngineError::Unknown {
        what: "record that waits",
        name: format!("{intake} record {record}"),
        help: "see `causeway intake show`",
    })?;
    let before = waits.decision.as_ref().is_some_and(|one| (one.verdict, one.candidate) == (verdict, candidate));
    if before && waits.settled_at.is_some() {
        return Ok(Decided::Already);
    }
    let chosen = match verdict {
        // What it was decided by is there no more once it is carried out.
        Verdict::Link | Verdict::Insert if waits.settled_at.is_none() => {
            let (key, question) =
                (house.keys.intakes(&row.partner, &row.versions.exchange.0), question(house, intake, record)?);
            let chosen = question.chosen(&key, verdict, candidate);
            Some(chosen.ok_or_else(|| EngineError::Unknown {
                what: "candidate",
                name: format!("{} of {intake} record {record}", candidate.unwrap_or_default()),
                help: "`causeway intake open` shows them by their numbers",
            })?)
        }
        _ => None,
    };
    let body = json!({ "record": record, "decision": verdict, "candidate": candidate, "reason": reason });
    let event = audit(name, "intake-reviewed", intake, body);
    let reason = reason.to_owned();
    let change = ReviewIntake { intake: intake.to_owned(), record, verdict, candidate, chosen, reason };
    match house.store.review_intake(Changed::new(change, event), house.stamp()).await {
        Ok(Saved::New) => house.sequence().await.map(|_| Decided::Now),
        Ok(Saved::Already) => Ok(Decided::Already),
        Err(error @ (StoreError::Denied { .. } | StoreError::ChangedMeanwhile { .. })) => {
            Err(house.lost(name, Action::ReviewIntake.as_str(), intake, error).await)
        }
        Err(error) => Err(error.into()),
    }
}

fn question(house: &House, intake: &str, record: u64) -> Result<Question, EngineError> {
    let mut reader = ReportReader::open(&folder(house, intake).join(REVIEW), &house.keys.operation)?;
    while let Some(question) = reader.next_line::<Question>()? {
        if question.record == record {
            return Ok(question);
        }
    }
    Err(EngineError::Wrong(format!(
        "what record {record} of intake {intake} may be is not here any more: it can only be left out, and read once more"
    )))
}

/// Opens what waits: each record as it came, and the rows that it may be. The opening stands in the ledger before the first line is shown.
///
/// # Errors
/// Nothing waits, or it cannot be opened.
pub async fn open_review(
    house: &House,
    name: &str,
    intake: &str,
    record: Option<u64>,
    reason: &str,
) -> Result<Vec<Value>, EngineError> {
    if reason.trim().len() < 5 {
        return Err(EngineError::Wrong("say in a few words why you open it: --reason TEXT".to_owned()));
    }
    let row = house.intake(intake).await?;
    house.permit(name, Action::OpenReview, &house.of_both(intake, &row.partner)).await?;
    let path = folder(house, intake).join(REVIEW);
    if !path.exists() {
        return Err(EngineError::Unknown {
            what: "record that waits in intake",
            name: intake.to_owned(),
            help: "see `causeway intake show`",
        });
    }
    let (_, mapped) = Pinned::of(house, &row.versions).await?.ready()?;
    house.record(name, "intake-review-opened", intake, json!({ "record": record, "reason": reason })).await?;
    let mut waits: BTreeSet<u64> = house
        .store
        .intake_waiting(intake)
        .await?
        .into_iter()
        .filter(|one| one.settled_at.is_none())
        .map(|one| one.record)
        .collect();
    waits.retain(|one| record.is_none_or(|record| record == *one));
    let mut told = Vec::new();
    for question in ReportReader::open(&path, &house.keys.operation)?.lines::<Question>() {
        let question = question?;
        if waits.contains(&question.record) {
            told.push(question.told(mapped.layout()));
        }
    }
    Ok(told)
}
