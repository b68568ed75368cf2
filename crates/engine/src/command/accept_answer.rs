//! How does a partner's answer settle a notice? Only signed by its key, and by whoever opened the notice.

use causeway_model::permission::Action;
use causeway_package::manifest::shown;
use causeway_package::notice::{Answer, AnswerOutcome, verify_answer};
use causeway_store::change::AnswerNotice;
use causeway_store::query::NoticeRow;
use causeway_store::{Changed, Saved};
use serde_json::json;

use super::signed_by_partner;
use crate::documents::sha256_hex;
use crate::drive::arrived_by_answer;
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::keys::kept;

/// What became of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The notice.
    pub notice: String,
    /// The partner.
    pub partner: String,
    /// `received`, `done` or `not-held`.
    pub outcome: &'static str,
    /// How many records it certifies to be deleted.
    pub deleted: Option<u64>,
    /// Whether the same answer was there already.
    pub again: bool,
}

/// Accepts an answer: JSON bytes and detached signature.
pub async fn accept_answer(house: &House, actor: &str, json: &[u8], signature: &[u8]) -> Result<Answered, EngineError> {
    // What it is about is read before the signature only to find the key that must have made it.
    let claimed: serde_json::Value =
        serde_json::from_slice(json).map_err(|_| EngineError::NotProven("the answer is no JSON".to_owned()))?;
    let about = claimed.get("about").and_then(serde_json::Value::as_str).unwrap_or_default();
    let row = house.store.notice(about).await?.ok_or_else(|| EngineError::Unknown {
        what: "notice",
        name: shown(about),
        help: "the answer must be to a notice of this installation: see `causeway person notices`",
    })?;
    house.permit(actor, Action::AcceptAnswer, &house.of_both(&row.id, &row.partner)).await?;
    let verify = |key: &causeway_package::key::VerifyingKey| verify_answer(json, signature, key);
    let answer = signed_by_partner(house, actor, Action::AcceptAnswer, (&row.id, &row.partner), verify).await?;
    let outcome = fits(house, &row, &answer)?;
    // Only who has opened it knows its token: it arrived, whoever noted that.
    arrived_by_answer(house, actor, &row).await?;
    let certificate = answer.certificate.as_ref();
    let text = String::from_utf8_lossy(json).into_owned();
    let body = json!({
        "partner": row.partner, "outcome": outcome, "answer_sha256": sha256_hex(&text),
        "deleted_at": certificate.map(|of| of.deleted_at), "records": certificate.map(|of| of.records),
        "in_backups_until": certificate.and_then(|of| of.in_backups_until),
    });
    let event = audit(actor, "notice-answered", &row.id, body);
    let change = AnswerNotice { id: row.id.clone(), outcome, text, signature: hex::encode(signature) };
    let saved = house.store.answer_notice(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(Answered {
        notice: row.id,
        partner: row.partner,
        outcome,
        deleted: certificate.map(|of| of.records),
        again: saved == Saved::Already,
    })
}

/// Whether it answers this notice; its outcome in a word.
fn fits(house: &House, row: &NoticeRow, answer: &Answer) -> Result<&'static str, EngineError> {
    let refuse =
        |what: &str| Err(EngineError::NotProven(format!("the answer does not settle notice {}: {what}", row.id)));
    if answer.environment != kept(house.environment()) {
        return refuse("it is of another environment");
    }
    if sha256_hex(&answer.token) != row.token_sha256 {
        return refuse("its token is not that of the notice: whoever signed it did not open it");
    }
    match answer.outcome {
        AnswerOutcome::Done if row.wants_certificate && answer.certificate.is_none() => {
            refuse("an erasure is done with a certificate of deletion: ask the partner to add it")
        }
        AnswerOutcome::Received => Ok("received"),
        AnswerOutcome::Done => Ok("done"),
        AnswerOutcome::NotHeld => Ok("not-held"),
    }
}
