//! Who keeps real people's data from a partner, and which two let them go there after all?

use causeway_model::permission::Action;
use causeway_model::{Code, Refused};
use causeway_store::change::{AdmitRealData, AskRealData, SyntheticOnly};
use causeway_store::{Changed, Saved, StoreError};
use serde_json::json;

use super::move_partner::life;
use crate::error::EngineError;
use crate::house::{House, audit};

/// What came of a word for real data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// It is asked for; another person must agree.
    Asked {
        /// Whether the same person had asked before.
        again: bool,
    },
    /// Two have said so: real data may go to it, as far as everything else allows.
    Now,
    /// Real data were not kept from it.
    Already,
}

/// Keeps real people's data from a partner, at once. What is on its way and not delivered waits, or is refused.
pub async fn restrict_partner(house: &House, actor: &str, name: &str, reason: &str) -> Result<Saved, EngineError> {
    life(house, name).await?;
    house.permit(actor, Action::RestrictPartner, &house.of_partner(name, name)).await?;
    if let Err(refused) = given(name, reason) {
        return Err(house.deny(actor, Action::RestrictPartner.as_str(), name, refused).await);
    }
    let event = audit(actor, "partner-restricted", name, json!({ "reason": reason.trim() }));
    let change = SyntheticOnly { partner: name.to_owned() };
    let saved = house.store.synthetic_only(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}

/// Says, as one of two, that real people's data may go to a partner for invented ones: the first asks with a reason, the
/// second, another person with another key, agrees.
pub async fn admit_real_data(
    house: &House,
    actor: &str,
    name: &str,
    reason: Option<&str>,
) -> Result<Admitted, EngineError> {
    const WHAT: Action = Action::AdmitRealData;
    life(house, name).await?;
    let asked = house.store.real_data_asked(name).await?;
    let mut thing = house.of_partner(name, name);
    if let Some(asked) = asked.as_ref().filter(|asked| asked.by != actor) {
        thing = thing.drafted_by(house.person(&asked.by).await?);
    }
    let who = house.permit(actor, WHAT, &thing).await?;
    if !house.store.is_synthetic_only(name).await? {
        return Ok(Admitted::Already);
    }
    let key = who.person.key.clone();
    let saved = match asked {
        Some(asked) if asked.by == actor => return Ok(Admitted::Asked { again: true }),
        Some(asked) => {
            let body = json!({ "asked_by": asked.by, "reason": asked.reason });
            let change = AdmitRealData { partner: name.to_owned(), key };
            let event = audit(actor, "real-data-admitted", name, body);
            house.store.admit_real_data(Changed::new(change, event), house.stamp()).await.map(|_| Admitted::Now)
        }
        None => {
            let reason = reason.unwrap_or_default().trim();
            if let Err(refused) = given(name, reason) {
                return Err(house.deny(actor, WHAT.as_str(), name, refused).await);
            }
            let event = audit(actor, "real-data-asked", name, json!({ "reason": reason }));
            let change = AskRealData { partner: name.to_owned(), key, reason: reason.to_owned() };
            let saved = house.store.ask_real_data(Changed::new(change, event), house.stamp()).await;
            saved.map(|saved| Admitted::Asked { again: saved == Saved::Already })
        }
    };
    match saved {
        Ok(admitted) => {
            house.sequence().await?;
            Ok(admitted)
        }
        Err(StoreError::Denied { source, .. }) => Err(house.deny(actor, WHAT.as_str(), name, source).await),
        Err(error) => Err(error.into()),
    }
}

fn given(name: &str, reason: &str) -> Result<(), Refused> {
    if reason.trim().chars().count() < 5 {
        return Err(Refused::one(Code::ReasonMissing, name, "a reason of a few words belongs to it: --reason TEXT"));
    }
    Ok(())
}
