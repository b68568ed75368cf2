//! What does it cost to send what differs, beside sending everything? The same people, of whom nobody has changed: all that is read,
//! enforced and compared is there, and nothing is spared but the sealing.

use std::path::Path;

use causeway_testkit::bench::Answer;

use super::helper::Built;
use super::installation::Installation;
use super::measure::{Cost, cost};
use super::options::Options;
use super::show;
use super::stores::Stores;
use crate::Outcome;

/// A delta may cost so much more processor time than everything does.
pub const MOST: f64 = 1.15;

/// Sends everything once, has it confirmed, and then measures deltas; the state that the partner rebuilds must be the answer.
pub fn measure(
    root: &Path,
    built: &Built,
    options: &Options,
    stores: &Stores,
    answer: Option<Answer>,
) -> Outcome<Vec<Cost>> {
    let home =
        Installation::make(root, &built.causeway, stores, options.variant, options.format, options.memory, true)?;
    let mut costs = Vec::new();
    for round in 0..=options.runs {
        let (spent, output) = cost(&home.transfer(), &stores.servers)?;
        let sent = Installation::delivered(&output)?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let wanted =
            if round == 0 { "sent as full: " } else { "sent as a delta on number 1: 0 added, 0 changed, 0 removed" };
        if !said.contains(wanted) {
            return Err(format!("WRONG: {said} does not say `{wanted}`").into());
        }
        show(round, if round == 0 { "full, as a state" } else { "delta" }, &spent);
        if round > 0 {
            costs.push(spent);
        }
        if round == 0 || round == options.runs {
            let state = home.apply(&sent.package, round == 0)?;
            let found = built.helper.check(&[state])?;
            if answer.is_some_and(|answer| answer != found) {
                return Err(format!("WRONG: the partner holds {found}, which is not the answer").into());
            }
        }
    }
    Ok(costs)
}
