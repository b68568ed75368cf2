//! How does a value that comes in become a decision of the person?
//!
//! It is in the register before the record that says so stands in the target: between the record's last statement and its commit. So no
//! record stands there whose decision is not heeded, and one that was applied before decides nothing again, whatever the person said
//! since.

use causeway_flow::accept::{Checks, Place};
use causeway_model::rights::{Decision, Scope};
use causeway_store::StoreError;
use causeway_store::change::DocumentKind;
use jiff::tz::TimeZone;

use super::Step;
use crate::command::{Asked, enter};
use crate::error::EngineError;
use crate::rights::Whose;

/// What records of an exchange decide.
pub(super) struct Deciding {
    each: Vec<One>,
    /// Who brought its newest version into use.
    authority: String,
}

struct One {
    /// Places of the field, and of the person's key.
    field: usize,
    person: usize,
    /// The entity of people.
    entity: String,
    /// The value that means it, as it is written.
    value: String,
    decision: Decision,
}

impl Deciding {
    /// What the exchange says; nothing where it decides nothing. Whoever brought its newest version into use stands for it: somebody
    /// who is gone holds up what is already here only until another brings it in anew.
    ///
    /// # Errors
    /// Whoever brought the exchange into use may not any more: then the intake is held.
    pub(super) async fn of(step: &Step<'_>, checks: &Checks) -> Result<Option<Self>, EngineError> {
        let (house, inbound) = (step.house, &step.pinned.inbound);
        if inbound.decides.is_empty() {
            return Ok(None);
        }
        let (exchange, _) = &step.row.versions.exchange;
        let listed = house.store.documents(DocumentKind::Exchange).await?;
        let brought = listed.into_iter().filter(|one| one.name == *exchange).max_by_key(|one| one.version);
        let authority = brought.map(|one| one.imported_by).unwrap_or_default();
        if let (_, Some(violation)) = house.authority(&authority, exchange).await? {
            return Err(super::super::gate::held(&step.row.id, violation));
        }
        let place = |name: &str| {
            let found = checks.fields().iter().position(|field| field == name);
            found.ok_or_else(|| {
                EngineError::Wrong(format!("exchange `{exchange}` decides by a field that it does not have"))
            })
        };
        let effective = step.row.received_at.to_zoned(TimeZone::UTC).date();
        let each = inbound.decides.iter().map(|decides| {
            let element = inbound.field(&decides.person).and_then(|field| field.element.as_ref());
            Ok(One {
                field: place(&decides.field)?,
                person: place(&decides.person)?,
                entity: element.map(|element| element.entity.clone()).unwrap_or_default(),
                value: decides.value.to_string(),
                decision: Decision {
                    kind: decides.decision,
                    scope: Scope::default(),
                    effective,
                    reason: decides.reason,
                    consent: None,
                },
            })
        });
        Ok(Some(Self { each: each.collect::<Result<_, EngineError>>()?, authority }))
    }

    /// Records what a record decides; the field that names the person, where nothing can be decided of whom it names.
    pub(super) fn record(&self, step: &Step<'_>, place: Place<'_>) -> Result<Option<usize>, EngineError> {
        for one in self.each.iter().filter(|one| place.written(one.field).as_ref() == Some(&one.value)) {
            let key = zeroize::Zeroizing::new(place.written(one.person).unwrap_or_default());
            let (exchange, version) = &step.row.versions.exchange;
            let Ok(whose) = Whose::of(step.house, &step.pinned.catalogue, Some(&one.entity), &key) else {
                return Ok(Some(one.person));
            };
            let asked = Asked {
                whose,
                into: None,
                decision: one.decision.clone(),
                reason: format!(
                    "it came in as record {} of intake {}, by `{exchange}` version {version}, under the authority of {}",
                    place.head.number, step.row.id, self.authority
                ),
            };
            match tokio::runtime::Handle::current().block_on(enter(step.house, step.actor, &asked)) {
                Ok(_) => {}
                // The register takes nothing of this person, such as one who goes on as another.
                Err(EngineError::Store(StoreError::Denied { .. }) | EngineError::Denied { .. }) => {
                    return Ok(Some(one.person));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}
