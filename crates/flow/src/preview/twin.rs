//! How does an exchange become a package of people who do not exist, by the street that real ones walk?
//!
//! INVARIANT (sandbox): what is walked here reads no store. There is no argument for a source: the people are invented here,
//! under a plan that meets nobody else, and the package is signed by a key for tests or not at all. The outcome is a
//! [`Twin`], never a [`crate::seal::Sealed`]: what stores and delivers transfers does not take it.

use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::Catalogue;
use causeway_model::{Code, Violation};
use causeway_package::{Environment, SealedPackage};

use super::world::World;
use super::{Inventing, MOST_INVENTED, memory};
use crate::aggregate::{Memory, aggregate};
use crate::enforce::{Clearance, Expectation, Register, Reporter, enforce};
use crate::error::FlowError;
use crate::plan::Plan;
use crate::seal::{Sealed, Sealing, seal};
use crate::source::{Watch, extract};
use crate::transform::{Pseudonyms, transform};

/// Invented records that a twin's package holds, at most.
pub const MOST_IN_TWIN: usize = 20_000;

/// A package of invented people, sealed to the partner's key for tests.
pub struct Twin {
    /// The package; its manifests say `test` and `synthetic`.
    pub package: SealedPackage,
    /// What it comes to.
    pub clearance: Clearance,
}

/// Walks invented people through the exchange that `sealing` names and seals them, whether or not its arrangement is in force.
///
/// # Errors
/// The key is one for real people's data, the plan refuses, the totals refuse, or the disk does.
pub fn twin(
    arrangement: &Arrangement,
    catalogue: &Catalogue,
    pseudonyms: &Pseudonyms,
    inventing: Inventing,
    mut sealing: Sealing<'_>,
) -> Result<Twin, FlowError> {
    let exchange = sealing.exchange;
    if sealing.signing_key.environment() != Environment::Test {
        let detail = "the key is for real people's packages, and these are invented";
        return Err(FlowError::refuse(Violation::new(Code::SyntheticInProduction, "key", detail)));
    }
    let plan = Plan::rehearse(arrangement, exchange, catalogue, pseudonyms).map_err(FlowError::Refused)?;
    let records = inventing.records.clamp(1, MOST_IN_TWIN);
    let world = World::invent(arrangement, exchange, catalogue, records, inventing);
    let sources = memory::sources(catalogue, world);
    let watch = Watch::default();
    let mut extract = extract(&plan, &sources, &|| inventing.now, &watch)?;
    sealing.snapshot_spread_s = extract.spread_s();
    sealing.sources = extract
        .snapshots()
        .into_iter()
        .map(|(name, info)| causeway_package::inner::Source { name, snapshot: info.kind, taken_at: info.taken_at })
        .collect();
    let bundle = aggregate(&mut extract, &plan, Reporter::default(), Register::default(), &Memory::unbounded())?;
    // No transfer came before, and none is compared with these.
    let expectation = Expectation { last_receipted: None, fewer_expected: true };
    let cleared = enforce(transform(bundle, &plan), &plan, expectation, watch);
    // Whom it would disclose is told to nobody: there is nobody.
    let Sealed { package, clearance, .. } = seal(cleared, &plan, sealing)?;
    Ok(Twin { package, clearance })
}

const _: () = assert!(MOST_INVENTED <= MOST_IN_TWIN, "what is shown could be sealed");
