//! Who takes part in a history, and what is looked at after everything that anybody commits or sends?

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use causeway_engine::drive::{Working, work};
use causeway_engine::{EngineError, Home, House};
use causeway_model::partner::KeyPurpose;
use causeway_store::Safeguard;
use jiff::SignedDuration;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tokio::runtime::{Handle, Runtime};

use super::desk::{Task, carry};
use super::documents::{CANARY, people};
use super::model::{Committer, Facts, Model};
use super::partner::Partner;
use super::place::{BEGIN, Kind, Place};
use super::stage::{self, Order, Runner, Said, surroundings};
use super::street::BadLine;

/// An installation, its people, and whoever watches.
pub struct World {
    pub draw: ChaCha8Rng,
    pub model: Model,
    pub partner: Partner,
    /// Whoever watches; it changes nothing.
    pub watch: House,
    pub workers: [Option<Runner>; 2],
    /// What happened, for whoever reads a failure.
    pub log: Vec<String>,
    pub without: Option<Safeguard>,
    houses: [Option<Arc<House>>; SLOTS],
    /// Under which name each takes leases, once it has one.
    names: [Option<String>; SLOTS],
    pub place: Place,
}

/// Who has a house of its own: two workers, the desk, and the worker of the end.
const SLOTS: usize = 4;
pub const DESK: usize = 2;
pub const LAST: usize = 3;

/// How they are called.
pub const WHO: [&str; SLOTS] = ["worker 0", "worker 1", "desk", "the last worker"];

/// How far somebody came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    Waits,
    Ended(String),
    Died,
}

/// Until when somebody runs, unless it ends before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    Never,
    /// After so many marks.
    After(usize),
    /// At the next mark of this name.
    At(&'static str),
}

/// A broken invariant, in words.
pub type Holds<T = ()> = Result<T, String>;

pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

impl World {
    pub fn new(seed: u64, kind: Kind, without: Option<Safeguard>) -> Self {
        stage::set(BEGIN.parse().unwrap(), seed);
        let place = Place::new(kind);
        let (watch, facts) = runtime().block_on(async {
            let home = Home::open(&place.home).unwrap();
            let watch = House::beside(home, surroundings(None)).await.unwrap();
            let facts = Facts::read(&watch).await.unwrap();
            (watch, facts)
        });
        Self {
            draw: causeway_testkit::random::seeded(seed),
            model: Model::new(people(), facts),
            partner: Partner::new(&place.home),
            watch,
            workers: [None, None],
            log: Vec::new(),
            without,
            houses: [const { None }; SLOTS],
            names: [const { None }; SLOTS],
            place,
        }
    }

    pub fn note(&mut self, what: impl std::fmt::Display) {
        self.log.push(format!("{} {what}", stage::now().strftime("%d %H:%M:%S%.3f")));
    }

    /// Whether a chance of one in `of` comes true.
    pub fn chance(&mut self, of: u32) -> bool {
        self.draw.random_range(0..of) == 0
    }

    /// The house of whoever has this slot; a process that died or ended begins with another.
    fn house(&mut self, slot: usize) -> Arc<House> {
        let (home, without) = (&self.place.home, self.without);
        let open = || {
            let home = Home::open(home).unwrap();
            Arc::new(runtime().block_on(House::beside(home, surroundings(without))).unwrap())
        };
        Arc::clone(self.houses[slot].get_or_insert_with(open))
    }

    /// A worker that works until it is idle.
    pub fn worker(&mut self, slot: usize) -> Runner {
        let house = self.house(slot);
        Runner::begin(slot, runtime().handle(), move |handle| {
            handle.block_on(async {
                let (_ask, ending) = tokio::sync::watch::channel(false);
                let told = Mutex::new(String::new());
                let tell = |done| told.lock().unwrap().push_str(&format!(" {done:?}"));
                let came =
                    work(&house, &BadLine, Working { until_idle: true, ending, woken: Arc::default() }, &tell).await;
                format!("{came:?}:{}", told.into_inner().unwrap())
            })
        })
    }

    /// An officer who does something.
    pub fn desk(&mut self, task: Task) -> Runner {
        let house = self.house(DESK);
        Runner::begin(DESK, runtime().handle(), move |handle: &Handle| {
            handle.block_on(async {
                match carry(&house, &BadLine, task).await {
                    Ok(said) => format!("ok: {said}"),
                    Err(EngineError::Denied { what, violations, .. }) => format!("denied: {what} {violations:?}"),
                    Err(error) => format!("error: {error}"),
                }
            })
        })
    }

    /// Lets somebody run until it is to halt, or ends; it dies at the mark of that number.
    pub fn run(&mut self, runner: &mut Runner, objects: Option<i64>, halt: Halt, dies: Option<usize>) -> Holds<Came> {
        let before = self.worker_names();
        for passed in 0.. {
            let halts = match halt {
                Halt::Never => false,
                Halt::After(most) => passed >= most,
                Halt::At(mark) => passed > 0 && mark == runner.mark,
            };
            if halts && may_wait(runner.mark) {
                return Ok(Came::Waits);
            }
            let bad_line = runner.mark.starts_with("line-") && runner.slot != LAST && self.chance(8);
            let order = match dies {
                Some(number) if passed >= number => Order::Die,
                _ if bad_line => Order::Fail,
                _ => Order::Go,
            };
            if order != Order::Go {
                self.note(format!("{} at {}: {order:?}", WHO[runner.slot], runner.mark));
            }
            stage::pass(SignedDuration::from_millis(3));
            let said = runner.go(order);
            if self.names[runner.slot].is_none() {
                self.names[runner.slot] = self.worker_names().difference(&before).next().cloned();
            }
            match said {
                Said::At("store-change-committed") => self.committed(runner, objects)?,
                Said::At(_) => {}
                Said::Leaves(package, mark) => self.leaves(runner, &package, mark)?,
                Said::Ended(text) if text.starts_with("PANICKED") => return Err(text),
                Said::Ended(text) => {
                    self.note(format!("{} ended: {text}", WHO[runner.slot]));
                    if self.chance(4) {
                        self.leave(runner.slot);
                    }
                    return Ok(Came::Ended(text));
                }
                Said::Died => {
                    self.note(format!("{} died", WHO[runner.slot]));
                    // One that is killed leaves its lock's file, unlocked.
                    if let Some(worker) = self.leave(runner.slot) {
                        fs::write(self.watch.home.workers().join(format!("{worker}.lock")), "").unwrap();
                    }
                    self.no_plaintext()?;
                    return Ok(Came::Died);
                }
            }
        }
        unreachable!()
    }

    /// A process ends; the name under which it took leases.
    fn leave(&mut self, slot: usize) -> Option<String> {
        self.houses[slot] = None;
        self.names[slot].take()
    }

    fn worker_names(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.watch.home.workers()).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names
            .filter_map(|name| name.strip_suffix(".lock").filter(|name| !name.contains('.')).map(str::to_owned))
            .collect()
    }

    fn committed(&mut self, runner: &Runner, objects: Option<i64>) -> Holds {
        let by = match runner.slot {
            DESK => Committer::Desk { objects },
            slot => Committer::Worker(self.names[slot].as_deref()),
        };
        let before = self.model.facts.transfers.clone();
        let judged = runtime().block_on(self.model.committed(&self.watch, by));
        let changed: Vec<String> = self
            .model
            .facts
            .transfers
            .iter()
            .filter(|(id, now)| before.get(*id) != Some(now))
            .map(|(id, (state, attempts))| format!("{id} is {state} {attempts:?}"))
            .collect();
        self.note(format!("{} committed {}", WHO[runner.slot], changed.join(", ")));
        judged
    }

    fn leaves(&mut self, runner: &Runner, package: &str, mark: &str) -> Holds {
        runtime().block_on(async {
            let facts = &self.model.facts;
            if self.model.knows(package).is_none()
                && let Some(notice) = self.watch.store.notice(package).await.unwrap()
            {
                // Until it has its name the partner sees nothing of it.
                let is_seen = mark == "deliver-before-rename";
                let is_lost = self.watch.store.key_is_revoked(&notice.sealed_to.unwrap_or_default()).await.unwrap();
                let held = facts.is_stopped || !facts.partner_is_active || is_lost;
                return if is_seen && held { Err("a notice leaves while it may not".to_owned()) } else { Ok(()) };
            }
            let holders = Facts::holders(&self.watch).await.map_err(|error| error.to_string())?;
            self.model.leaves(&holders, package, self.names[runner.slot].as_deref())?;
            let (transfer, (_, attempts)) = self.model.knows(package).ok_or("a package of no transfer leaves")?;
            let leaves = self.watch.store.leaves_of(transfer).await.unwrap();
            let begun = leaves.iter().filter(|row| row.leaf.event == "delivery-begun").count();
            if begun < attempts.len() {
                return Err(format!("leaf: package {package} leaves, and its leaf is in no checkpoint"));
            }
            Ok(())
        })
    }

    /// Fingerprint of the key that packages are sealed to now.
    pub fn partners_key(&self) -> Option<String> {
        let life = runtime().block_on(self.watch.store.partner_life("lantern-relief")).unwrap().unwrap();
        life.state.usable_key(KeyPurpose::Recipient, self.watch.today()).map(|check| check.key.clone())
    }

    /// The partner takes what is there.
    pub fn take_in(&mut self) -> Holds<Vec<String>> {
        let new = self.partner.take_in()?;
        for package in &new {
            if let Some(rows) = &self.partner.taken[package].rows {
                self.model.opened(package, rows, &self.partner.had(package))?;
            }
        }
        Ok(new)
    }

    /// Nothing at rest holds anybody's name.
    pub fn no_plaintext(&self) -> Holds {
        static SOUGHT: OnceLock<regex::bytes::Regex> = OnceLock::new();
        let sought = SOUGHT.get_or_init(|| regex::bytes::Regex::new(CANARY).unwrap());
        let (mut folders, own) = (vec![self.place.home.clone()], ["sources", "partner"]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    // What they hold is not ours to hide.
                    let is_hidden = own.iter().all(|name| path != self.place.home.join(name));
                    folders.extend(is_hidden.then_some(path));
                } else if fs::read(&path).is_ok_and(|bytes| sought.is_match(&bytes)) {
                    return Err(format!("plaintext: {} holds somebody's name", path.display()));
                }
            }
        }
        Ok(())
    }

    /// The log is whole, and grew from what partners saw of it.
    pub fn ledger(&self) -> Holds {
        runtime().block_on(async {
            self.watch.sequence().await.map_err(|error| error.to_string())?;
            let seen = &self.partner.checkpoints;
            for saved in [seen.first(), seen.last()] {
                let mut ledger = self.watch.store.ledger().await.unwrap();
                ledger.verify(saved.map(|text| text.as_str())).await.map_err(|error| format!("ledger: {error}"))?;
            }
            Ok(())
        })
    }

    /// Nothing lies about that is no package.
    pub fn nothing_left(&self) -> Holds {
        let home = &self.watch.home;
        let names = |folder: &Path| -> Vec<String> {
            fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.file_name().into_string().unwrap())
                .collect()
        };
        let staged = names(&home.staging());
        if !staged.is_empty() {
            return Err(format!("leavings: {staged:?} is left in staging"));
        }
        let held = runtime().block_on(self.watch.store.held_packages()).unwrap();
        let stray = names(&home.packages()).into_iter().find(|name| !held.iter().any(|package| package.id == *name));
        stray.map_or(Ok(()), |name| Err(format!("leavings: {name} is left among the packages")))
    }
}

/// Where somebody may be kept waiting while others go on: not within a transaction, and not with the head half written.
fn may_wait(mark: &str) -> bool {
    !(mark.ends_with("not-committed") && mark.starts_with("store")
        || mark.starts_with("store-sequence")
        || mark == "leaves")
}
