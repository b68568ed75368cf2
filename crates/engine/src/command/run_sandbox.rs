//! How is a package of invented people made, which a partner tries its own work on?
//!
//! INVARIANT (sandbox): this command takes no connectors, and what it calls takes no source: there is no way from here to a
//! store with real people.

use std::path::PathBuf;

use causeway_flow::enforce::Clearance;
use causeway_flow::preview::{Inventing, MOST_IN_TWIN, Twin, twin};
use causeway_flow::seal::Sealing;
use causeway_flow::transform::Pseudonyms;
use causeway_model::partner::State;
use causeway_model::permission::Action;
use causeway_model::{Code, Refused};
use causeway_package::environment::SYNTHETIC;
use causeway_package::inner::ArrangementRef;
use causeway_package::key::Recipient;
use causeway_package::{Entropy, Environment};
use causeway_store::Changed;
use causeway_store::change::NewSandboxRun;
use causeway_store::query::Sandbox;
use jiff::ToSpan;
use serde_json::json;

use super::stopped;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::{House, audit};
use crate::keys::SandboxKeys;

/// A package of invented people.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The sandbox.
    pub sandbox: Sandbox,
    /// Number of the run.
    pub sequence: u64,
    /// Where the package lies for the partner to take.
    pub folder: PathBuf,
    /// What is in it.
    pub clearance: Clearance,
}

/// The sandbox of that name, or the twin of the exchange of that name.
pub async fn sandbox(house: &House, name: &str) -> Result<Sandbox, EngineError> {
    let found = match house.store.sandbox(name).await? {
        Some(found) => Some(found),
        None => house.store.sandboxes().await?.into_iter().find(|one| one.twin_of == name),
    };
    found.ok_or_else(|| EngineError::Unknown {
        what: "sandbox",
        name: name.to_owned(),
        help: "make it with `causeway sandbox make EXCHANGE`",
    })
}

/// How the transfer of a run is called in its manifest; no transfer has such an id.
pub(super) fn run_id(sandbox: &str, sequence: u64) -> String {
    format!("{sandbox}/{sequence}")
}

/// Makes a package of invented people by the exchange as it stands now, whether or not its arrangement is in force.
pub async fn run_sandbox(
    house: &House,
    actor: &str,
    name: &str,
    records: Option<u32>,
    seed: Option<u64>,
) -> Result<Ran, EngineError> {
    let found = sandbox(house, name).await?;
    let exchange = house.exchange(&found.twin_of).await?;
    let read = house.arrangement(&exchange.arrangement).await?;
    let (arrangement, digest) = (read.value, sha256_hex(&read.text));
    let partner = &arrangement.partner;
    let (name, what) = (found.exchange.as_str(), Action::RunSandbox);
    house.permit(actor, what, &house.of_both(name, partner)).await?;
    let refuse = |refused: Refused| house.deny(actor, what.as_str(), name, refused);
    if let Some(stop) = stopped(house, partner).await? {
        return Err(refuse(stop.into()).await);
    }
    let life = house.store.partner_life(partner).await?;
    if let Some(life) = life.filter(|life| matches!(life.state, State::Suspended { .. } | State::Closed { .. })) {
        let detail = format!("it is {}", life.state.name());
        return Err(refuse(Refused::one(Code::PartnerNotActive, partner, detail)).await);
    }
    let Some(key) = house.store.sandbox_key(partner).await? else {
        let detail = "it has no keys for tests here: `causeway sandbox key`";
        return Err(refuse(Refused::one(Code::KeyEnvironment, partner, detail)).await);
    };
    let records = records.unwrap_or(found.records);
    if records == 0 || records as usize > MOST_IN_TWIN {
        return Err(EngineError::Wrong(format!("{records} records cannot be invented: ask for 1 to {MOST_IN_TWIN}")));
    }
    let sequence = house.store.next_run(name).await?;
    let catalogue = house.catalogue().await?;
    let entropy = house.surroundings.entropy;
    let keys = SandboxKeys::load_or_make(&house.home, &mut |buffer| entropy(buffer))?;
    let purge_by = house.today().saturating_add(i64::from(arrangement.retention_days).days());
    let room = house.home.staging().join(house.worker()?);
    private_folder(&room)?;
    let sealing = Sealing {
        staging: &room,
        exchange: &exchange,
        now: house.now(),
        recipients: vec![Recipient::parse(&key.age_recipient)?.meant_for(Environment::Test)],
        signing_key: &keys.package,
        entropy: Entropy::new(house.random()),
        disclosure_key: &keys.disclosure(),
        subject: "",
        transfer: run_id(name, sequence),
        sequence,
        arrangement: ArrangementRef {
            id: arrangement.arrangement.clone(),
            version: arrangement.version,
            digest: digest.clone(),
        },
        purge_by,
        checkpoint: house.sequence().await?,
        sources: Vec::new(),
        snapshot_spread_s: 0,
        following: None,
    };
    let inventing = Inventing { records: records as usize, seed: seed.unwrap_or(sequence), now: house.now() };
    let pseudonyms = Pseudonyms::new(&keys.pseudonym_root, partner, &arrangement.purpose.code);
    let made = tokio::task::block_in_place(|| twin(&arrangement, &catalogue, &pseudonyms, inventing, sealing));
    let Twin { package, clearance } = match made {
        Ok(made) => made,
        Err(error) => return Err(refuse(Refused { violations: error.violations() }).await),
    };
    // CRASH: whole, in staging, known to nobody: destroyed by recovery.
    (house.surroundings.probe)("sandbox-package-in-staging");
    let body = json!({
        "package": package.id, "manifest_sha256": package.manifest_sha256, "released": clearance.released,
        "twin_of": found.twin_of, "exchange_version": exchange.version, "arrangement": arrangement.arrangement,
        "arrangement_version": arrangement.version, "arrangement_sha256": digest, "sequence": sequence,
        "partner": partner, "data": "synthetic",
    });
    let run = NewSandboxRun {
        package: package.id.clone(),
        sandbox: name.to_owned(),
        sequence,
        partner: partner.clone(),
        released: package.released,
        digest: package.record_digest.clone(),
        manifest_sha256: package.manifest_sha256.clone(),
        receipt_token_sha256: sha256_hex(package.receipt_token.reveal()),
    };
    house.store.sandbox_run(Changed::new(run, audit(actor, "sandbox-run", name, body)), house.stamp()).await?;
    house.sequence().await?;
    // CRASH: the run is known and its package still in staging, where recovery destroys it: run it again.
    (house.surroundings.probe)("sandbox-run-known");
    let outbox = house.home.sandbox_outbox().join(partner);
    private_folder(&outbox)?;
    let folder = outbox.join(format!("{SYNTHETIC}{}", package.id));
    std::fs::rename(&package.dir, &folder).map_err(EngineError::file("rename", &folder))?;
    std::fs::remove_dir_all(&room).map_err(EngineError::file("remove", &room))?;
    Ok(Ran { sandbox: found, sequence, folder, clearance })
}
