//! Is an impact assessment due, who wrote the one that there is, and who approved it?

use std::path::Path;

use causeway_model::arrangement::{Arrangement, Released};
use causeway_model::assessment::{self, Assessment, Figures, Gate, Scheduled, WINDOW_DAYS};
use causeway_model::permission::Action;
use causeway_model::transfer::Transfer;
use causeway_store::change::{ApproveAssessment, NewAssessment};
use causeway_store::query::StoredAssessment;
use causeway_store::{Changed, Saved};
use jiff::ToSpan;
use serde_json::json;

use crate::documents::{Read, sha256_hex};
use crate::error::EngineError;
use crate::house::{House, audit};

/// Brings in an assessment that the actor wrote.
pub async fn import_assessment(house: &House, actor: &str, path: &Path) -> Result<(Assessment, Saved), EngineError> {
    let read: Read<Assessment> = Read::file(path)?;
    let found = read.value;
    let partner = house.arrangement(&found.arrangement).await?.value.partner;
    house.permit(actor, Action::Assess, &house.of_both(&found.assessment, &partner)).await?;
    if found.approved_by.is_some() {
        let wrong = "the document says that it is approved: leave `approved_by` out, and have it approved here";
        return Err(EngineError::Wrong(wrong.to_owned()));
    }
    if found.written_by != actor {
        let wrong =
            format!("`{}` wrote it, and `{actor}` brings it in: have it brought in by who wrote it", found.written_by);
        return Err(EngineError::Wrong(wrong));
    }
    let body = json!({
        "arrangement": found.arrangement, "sha256": sha256_hex(&read.text), "valid_until": found.valid_until.to_string(),
        "covers": found.covers, "covers_records": found.covers_records,
    });
    let event = audit(actor, "assessment-imported", &found.assessment, body);
    let change =
        NewAssessment { name: found.assessment.clone(), arrangement: found.arrangement.clone(), text: read.text };
    let saved = house.store.import_assessment(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok((found, saved))
}

/// Approves an assessment: a data protection officer who did not write it.
pub async fn approve_assessment(house: &House, actor: &str, name: &str) -> Result<Saved, EngineError> {
    let stored = house.store.assessment(name).await?.ok_or_else(|| EngineError::Unknown {
        what: "assessment",
        name: name.to_owned(),
        help: "bring it in with `causeway assessment import`",
    })?;
    let partner = house.arrangement(&stored.arrangement).await?.value.partner;
    let thing = house.of_both(name, &partner).drafted_by(house.person(&stored.imported_by).await?);
    house.permit(actor, Action::ApproveAssessment, &thing).await?;
    let read: Read<Assessment> = Read::text(name, stored.text)?;
    let written = Assessment { approved_by: None, ..read.value }.state(house.today());
    let approve = assessment::Event::Approve { by: actor.to_owned(), today: house.today() };
    if stored.approved_by.is_none()
        && let Err(refused) = written.apply(name, approve)
    {
        return Err(house.deny(actor, Action::ApproveAssessment.as_str(), name, refused).await);
    }
    let event = audit(actor, "assessment-approved", name, json!({ "sha256": stored.sha256 }));
    let change = ApproveAssessment { name: name.to_owned(), sha256: stored.sha256 };
    let saved = house.store.approve_assessment(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}

/// The assessments of an arrangement, with who approved them.
pub async fn assessments(house: &House, arrangement: &str) -> Result<Vec<Assessment>, EngineError> {
    house.store.assessments(arrangement).await?.into_iter().map(read).collect()
}

/// Up to `limit` assessments, by name, behind the one named, with who approved them.
pub async fn assessments_after(house: &House, after: Option<&str>, limit: u32) -> Result<Vec<Assessment>, EngineError> {
    house.store.assessments_after(after, limit).await?.into_iter().map(read).collect()
}

fn read(stored: StoredAssessment) -> Result<Assessment, EngineError> {
    let read: Read<Assessment> = Read::text(&stored.name, stored.text)?;
    Ok(Assessment { approved_by: stored.approved_by, ..read.value })
}

/// What was moved under an arrangement in the last year, waits to be moved, and will be by schedules in the coming year;
/// `transfer` waits too, stored or not yet.
pub async fn figures(house: &House, arrangement: &Arrangement, transfer: Option<&str>) -> Result<Figures, EngineError> {
    let now = house.now();
    let since = now.checked_sub((i64::from(WINDOW_DAYS) * 24).hours()).unwrap_or(jiff::Timestamp::MIN);
    let released = released(house, &arrangement.arrangement, since).await?;
    let waiting = house.store.unfinished_transfers().await?.into_iter().filter(|row| {
        row.arrangement == arrangement.arrangement
            && transfer.is_none_or(|transfer| row.id != transfer)
            && matches!(row.state, Transfer::Requested | Transfer::Preparing { .. })
    });
    let transfers = u32::try_from(waiting.count() + usize::from(transfer.is_some())).unwrap_or(u32::MAX);
    let records_each = released.last().map_or(arrangement.row_cap, |last| last.records);
    let year = now.checked_add((i64::from(WINDOW_DAYS) * 24).hours()).unwrap_or(jiff::Timestamp::MAX);
    let mut scheduled = vec![Scheduled { last: now, transfers, records_each }];
    scheduled.extend(crate::schedule::scheduled(house, arrangement, records_each, [now, year]).await?);
    Ok(assessment::gather(arrangement, &house.catalogue().await?, &released, &scheduled, now))
}

/// What the gate for impact assessments says of an arrangement now, or once `transfer` is made.
pub(crate) async fn gate(
    house: &House,
    arrangement: &Arrangement,
    transfer: Option<&str>,
) -> Result<Gate, EngineError> {
    let figures = figures(house, arrangement, transfer).await?;
    let assessments = assessments(house, &arrangement.arrangement).await?;
    Ok(assessment::gate(
        &arrangement.arrangement,
        &figures,
        &house.thresholds().await?.values,
        &assessments,
        house.today(),
    ))
}

/// What was released under an arrangement since then.
pub(crate) async fn released(
    house: &House,
    arrangement: &str,
    since: jiff::Timestamp,
) -> Result<Vec<Released>, EngineError> {
    let releases = house.store.releases_since(arrangement, since).await?.into_iter();
    Ok(releases.map(|one| Released { at: one.sealed_at, exchange: one.exchange, records: one.records }).collect())
}
