//! How does a party sign an arrangement? By an officer's detached signature over exactly its text, for that party.

use causeway_model::arrangement::{Event, KeyStanding, Signature, State};
use causeway_model::permission::Action;
use causeway_model::{Code, Refused};
use causeway_package::key::{SigningKey, VerifyingKey};

use super::Moved;
use super::move_arrangement::{move_arrangement, version_of};
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::House;
use crate::standing::signed_bytes;

/// Signs a version of an arrangement as `officer` for the organisation that the officer works for: the newest that waits for
/// signatures unless one is named. The version, the party, and the state afterwards.
pub async fn sign_arrangement(
    house: &House,
    officer: &str,
    name: &str,
    version: Option<u32>,
    key: &SigningKey,
) -> Result<(u32, String, Moved<State>), EngineError> {
    let waits = |state: &State| matches!(state, State::Proposed { .. } | State::Agreed { .. });
    let life = version_of(house, name, version, waits).await?;
    let (read, version) = (house.arrangement_version(name, life.version).await?, life.version);
    let thing = house.of_both(name, &read.value.partner).drafted_by(life.state.terms().drafter.clone());
    let acting = house.permit(officer, Action::SignArrangement, &thing).await?;
    let registered = acting.partner.as_deref().unwrap_or(house.operation());
    let Some(party) = read.value.party_registered_as(registered).map(|party| party.name.clone()) else {
        let refused =
            Refused::one(Code::NotAParty, registered, format!("version {version} names no party registered so"));
        return Err(house.deny(officer, "sign-arrangement", name, refused).await);
    };
    let digest = sha256_hex(&read.text);
    let bytes = signed_bytes(name, version, &digest, &party);
    let signature = key.sign(&bytes);
    let known = house.store.officer(officer).await?.map(|officer| officer.public_key_pem).unwrap_or_default();
    if !VerifyingKey::from_pem(&known)?.verifies(&bytes, &signature) {
        let detail = format!("the key given is not the one that is registered for `{officer}`");
        return Err(house
            .deny(officer, "sign-arrangement", name, Refused::one(Code::KeyNotVerified, name, detail))
            .await);
    }
    let signed = Signature { party: party.clone(), signer: acting.person, digest };
    if life.state.signatures().contains(&signed) {
        return Ok((version, party, Moved::Already(life.state)));
    }
    let event = Event::Sign { signature: signed, key: KeyStanding::Current };
    let moves = vec![(version, life.state, event)];
    let states =
        move_arrangement(house, officer, "sign-arrangement", name, moves, Some(hex::encode(signature))).await?;
    let state = states.into_iter().next().ok_or_else(|| EngineError::Wrong("nothing was signed".to_owned()))?;
    Ok((version, party, Moved::Now(state)))
}
