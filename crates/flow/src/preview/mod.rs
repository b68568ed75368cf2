//! **preview** walks the street as far as enforce and shows records to people: invented ones, or a few real ones masked. Over
//! invented ones it goes on to seal, for a sandbox ([`twin()`]).
//!
//! In: what a transfer would take. Out: [`Shown`] records or a [`Census`]. Guarantees: the plan is the one that a transfer
//! runs; nothing of a real person is sealed, written or kept; a real value is shown by its first character at most, unless it is a code or
//! a truth value; an arrangement that is not in force is walked over invented people only. Refuses when: the plan does.
//! Ledger events: none of its own; the engine records `preview-real` before it calls [`glimpse`].

mod hint;
mod invent;
mod mask;
mod memory;
mod twin;
mod walk;
mod wish;
mod world;

use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::Exchange;
use causeway_model::{Code, Violation};

use crate::Personal;
use crate::aggregate::Memory;
use crate::enforce::Register;
use crate::error::FlowError;
use crate::plan::Plan;
use crate::source::{Source, Watch};
use crate::transform::Pseudonyms;
use mask::Manner;
pub use twin::{MOST_IN_TWIN, Twin, twin};
use walk::Walk;
use world::World;

/// Real records that one preview shows, at most.
pub const MOST_REAL: usize = 20;

/// Invented records of one preview, at most.
pub const MOST_INVENTED: usize = 1_000;

/// Records for people to look at.
pub struct Shown {
    /// Each record: outputs in order, with what is shown of the value; none where there is no value.
    pub records: Vec<Vec<(String, Option<Personal<String>>)>>,
    /// Whom the walk met.
    pub census: Census,
    /// Why a transfer of exactly these records would be refused as a whole.
    pub refused: Vec<Violation>,
}

/// How many people and records a walk met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// People inside the population, whether they may be shared or not.
    pub people: u64,
    /// Records that may be released.
    pub released: u64,
    /// Records and people that a rule leaves out.
    pub withheld: u64,
    /// Records that could not be released as they stand.
    pub quarantined: u64,
    /// Why they could not: element or output, reason, how often.
    pub faults: Vec<(String, Code, u64)>,
}

/// What is invented for a preview.
#[derive(Clone, Copy, Debug)]
pub struct Inventing {
    /// How many records.
    pub records: usize,
    /// The same seed invents the same people.
    pub seed: u64,
    /// The time.
    pub now: jiff::Timestamp,
}

/// Walks invented people through the plan of an exchange, whether or not its arrangement is in force.
///
/// INVARIANT (plan): a plan without an arrangement in force exists only here and in [`twin()`], and meets only the people invented here.
pub fn rehearse(
    arrangement: &Arrangement,
    exchange: &Exchange,
    catalogue: &Catalogue,
    pseudonyms: &Pseudonyms,
    inventing: Inventing,
) -> Result<Shown, FlowError> {
    let plan = Plan::rehearse(arrangement, exchange, catalogue, pseudonyms).map_err(FlowError::Refused)?;
    let records = inventing.records.clamp(1, MOST_INVENTED);
    let world = World::invent(arrangement, exchange, catalogue, records, inventing);
    let sources = memory::sources(catalogue, world);
    // Whoever is invented decided nothing.
    let (watch, nobody) = (Watch::default(), Register::default());
    let mut walk = Walk::begin(&plan, &sources, inventing.now, &watch, nobody, &Memory::unbounded())?;
    let records = walk.records(records, Manner::Whole)?;
    walk.finish()?;
    Ok(Shown { records, census: walk.census(), refused: walk.refused().to_vec() })
}

/// Shows the first released records of a real walk within `memory`, masked, of those whom the register lets through; never more than
/// [`MOST_REAL`].
pub fn glimpse(
    plan: &Plan,
    sources: &[Box<dyn Source>],
    now: jiff::Timestamp,
    watch: &Watch,
    register: Register,
    memory: &Memory,
    records: usize,
) -> Result<Shown, FlowError> {
    let mut walk = Walk::begin(plan, sources, now, watch, register, memory)?;
    let records = walk.records(records.min(MOST_REAL), Manner::Masked)?;
    Ok(Shown { records, census: walk.census(), refused: walk.refused().to_vec() })
}

/// Counts whom a transfer would meet, within `memory`, and shows nobody.
pub fn census(
    plan: &Plan,
    sources: &[Box<dyn Source>],
    now: jiff::Timestamp,
    watch: &Watch,
    register: Register,
    memory: &Memory,
) -> Result<Census, FlowError> {
    let mut walk = Walk::begin(plan, sources, now, watch, register, memory)?;
    // The totals refuse a transfer; the people are counted by then.
    walk.finish()?;
    Ok(walk.census())
}
