//! Who tells programs about people, and what does it hold between two calls? Answers of which pages are left, and sources for those who ask
//! about one person after another.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use causeway_model::exchange::Answering;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::known::Lately;
use super::round::{Looked, Looker, Waiting};
use super::rows::Told;
use super::seats::{Seat, Seats};
use crate::error::EngineError;
use crate::house::{Connectors, House};

/// For how long pages can be taken.
const KEPT: Duration = Duration::from_secs(600);

/// Answers of which pages are kept at a time; of one client.
const ANSWERS: usize = 64;
const OF_ONE: usize = 8;

/// Questions of one round, those that may wait for the next, and how many rounds are under way: one is read while another is committed.
const ROUND: usize = 32;
const ROUNDS: usize = 2;
const WAITING: usize = 1_024;

/// As many as asked together before may do so again: so long is waited for them.
const TOGETHER: Duration = Duration::from_micros(400);

/// After so long without a question its sources are let go.
const IDLE: Duration = Duration::from_secs(60);

/// By so much the saved head of the ledger may be behind what was told.
const HEAD: Duration = Duration::from_millis(50);

/// What tells programs about people.
pub struct Teller {
    house: Arc<House>,
    connectors: &'static dyn Connectors,
    laid: Mutex<Vec<Laid>>,
    seats: Seats,
    lookers: Mutex<HashMap<(String, String), SyncSender<Asked>>>,
    /// Whether the head of the ledger is about to be saved.
    saves_head: Arc<AtomicBool>,
    /// Who asked about one person a moment ago.
    pub lately: Lately,
}

/// An answer of which pages are left.
struct Laid {
    cursor: String,
    client: String,
    exchange: String,
    since: Instant,
    told: Arc<Told>,
}

/// One page.
pub struct Page {
    /// The answer.
    pub answer: String,
    /// Its rows, a JSON array.
    pub rows: Zeroizing<Vec<u8>>,
    /// How many rows these are.
    pub count: usize,
    /// How many records the answer has, all pages together.
    pub records: u64,
    /// What the next page is asked for with; none behind the last.
    pub next: Option<String>,
    /// How it is protected.
    pub answering: Answering,
}

type Said = (Looked, Answering);
type Asked = (Waiting, oneshot::Sender<Said>);

impl Teller {
    /// One for a house.
    #[must_use]
    pub fn new(house: Arc<House>, connectors: &'static dyn Connectors) -> Self {
        let (laid, seats, lookers) = (Mutex::default(), Seats::default(), Mutex::default());
        let (saves_head, lately) = (Arc::default(), Lately::default());
        Self { house, connectors, laid, seats, lookers, saves_head, lately }
    }

    pub(crate) fn connectors(&self) -> &'static dyn Connectors {
        self.connectors
    }

    /// The right to read records for a client; none where that is done for it already, or for too many others.
    pub fn seat(&self, client: &str) -> Option<Seat<'_>> {
        self.seats.take(client)
    }

    /// The first page of an answer; the others are laid by for the client, if there are any.
    ///
    /// # Errors
    /// The pages were altered.
    pub fn first(&self, client: &str, exchange: &str, told: Told) -> Result<Page, EngineError> {
        let (told, cursor) = (Arc::new(told), hex::encode(self.house.random()));
        if told.pages.len() > 1 {
            let laid = Laid {
                cursor: cursor.clone(),
                client: client.to_owned(),
                exchange: exchange.to_owned(),
                since: Instant::now(),
                told: Arc::clone(&told),
            };
            let mut all = locked(&self.laid);
            all.retain(|one| one.since.elapsed() < KEPT);
            // Whoever begins again and again loses what it began first. Where too much lies here, the oldest goes.
            while all.iter().filter(|one| one.client == client).count() >= OF_ONE {
                let own = all.iter().position(|one| one.client == client);
                all.remove(own.unwrap_or(0));
            }
            while all.len() >= ANSWERS {
                all.remove(0);
            }
            all.push(laid);
        }
        page(&told, &cursor, 0)
    }

    /// A further page: of this client, this exchange, and not too late. A page can be asked for again.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] where there is none; the pages were altered.
    pub fn further(&self, client: &str, exchange: &str, cursor: &str) -> Result<Page, EngineError> {
        let gone = || EngineError::Unknown { what: "page", name: exchange.to_owned(), help: "begin again" };
        let (cursor, number) = cursor.split_once('-').ok_or_else(gone)?;
        let number: usize = number.parse().map_err(|_| gone())?;
        let told = {
            let mut all = locked(&self.laid);
            all.retain(|one| one.since.elapsed() < KEPT);
            let found = all.iter().find(|one| one.cursor == cursor && one.client == client && one.exchange == exchange);
            Arc::clone(&found.ok_or_else(gone)?.told)
        };
        if number >= told.pages.len() {
            return Err(gone());
        }
        page(&told, cursor, number)
    }

    /// The number of the page that a cursor goes on with, from 1; the first is asked for without one.
    pub(crate) fn number(cursor: Option<&str>) -> u64 {
        let number = |cursor: &str| cursor.split_once('-')?.1.parse::<u64>().ok()?.checked_add(1);
        cursor.map_or(1, |cursor| number(cursor).unwrap_or(0))
    }

    /// What one question comes to, together with others that wait; nothing where too many do.
    ///
    /// # Errors
    /// There is nobody to look.
    pub async fn look_up(&self, exchange: &str, partner: &str, waiting: Waiting) -> Result<Option<Said>, EngineError> {
        let (say, said) = oneshot::channel();
        let mut asked = (waiting, say);
        for _ in 0..3 {
            let looker = self.looker(exchange, partner)?;
            match looker.try_send(asked) {
                Ok(()) => return Ok(said.await.ok()),
                Err(std::sync::mpsc::TrySendError::Full(_)) => return Ok(None),
                // It had just let its sources go.
                Err(std::sync::mpsc::TrySendError::Disconnected(back)) => {
                    locked(&self.lookers).remove(&(exchange.to_owned(), partner.to_owned()));
                    asked = back;
                }
            }
        }
        Ok(None)
    }

    fn looker(&self, exchange: &str, partner: &str) -> Result<SyncSender<Asked>, EngineError> {
        let mut lookers = locked(&self.lookers);
        let key = (exchange.to_owned(), partner.to_owned());
        if let Some(looker) = lookers.get(&key) {
            return Ok(looker.clone());
        }
        let (send, receive) = sync_channel(WAITING);
        let waiting = Arc::new(Mutex::new(Some(receive)));
        for _ in 0..ROUNDS {
            let (house, connectors, runtime) = (Arc::clone(&self.house), self.connectors, Handle::current());
            let (looker, waiting) = (Looker::new(exchange, partner), Arc::clone(&waiting));
            let saved = Arc::clone(&self.saves_head);
            let thread = std::thread::Builder::new().name("looker".to_owned());
            let look = move || look(&house, connectors, &runtime, looker, &waiting, &saved);
            let none = |error: std::io::Error| EngineError::Wrong(format!("no thread to look with: {}", error.kind()));
            thread.spawn(look).map_err(none)?;
        }
        lookers.insert(key, send.clone());
        Ok(send)
    }
}

/// Answers questions of one exchange, round after round, until nobody has asked for a while.
fn look(
    house: &Arc<House>,
    connectors: &dyn Connectors,
    runtime: &Handle,
    mut looker: Looker,
    waiting: &Mutex<Option<Receiver<Asked>>>,
    saved: &Arc<AtomicBool>,
) {
    let mut before = 0;
    loop {
        let round = {
            // Whoever waits first takes all that come together; the others wait for what comes next.
            let mut all = locked(waiting);
            let Some(asked) = all.as_ref() else { return };
            let Ok(first) = asked.recv_timeout(IDLE) else {
                // Nobody takes what would still come: whoever asks begins anew.
                *all = None;
                return;
            };
            together(first, before, asked)
        };
        before = round.len();
        let (waiting, says): (Vec<Waiting>, Vec<oneshot::Sender<Said>>) = round.into_iter().unzip();
        let looked = looker.round(house, connectors, runtime, &waiting);
        let answering = looker.answering();
        for (say, looked) in says.into_iter().zip(looked) {
            // Whoever does not wait any more was recorded all the same.
            let _ = say.send((looked, answering));
        }
        save_head(house, runtime, saved);
    }
}

/// Has the head of the ledger saved a little later, unless somebody does already.
fn save_head(house: &Arc<House>, runtime: &Handle, saves: &Arc<AtomicBool>) {
    if saves.swap(true, Ordering::AcqRel) {
        return;
    }
    let (house, saves) = (Arc::clone(house), Arc::clone(saves));
    drop(runtime.spawn(async move {
        loop {
            tokio::time::sleep(HEAD).await;
            saves.store(false, Ordering::Release);
            // What cannot be saved now is tried again, unless another round has it saved.
            if house.sequence().await.is_ok() || saves.swap(true, Ordering::AcqRel) {
                return;
            }
        }
    }));
}

/// One question and those that come with it.
fn together(first: Asked, before: usize, asked: &Receiver<Asked>) -> Vec<Asked> {
    let (mut round, until) = (vec![first], Instant::now() + TOGETHER);
    while round.len() < ROUND {
        let next = match asked.try_recv() {
            Err(TryRecvError::Empty) if round.len() < before => {
                asked.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
            }
            next => next.ok(),
        };
        let Some(next) = next else { break };
        round.push(next);
    }
    round
}

fn page(told: &Told, cursor: &str, number: usize) -> Result<Page, EngineError> {
    let found = told.pages.page(number).map_err(|error| EngineError::Wrong(error.to_string()))?;
    let (rows, count) = found.unwrap_or_else(|| (Zeroizing::new(b"[]".to_vec()), 0));
    let next = (number + 1 < told.pages.len()).then(|| format!("{cursor}-{}", number + 1));
    Ok(Page { answer: told.id.clone(), rows, count, records: told.records, next, answering: told.answering })
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
