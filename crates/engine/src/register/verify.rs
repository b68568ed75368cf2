//! Does the ledger hold what a published register says? Asked with the file and the ledger's public key alone.

use std::path::Path;

use causeway_ledger::proof::{LogProof, verify_proof};
use causeway_ledger::{Leaf, VerifierKey};

use super::{JSON_FILE, PAGE_FILE, PUBLIC, Published, TYPE, digests, page, subject};
use crate::error::EngineError;

/// What was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries, the count of refused requests among them.
    pub entries: usize,
    /// Size of the ledger that the newest proof speaks of.
    pub size: u64,
}

/// Verifies the register in `folder` against the ledger's public key.
///
/// # Errors
/// [`EngineError::NotProven`] when anything in it is not in the ledger, or the page shows something else.
pub fn verify(folder: &Path, key: &VerifierKey) -> Result<Verified, EngineError> {
    let path = folder.join(JSON_FILE);
    let text = std::fs::read_to_string(&path).map_err(EngineError::file("read", path))?;
    let published: Published =
        serde_json::from_str(&text).map_err(|error| EngineError::NotProven(format!("`{JSON_FILE}`: {error}")))?;
    if published.kind != TYPE {
        return Err(EngineError::NotProven(format!("`{JSON_FILE}` is no `{TYPE}`")));
    }
    let expected = digests(&published.register)?;
    if expected.len() != published.proofs.len() {
        return Err(EngineError::NotProven("it has not one proof for each entry".to_owned()));
    }
    let mut size = 0;
    for ((of, sha256), proof) in expected.iter().zip(&published.proofs) {
        let wrong = |what: String| EngineError::NotProven(format!("`{of}`: {what}"));
        let parsed = LogProof::parse(&proof.text).map_err(|error| wrong(error.to_string()))?;
        let bytes = parsed.extra.as_deref().ok_or_else(|| wrong("its proof holds no leaf".to_owned()))?;
        let leaf = Leaf::decode(bytes).map_err(|error| wrong(error.to_string()))?;
        let checkpoint = verify_proof(&proof.text, &leaf.hash(), key).map_err(|error| wrong(error.to_string()))?;
        let body: serde_json::Value = serde_json::from_str(&leaf.body).unwrap_or_default();
        let is_said = body.get("sha256").and_then(serde_json::Value::as_str) == Some(sha256.as_str());
        if leaf.actor != PUBLIC
            || leaf.subject != subject(of)
            || !is_said
            || proof.of != *of
            || proof.leaf != parsed.index
        {
            return Err(wrong("the leaf that is proven speaks of something else".to_owned()));
        }
        size = size.max(checkpoint.size);
    }
    let path = folder.join(PAGE_FILE);
    let shown = std::fs::read_to_string(&path).map_err(EngineError::file("read", path))?;
    if shown != page(&published) {
        return Err(EngineError::NotProven(format!("`{PAGE_FILE}` does not show what `{JSON_FILE}` says")));
    }
    Ok(Verified { entries: expected.len(), size })
}
