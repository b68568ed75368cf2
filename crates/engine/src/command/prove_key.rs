//! How does a partner prove that it holds its private keys? It opens a challenge with one and signs the answer with the other.

use std::path::Path;

use causeway_model::partner::{Event, KeyCheck, KeyPurpose, State};
use causeway_model::permission::Action;
use causeway_model::{Code, Refused};
use causeway_package::key::{Recipient, VerifyingKey};
use causeway_package::report::ReportWriter;
use causeway_store::Changed;
use causeway_store::change::ChallengePartner;
use jiff::ToSpan;
use serde_json::json;

use super::move_partner::{Moved, life, move_partner};
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Hours for which a challenge may be answered: two weeks.
const ANSWERED_WITHIN_HOURS: i64 = 14 * 24;

/// Writes a challenge for a partner into a new file, sealed to its age recipient. It takes the place of one before.
pub async fn challenge_partner(house: &House, actor: &str, name: &str, out: &Path) -> Result<(), EngineError> {
    house.permit(actor, Action::AddPartner, &house.of_partner(name, name)).await?;
    let (_, life) = life(house, name).await?;
    let (_, recipient) = candidate(house, name, &life.state, KeyPurpose::Recipient).await?;
    let text = format!("causeway-challenge/1 {name} {}", hex::encode(house.random()));
    let mut file = ReportWriter::create(out, &Recipient::parse(&recipient)?)?;
    file.line(&text)?;
    file.finish()?;
    // As the partner decrypts it: a JSON text and the end of its line.
    let answer_sha256 = sha256_hex(&format!("\"{text}\"\n"));
    let event = audit(actor, "partner-challenged", name, json!({ "answer_sha256": answer_sha256 }));
    let change = ChallengePartner { partner: name.to_owned(), answer_sha256 };
    house.store.challenge_partner(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(())
}

/// Takes a partner's answer to the newest challenge, with its signature: both of its keys are proven by it.
pub async fn prove_key(
    house: &House,
    actor: &str,
    name: &str,
    answer: &[u8],
    signature: &[u8],
) -> Result<Moved, EngineError> {
    house.permit(actor, Action::ProveKey, &house.of_partner(name, name)).await?;
    let (_, life) = life(house, name).await?;
    let proven = |key: &KeyCheck| key.possession_proven || key.revoked;
    if !life.state.keys().is_empty() && life.state.keys().iter().all(proven) {
        return Ok(Moved::Already(life.state));
    }
    let unproven = |detail: &str| Refused::one(Code::KeyNotVerified, name, detail);
    let since = house.now().checked_sub(ANSWERED_WITHIN_HOURS.hours()).unwrap_or(jiff::Timestamp::MIN);
    let answered = life.challenge.filter(|(_, at)| *at >= since).map(|(sha256, _)| sha256);
    let (recipient, _) = candidate(house, name, &life.state, KeyPurpose::Recipient).await?;
    let (signer, signing) = candidate(house, name, &life.state, KeyPurpose::Signing).await?;
    let signing = VerifyingKey::from_pem(&signing)?;
    let refused = match answered {
        None => Some(unproven("no challenge waits for an answer: make one with `causeway partner challenge`")),
        Some(sha256) if sha256 != sha256_hex(&String::from_utf8_lossy(answer)) => {
            Some(unproven("the answer is not what the newest challenge holds: decrypt it with the age identity"))
        }
        Some(_) if !signing.verifies(answer, signature) => {
            Some(unproven("the signature is not one of the registered signing key over the answer"))
        }
        Some(_) => None,
    };
    if let Some(refused) = refused {
        return Err(house.deny(actor, "prove-key", name, refused).await);
    }
    let unproven =
        life.state.keys().iter().filter(|check| {
            !check.possession_proven && !check.revoked && (check.key == recipient || check.key == signer)
        });
    let events: Vec<Event> = unproven.map(|key| Event::ProvePossession { key: key.key.clone() }).collect();
    let body = json!({ "answer_sha256": sha256_hex(&String::from_utf8_lossy(answer)) });
    move_partner(house, actor, "prove-key", (name, life.state), events, body).await
}

/// The key of that purpose that a challenge proves: the newest that waits for its proof, else the one that is current.
async fn candidate(
    house: &House,
    name: &str,
    state: &State,
    purpose: KeyPurpose,
) -> Result<(String, String), EngineError> {
    let waits = |check: &&KeyCheck| check.purpose == purpose && !check.possession_proven && !check.revoked;
    let check = state.keys().iter().rev().find(waits).or(state.usable_key(purpose, house.today()));
    let known = house.store.partner_keys(name).await?;
    let key = check.and_then(|check| known.into_iter().find(|key| key.fingerprint == check.key));
    key.map(|key| (key.fingerprint, key.text)).ok_or_else(|| {
        EngineError::Wrong(format!(
            "`{name}` has no {purpose} key left: have it bring one in with `partner rotate-key`"
        ))
    })
}

/// Which of a partner's keys are neither confirmed nor revoked, with their fingerprints.
pub(super) fn unconfirmed(state: &State) -> impl Iterator<Item = &str> {
    state.keys().iter().filter(|key| key.confirmed_by.is_none() && !key.revoked).map(|key| key.key.as_str())
}
