//! How is a transfer carried from request to delivery, whatever dies on the way? A file a step.

pub mod answer;
mod commit;
mod deliver;
mod following;
mod gate;
mod heed;
mod intake;
mod lease;
mod notices;
mod outcome;
mod prepare;
mod purge;
mod purge_intakes;
mod ready;
mod recover;
mod report;
mod room;
mod run;
mod taking;
mod work;

use std::path::PathBuf;

use crate::command::lapsed;
use crate::error::EngineError;
use crate::house::{Connectors, House};

pub(crate) use deliver::folder;
pub(crate) use following::purge_states;
pub(crate) use heed::{Heeded, Standings};
pub use intake::take_in;
pub use lease::{Lease, Over};
pub use notices::{Sent, send_notices};
pub(crate) use notices::{arrived_by_answer, lies_ready, take_notice};
pub use outcome::Outcome;
pub use prepare::{Prepared, SentAs};
pub(crate) use purge::{Keeps, ends, erase, erase_copies, is_on_its_way};
pub use purge::{Purged, purge};
pub use purge_intakes::{ErasedIntakes, purge_intakes};
pub use ready::{Untaken, look_after_ready};
pub(crate) use ready::{arrive, interrupt};
pub use recover::{Recovered, recover};
pub(crate) use taking::{Wanted, begin_taking, end_taking, manifest_of};
pub use work::{Done, Working, work};

/// How often a package is made anew at once, where people decide otherwise while it is made; then it waits its turn.
const ANEW: u32 = 3;

/// Who acts where no person does.
pub const WORKER: &str = "worker";

/// Where the sealed report of a transfer's run stands.
fn report_path(house: &House, transfer: &str, token: &str) -> PathBuf {
    house.home.sealed().join(format!("{transfer}.{token}.report.age"))
}

/// Where the report of a transfer's newest run stands, if that left any.
pub async fn report_of(house: &House, transfer: &str) -> Result<PathBuf, EngineError> {
    let token = house.store.transfer(transfer).await?.and_then(|row| row.attempt_token).unwrap_or_default();
    let path = report_path(house, transfer, &token);
    // One of the program before has no token in its name.
    Ok(if path.exists() { path } else { house.home.sealed().join(format!("{transfer}.report.age")) })
}

/// Where the disclosure set of a transfer stands that the run of this token sealed.
fn disclosure_path(house: &House, transfer: &str, token: &str) -> PathBuf {
    house.home.sealed().join(format!("{transfer}.{token}.people.age"))
}

/// Where the disclosure set of a sealed transfer stands.
pub(crate) fn disclosure_of(house: &House, transfer: &str, token: Option<&str>) -> PathBuf {
    let path = disclosure_path(house, transfer, token.unwrap_or_default());
    // One of the program before has no token in its name; one that is not there is missed under its own.
    let before = house.home.sealed().join(format!("{transfer}.people.age"));
    if !path.exists() && before.exists() { before } else { path }
}

/// Carries a transfer as far as it goes without the partner: prepares it if it was not, delivers it if it was not.
pub async fn run(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    lease: &Lease,
) -> Result<Prepared, EngineError> {
    let outcome = match carry(house, connectors, actor, lease).await {
        Err(error) if !matches!(error, EngineError::Lapsed { .. }) => {
            // Others may have let it lapse meanwhile: then that is what happened to it, whatever failed for it.
            Err(lapsed(house, lease.transfer()).await?.unwrap_or(error))
        }
        outcome => outcome,
    };
    let room = lease.room(house);
    let left = match &outcome {
        Err(_) if lease.is_lost(house).await => room::leave(house, &room, lease.transfer(), lease.token()).await,
        _ => room::clear(house, &room).await.map(|_| ()),
    };
    outcome.and_then(|prepared| left.map(|()| prepared))
}

async fn carry(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    lease: &Lease,
) -> Result<Prepared, EngineError> {
    let mut prepared = prepare::prepare(house, connectors, actor, lease).await;
    for _ in 0..ANEW {
        let Err(EngineError::Store(error)) = &prepared else { break };
        if !heed::is_overtaken(error) {
            break;
        }
        // Somebody who was in it decided otherwise before it was sealed: it was destroyed, and is made without that person.
        prepared = prepare::prepare(house, connectors, actor, lease).await;
    }
    let prepared = prepared?;
    deliver::deliver(house, connectors, actor, lease).await?;
    Ok(prepared)
}
