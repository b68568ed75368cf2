//! What does the post office of a worker do all day? It looks for what is to be told, chooses ways, sends what is due, and says that
//! its worker is there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use causeway_store::beat::Beat;
use causeway_store::outbox::End;
use jiff::Timestamp;
use tokio::sync::watch::Receiver;

use super::desk::Desk;
use super::find::{Known, REMEMBERED, look};
use super::{Postman, Settings};
use crate::error::EngineError;
use crate::house::House;
use crate::schedule::next_due;

/// How long after nothing was found it looks again.
pub(super) const IDLE: Duration = Duration::from_secs(2);

/// How often what is late or ends is looked for.
const LOOKED: Duration = Duration::from_secs(60);

/// How often a worker says that it is there; and every which time it asks anew when a schedule is due.
const BEAT: Duration = Duration::from_secs(15);
const ASKED: u32 = 4;

/// A post office of a worker.
#[derive(Clone)]
pub struct Office {
    pub(super) house: Arc<House>,
    pub(super) postman: Arc<dyn Postman>,
    /// As they were when it opened.
    pub(super) settings: Arc<Settings>,
}

/// What it tells of itself, as it happens.
#[derive(Debug)]
pub enum Told {
    /// A try has ended.
    Tried {
        /// The alert.
        alert: String,
        /// By which way.
        route: String,
        /// How.
        end: End,
    },
    /// An alert is told to nobody: no way is for whom it is for.
    Nobody {
        /// The alert.
        alert: String,
    },
    /// Something did not succeed: it goes on.
    Troubled {
        /// What.
        error: EngineError,
    },
}

/// How a worker's post office tells of itself.
pub type Tell = fn(Told);

/// Says that the worker is there and sends what is to be sent, until it is asked to end.
pub async fn office(office: Office, ending: Receiver<bool>, tell: Tell) {
    tokio::join!(office.beats(ending.clone(), tell), office.post(ending, tell));
}

impl Office {
    /// Opens a post office; `postman` carries out what it sends.
    ///
    /// # Errors
    /// When `[alerts]` makes no sense: nobody would be told.
    pub fn open(house: Arc<House>, postman: Arc<dyn Postman>) -> Result<Self, EngineError> {
        let settings = house.home.config().alerts.clone();
        settings.check()?;
        Ok(Self { house, postman, settings: Arc::new(settings) })
    }

    /// Sends everything that is due now, and what is found; for a worker that ends as soon as nothing is.
    ///
    /// # Errors
    /// When it cannot find out whether anything is; what can be sent is sent before.
    pub async fn once(&self, tell: Tell) -> Result<(), EngineError> {
        let mut desk = Desk::of(self, tell);
        let looked = look(&self.house, &desk.settings, &mut Known::default()).await;
        let worked = desk.until_idle().await;
        desk.close().await;
        worked.and(looked)
    }

    async fn post(&self, mut ending: Receiver<bool>, tell: Tell) {
        let (mut known, mut since): (Known, Option<Timestamp>) = (Known::default(), None);
        let (mut desk, mut looked): (Desk, Option<Instant>) = (Desk::of(self, tell), None);
        while !*ending.borrow() {
            if looked.is_none_or(|last| last.elapsed() >= LOOKED) {
                let now = self.house.now();
                if since.is_none_or(|since| now.duration_since(since).abs() > REMEMBERED) {
                    (known, since) = (Known::default(), Some(now));
                }
                desk.reread();
                if let Err(error) = look(&self.house, &desk.settings, &mut known).await {
                    tell(Told::Troubled { error });
                }
                looked = Some(Instant::now());
            }
            let mut worked = false;
            for outcome in [desk.address().await, desk.begin().await] {
                match outcome {
                    Ok(any) => worked |= any,
                    Err(error) => tell(Told::Troubled { error }),
                }
            }
            if !worked {
                desk.rest(&mut ending).await;
            }
        }
        desk.close().await;
    }

    async fn beats(&self, mut ending: Receiver<bool>, tell: Tell) {
        let began_at = self.house.now();
        let (mut next_run, mut asked) = (None, 0_u32);
        while !*ending.borrow() {
            let said = async {
                if asked.is_multiple_of(ASKED) {
                    next_run = next_due(&self.house, self.house.now()).await?;
                }
                let program = env!("CARGO_PKG_VERSION").to_owned();
                let worker = self.house.worker()?.to_owned();
                let beat = Beat { worker, program, began_at, seen_at: self.house.now(), next_run };
                Ok::<_, EngineError>(self.house.store.beats().say(&beat).await?)
            };
            if let Err(error) = said.await {
                tell(Told::Troubled { error });
            }
            asked = asked.wrapping_add(1);
            rest(&mut ending, BEAT).await;
        }
        // Where that fails, it is silent soon.
        if let Ok(worker) = self.house.worker() {
            let _ = self.house.store.beats().end(worker).await;
        }
    }
}

/// Waits a while, or until it is asked to end.
pub(super) async fn rest(ending: &mut Receiver<bool>, pause: Duration) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        // Whoever asks it to end need not wait; whoever can no longer ask, leaves it at work.
        Ok(()) = ending.changed() => {}
    }
}
