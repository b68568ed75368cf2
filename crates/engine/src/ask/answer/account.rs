//! Who calls, for whom, and by which keys are both known?

use causeway_model::permission::Action;
use causeway_package::key::{Recipient, VerifyingKey};

use super::{ACCOUNT, Answered, KeysAsked, demand, said, shown};
use crate::command::{NextKeys, rotate_key as rotate};
use crate::error::EngineError;
use crate::house::House;
use crate::token::Caller;

/// Who calls.
pub(super) async fn me(house: &House, who: &Caller) -> Answered {
    let client = house.client(&who.client).await?;
    shown(&said::Me {
        client: who.client.clone(),
        partner: who.partner.clone(),
        acts_as: client.acts_as,
        scopes: who.scopes.clone(),
        token_ends_at: who.expires_at.to_string(),
        operation: house.operation().to_owned(),
        environment: house.environment().as_str().to_owned(),
    })
}

/// The partner's keys.
pub(super) async fn keys(house: &House, who: &Caller) -> Answered {
    demand(house, who, Action::ShowPartner.as_str(), ACCOUNT).await?;
    let partner = who.partner.as_str();
    house.permit(&who.name(), Action::ShowPartner, &house.of_partner(partner, partner)).await?;
    let life = house.store.partner_life(partner).await?;
    let checks = life.as_ref().map(|life| life.state.keys()).unwrap_or_default();
    let keys = checks.iter().map(|check| said::KeyShown {
        fingerprint: check.key.clone(),
        purpose: check.purpose.as_str().to_owned(),
        proven: check.possession_proven,
        confirmed: check.confirmed_by.is_some(),
        revoked: check.revoked,
        until: check.retires_on.map(|day| day.to_string()),
    });
    shown(&said::Keys { keys: keys.collect() })
}

/// Takes the partner's next keys in.
pub(super) async fn rotate_key(house: &House, who: &Caller, asked: &KeysAsked) -> Answered {
    demand(house, who, Action::RotateKey.as_str(), ACCOUNT).await?;
    // Parsed strictly: a text that holds more than a key is none.
    let next = NextKeys {
        recipient: asked.recipient.as_deref().map(Recipient::parse).transpose().map_err(unreadable)?,
        signing: asked.signing_key.as_deref().map(VerifyingKey::from_pem).transpose().map_err(unreadable)?,
    };
    let (fingerprints, _) = rotate(house, &who.name(), &who.partner, &next, asked.old_until).await?;
    shown(&said::KeysTaken { fingerprints })
}

fn unreadable(error: causeway_package::PackageError) -> EngineError {
    EngineError::Wrong(error.to_string())
}

/// The program's keys.
pub(super) async fn client_keys(house: &House, who: &Caller) -> Answered {
    demand(house, who, Action::ShowPartner.as_str(), ACCOUNT).await?;
    house.permit(&who.name(), Action::ShowPartner, &house.of_partner(&who.client, &who.partner)).await?;
    let now = house.now();
    let keys = house.store.client_keys(&who.client).await?.into_iter().map(|key| said::ClientKeyShown {
        counts: key.counts(now),
        thumbprint: key.thumbprint,
        usage: key.usage,
        until: key.ends_at.map(|at| at.to_string()),
    });
    shown(&said::Keys { keys: keys.collect() })
}
