//! Is one more transfer within everything that is agreed? Asked at the request, before reading and before sealing.

use causeway_model::arrangement::{Arrangement, Direction, Frequency, Modality, beyond_caps};
use causeway_model::assessment::Gate;
use causeway_model::hierarchy::level_name;
use causeway_model::request::{Earlier, TransferRequest};
use causeway_model::{Code, Violation};

use super::assess::{gate, released};
use super::{in_force, stopped};
use crate::error::EngineError;
use crate::house::House;

/// Every reason why a transfer as asked may not be made now. `transfer` is its own id, which is no earlier request.
pub(crate) async fn judge(
    house: &House,
    transfer: &str,
    asked: &TransferRequest,
    arrangement: &Arrangement,
) -> Result<Vec<Violation>, EngineError> {
    let mut violations: Vec<Violation> = stopped(house, &arrangement.partner).await?.into_iter().collect();
    match in_force(house, &arrangement.arrangement).await? {
        Err(refused) => violations.extend(refused.violations),
        Ok(standing) => {
            let (terms, frequencies) = (&standing.terms, &standing.frequencies);
            violations.extend(beyond(house, &asked.exchange, terms, frequencies, None).await?);
        }
    }
    if house.exchange(&asked.exchange).await?.deliver.online().is_some() {
        let detail = "it is answered online, to whoever asks over the API: no package is made of it";
        violations.push(Violation::new(Code::NotCovered, &asked.exchange, detail));
    }
    violations.extend(within(house, transfer, asked, arrangement).await?);
    violations.extend(assessed(house, transfer, arrangement).await?);
    for violation in house.may_not_pass(arrangement, &house.catalogue().await?).await? {
        if !violations.contains(&violation) {
            violations.push(violation);
        }
    }
    Ok(violations)
}

/// What of a transfer of `exchange` goes beyond the terms of all levels: files that they do not cover, a frequency or a cap
/// used up. `records` would leave, where that is known.
pub(crate) async fn beyond(
    house: &House,
    exchange: &str,
    terms: &Arrangement,
    frequencies: &[(String, Frequency)],
    records: Option<u64>,
) -> Result<Vec<Violation>, EngineError> {
    let mut violations: Vec<Violation> = covered(terms, Modality::File).into_iter().collect();
    let released = released(house, &terms.arrangement, jiff::Timestamp::MIN).await?;
    violations.extend(beyond_caps(terms, frequencies, &released, exchange, records, house.now()));
    Ok(violations)
}

/// Why the terms do not cover records that go to the partner in this way, if they do not.
pub(crate) fn covered(terms: &Arrangement, way: Modality) -> Option<Violation> {
    if terms.direction != Direction::Accept && terms.modality.contains(&way) {
        return None;
    }
    let what = match way {
        Modality::File => "files",
        Modality::Online => "online answers",
    };
    let detail = format!("{} does not cover {what} from the operation to the partner", level_name(terms));
    Some(Violation::new(Code::NotCovered, &terms.arrangement, detail))
}

/// What of the request goes beyond: its place, its cut-off day, a cycle that was asked for before.
pub(crate) async fn within(
    house: &House,
    transfer: &str,
    asked: &TransferRequest,
    arrangement: &Arrangement,
) -> Result<Vec<Violation>, EngineError> {
    // Levels that do not stand are a reason of their own, which the terms give.
    let Ok(effective) = house.effective(arrangement).await? else { return Ok(Vec::new()) };
    let requests = house.store.requests_of(&asked.exchange).await?.into_iter().filter(|row| row.transfer != transfer);
    let earlier: Vec<Earlier> = requests.map(|row| Earlier { request: row.transfer, asked: row.asked }).collect();
    let checked = asked.check(&effective, &house.catalogue().await?, &earlier);
    Ok(checked.err().map(|refused| refused.violations).unwrap_or_default())
}

/// A one-off that becomes more than that by `transfer` needs an assessment from here on.
pub(crate) async fn assessed(
    house: &House,
    transfer: &str,
    arrangement: &Arrangement,
) -> Result<Vec<Violation>, EngineError> {
    Ok(match gate(house, arrangement, Some(transfer)).await? {
        Gate::Refused(refused) => refused.violations,
        _ => Vec::new(),
    })
}
