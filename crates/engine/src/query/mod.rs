//! What may be asked, changing nothing? A file a question.

mod alerts;
mod census;
mod copies;
mod disclosures;
mod explain;
mod exposure;
mod intakes;
mod notices;
mod overview;
mod rehearsal;
mod shared;
mod targets;
mod warnings;

use causeway_flow::plan::Plan;
use causeway_flow::source::{Source, SourceError};
use causeway_model::catalogue::Catalogue;

use crate::house::{Connectors, House};

pub use alerts::alerts_seen;
pub use census::{Counted, census};
pub use copies::{Copies, copies};
pub(crate) use disclosures::canonical;
pub use disclosures::{Disclosure, Disclosures, FORMAT, Named, Purpose, Status, Versioned, disclosures};
pub use explain::{Explanation, explain};
pub(crate) use exposure::found as found_exposure;
pub use exposure::{Exposed, Exposure, KeyRole, exposure};
pub use intakes::{ShownIntake, intake, intakes};
pub use notices::{Listed, notices};
pub use overview::{Failed, Halted, HouseStatus, Overview, overview, transfers_seen};
pub use rehearsal::rehearse;
pub use shared::Element;
pub use shared::private_text;
pub(crate) use shared::{Archive, content, sealed_set, whole};
pub use targets::{Written, written};
pub use warnings::{Warning, joinable, several_bands, small_population};

/// The sources that a plan reads, opened.
pub(crate) fn sources(
    house: &House,
    connectors: &dyn Connectors,
    catalogue: &Catalogue,
    plan: &Plan,
) -> Result<Vec<Box<dyn Source>>, SourceError> {
    let read = |name: &str| plan.reads().0.keys().any(|(source, _)| source == name);
    let needed = catalogue.sources.iter().filter(|source| read(&source.name));
    needed.map(|source| connectors.open(source, &house.home.sources())).collect()
}
