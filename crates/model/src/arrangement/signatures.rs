//! Who has signed a text, for which party, with which key, and does the signature count?

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::state::Terms;
use crate::{Code, Person, Refused, Violation};

/// A party's signature over a text. That it verifies is for the caller to know; whether it counts is decided here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signature {
    /// The party for which it was made.
    pub party: String,
    /// Who made it, with the fingerprint of the key.
    pub signer: Person,
    /// SHA-256 of the text that it is over, hexadecimal.
    pub digest: String,
}

/// Whether a key may sign now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStanding {
    /// It may.
    Current,
    /// It was revoked.
    Revoked,
}

/// Adds `signature` if it counts beside those that are there.
pub(super) fn add(
    terms: &Terms,
    signatures: &mut Vec<Signature>,
    signature: Signature,
    key: KeyStanding,
) -> Result<(), Refused> {
    let refuse = |code, detail: String| Err(Refused::one(code, &signature.party, detail));
    let signer = &signature.signer;
    if !terms.parties.contains(&signature.party) {
        return refuse(Code::NotAParty, format!("version {} names no such party", terms.version));
    }
    if signature.digest != terms.digest {
        return refuse(Code::SignatureOtherText, format!("version {} has digest {}", terms.version, terms.digest));
    }
    if !signer.has_key() {
        return refuse(Code::KeyNotVerified, format!("nothing tells with which key `{}` signed", signer.name));
    }
    if key == KeyStanding::Revoked {
        return refuse(Code::KeyRevoked, format!("the key of `{}` was revoked", signer.name));
    }
    if terms.drafter.may_be(signer) {
        return refuse(Code::OwnDraft, format!("`{}` or the key drafted this version", signer.name));
    }
    if let Some(same) = signatures.iter().find(|other| other.signer.may_be(signer)) {
        return refuse(Code::AlreadySigned, format!("`{}` or the key signed for `{}`", signer.name, same.party));
    }
    signatures.push(signature);
    Ok(())
}

/// Parties without a signature by a key outside `revoked`.
pub(super) fn missing(terms: &Terms, signatures: &[Signature], revoked: &BTreeSet<String>) -> Vec<Violation> {
    let signed: BTreeSet<&String> = signatures
        .iter()
        .filter(|signature| !revoked.contains(&signature.signer.key))
        .map(|signature| &signature.party)
        .collect();
    let mut missing: Vec<Violation> = terms
        .parties
        .iter()
        .filter(|party| !signed.contains(party))
        .map(|party| {
            let detail = format!("version {} lacks its signature by a key that is valid now", terms.version);
            Violation::new(Code::SignaturesMissing, party, detail)
        })
        .collect();
    missing.extend(too_few(terms));
    missing
}

/// Why the text binds nobody: it takes two to agree.
pub(super) fn too_few(terms: &Terms) -> Option<Violation> {
    let parties = terms.parties.len();
    (parties < 2).then(|| {
        let detail = format!("version {} names {parties} parties, and two are needed", terms.version);
        Violation::new(Code::SignaturesMissing, &terms.arrangement, detail)
    })
}
