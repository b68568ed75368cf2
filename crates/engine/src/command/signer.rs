//! Does whoever acts hold the key that is registered, and is a stored signature the officer's?

use causeway_model::permission::Actor;
use causeway_model::{Code, Person, Refused};
use causeway_package::key::{SigningKey, VerifyingKey};

use crate::error::EngineError;
use crate::house::House;

/// The officer of that name, who holds the private key registered for it.
pub(super) async fn signer(house: &House, name: &str, key: &SigningKey) -> Result<Actor, EngineError> {
    let actor = house.actor(name).await?;
    if !actor.person.has_key() {
        let known = house.store.officer(name).await?;
        let refused = match known {
            Some(_) => Refused::one(Code::KeyRevoked, name, "this person and the key were revoked"),
            None => Refused::one(Code::NotPermitted, name, "nobody of that name is registered here"),
        };
        house.deny(name, "sign", name, refused).await;
        let help = "add the officer's key with `causeway officer add`; a key that was revoked does not count";
        return Err(EngineError::Unknown { what: "officer", name: name.to_owned(), help });
    }
    if let Err(refused) = house.demand_environment(name, key.environment()) {
        return Err(house.deny(name, "sign", name, refused).await);
    }
    if key.verifying_key().fingerprint().to_string() == actor.person.key {
        return Ok(actor);
    }
    let given = key.verifying_key().fingerprint().to_string();
    house
        .deny(
            name,
            "sign",
            name,
            Refused::one(Code::KeyNotVerified, given, "it is another key than the registered one"),
        )
        .await;
    Err(EngineError::Wrong(format!("this key is not the one registered for `{name}` ({})", actor.person.key)))
}

/// Whose signature, hexadecimal, stands under `text`: the officer's, if by a key that counts today.
pub(crate) async fn signed(
    house: &House,
    officer: &str,
    text: &str,
    signature: &str,
) -> Result<Option<Person>, EngineError> {
    let known = house.store.officer(officer).await?.filter(|officer| officer.revoked_at.is_none());
    let Some(known) = known else { return Ok(None) };
    let signature = hex::decode(signature).unwrap_or_default();
    let verifies = VerifyingKey::from_pem(&known.public_key_pem)?.verifies(text.as_bytes(), &signature);
    Ok(verifies.then(|| Person::new(known.name, known.fingerprint)))
}
