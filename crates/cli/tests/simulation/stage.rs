//! Who runs, and when? One at a time: at every mark whoever runs waits for the word of who directs, who may let another go on
//! first, or let it die there.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use causeway_engine::Surroundings;
use causeway_store::Safeguard;
use causeway_testkit::random;
use jiff::{SignedDuration, Timestamp};
use rand::RngCore;
use tokio::runtime::Handle;

/// What somebody who waits at a mark is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Go on.
    Go,
    /// What you call fails.
    Fail,
    /// Die, as by SIGKILL.
    Die,
}

/// How far somebody has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It waits at this mark.
    At(&'static str),
    /// It puts something of this package at the partner's, as far as this mark.
    Leaves(String, &'static str),
    /// It has ended, so.
    Ended(String),
    /// It died.
    Died,
}

struct Wires {
    say: Sender<Said>,
    hear: Receiver<Order>,
}

struct Death;

thread_local! {
    static WIRES: RefCell<Option<Wires>> = const { RefCell::new(None) };
}

/// The hands of everybody's clock, in microseconds.
static HANDS: AtomicI64 = AtomicI64::new(0);

/// Where everybody's chance comes from.
static CHANCE: Mutex<Option<rand_chacha::ChaCha8Rng>> = Mutex::new(None);

/// Sets the clock, and chance to a seed.
pub fn set(now: Timestamp, seed: u64) {
    HANDS.store(now.as_microsecond(), Ordering::SeqCst);
    *CHANCE.lock().unwrap_or_else(PoisonError::into_inner) = Some(random::seeded(seed ^ 0x5eed));
}

/// Moves the clock.
pub fn pass(by: SignedDuration) {
    HANDS.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
}

pub fn now() -> Timestamp {
    Timestamp::from_microsecond(HANDS.load(Ordering::SeqCst)).unwrap()
}

fn entropy(buffer: &mut [u8]) {
    CHANCE.lock().unwrap_or_else(PoisonError::into_inner).as_mut().unwrap().fill_bytes(buffer);
}

/// What the engine runs in: the clock and chance of the history, and a stop at every mark.
pub fn surroundings(without: Option<Safeguard>) -> Surroundings {
    Surroundings {
        now,
        entropy,
        environment: |_| None,
        probe: |mark| {
            wait_at(mark);
        },
        fixed_pseudonyms: || None,
        share: || None,
        without,
    }
}

/// Tells that something of a package leaves now.
pub fn leaves(package: &str, mark: &'static str) {
    wait(Said::Leaves(package.to_owned(), mark));
}

/// Waits at a mark; whether what is called there works. Who is on no stage, as whoever directs, passes.
pub fn wait_at(mark: &'static str) -> bool {
    wait(Said::At(mark))
}

fn wait(said: Said) -> bool {
    let order = WIRES.with_borrow(|wires| {
        let Some(wires) = wires else { return Order::Go };
        wires.say.send(said).map_or(Order::Die, |()| wires.hear.recv().unwrap_or(Order::Die))
    });
    match order {
        Order::Go => true,
        Order::Fail => false,
        Order::Die => resume_unwind(Box::new(Death)),
    }
}

/// Somebody who runs when told.
pub struct Runner {
    /// Whose house it runs in.
    pub slot: usize,
    /// Where it waits.
    pub mark: &'static str,
    say: Sender<Order>,
    hear: Receiver<Said>,
    thread: Option<JoinHandle<()>>,
}

impl Runner {
    /// Brings somebody on, who waits before doing anything.
    pub fn begin(slot: usize, runtime: &Handle, task: impl FnOnce(&Handle) -> String + Send + 'static) -> Self {
        let ((say, heard), (order, ordered)) = (channel(), channel());
        let runtime = runtime.clone();
        let thread = std::thread::spawn(move || {
            let told = say.clone();
            WIRES.set(Some(Wires { say, hear: ordered }));
            let ended = {
                // What is dropped by a death still closes its connections.
                let _within = runtime.enter();
                catch_unwind(AssertUnwindSafe(|| {
                    wait_at("begun");
                    task(&runtime)
                }))
            };
            WIRES.set(None);
            let said = match ended {
                Ok(text) => Said::Ended(text),
                Err(what) if what.is::<Death>() => Said::Died,
                Err(what) => Said::Ended(format!("PANICKED: {}", text_of(what.as_ref()))),
            };
            let _nobody_listens_any_more = told.send(said);
        });
        heard.recv().unwrap();
        Self { slot, mark: "begun", say: order, hear: heard, thread: Some(thread) }
    }

    /// Gives the word, and waits until it is at its next mark, or has ended.
    pub fn go(&mut self, order: Order) -> Said {
        self.say.send(order).unwrap();
        let said = self.hear.recv().unwrap();
        match &said {
            Said::At(mark) => self.mark = mark,
            Said::Leaves(..) => self.mark = "leaves",
            Said::Ended(_) | Said::Died => {
                self.thread.take().unwrap().join().unwrap();
            }
        }
        said
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _gone = self.say.send(Order::Die);
            let _how = thread.join();
        }
    }
}

pub fn text_of(what: &(dyn Any + Send)) -> String {
    let text = what.downcast_ref::<String>().cloned();
    text.or_else(|| what.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
