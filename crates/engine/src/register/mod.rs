//! What may everybody see of the sharing that goes on, and how can they tell that the ledger holds the same?
//!
//! Each entry of the public register is a leaf of the ledger of its own, without a person's name, and stands in `register.json`
//! together with that leaf and its proof. [`verify`] needs the file and the ledger's public key, and no installation.

mod page;
mod verify;

pub use page::page;
pub use verify::{Verified, verify};

use std::path::Path;

use causeway_ledger::{Row, proof::LogProof};
use causeway_model::arrangement::{Arrangement, Released, State};
use causeway_model::permission::Action;
use causeway_model::public_register::{Entry, Register, entry};
use causeway_model::request::{RefusedRequest, Statistics, statistics};
use causeway_store::Changed;
use causeway_store::change::DocumentKind;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::{House, audit};

/// The register's file for programs.
pub const JSON_FILE: &str = "register.json";
/// The register's page for people.
pub const PAGE_FILE: &str = "index.html";

/// As whom the ledger enters what is public: a leaf that is published names no person.
const PUBLIC: &str = "public-register";
/// The subject of the leaf that tells how many requests were refused.
const REFUSED: &str = "refused-requests";

/// The register with the proof of each entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// `causeway-public-register/1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The register.
    pub register: Register,
    /// Proofs, in the order of the arrangements; that of the refused requests is the last.
    pub proofs: Vec<Proof>,
    /// The ledger's public key, to be compared with the one that the operation tells otherwise.
    pub ledger_key: String,
}

/// That an entry stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The arrangement, or `refused-requests`.
    pub of: String,
    /// Place of its leaf.
    pub leaf: u64,
    /// The proof, a C2SP tlog-proof: leaf, path and checkpoint.
    pub text: String,
}

const TYPE: &str = "causeway-public-register/1";

/// Draws the public register up and writes `register.json` and `index.html` into `folder`, which is made if it is not there.
pub async fn export(house: &House, name: &str, folder: &Path) -> Result<Published, EngineError> {
    let thing = house.own("the public register");
    house.permit(name, Action::ExportRegister, &thing).await?;
    let register = draw_up(house).await?;
    let mut leaves = Vec::new();
    for (of, sha256) in digests(&register)? {
        leaves.push((of.clone(), leaf(house, &of, &sha256).await?));
    }
    house.record(name, "register-exported", &thing.name, json!({ "entries": leaves.len() })).await?;
    let mut ledger = house.store.ledger().await?;
    let mut proofs = Vec::new();
    for (of, row) in leaves {
        let mut proof =
            LogProof::parse(&ledger.prove(row.index).await?).map_err(|error| EngineError::Wrong(error.to_string()))?;
        proof.extra = Some(row.leaf.encode());
        proofs.push(Proof { of, leaf: row.index, text: proof.to_text() });
    }
    let ledger_key = house.keys.ledger.public().to_string();
    let published = Published { kind: TYPE.to_owned(), register, proofs, ledger_key };
    std::fs::create_dir_all(folder).map_err(EngineError::file("make", folder))?;
    let text = serde_json::to_string_pretty(&published).map_err(|error| EngineError::Wrong(error.to_string()))?;
    for (file, text) in [(JSON_FILE, text + "\n"), (PAGE_FILE, page(&published))] {
        let path = folder.join(file);
        std::fs::write(&path, text).map_err(EngineError::file("write", path))?;
    }
    Ok(published)
}

async fn draw_up(house: &House) -> Result<Register, EngineError> {
    let catalogue = house.catalogue().await?;
    let mut names: Vec<String> =
        house.store.documents(DocumentKind::Arrangement).await?.into_iter().map(|listing| listing.name).collect();
    names.dedup();
    let mut arrangements: Vec<Entry> = Vec::new();
    for name in names {
        let Some((arrangement, state)) = standing(house, &name).await? else { continue };
        let released: Vec<Released> = house
            .store
            .releases_since(&name, Timestamp::UNIX_EPOCH)
            .await?
            .into_iter()
            .map(|release| Released { at: release.sealed_at, exchange: release.exchange, records: release.records })
            .collect();
        arrangements.extend(entry(&arrangement, &state, &catalogue, &released));
    }
    let refused: Vec<RefusedRequest> = house.store.refused_requests().await?.into_iter().map(|row| row.entry).collect();
    Ok(Register {
        operation: house.home.config().operation.clone(),
        drawn_up_on: house.today(),
        arrangements,
        refused: statistics(&refused, Date::MIN, Date::MAX),
    })
}

/// An arrangement that is in force now, and its state.
async fn standing(house: &House, name: &str) -> Result<Option<(Arrangement, State)>, EngineError> {
    let Some(life) = house.newest_in_force(name).await? else { return Ok(None) };
    if !matches!(life.state, State::InForce { .. }) || !life.state.terms().valid.holds_at(house.now()) {
        return Ok(None);
    }
    Ok(Some((house.arrangement_version(name, life.version).await?.value, life.state)))
}

/// What the ledger must hold of a register: each entry's subject and digest.
fn digests(register: &Register) -> Result<Vec<(String, String)>, EngineError> {
    let mut found = Vec::new();
    for entry in &register.arrangements {
        found.push((entry.arrangement.clone(), digest(entry)?));
    }
    found.push((REFUSED.to_owned(), digest::<Statistics>(&register.refused)?));
    Ok(found)
}

fn digest<T: Serialize>(entry: &T) -> Result<String, EngineError> {
    let text = serde_json::to_string(entry).map_err(|error| EngineError::Wrong(error.to_string()))?;
    Ok(sha256_hex(&text))
}

/// The subject of the leaf of an entry.
fn subject(of: &str) -> String {
    format!("{PUBLIC}/{of}")
}

/// The leaf of an entry: the one that is there if the entry is as before, or else a new one.
async fn leaf(house: &House, of: &str, sha256: &str) -> Result<Row, EngineError> {
    let body = json!({ "sha256": sha256 });
    let same = |row: &Row| serde_json::from_str::<serde_json::Value>(&row.leaf.body).is_ok_and(|there| there == body);
    let subject = subject(of);
    for again in [false, true] {
        let found = house.store.leaves_of(&subject).await?.into_iter().rev().find(same);
        if let Some(row) = found {
            return Ok(row);
        }
        if !again {
            let event = audit(PUBLIC, "register-entry", &subject, body.clone());
            house.store.record_event(Changed::new((), event), house.stamp()).await?;
            house.sequence().await?;
        }
    }
    Err(EngineError::Wrong(format!("the ledger did not take the entry of `{of}`: run it again")))
}
