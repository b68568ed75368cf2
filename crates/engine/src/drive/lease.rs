//! Whose hands is a transfer or an intake in? A lease is taken before anything is done to it, kept while it is worked on, and given back
//! with what came of it.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use causeway_flow::source::Watch;
use causeway_model::{Code, Violation};
use causeway_store::StoreError;
use causeway_store::change::Seen;
use causeway_store::lease::{self as held, LASTS, LeaseRow, Leases};
use causeway_store::query::TransferRow;
use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::outcome::{Outcome, end};
use crate::error::EngineError;
use crate::house::House;

/// How often it is renewed: three may fail before it runs out.
const RENEWED: Duration = Duration::from_secs(15);

/// A transfer in our hands. Dropped without [`Lease::end`], as when this process dies, it runs out by itself.
pub struct Lease {
    held: held::Lease,
    leases: Leases,
    over: Over,
    keeping: JoinHandle<()>,
}

/// Whether the work under a lease must end, and why: one word for all who take part in it.
#[derive(Clone, Default)]
pub struct Over {
    why: Arc<OnceLock<Violation>>,
    watch: Watch,
}

impl Over {
    /// Ends the work: what is read is let go, no further byte leaves, and the transfer stays as it is.
    pub fn call(&self, code: Code, transfer: &str, detail: &str) {
        // The first reason stands.
        let _ = self.why.set(Violation::new(code, transfer, detail));
        self.let_go();
    }

    /// Lets go what is being read.
    pub(super) fn let_go(&self) {
        self.watch.cancel();
    }

    pub(super) fn why(&self) -> Option<Violation> {
        self.why.get().cloned()
    }
}

impl Lease {
    /// Takes the transfer that has waited longest, if any waits.
    pub async fn find(house: &House) -> Result<Option<Self>, EngineError> {
        let leases = house.store.leases();
        let found = leases.find(house.worker()?, &token(house), house.now()).await?;
        Ok(found.map(|held| Self::keep(house, leases, held)))
    }

    /// Takes this transfer.
    ///
    /// # Errors
    /// [`StoreError::Leased`] while another worker has it.
    pub async fn take(house: &House, transfer: &str) -> Result<Self, EngineError> {
        let leases = house.store.leases();
        let held = leases.take(transfer, house.worker()?, &token(house), house.now()).await?;
        Ok(Self::keep(house, leases, held))
    }

    /// Takes the intake that has waited longest, if any waits and is its exchange's turn.
    pub async fn find_intake(house: &House) -> Result<Option<Self>, EngineError> {
        let leases = house.store.leases_of(held::Kind::Intake);
        let found = leases.find(house.worker()?, &token(house), house.now()).await?;
        Ok(found.map(|held| Self::keep(house, leases, held)))
    }

    fn keep(house: &House, leases: Leases, held: held::Lease) -> Self {
        let over = Over::default();
        let keeping =
            Keeping { held: held.clone(), leases: leases.clone(), over: over.clone(), now: house.surroundings.now };
        Self { held, leases, over, keeping: tokio::spawn(keeping.on()) }
    }

    /// The transfer.
    pub fn transfer(&self) -> &str {
        &self.held.id
    }

    /// The transfer or the intake.
    pub fn id(&self) -> &str {
        &self.held.id
    }

    /// Which of the two it is.
    pub(super) fn kind(&self) -> held::Kind {
        self.held.kind
    }

    /// What ends the work from outside.
    pub fn over(&self) -> Over {
        self.over.clone()
    }

    /// What the work reports to, and is let go by.
    pub fn watch(&self) -> &Watch {
        &self.over.watch
    }

    /// Gives it back with what came of it; how it ended.
    pub async fn end<T>(self, house: &House, came: &Result<T, EngineError>) -> Result<Outcome, EngineError> {
        self.keeping.abort();
        end(house, &self.leases, &self.held, came).await
    }

    /// Whether somebody else has the transfer by now. Where the database does not tell, whoever clears up finds out.
    pub(super) async fn is_lost(&self, house: &House) -> bool {
        let row = house.store.lease_of(self.held.kind, &self.held.id).await;
        let held = |row: LeaseRow| row.held.is_some_and(|(token, ..)| token == self.held.token);
        row.is_ok_and(|row| !row.is_some_and(held))
    }

    pub(super) fn token(&self) -> &str {
        &self.held.token
    }

    /// The transfer as seen, for a change that is refused once the lease is another's.
    pub(super) fn seen(&self, row: &TransferRow) -> Seen {
        row.seen().under(&self.held.token)
    }

    /// Where this work puts what is in the making: nobody else's work goes there.
    pub(super) fn room(&self, house: &House) -> PathBuf {
        house.home.staging().join(&self.held.token)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.keeping.abort();
    }
}

/// Renews a lease until it is given back or lost.
struct Keeping {
    held: held::Lease,
    leases: Leases,
    over: Over,
    now: fn() -> Timestamp,
}

impl Keeping {
    async fn on(self) {
        let mut renewed = (self.now)();
        loop {
            tokio::time::sleep(RENEWED).await;
            let now = (self.now)();
            match self.leases.renew(&self.held, now).await {
                Ok(true) => renewed = now,
                Ok(false) => return self.over.call(Code::LeaseLost, &self.held.id, "another worker has it"),
                // Whoever cannot renew goes on as long as it lasts, and not longer.
                Err(_) if now.duration_since(renewed) <= LASTS => {}
                Err(_) => {
                    let detail = "it could not be renewed: the database does not answer";
                    return self.over.call(Code::LeaseLost, &self.held.id, detail);
                }
            }
        }
    }
}

/// Whether an error says that somebody else has the transfer by now.
pub(super) fn is_lost(error: &EngineError) -> bool {
    matches!(error, EngineError::Store(StoreError::StaleLease { .. } | StoreError::StaleAttempt { .. }))
}

fn token(house: &House) -> String {
    house.id("run")
}
