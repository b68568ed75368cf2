//! What does the post office of a worker do all day? It looks for what is to be told, chooses ways, sends what is due, and says that
//! its worker is there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use causeway_store::Saved;
use causeway_store::beat::Beat;
use causeway_store::outbox::End;
use causeway_store::query::AlertRow;
use jiff::Timestamp;
use tokio::sync::watch::Receiver;
use tokio::task::JoinSet;

use super::find::{Known, REMEMBERED, look};
use super::{Postman, route, send};
use crate::error::EngineError;
use crate::house::House;
use crate::schedule::next_due;

/// How long after nothing was found it looks again.
const IDLE: Duration = Duration::from_secs(2);

/// How often what is late or ends is looked for.
const LOOKED: Duration = Duration::from_secs(60);

/// How often a worker says that it is there; and every which time it asks anew when a schedule is due.
const BEAT: Duration = Duration::from_secs(15);
const ASKED: u32 = 4;

/// How many are sent at once: one that hangs holds up no other.
const AT_ONCE: usize = 4;

/// How many are addressed in one go.
const PAGE: u32 = 100;

/// A post office of a worker.
#[derive(Clone)]
pub struct Office {
    /// The house.
    pub house: Arc<House>,
    /// What carries alerts out.
    pub postman: Arc<dyn Postman>,
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
    /// Something of its own did not succeed: it goes on.
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
    /// Sends everything that is due now, and what is found; for a worker that ends as soon as nothing is.
    ///
    /// # Errors
    /// When it cannot find out whether anything is.
    pub async fn once(&self, tell: Tell) -> Result<(), EngineError> {
        look(&self.house, &mut Known::new()).await?;
        while self.address(tell).await? | self.send_some(tell).await? {}
        Ok(())
    }

    async fn post(&self, mut ending: Receiver<bool>, tell: Tell) {
        let (mut known, mut since): (Known, Option<Timestamp>) = (Known::new(), None);
        let mut looked: Option<Instant> = None;
        while !*ending.borrow() {
            if looked.is_none_or(|last| last.elapsed() >= LOOKED) {
                let now = self.house.now();
                if since.is_none_or(|since| now.duration_since(since).abs() > REMEMBERED) {
                    (known, since) = (Known::new(), Some(now));
                }
                if let Err(error) = look(&self.house, &mut known).await {
                    tell(Told::Troubled { error });
                }
                looked = Some(Instant::now());
            }
            let worked = match self.address(tell).await {
                Ok(addressed) => self.send_some(tell).await.map(|sent| addressed | sent),
                Err(error) => Err(error),
            };
            match worked {
                Ok(true) => {}
                Ok(false) => rest(&mut ending, IDLE).await,
                Err(error) => {
                    tell(Told::Troubled { error });
                    rest(&mut ending, IDLE).await;
                }
            }
        }
    }

    /// Chooses ways; whether there was any to choose for.
    async fn address(&self, tell: Tell) -> Result<bool, EngineError> {
        let settings = &self.house.home.config().alerts;
        let found = self.house.store.unaddressed_alerts(PAGE).await?;
        for AlertRow { id, kind, to, subject, .. } in &found {
            let ways = route::ways(settings, *kind, to, subject);
            let saved = self.house.store.outbox().address(id, &ways, self.house.now()).await?;
            if ways.is_empty() && saved == Saved::New {
                tell(Told::Nobody { alert: id.clone() });
            }
        }
        Ok(!found.is_empty())
    }

    /// Sends some of what is due, each under its lease; whether there was any.
    async fn send_some(&self, tell: Tell) -> Result<bool, EngineError> {
        let mut tries = JoinSet::new();
        while tries.len() < AT_ONCE {
            let token = self.house.id("send");
            let Some(dispatch) = self.house.store.outbox().find(&token, self.house.now()).await? else { break };
            let office = self.clone();
            tries.spawn(async move {
                let Some(alert) = office.house.store.alert(&dispatch.alert).await? else { return Ok(None) };
                let end = send::send(&office.house, &*office.postman, &alert, &dispatch).await;
                // CRASH: the receiver has it and we do not know: it is sent again, with the same id.
                (office.house.surroundings.probe)("alert-sent");
                let kept = office.house.store.outbox().end(&dispatch, &end).await?;
                Ok::<_, EngineError>(kept.then_some(Told::Tried { alert: dispatch.alert, route: dispatch.route, end }))
            });
        }
        let any = !tries.is_empty();
        for tried in tries.join_all().await {
            match tried {
                Ok(told) => told.into_iter().for_each(tell),
                // Its lease runs out by itself.
                Err(error) => tell(Told::Troubled { error }),
            }
        }
        Ok(any)
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

async fn rest(ending: &mut Receiver<bool>, pause: Duration) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        // Whoever asks it to end need not wait; whoever can no longer ask, leaves it at work.
        Ok(()) = ending.changed() => {}
    }
}
