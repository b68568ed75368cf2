//! What does a worker do all day? It finds what is to be done, does it, and looks again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use causeway_model::Code;
use causeway_store::lease::Kind;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::sync::watch::Receiver;

use super::answer::close_due;
use super::{
    ErasedIntakes, Lease, Outcome, Purged, Sent, Untaken, WORKER, look_after_ready, purge, purge_intakes, purge_states,
    recover, run, send_notices, take_in,
};
use crate::command::expire_arrangements;
use crate::error::EngineError;
use crate::house::{Connectors, House};
use crate::intake::{Collected, collect};
use crate::schedule::{Handled, Ticked, next_due, tick};

/// How long after nothing was found it looks again.
const IDLE: Duration = Duration::from_secs(2);

/// How often leavings are cleared, what has ended by its day is ended, and schedules are read.
const SWEPT: Duration = Duration::from_secs(30);

/// How long the transfer in hand may go on once the worker is asked to end.
const GRACE: Duration = Duration::from_secs(20);

/// Partners whose notices are held back, and why, as it was told.
type Held = BTreeSet<(String, String)>;

/// How it works.
#[derive(Clone, Debug)]
pub struct Working {
    /// Ends as soon as nothing is due.
    pub until_idle: bool,
    /// Turns true when it is to end: it takes nothing more, and has twenty seconds for what it has in hand.
    pub ending: Receiver<bool>,
    /// Notified when there may be something to do: then it looks at once.
    pub woken: Arc<Notify>,
}

/// What a worker tells of itself, as it happens.
#[derive(Debug)]
pub enum Done {
    /// Leavings of those who died were cleared: packages that never came to exist.
    Cleared {
        /// How many.
        packages: usize,
    },
    /// An arrangement has ended by its day.
    Expired {
        /// Its name.
        arrangement: String,
    },
    /// An occurrence of a schedule was handled.
    Scheduled {
        /// Which, and what became of it.
        handled: Handled,
    },
    /// A package's bytes are gone: its day had come.
    Purged {
        /// Which, and by which rule.
        purged: Purged,
    },
    /// What came in is kept no longer.
    ErasedIntakes {
        /// How many of what.
        erased: ErasedIntakes,
    },
    /// A package lay ready and was not taken: its transfer has lapsed.
    Untaken {
        /// Which, and why.
        untaken: Untaken,
    },
    /// A notice was sent, or is held back.
    Noticed {
        /// Which, and what became of it.
        sent: Sent,
    },
    /// A transfer was taken in hand and given back.
    Worked {
        /// The transfer.
        transfer: String,
        /// How it ended.
        outcome: Outcome,
        /// How long it took.
        seconds: f64,
    },
    /// A file that a partner laid into a folder was taken in.
    Collected {
        /// For which exchange, and as which intake.
        collected: Collected,
    },
    /// An intake was taken in hand and given back.
    TookIn {
        /// The intake.
        intake: String,
        /// How it ended.
        outcome: Outcome,
        /// How long it took.
        seconds: f64,
    },
    /// Something of its own did not succeed, the database for one: it goes on.
    Troubled {
        /// What.
        error: EngineError,
    },
}

/// Works until it is asked to end.
///
/// Nothing that fails ends it: a database that is away is asked again, and what it had in hand is found by whoever comes first.
///
/// # Errors
/// Only where it is to end when nothing is due, and cannot find out whether anything is.
pub async fn work(
    house: &House,
    connectors: &dyn Connectors,
    mut working: Working,
    tell: &(dyn Fn(Done) + Sync),
) -> Result<(), EngineError> {
    let (mut swept, mut due): (Option<Instant>, Option<Timestamp>) = (None, None);
    let mut held = Held::new();
    while !*working.ending.borrow() {
        if swept.is_none_or(|last| last.elapsed() >= SWEPT) || due.is_some_and(|due| due <= house.now()) {
            match sweep(house, connectors, &mut held, tell).await {
                Ok(next) => (swept, due) = (Some(Instant::now()), next),
                Err(error) => tell(Done::Troubled { error }),
            }
        }
        match find(house).await {
            Ok(Some(lease)) => one(house, connectors, lease, &working, tell).await,
            Ok(None) if working.until_idle => return Ok(()),
            Ok(None) => rest(&mut working).await,
            Err(error) if working.until_idle => return Err(error),
            Err(error) => {
                tell(Done::Troubled { error });
                rest(&mut working).await;
            }
        }
    }
    Ok(())
}

/// What has waited longest of what leaves; where nothing does, of what came in.
async fn find(house: &House) -> Result<Option<Lease>, EngineError> {
    match Lease::find(house).await? {
        Some(lease) => Ok(Some(lease)),
        None => Lease::find_intake(house).await,
    }
}

/// Clears up, ends what has ended, asks for what schedules say, and sends notices; when a schedule asks next. What fails keeps nothing
/// that comes after it from being done.
async fn sweep(
    house: &House,
    connectors: &dyn Connectors,
    held: &mut Held,
    tell: &(dyn Fn(Done) + Sync),
) -> Result<Option<Timestamp>, EngineError> {
    let trouble = |error| tell(Done::Troubled { error });
    match recover::clear(house).await {
        Ok(0) => {}
        Ok(packages) => tell(Done::Cleared { packages }),
        Err(error) => trouble(error),
    }
    match expire_arrangements(house).await {
        Ok(ended) => ended.into_iter().for_each(|arrangement| tell(Done::Expired { arrangement })),
        Err(error) => trouble(error),
    }
    let now = house.now();
    match tick(house, now).await {
        Ok(Ticked { handled, troubles }) => {
            handled.into_iter().for_each(|handled| tell(Done::Scheduled { handled }));
            troubles.into_iter().for_each(|(_, error)| trouble(error));
        }
        Err(error) => trouble(error),
    }
    if let Err(error) = close_due(house).await {
        trouble(error);
    }
    match collect(house).await {
        Ok((taken, troubles)) => {
            taken.into_iter().for_each(|collected| tell(Done::Collected { collected }));
            troubles.into_iter().for_each(trouble);
        }
        Err(error) => trouble(error),
    }
    match look_after_ready(house, WORKER).await {
        Ok((untaken, troubles)) => {
            untaken.into_iter().for_each(|untaken| tell(Done::Untaken { untaken }));
            troubles.into_iter().for_each(trouble);
        }
        Err(error) => trouble(error),
    }
    match purge(house, WORKER).await {
        Ok((purged, troubles)) => {
            purged.into_iter().for_each(|purged| tell(Done::Purged { purged }));
            troubles.into_iter().for_each(trouble);
        }
        Err(error) => trouble(error),
    }
    match purge_intakes(house, WORKER).await {
        Ok((erased, troubles)) => {
            if erased != ErasedIntakes::default() {
                tell(Done::ErasedIntakes { erased });
            }
            troubles.into_iter().for_each(trouble);
        }
        Err(error) => trouble(error),
    }
    if let Err(error) = purge_states(house).await {
        trouble(error);
    }
    match send_notices(house, connectors, WORKER).await {
        Ok(sent) => {
            let before = std::mem::take(held);
            for sent in sent {
                let why = sent.held.clone().map(|why| (sent.partner.clone(), why));
                // What holds a partner's notices is told once, not at every look.
                if why.as_ref().is_none_or(|why| !before.contains(why) && !held.contains(why)) {
                    tell(Done::Noticed { sent });
                }
                held.extend(why);
            }
        }
        Err(error) => trouble(error),
    }
    next_due(house, now).await
}

async fn one(
    house: &House,
    connectors: &dyn Connectors,
    lease: Lease,
    working: &Working,
    tell: &(dyn Fn(Done) + Sync),
) {
    let (begun, id, kind, over) = (Instant::now(), lease.id().to_owned(), lease.kind(), lease.over());
    let (mut ending, name) = (working.ending.clone(), id.clone());
    let called = tokio::spawn(async move {
        if ending.wait_for(|ending| *ending).await.is_ok() {
            tokio::time::sleep(GRACE).await;
            over.call(Code::Ending, &name, "the worker was asked to end");
        }
    });
    let came = match kind {
        Kind::Transfer => run(house, connectors, WORKER, &lease).await.map(|_| ()),
        Kind::Intake => take_in(house, connectors, WORKER, &lease).await,
    };
    called.abort();
    let ended = lease.end(house, &came).await;
    let seconds = begun.elapsed().as_secs_f64();
    match ended {
        Ok(outcome) if kind == Kind::Intake => tell(Done::TookIn { intake: id, outcome, seconds }),
        Ok(outcome) => tell(Done::Worked { transfer: id, outcome, seconds }),
        // The lease runs out by itself.
        Err(error) => tell(Done::Troubled { error }),
    }
}

async fn rest(working: &mut Working) {
    tokio::select! {
        () = tokio::time::sleep(IDLE) => {}
        () = working.woken.notified() => {}
        // Whoever asks it to end need not wait; whoever can no longer ask, leaves it at work.
        Ok(()) = working.ending.changed() => {}
    }
}
