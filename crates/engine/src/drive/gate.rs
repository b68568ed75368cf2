//! May a transfer go on while we work on it? Looked up every second, so that no byte leaves five seconds after a stop, and
//! before each step that the partner would see.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use causeway_model::arrangement::{InFlight, in_flight};
use causeway_model::intake::Intake;
use causeway_model::stop::{Stop, is_stopped};
use causeway_model::transfer::Transfer;
use causeway_model::{Code, Violation};
use causeway_store::lease::Kind;
use causeway_store::query::{IntakeRow, TransferRow};
use causeway_store::{Reader, Safeguard, Safeguards, StoreError};
use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::lease::{Lease, Over};
use crate::command::{held_back, stopped};
use crate::error::EngineError;
use crate::house::House;
use crate::standing::RECALLED;

/// How long between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// How long one look may take that a step waits for: as long as a stop may take to hold.
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks that may fail in a row. Whoever cannot tell whether it is stopped, stops.
const BLIND: u32 = 2;

/// What looks after a transfer while it is prepared or delivered; it ends when this is dropped.
pub(super) struct Gate {
    look: Look,
    looking: JoinHandle<()>,
}

/// Why a gate is shut.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Shut {
    /// It is stopped, or the partner may not receive now: it goes on later.
    Held(Violation),
    /// Its terms are out of force: it ends.
    Lapses(Violation),
}

impl Gate {
    /// Looks once now, and from then on every second. A gate that shuts lets go what the lease's watch reads.
    ///
    /// # Errors
    /// [`EngineError::Held`] when it is stopped already.
    pub(super) async fn open(
        house: &House,
        row: &TransferRow,
        partner: &str,
        lease: &Lease,
    ) -> Result<Self, EngineError> {
        if let Some(violation) = stopped(house, partner).await? {
            return Err(held(&row.id, violation));
        }
        let look = Look {
            reader: Reader::clone(&house.store),
            partner: partner.to_owned(),
            operation: house.home.config().operation.clone(),
            sealed_to: match row.state.package() {
                Some(package) => house.store.sealed_to(package).await?,
                None => None,
            },
            package: row.state.package().map(str::to_owned),
            arrangement: row.arrangement.clone(),
            version: row.arrangement_version,
            now: house.surroundings.now,
            safeguards: house.surroundings.safeguards(),
            shut: Arc::new(OnceLock::new()),
            kind: lease.kind(),
            transfer: row.id.clone(),
            ends: None,
            token: lease.token().to_owned(),
            over: lease.over(),
        };
        Ok(Self { look: look.clone(), looking: tokio::spawn(look.on()) })
    }

    /// The same for what came in: stops, suspended partners and terms out of force hold it back. What a person ended, or takes back, is
    /// held by none of these: nothing more of the partner's is applied by it.
    ///
    /// # Errors
    /// [`EngineError::Held`] when something holds it back already.
    pub(super) async fn open_intake(house: &House, row: &IntakeRow, lease: &Lease) -> Result<Self, EngineError> {
        let ends = Ends::of(row);
        if ends == Ends::AsItGoes
            && let Some(violation) = held_back(house, &row.partner).await?
        {
            return Err(held(&row.id, violation));
        }
        let (arrangement, version) = row.versions.arrangement.clone();
        let look = Look {
            reader: Reader::clone(&house.store),
            partner: row.partner.clone(),
            operation: house.home.config().operation.clone(),
            sealed_to: None,
            package: None,
            arrangement,
            version,
            now: house.surroundings.now,
            safeguards: house.surroundings.safeguards(),
            shut: Arc::new(OnceLock::new()),
            kind: lease.kind(),
            transfer: row.id.clone(),
            ends: Some(ends),
            token: lease.token().to_owned(),
            over: lease.over(),
        };
        Ok(Self { look: look.clone(), looking: tokio::spawn(look.on()) })
    }

    /// Looks once more, at once: before a step that counts.
    pub(super) async fn look(&self) {
        // One look that fails is enough here: whoever cannot tell, does not go on.
        let mut blind = BLIND;
        let found = self.look.once(PATIENCE).await;
        if let Some(shut) = self.look.judge(found, &mut blind) {
            self.look.shut(shut);
        }
    }

    /// Whether it may go on.
    pub(super) fn is_open(&self) -> bool {
        self.why().is_none()
    }

    /// Whether its terms are out of force.
    pub(super) fn lapses(&self) -> bool {
        matches!(self.look.shut.get(), Some(Shut::Lapses(_)))
    }

    /// Why it may not.
    pub(super) fn why(&self) -> Option<Violation> {
        let shut = self.look.shut.get().map(|(Shut::Held(violation) | Shut::Lapses(violation))| violation.clone());
        shut.or_else(|| self.look.over.why())
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

/// A transfer that is held back and not lost: it goes on when the stop is lifted.
pub(super) fn held(transfer: &str, violation: Violation) -> EngineError {
    EngineError::Held { transfer: transfer.to_owned(), violation: Box::new(violation) }
}

/// What people said should become of an intake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    /// Nothing: it is applied as it goes.
    AsItGoes,
    /// What is applied stays, and the rest is left out.
    LeftOut,
    /// What is applied is put back.
    Undone,
}

impl Ends {
    fn of(row: &IntakeRow) -> Self {
        match row.state {
            Intake::Undoing => Self::Undone,
            _ if row.left_out_at.is_some() => Self::LeftOut,
            _ => Self::AsItGoes,
        }
    }
}

#[derive(Clone)]
struct Look {
    reader: Reader,
    partner: String,
    operation: String,
    /// The key that a package on its way is sealed to.
    sealed_to: Option<String>,
    /// A package on its way.
    package: Option<String>,
    arrangement: String,
    version: u32,
    now: fn() -> Timestamp,
    safeguards: Safeguards,
    shut: Arc<OnceLock<Shut>>,
    /// Whether it is a transfer or an intake.
    kind: Kind,
    transfer: String,
    /// Of an intake, what should become of it as it was read.
    ends: Option<Ends>,
    /// Of the lease under which it is worked on.
    token: String,
    over: Over,
}

impl Look {
    async fn on(self) {
        let mut blind = 0;
        loop {
            tokio::time::sleep(EVERY).await;
            let found = self.once(EVERY).await;
            if let Some(shut) = self.judge(found, &mut blind) {
                self.shut(shut);
                return;
            }
        }
    }

    fn shut(&self, why: Shut) {
        // The first reason stands.
        let _ = self.shut.set(why);
        self.over.let_go();
    }

    /// One look; nothing where the database does not answer in time.
    async fn once(&self, within: Duration) -> Option<Result<Option<Shut>, StoreError>> {
        tokio::time::timeout(within, self.ask()).await.ok()
    }

    async fn ask(&self) -> Result<Option<Shut>, StoreError> {
        // INVARIANT (fencing): whoever was asleep for longer than its lease finds that out before anything leaves.
        let lease = self.reader.lease_of(self.kind, &self.transfer).await?;
        let is_lost = lease.and_then(|lease| lease.held).is_none_or(|(token, ..)| token != self.token);
        if is_lost && self.safeguards.stand(Safeguard::FencedDelivery) {
            let detail = "another worker has it, or may have";
            return Ok(Some(Shut::Held(Violation::new(Code::LeaseLost, &self.transfer, detail))));
        }
        let ended = match self.kind {
            Kind::Transfer => {
                let row = self.reader.transfer(&self.transfer).await?;
                row.filter(|row| !row.state.is_unfinished()).map(|row| row.state.name())
            }
            Kind::Intake => {
                let row = self.reader.intake(&self.transfer).await?;
                if row.as_ref().is_some_and(|row| Some(Ends::of(row)) != self.ends) {
                    let detail = "somebody ended it, or takes it back";
                    return Ok(Some(Shut::Held(Violation::new(Code::ChangedMeanwhile, &self.transfer, detail))));
                }
                // One that waits is in hand because of what was decided on it.
                let goes_on = |row: &IntakeRow| row.state.is_unfinished() || row.state == Intake::AwaitingReview;
                row.filter(|row| !goes_on(row)).map(|row| row.state.name())
            }
        };
        if let Some(state) = ended {
            let detail = format!("it is {state} by now");
            return Ok(Some(Shut::Held(Violation::new(Code::ChangedMeanwhile, &self.transfer, detail))));
        }
        if self.ends.is_some_and(|ends| ends != Ends::AsItGoes) {
            return Ok(None);
        }
        let stops = self.reader.standing_stops().await?;
        if let Some(stop) = is_stopped(&stops, &self.partner, &self.operation)
            && self.safeguards.stand(Safeguard::StopWhileDelivering)
        {
            return Ok(Some(Shut::Held(Stop::violation(stop))));
        }
        let lives = self.reader.arrangement_lives(&self.arrangement).await?;
        let newest = lives.iter().rev().find(|life| life.was_in_force);
        let began = lives.iter().find(|life| life.version == self.version && life.was_in_force).or(newest);
        if let (Some(began), Some(newest)) = (began, newest)
            // Which step it is at makes no difference: it is not delivered yet.
            && in_flight(&began.state, &newest.state, &Transfer::Requested, (self.now)()) == InFlight::Lapses
        {
            let detail = format!("version {} is out of force", self.version);
            return Ok(Some(Shut::Lapses(Violation::new(Code::NotInForce, &self.arrangement, detail))));
        }
        if let Some(key) = &self.sealed_to
            && self.reader.key_is_revoked(key).await?
        {
            let detail = "it was revoked while the package was on its way";
            return Ok(Some(Shut::Lapses(Violation::new(Code::KeyRevoked, key, detail))));
        }
        if let Some(package) = &self.package
            && self.reader.is_recalled(package).await?
        {
            return Ok(Some(Shut::Lapses(Violation::new(Code::PackageRecalled, package, RECALLED))));
        }
        let partner = self.reader.partner_life(&self.partner).await?;
        Ok(partner.filter(|life| life.state.name() != "active").map(|life| {
            let detail = format!("it is {}", life.state.name());
            Shut::Held(Violation::new(Code::PartnerNotActive, &self.partner, detail))
        }))
    }

    /// Why the work must end, of one look.
    fn judge(&self, found: Option<Result<Option<Shut>, StoreError>>, blind: &mut u32) -> Option<Shut> {
        if let Some(Ok(found)) = found {
            *blind = 0;
            return found;
        }
        *blind += 1;
        let detail = "the database does not tell whether it is stopped";
        (*blind > BLIND).then(|| Shut::Held(Violation::new(Code::Stopped, &self.partner, detail)))
    }
}
