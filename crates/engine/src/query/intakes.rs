//! What came in, and how far has it come?

use causeway_model::intake::Intake;
use causeway_model::permission::Action;
use causeway_package::report::ReportReader;
use causeway_store::query::{IntakeFilter, IntakeRow, WaitingRow};
use serde::Deserialize;

use crate::error::EngineError;
use crate::house::House;
use crate::intake::{UNDONE, folder};

/// An intake with what of it waits for a person.
pub struct ShownIntake {
    /// The intake.
    pub row: IntakeRow,
    /// Records that wait, or did.
    pub waiting: Vec<WaitingRow>,
    /// Records of which something is not as it was before, though it was undone; the first of them.
    pub not_undone: Vec<NotUndone>,
    /// What its last try stood in the way of.
    pub why: Option<String>,
}

/// A record of which something is not as it was before.
#[derive(Debug, Deserialize)]
pub struct NotUndone {
    /// Its number in the file.
    pub record: u64,
    /// Tables, and what became of their rows: `changed` since, `gone`, `kept` for want of a status.
    pub rows: Vec<(String, String)>,
}

/// So many of them are told.
const MOST: usize = 100;

/// Intakes that the looker may see, the newest first: partners see their own.
pub async fn intakes(house: &House, looker: &str, mut filter: IntakeFilter) -> Result<Vec<IntakeRow>, EngineError> {
    let partner = house.store.officer(looker).await?.and_then(|officer| officer.partner);
    match partner {
        Some(partner) => {
            house.may_see(looker, Action::ShowIntakes, &house.of_both("intakes", &partner)).await?;
            filter.partner = Some(partner);
        }
        None => house.may_see(looker, Action::ShowIntakes, &house.own("intakes")).await?,
    }
    house.intakes(&filter).await
}

/// One intake.
pub async fn intake(house: &House, looker: &str, id: &str) -> Result<ShownIntake, EngineError> {
    let row = house.intake(id).await?;
    house.may_see(looker, Action::ShowIntakes, &house.of_both(id, &row.partner)).await?;
    let is_partner = house.store.officer(looker).await?.is_some_and(|officer| officer.partner.is_some());
    let lease = house.store.lease_of(causeway_store::lease::Kind::Intake, id).await?;
    let mut waiting = house.store.intake_waiting(id).await?;
    if is_partner {
        // Who decided what, and what stands in the target since, is the operation's own.
        waiting.iter_mut().for_each(|one| one.decision = None);
    }
    let why = lease.and_then(|lease| lease.why).filter(|_| row.state.is_unfinished());
    let path = folder(house, id).join(UNDONE);
    let not_undone = match row.state == Intake::Undone && !is_partner && path.exists() {
        true => {
            let lines = ReportReader::open(&path, &house.keys.operation)?.lines();
            lines.take(MOST).collect::<Result<_, _>>()?
        }
        false => Vec::new(),
    };
    Ok(ShownIntake { row, waiting, not_undone, why })
}
