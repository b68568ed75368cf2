//! Which pseudonyms does the partner have, and what do they become?

use std::collections::HashSet;
use std::sync::Arc;

use causeway_flow::FlowError;
use causeway_flow::crosswalk::{Crossing, crosswalk, only_pseudonyms};
use causeway_flow::enforce::Register;
use causeway_flow::plan::Plan;
use causeway_flow::source::Watch;
use causeway_flow::transform::Pseudonyms;
use causeway_model::Code;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::Exchange;
use causeway_package::disclosure::SealedSet;
use jiff::Timestamp;

use crate::drive::answer::close;
use crate::drive::{Heeded, disclosure_of};
use crate::error::EngineError;
use crate::house::{Connectors, House};
use crate::query::{Archive, sealed_set, sources, whole};
use crate::standing::Standing;

/// Everybody whom the partner got, or may have, for that purpose, as disclosure sets hold them; of packages whose delivery began before a
/// moment, if one is given; else of those as well that are sealed and still to be delivered, under the pseudonyms of when they were sealed.
pub(crate) async fn everybody(
    house: &House,
    partner: &str,
    purpose: &str,
    before: Option<Timestamp>,
) -> Result<HashSet<u128>, EngineError> {
    close(house).await?;
    let mut archive = Archive::new(house);
    let mut sets: Vec<SealedSet> = Vec::new();
    for sent in house.store.sent_packages().await? {
        let terms = archive.arrangement(&sent).await?;
        let is_meant = before.is_none_or(|before| sent.begun_at < before);
        if is_meant && terms.partner == partner && terms.purpose.code == purpose {
            sets.push(sealed_set(house, &sent));
        }
    }
    if before.is_none() {
        for one in house.store.unsent_packages().await? {
            let terms = house.arrangement_version(&one.arrangement, one.arrangement_version).await?.value;
            if terms.partner == partner && terms.purpose.code == purpose {
                let path = disclosure_of(house, &one.transfer, one.attempt_token.as_deref());
                sets.push(SealedSet { path, people: one.people.map(|(_, people)| people) });
            }
        }
    }
    tokio::task::block_in_place(|| {
        let mut found = HashSet::new();
        for set in &sets {
            let mut reader = whole(house.sets.open(set, &house.keys.operation))?;
            whole(reader.between(0, None, |member| {
                found.insert(member);
            }))?;
        }
        Ok(found)
    })
}

/// What is walked: an exchange, its terms, and both secrets.
pub(crate) struct Walk<'w> {
    pub(crate) house: &'w House,
    pub(crate) connectors: &'w dyn Connectors,
    pub(crate) catalogue: &'w Catalogue,
    pub(crate) had: &'w Arc<HashSet<u128>>,
    pub(crate) secrets: (&'w [u8; 32], &'w [u8; 32]),
}

impl Walk<'_> {
    /// Tells `each` every pseudonym of people whom the partner has and may have still: who withdrew is not linked anew.
    pub(crate) async fn exchange(
        &self,
        exchange: &Exchange,
        standing: &Standing,
        each: &mut (dyn FnMut(Crossing<'_>) -> Result<(), FlowError> + Send),
    ) -> Result<(), EngineError> {
        let Some(exchange) = only_pseudonyms(exchange) else { return Ok(()) };
        let (house, terms) = (self.house, &standing.terms);
        let refused = |violations| EngineError::NotShown { exchange: exchange.exchange.clone(), violations };
        let (old, new) = self.secrets;
        let pseudonyms = Pseudonyms::crossing(old, new, &*terms.partner, &*terms.purpose.code);
        let plan = Plan::compile(terms, &exchange, self.catalogue, &pseudonyms).map_err(refused)?;
        let people = self.catalogue.subject().map_or("", |people| &people.name);
        let heeded = Heeded::load(house, people, terms).await?;
        let (of, had) = (house.keys.disclosure().of(people), Arc::clone(self.had));
        let left_out = heeded.asked(house);
        let register = Register::new(move |key| match had.contains(&u128::from_be_bytes(of.pseudonym(key))) {
            true => left_out(key),
            false => Some(Code::NotCovered),
        });
        let opened =
            sources(house, self.connectors, self.catalogue, &plan).map_err(|error| refused(vec![error.into()]))?;
        let memory = house.memory(house.home.staging());
        let walked = tokio::task::block_in_place(|| {
            crosswalk(&plan, &opened, &|| house.now(), &Watch::default(), register, &memory, each)
        });
        walked.map_err(|error| refused(error.violations()))
    }
}
