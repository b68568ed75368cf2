//! How is what was applied put back, as far as it still stands as it was applied?
//!
//! Group by group, the newest first, each in one transaction of the target with what came of it in its marker. Recovery walks the same
//! way again: what is undone answers what came of it.

use std::collections::BTreeMap;

use causeway_flow::accept::UndoKey;
use causeway_flow::accept::target::{Before, Marker, RowUndone, Session, TargetError, Undone};
use causeway_package::report::ReportWriter;
use causeway_store::change::IntakeStep;
use serde::Serialize;
use serde_json::json;

use super::Step;
use super::target::{Sealing, failed, session, undo_key};
use crate::error::EngineError;
use crate::intake::UNDONE;

/// Groups that came to the same.
#[derive(Default)]
struct Counted {
    groups: u64,
    undone: u64,
    in_part: u64,
    without_plan: u64,
    rows: BTreeMap<&'static str, u64>,
}

/// A record of which something is not as it was before: tables and what became of their rows, no value.
#[derive(Serialize)]
struct Line<'l> {
    record: u64,
    rows: Vec<(&'l str, &'static str)>,
}

/// Undoes an intake.
pub(super) async fn undo(step: &Step<'_>) -> Result<(), EngineError> {
    let Step { house, row, .. } = step;
    let (_, mapped) = step.pinned.ready()?;
    let key = undo_key(step).await?;
    let mut session = session(step, &mapped)?;
    // Of one's own until it is whole: another run may be at it, whose lease is lost.
    let (made, path) = (step.path(&format!("{UNDONE}.{}", step.lease.token())), step.path(UNDONE));
    let report = ReportWriter::create(&made, house.keys.recipient())?;
    step.gate.look().await;
    step.held()?;
    let counted = tokio::task::block_in_place(|| all(step, session.as_mut(), &key, report))?;
    std::fs::rename(&made, &path).map_err(EngineError::file("name", &path))?;
    // CRASH: all of it is put back and the intake does not say so: the next run is told by each group what came of it.
    (house.surroundings.probe)("intake-put-back");
    let Counted { groups, undone, in_part, without_plan, rows } = counted;
    let body = json!({
        "groups": groups, "undone": undone, "in_part": in_part, "without_plan": without_plan, "rows": rows, "times": row.undone + 1,
    });
    step.moved(step.seen(), IntakeStep::PutBack, "intake-undone", body).await.map(|_| ())
}

fn all(
    step: &Step<'_>,
    session: &mut dyn Session,
    key: &UndoKey,
    mut report: ReportWriter,
) -> Result<Counted, EngineError> {
    let (place, mut counted, mut below) = (step.place(), Counted::default(), None);
    loop {
        let page = session.markers(&place, below).map_err(|error| failed(step, &error))?;
        for marker in &page {
            step.held()?;
            counted.groups += 1;
            match one(step, session, key, marker).map_err(|error| failed(step, &error))? {
                Some(undone) => {
                    let of = if undone.is_whole() { &mut counted.undone } else { &mut counted.in_part };
                    *of += 1;
                    for (_, row) in &undone.rows {
                        *counted.rows.entry(name(*row)).or_default() += 1;
                    }
                    let rows: Vec<_> = undone.rows.iter().filter(|(_, row)| !is_back(*row)).collect();
                    if !rows.is_empty() {
                        let rows = rows.into_iter().map(|(table, row)| (table.as_str(), name(*row))).collect();
                        report.line(&Line { record: marker.place.group, rows })?;
                    }
                }
                None => {
                    counted.without_plan += 1;
                    report.line(&Line { record: marker.place.group, rows: vec![("", "without-plan")] })?;
                }
            }
        }
        match page.last() {
            Some(last) => below = Some(last.place.group),
            None => break,
        }
    }
    report.finish()?;
    Ok(counted)
}

/// Undoes a group, or is told what came of it before; nothing where its plan cannot be opened: the key that sealed it is gone.
fn one(
    step: &Step<'_>,
    session: &mut dyn Session,
    key: &UndoKey,
    marker: &Marker,
) -> Result<Option<Undone>, TargetError> {
    let target = &step.pinned.inbound.apply.target;
    let mut keeper = Sealing::new(key, step.house);
    if marker.is_undone() {
        return session.undo(&marker.place, &Before::default().to_bytes(target)?, &mut keeper).map(Some);
    }
    let plan = session.sealed(&marker.place)?.and_then(|sealed| key.open(&sealed));
    plan.map(|plan| session.undo(&marker.place, &plan, &mut keeper)).transpose()
}

fn is_back(row: RowUndone) -> bool {
    matches!(row, RowUndone::PutBack | RowUndone::Retired)
}

fn name(row: RowUndone) -> &'static str {
    match row {
        RowUndone::PutBack => "put-back",
        RowUndone::Retired => "retired",
        RowUndone::Changed => "changed",
        RowUndone::Gone => "gone",
        RowUndone::Kept => "kept",
    }
}
