//! What happens in a history? Whatever its seed says, and in the end everybody is let finish.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use causeway_model::transfer::Transfer;
use causeway_package::key::Identity;
use causeway_store::Safeguard;
use jiff::SignedDuration;
use rand::Rng;

use super::desk::Task;
use super::documents::{EXCHANGES, write_people};
use super::partner::Word;
use super::place::Kind;
use super::stage::{self, Runner, text_of};
use super::world::{Came, Halt, Holds, LAST, WHO, World, runtime};

/// A history in which an invariant did not hold.
pub struct Broken {
    pub what: String,
    pub log: Vec<String>,
}

/// Held by whoever sets the clock and chance: one at a time in a process, they are everybody's.
pub fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lives through the history of a seed; what happened.
pub fn live(seed: u64, kind: Kind, without: Option<Safeguard>) -> Result<Vec<String>, Broken> {
    let _alone = alone();
    let mut world = World::new(seed, kind, without);
    let went = catch_unwind(AssertUnwindSafe(|| walk(&mut world)));
    let went = went.unwrap_or_else(|what| Err(format!("the director panicked: {}", text_of(what.as_ref()))));
    let log = std::mem::take(&mut world.log);
    match went {
        Ok(()) => Ok(log),
        Err(what) => Err(Broken { what, log }),
    }
}

fn walk(world: &mut World) -> Holds {
    let steps = world.draw.random_range(15..=30);
    task(world, Task::Request(EXCHANGES[0]))?;
    for _ in 0..steps {
        step(world)?;
    }
    drain(world)
}

fn step(world: &mut World) -> Holds {
    let facts = &world.model.facts;
    let is_held = facts.is_stopped || !facts.is_open || !facts.partner_is_active || world.partners_key().is_none();
    if is_held && world.chance(4) {
        return release(world);
    }
    let is_due = world.workers.iter().any(Option::is_some)
        || world.model.facts.transfers.values().any(|(state, _)| state.is_unfinished());
    match world.draw.random_range(0..100) {
        0..44 if is_due => work(world),
        0..44 => request(world),
        44..47 => work(world),
        47..50 => request(world),
        50..57 => time_passes(world),
        57..62 => source_changes(world),
        62..70 => partner_answers(world),
        70..74 => {
            let person = world.draw.random_range(1..=8);
            task(world, Task::Object(person))
        }
        74..78 => {
            let waiting = runtime().block_on(world.watch.store.requests_awaiting_approval()).unwrap();
            waiting.first().map_or(Ok(()), |request| task(world, Task::Approve(request.transfer.clone())))
        }
        78..82 => task(world, if world.model.facts.is_stopped { Task::Resume } else { Task::Stop }),
        82..86 => {
            let next = if world.model.facts.is_open { Task::Suspend } else { Task::Unsuspend };
            task(world, next)
        }
        86..88 => {
            let next = if world.model.facts.partner_is_active { Task::SuspendPartner } else { Task::ResumePartner };
            task(world, next)
        }
        88..92 => keys(world),
        92..95 => {
            let under_way = world.model.facts.transfers.iter().find(|(_, (state, _))| state.is_unfinished());
            let Some(transfer) = under_way.map(|(id, _)| id.clone()) else { return Ok(()) };
            task(world, Task::Cancel(transfer))
        }
        95..97 => {
            let newest =
                runtime().block_on(world.watch.store.arrangement_lives(super::documents::ARRANGEMENT)).unwrap();
            task(world, Task::Amend(newest.last().unwrap().version + 1))
        }
        97..98 => {
            let to = world.place.home.join(format!("backup-{}", world.log.len()));
            task(world, Task::Backup(to))
        }
        _ => settle(world),
    }
}

fn request(world: &mut World) -> Holds {
    let exchange = EXCHANGES[usize::from(world.chance(3))];
    task(world, Task::Request(exchange))
}

/// Where somebody is kept waiting more often than elsewhere: what was looked up is not done yet.
const WAITS: [&str; 12] = [
    "prepare-attempt-begun",
    "prepare-report-kept",
    "prepare-package-in-staging",
    "prepare-disclosure-sealed",
    "prepare-package-moved",
    "prepare-sealed",
    "deliver-intent-committed",
    "deliver-folder-made",
    "deliver-part-sent",
    "deliver-before-rename",
    "deliver-renamed",
    "deliver-outcome-not-committed",
];

/// One of the workers goes on. Where it is kept waiting, others often do something about what it has in hand.
fn work(world: &mut World) -> Holds {
    let number = usize::from(world.chance(3));
    go_on(world, number)?;
    if world.workers[number].is_none() {
        return Ok(());
    }
    match world.draw.random_range(0..9) {
        // It sleeps past its lease, and the other takes over.
        0..3 => {
            stage::pass(SignedDuration::from_secs(65));
            go_on(world, 1 - number)?;
            if world.chance(2) { go_on(world, number) } else { Ok(()) }
        }
        3 => task(world, Task::Stop),
        4 => {
            let person = world.draw.random_range(1..=8);
            task(world, Task::Object(person))
        }
        5 => keys(world),
        6 => task(world, Task::Suspend),
        _ => Ok(()),
    }
}

/// A worker goes on, for a while or to its end, and may die.
fn go_on(world: &mut World, number: usize) -> Holds {
    let mut runner = world.workers[number].take().unwrap_or_else(|| world.worker(number));
    let halt = match world.draw.random_range(0..4) {
        0 => Halt::Never,
        1 => Halt::After(world.draw.random_range(1..60)),
        _ => Halt::At(WAITS[world.draw.random_range(0..WAITS.len())]),
    };
    let dies = world.chance(6).then(|| world.draw.random_range(0..60));
    let came = world.run(&mut runner, None, halt, dies)?;
    if came == Came::Waits {
        world.note(format!("{} waits at {}", WHO[runner.slot], runner.mark));
        world.workers[number] = Some(runner);
    }
    Ok(())
}

/// An officer does something, and may die over it.
fn task(world: &mut World, task: Task) -> Holds {
    desk(world, task).map(|_| ())
}

fn desk(world: &mut World, task: Task) -> Holds<Came> {
    let shown = match &task {
        Task::Receipt(..) => "Receipt".to_owned(),
        Task::Rotate(_) => "Rotate".to_owned(),
        task => format!("{task:?}"),
    };
    world.note(format!("desk: {shown}"));
    let objects = if let Task::Object(person) = &task { Some(*person) } else { None };
    let dies = world.chance(12).then(|| world.draw.random_range(0..20));
    let mut runner = world.desk(task);
    world.run(&mut runner, objects, Halt::Never, dies)
}

fn time_passes(world: &mut World) -> Holds {
    let seconds = [7, 65, 65, 65, 400, 3_000, 86_400, 9 * 86_400][world.draw.random_range(0..8)];
    stage::pass(SignedDuration::from_secs(seconds));
    if world.chance(12) {
        stage::pass(SignedDuration::from_hours(-3));
    }
    if world.chance(60) {
        stage::pass(SignedDuration::from_hours(24 * 100));
    }
    world.note("time has passed");
    Ok(())
}

fn source_changes(world: &mut World) -> Holds {
    let mut people = world.model.people.last().unwrap().clone();
    let number = world.draw.random_range(1..=8);
    let place = ["north", "south", "east"][world.draw.random_range(0..3)];
    if let Some(person) = people.get_mut(&number) {
        person.1 = place;
    }
    write_people(&world.watch.home.sources(), &people);
    world.model.people.push(people);
    world.note(format!("person {number} lives in the {place} now"));
    Ok(())
}

/// The partner takes what is there, and answers for a package: as it should, otherwise, twice, or not at all.
fn partner_answers(world: &mut World) -> Holds {
    world.take_in()?;
    let open: Vec<String> = world.partner.taken.keys().cloned().collect();
    if open.is_empty() || world.chance(4) {
        return Ok(());
    }
    let package = open[world.draw.random_range(0..open.len())].clone();
    let word = [Word::Right, Word::Right, Word::Right, Word::Rejected, Word::Forged][world.draw.random_range(0..5)];
    answer(world, &package, word)
}

fn answer(world: &mut World, package: &str, word: Word) -> Holds {
    let Some((json, signature)) = world.partner.sign(package, word) else { return Ok(()) };
    world.note(format!("the partner signs {word:?} for {package}"));
    match word {
        Word::Right => world.model.confirmed.insert(package.to_owned()),
        Word::Rejected => world.model.rejected.insert(package.to_owned()),
        Word::Forged => false,
    };
    let before = state_of(world, package);
    let Came::Ended(said) = desk(world, Task::Receipt(json, signature))? else { return Ok(()) };
    let after = state_of(world, package);
    let counts = matches!(before, Some("receipted" | "disputed"));
    if said.starts_with("ok") && word == Word::Forged || counts && after != before {
        return Err(format!("{word:?} for {package} counted, which was {before:?} and is {after:?}"));
    }
    Ok(())
}

fn state_of(world: &World, package: &str) -> Option<&'static str> {
    let mut states = world.model.facts.transfers.values().map(|(state, _)| state);
    states.find(|state| state.package() == Some(package)).map(Transfer::name)
}

/// The partner's key is lost, or it brings another.
fn keys(world: &mut World) -> Holds {
    match world.partners_key() {
        Some(key) if !world.chance(3) => task(world, Task::Revoke(key)),
        _ => rotate(world).map(|_| ()),
    }
}

fn rotate(world: &mut World) -> Holds<Came> {
    let written = Identity::generate().to_file_text();
    let secret = written.lines().last().unwrap().to_owned();
    world.partner.next_identity(secret.clone());
    desk(world, Task::Rotate(secret))
}

fn settle(world: &mut World) -> Holds {
    let mut disputed = Vec::new();
    for exchange in EXCHANGES {
        disputed.extend(runtime().block_on(world.watch.store.open_disputes(exchange)).unwrap());
    }
    disputed.first().map_or(Ok(()), |dispute| task(world, Task::Settle(dispute.transfer.clone())))
}

/// Everybody finishes: what people hold back is let go, time passes, and a worker that nothing befalls goes on until nothing is due.
fn drain(world: &mut World) -> Holds {
    world.note("everybody finishes");
    let mut asleep: Vec<Runner> = Vec::new();
    for number in 0..2 {
        let Some(mut runner) = world.workers[number].take() else { continue };
        match world.draw.random_range(0..3) {
            // It sleeps until everything is over, and wakes then.
            0 => asleep.push(runner),
            1 => drop(world.run(&mut runner, None, Halt::Never, Some(0))?),
            _ => drop(world.run(&mut runner, None, Halt::Never, None)?),
        }
    }
    release(world)?;
    for _ in 0..4 {
        stage::pass(SignedDuration::from_mins(45));
        let mut worker = world.worker(LAST);
        world.run(&mut worker, None, Halt::Never, None)?;
        settle(world)?;
        if !world.model.facts.transfers.values().any(|(state, _)| state.is_unfinished()) {
            break;
        }
    }
    ends(world)?;
    if asleep.is_empty() {
        return Ok(());
    }
    for mut runner in asleep {
        world.note(format!("{} wakes at {}", WHO[runner.slot], runner.mark));
        world.run(&mut runner, None, Halt::Never, None)?;
    }
    let mut worker = world.worker(LAST);
    world.run(&mut worker, None, Halt::Never, None)?;
    ends(world)
}

fn release(world: &mut World) -> Holds {
    // Each may die over it.
    for _ in 0..20 {
        let facts = &world.model.facts;
        if facts.is_stopped {
            task(world, Task::Resume)?;
        } else if world.partners_key().is_none() {
            rotate(world)?;
        } else if !facts.partner_is_active {
            task(world, Task::ResumePartner)?;
        } else if !facts.is_open {
            return task(world, Task::Unsuspend);
        } else {
            break;
        }
    }
    Ok(())
}

fn ends(world: &mut World) -> Holds {
    world.take_in()?;
    runtime().block_on(world.model.ends(&world.watch, &world.partner))?;
    world.nothing_left()?;
    world.no_plaintext()?;
    world.ledger()
}
