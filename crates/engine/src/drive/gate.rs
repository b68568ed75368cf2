//! Is a transfer stopped while we work on it? Looked up every second, so that no byte leaves five seconds after a stop.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use causeway_flow::source::Watch;
use causeway_model::stop::is_stopped;
use causeway_model::{Code, Violation};
use causeway_store::{Reader, StoreError};
use tokio::task::JoinHandle;

use crate::command::stopped;
use crate::error::EngineError;
use crate::house::House;

/// How long between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Looks that may fail in a row. Whoever cannot tell whether it is stopped, stops.
const BLIND: u32 = 2;

/// What looks after a transfer while it is prepared or delivered; it ends when this is dropped.
pub(super) struct Gate {
    why: Arc<OnceLock<Violation>>,
    looking: JoinHandle<()>,
}

impl Gate {
    /// Looks once now, and from then on every second. A stop cancels `watch`.
    ///
    /// # Errors
    /// [`EngineError::Held`] when it is stopped already.
    pub(super) async fn open(house: &House, transfer: &str, partner: &str, watch: &Watch) -> Result<Self, EngineError> {
        Self::open_for(house, transfer, partner, None, watch).await
    }

    /// The same, for a package that is sealed to a key: it is held back too once that key is revoked.
    pub(super) async fn open_for(
        house: &House,
        transfer: &str,
        partner: &str,
        sealed_to: Option<String>,
        watch: &Watch,
    ) -> Result<Self, EngineError> {
        if let Some(violation) = stopped(house, partner).await? {
            return Err(held(transfer, violation));
        }
        let why = Arc::new(OnceLock::new());
        let look = Look {
            reader: Reader::clone(&house.store),
            partner: partner.to_owned(),
            operation: house.home.config().operation.clone(),
            sealed_to,
            why: Arc::clone(&why),
            watch: watch.clone(),
        };
        Ok(Self { why, looking: tokio::spawn(look.on()) })
    }

    /// Whether it may go on.
    pub(super) fn is_open(&self) -> bool {
        self.why.get().is_none()
    }

    /// Why it may not.
    pub(super) fn why(&self) -> Option<Violation> {
        self.why.get().cloned()
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

struct Look {
    reader: Reader,
    partner: String,
    operation: String,
    /// The key that a package on its way is sealed to.
    sealed_to: Option<String>,
    why: Arc<OnceLock<Violation>>,
    watch: Watch,
}

impl Look {
    async fn on(self) {
        let mut blind = 0;
        loop {
            tokio::time::sleep(EVERY).await;
            let found = tokio::time::timeout(EVERY, self.look()).await;
            let Some(violation) = self.judge(found.ok(), &mut blind) else { continue };
            let _ = self.why.set(violation);
            self.watch.cancel();
            return;
        }
    }

    /// One look: what stands in the way, if anything.
    async fn look(&self) -> Result<Option<Violation>, StoreError> {
        let stops = self.reader.standing_stops().await?;
        if let Some(stop) = is_stopped(&stops, &self.partner, &self.operation) {
            return Ok(Some(stop.violation()));
        }
        let Some(key) = &self.sealed_to else { return Ok(None) };
        let revoked = self.reader.key_is_revoked(key).await?;
        Ok(revoked.then(|| Violation::new(Code::KeyRevoked, key, "it was revoked while the package was on its way")))
    }

    /// Why the work must end, of one look.
    fn judge(&self, found: Option<Result<Option<Violation>, StoreError>>, blind: &mut u32) -> Option<Violation> {
        if let Some(Ok(violation)) = found {
            *blind = 0;
            return violation;
        }
        *blind += 1;
        let detail = "the database does not tell whether it is stopped";
        (*blind > BLIND).then(|| Violation::new(Code::Stopped, &self.partner, detail))
    }
}
