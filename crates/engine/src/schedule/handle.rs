//! What becomes of one occurrence: a transfer that is asked for, or a reason to skip it?

use causeway_model::Violation;
use causeway_model::exchange::schedule::{Decided, Occurrence, Skipped, Verdict};
use causeway_model::request::{Event, State};
use causeway_store::change::{HandleOccurrence, NewRequest, NewTransfer, OccurrenceOutcome};
use causeway_store::{AuditEvent, Changed, Saved};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::SCHEDULE;
use super::planned::Planned;
use crate::command::judge;
use crate::error::EngineError;
use crate::house::{House, audit};

/// An occurrence that was handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    /// The exchange.
    pub exchange: String,
    /// The occurrence; the newest where several were skipped for the same reason.
    pub occurrence: Occurrence,
    /// For how many it stands.
    pub count: u32,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A transfer was asked for.
    Requested {
        /// The transfer's id.
        transfer: String,
        /// Whether an officer must approve it first.
        awaits_approval: bool,
    },
    /// It was skipped.
    Skipped {
        /// Why, by a stable word: of [`Skipped`], or a code of a rule.
        reason: String,
        /// Why, for people.
        detail: String,
    },
}

/// What is to be stored and told of an occurrence.
struct Told {
    outcome: Outcome,
    stored: OccurrenceOutcome,
    event: AuditEvent,
}

/// Handles an occurrence, where nobody else did: `seen` was the last before it.
///
/// # Errors
/// [`causeway_store::StoreError::ChangedMeanwhile`] when it must be decided anew.
pub(super) async fn handle(
    house: &House,
    planned: &Planned,
    decided: &Decided,
    seen: Option<Timestamp>,
) -> Result<Option<Handled>, EngineError> {
    let Told { outcome, stored, event } = match decided.verdict {
        Verdict::Skip(why) => skipped(planned, decided, why.as_str(), detail(house, planned, decided, why).await?, &[]),
        Verdict::Start => started(house, planned, decided).await?,
    };
    let exchange = planned.exchange.exchange.clone();
    let change = HandleOccurrence {
        exchange: exchange.clone(),
        exchange_version: planned.exchange.version,
        due_at: decided.occurrence.due,
        due_local: decided.occurrence.local,
        time_zone: planned.timetable.schedule().time_zone.clone(),
        first_due_at: decided.first.due,
        occurrences: decided.count,
        seen,
        outcome: stored,
    };
    let saved = house.store.handle_occurrence(Changed::new(change, event), house.stamp()).await?;
    let handled = Handled { exchange, occurrence: decided.occurrence, count: decided.count, outcome };
    Ok((saved == Saved::New).then_some(handled))
}

/// Asks for the transfer, under the authority of whoever brought the exchange into use; skipped where a rule denies it.
async fn started(house: &House, planned: &Planned, decided: &Decided) -> Result<Told, EngineError> {
    let document = &planned.exchange;
    let asked = planned.timetable.request(&document.exchange, &decided.occurrence);
    let arrangement = house.terms(&document.arrangement).await?.value;
    let id = house.id("tr");
    let (by, denied) = house.authority(planned.brought_in_by(), &document.exchange).await?;
    let mut violations = judge(house, &id, &asked, &arrangement).await?;
    violations.extend(denied);
    if let Some(first) = violations.first() {
        let first_detail = format!("`{}`: {}", first.subject, first.detail);
        let others = violations.iter().skip(1).map(Violation::to_string);
        let detail: Vec<String> = std::iter::once(first_detail).chain(others).collect();
        return Ok(skipped(planned, decided, first.code.as_str(), detail.join("; "), &violations));
    }
    let judged = State::Received { by: by.clone() }
        .apply(Event::Judge { violations, needs_approval: document.needs_approval })
        .map_err(|refused| EngineError::Wrong(refused.to_string()))?;
    let awaits_approval = matches!(judged, State::AwaitingApproval { .. });
    let mut body = occurrence(planned, decided);
    let more = json!({
        "exchange": document.exchange, "arrangement": arrangement.arrangement,
        "arrangement_version": arrangement.version, "purpose": arrangement.purpose.code, "cycle": asked.cycle,
        "place": asked.place, "cut_off": asked.cut_off, "awaits_approval": awaits_approval, "authority": by.name,
    });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    let transfer = NewTransfer {
        id: id.clone(),
        exchange: document.exchange.clone(),
        exchange_version: document.version,
        arrangement: arrangement.arrangement,
        arrangement_version: arrangement.version,
        expect_fewer: false,
    };
    let event = audit(SCHEDULE, "transfer-requested", &id, body);
    let request = NewRequest { transfer, asked, by, state: judged, denied: Vec::new() };
    let outcome = Outcome::Requested { transfer: id, awaits_approval };
    Ok(Told { outcome, stored: OccurrenceOutcome::Requested(Box::new(request)), event })
}

fn skipped(planned: &Planned, decided: &Decided, reason: &str, detail: String, violations: &[Violation]) -> Told {
    let mut body = occurrence(planned, decided);
    if let Some(body) = body.as_object_mut() {
        body.insert("reason".to_owned(), json!(reason));
        body.insert("detail".to_owned(), json!(detail));
        if !violations.is_empty() {
            body.insert("violations".to_owned(), json!(violations));
        }
    }
    let event = audit(SCHEDULE, "schedule-skipped", &planned.exchange.exchange, body);
    let (reason, stored) = (reason.to_owned(), detail.clone());
    let stored = OccurrenceOutcome::Skipped { reason: reason.clone(), detail: stored };
    Told { outcome: Outcome::Skipped { reason, detail }, stored, event }
}

/// What the ledger says of an occurrence.
fn occurrence(planned: &Planned, decided: &Decided) -> Value {
    json!({
        "exchange_version": planned.exchange.version, "due": decided.occurrence.due.to_string(),
        "due_local": decided.occurrence.local.to_string(), "time_zone": planned.timetable.schedule().time_zone,
        "occurrences": decided.count, "first_due": decided.first.due.to_string(), "more_before": decided.more,
    })
}

async fn detail(house: &House, planned: &Planned, decided: &Decided, why: Skipped) -> Result<String, EngineError> {
    let due = decided.occurrence.due;
    Ok(match why {
        Skipped::Blackout => planned.timetable.blackout(&decided.occurrence).unwrap_or_default().to_owned(),
        Skipped::Paused => {
            let pauses = house.store.schedule_pauses(&planned.exchange.exchange, due).await?;
            let pause = pauses.into_iter().find(|pause| pause.ended_at.is_none() || pause.paused_at <= due);
            pause.map(|pause| format!("by {}: {}", pause.paused_by, pause.reason)).unwrap_or_default()
        }
        Skipped::Missed => "nobody was there to start it on time".to_owned(),
        Skipped::Overtaken => "a later one is there to start for it".to_owned(),
        Skipped::TooLate => "it would start later than the schedule allows".to_owned(),
        Skipped::TooMany => "more were missed than are caught up with".to_owned(),
    })
}
