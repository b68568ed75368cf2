//! What becomes of what the partner signed: a receipt, an answer, a certificate, a registration?

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_model::json::strict;
use causeway_model::permission::Action;
use serde_json::Value;

use super::transfers::{of_partner, there};
use super::{ACCOUNT, Answered, SignedDocument, demand, said, shown};
use crate::command::{accept_answer, accept_certificate, accept_receipt, rotate_client_key};
use crate::error::EngineError;
use crate::house::House;
use crate::token::Caller;

/// Ed25519 signatures have so many bytes.
const SIGNATURE: usize = 64;

/// The bytes of a document and of its signature.
fn bytes(signed: &SignedDocument) -> Result<(&[u8], Vec<u8>), EngineError> {
    let signature = STANDARD.decode(&signed.signature).ok().filter(|bytes| bytes.len() == SIGNATURE);
    let signature =
        signature.ok_or_else(|| EngineError::Wrong("the signature is not 64 bytes in base64".to_owned()))?;
    Ok((signed.document.as_bytes(), signature))
}

/// What a document says that it is about: read strictly, since more than one reader looks at it.
fn about(signed: &SignedDocument, member: &str) -> Result<String, EngineError> {
    let read = strict(signed.document.as_bytes());
    let read = read.map_err(|error| EngineError::Wrong(format!("the document cannot be read: {error}")))?;
    let about = read.get(member).and_then(Value::as_str).map(str::to_owned);
    about.ok_or_else(|| EngineError::Wrong(format!("the document has no `{member}`")))
}

/// A receipt for a package.
pub(super) async fn receipt(house: &House, who: &Caller, package: &str, signed: &SignedDocument) -> Answered {
    there(house, who, package).await?;
    if about(signed, "package")? != package {
        return Err(EngineError::Wrong("the receipt is for another package".to_owned()));
    }
    let (json, signature) = bytes(signed)?;
    let accepted = accept_receipt(house, &who.name(), json, &signature).await?;
    shown(&said::Taken {
        about: accepted.transfer,
        outcome: accepted.outcome,
        disagreements: accepted.disagreements.into_iter().map(str::to_owned).collect(),
        again: accepted.again,
    })
}

/// The answer to a notice.
pub(super) async fn answer(house: &House, who: &Caller, id: &str, signed: &SignedDocument) -> Answered {
    super::told::of_caller(house, who, Action::AcceptAnswer, id).await?;
    if about(signed, "about")? != id {
        return Err(EngineError::Wrong("the answer is to another notice".to_owned()));
    }
    let (json, signature) = bytes(signed)?;
    let answered = accept_answer(house, &who.name(), json, &signature).await?;
    let outcome = answered.outcome.to_owned();
    shown(&said::Taken { about: answered.notice, outcome, disagreements: Vec::new(), again: answered.again })
}

/// A certificate of deletion.
pub(super) async fn certify(house: &House, who: &Caller, signed: &SignedDocument) -> Answered {
    let package = about(signed, "about")?;
    // Also one that was begun to be taken and then lapsed: what of it left is deleted too.
    of_partner(house, who, &package).await?;
    let (json, signature) = bytes(signed)?;
    let certified = accept_certificate(house, &who.name(), json, &signature).await?;
    let outcome = "done".to_owned();
    shown(&said::Taken { about: certified.package, outcome, disagreements: Vec::new(), again: certified.again })
}

/// The program's next keys: its own, and nobody else's.
pub(super) async fn client_keys(house: &House, who: &Caller, signed: &SignedDocument) -> Answered {
    demand(house, who, Action::RotateClientKey.as_str(), ACCOUNT).await?;
    // Nothing of the document is said or entered before its signature is verified.
    if about(signed, "partner")? != who.partner || about(signed, "client")? != who.client {
        return Err(EngineError::Wrong("the registration is of another program".to_owned()));
    }
    let (json, signature) = bytes(signed)?;
    let added = rotate_client_key(house, &who.name(), json, &signature).await?;
    shown(&said::ClientKeysTaken { client: added.client, keys: added.keys, again: added.again })
}
