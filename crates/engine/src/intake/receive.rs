//! How does a body become an intake? As ciphertext, in one transaction with the entry that tells of it.

use std::fs::{File, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use causeway_model::inbound::{Collect, Inbound, Sealing};
use causeway_package::inbound::{Source, claims, sealed};
use causeway_store::change::{NewIntake, Way};
use causeway_store::query::IntakeRow;
use causeway_store::{Changed, Saved, StoreError};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{BODY, folder, versions_in_use};
use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::{House, audit};

/// Bytes up to which a body lies in its row, so that receiving it is one transaction.
const SHORT: u64 = 256 << 10;

/// What came.
pub enum Body<'b> {
    /// In a file, which stays as it is.
    File(&'b Path),
    /// At hand.
    Bytes(&'b [u8]),
}

/// A body, and by which way it came.
pub struct Incoming<'b> {
    /// For which exchange.
    pub exchange: &'b str,
    /// By which way.
    pub way: Way,
    /// The partner's program that sent it, if one did.
    pub client: Option<&'b str>,
    /// What came.
    pub body: Body<'b>,
    /// Its id, where a repetition is told by it; one that nothing has otherwise.
    pub id: Option<String>,
}

/// An intake that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its id: of the earlier one where the same file had come before.
    pub intake: String,
    /// The partner whose it is.
    pub partner: String,
    /// Whether the same file had come before.
    pub again: bool,
}

/// Keeps what came for an exchange. Whether the actor may send it was asked before.
///
/// INVARIANT (what comes in rests as ciphertext): an envelope is kept as it is; what came plain is sealed before it is written anywhere.
pub async fn receive(house: &House, actor: &str, incoming: Incoming<'_>) -> Result<Received, EngineError> {
    let (inbound, terms, versions) = versions_in_use(house, incoming.exchange).await?;
    collects(&inbound, incoming.way)?;
    let most = u64::from(inbound.limits.file_mebibytes) << 20;
    let on_receipt = inbound.sealing == Sealing::OnReceipt;
    // A digest of what came plain is keyed: whoever knows what a short record may say could try.
    let key = house.keys.intakes(&terms.partner, &inbound.exchange);
    let (size, sha256) = measured(&incoming.body, most, on_receipt.then_some(&*key))?;
    let number = match (&incoming.body, on_receipt) {
        (_, true) => None,
        // What it claims is proven when it is opened.
        (Body::File(path), false) => claims(&Source::file(path)).ok().map(|claims| claims.number),
        (Body::Bytes(bytes), false) => claims(&Source::bytes(bytes.to_vec())).ok().map(|claims| claims.number),
    };
    let number = number.filter(|number| *number > 0 && *number <= i64::MAX.unsigned_abs());
    let alone = incoming.id.as_deref().map(|id| alone(&folder(house, id), id)).transpose()?;
    if let Some(id) = &incoming.id
        && let Some(row) = house.store.intake(id).await?
    {
        return again(row, &inbound.exchange, &sha256);
    }
    let id = incoming.id.unwrap_or_else(|| house.id("in"));
    let kept = keep(house, &id, &incoming.body, size, on_receipt)?;
    let event = audit(
        actor,
        "intake-received",
        &id,
        json!({
            "exchange": inbound.exchange, "exchange_version": versions.exchange.1,
            "arrangement": versions.arrangement.0, "arrangement_version": versions.arrangement.1,
            "partner": terms.partner, "client": incoming.client, "way": incoming.way.name(), "number": number,
            "size": size, "sha256": sha256,
        }),
    );
    let new = NewIntake {
        id: id.clone(),
        versions,
        partner: terms.partner.clone(),
        client: incoming.client.map(str::to_owned),
        way: incoming.way,
        number,
        sha256,
        size,
        body: kept,
    };
    // CRASH: a body in its folder and no intake: whoever clears up finds a folder that no intake knows.
    (house.surroundings.probe)("intake-body-kept");
    let saved = house.store.receive_intake(Changed::new(new, event), house.stamp()).await;
    let clear = || remove(&folder(house, &id));
    let saved = match saved {
        Ok(saved) => saved,
        Err(error) => {
            clear()?;
            return Err(error.into());
        }
    };
    if saved.saved == Saved::Already && saved.id != id {
        clear()?;
    }
    drop(alone);
    house.sequence().await?;
    // CRASH: received: whoever looks for work finds it.
    (house.surroundings.probe)("intake-received");
    Ok(Received { intake: saved.id, partner: terms.partner, again: saved.saved == Saved::Already })
}

/// Refuses what comes by a way that the exchange does not name.
pub(super) fn collects(inbound: &Inbound, way: Way) -> Result<(), EngineError> {
    let came_by = |one: &Collect| match one {
        Collect::Api => way == Way::Api,
        Collect::Upload => way == Way::Upload,
        Collect::Folder { .. } => way == Way::Folder,
    };
    let sealed_so = way != Way::Api || inbound.sealing == Sealing::OnReceipt;
    if inbound.collect.iter().any(came_by) && sealed_so {
        return Ok(());
    }
    let (exchange, way) = (&inbound.exchange, way.name());
    Err(EngineError::Wrong(format!(
        "exchange `{exchange}` does not collect by `{way}`: its `collect` says by which ways it does"
    )))
}

/// Holds the folder of an intake that may come twice at once, until it is received: both would write the same file.
pub(crate) fn alone(folder: &Path, id: &str) -> Result<File, EngineError> {
    private_folder(folder)?;
    let held = File::open(folder).map_err(EngineError::file("read", folder))?;
    match held.try_lock() {
        Ok(()) => Ok(held),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::ChangedMeanwhile { what: "intake", name: id.to_owned() }.into())
        }
        Err(TryLockError::Error(error)) => Err(EngineError::file("lock", folder)(error)),
    }
}

/// What came before under the same id, if it is the same.
fn again(row: IntakeRow, exchange: &str, sha256: &str) -> Result<Received, EngineError> {
    if row.versions.exchange.0 != exchange || row.sha256 != sha256 {
        return Err(StoreError::Taken { what: "intake", name: row.id }.into());
    }
    Ok(Received { intake: row.id, partner: row.partner, again: true })
}

/// Size and SHA-256 of what came; the digest keyed where there is a key.
fn measured(body: &Body<'_>, most: u64, key: Option<&[u8; 32]>) -> Result<(u64, String), EngineError> {
    let mut hash =
        key.map_or_else(Sha256::new, |key| Sha256::new().chain_update(b"causeway intake body v1").chain_update(key));
    let too_large = |size| {
        EngineError::Wrong(format!(
            "what came has {size} bytes, and its exchange takes {most}: send several files, or raise `limits` of the exchange"
        ))
    };
    match body {
        Body::Bytes(bytes) if bytes.len() as u64 > most => Err(too_large(bytes.len() as u64)),
        Body::Bytes(bytes) => Ok((bytes.len() as u64, hex::encode(hash.chain_update(bytes).finalize()))),
        Body::File(path) => {
            let file = File::open(path).map_err(EngineError::file("read", *path))?;
            let size = file.metadata().map_err(EngineError::file("read", *path))?.len();
            if size > most {
                return Err(too_large(size));
            }
            let (mut left, mut buffer) = (file.take(most + 1), vec![0; 64 << 10]);
            let mut read_all = 0;
            loop {
                let read = left.read(&mut buffer).map_err(EngineError::file("read", *path))?;
                let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
                hash.update(bytes);
                read_all += read as u64;
            }
            if read_all != size {
                return Err(EngineError::Wrong(format!(
                    "`{}` changed while it was read: send it again",
                    path.display()
                )));
            }
            Ok((size, hex::encode(hash.finalize())))
        }
    }
}

/// Keeps the body as ciphertext: in the row where it is short, which is what comes back; otherwise in its folder.
fn keep(house: &House, id: &str, body: &Body<'_>, size: u64, on_receipt: bool) -> Result<Option<Vec<u8>>, EngineError> {
    let bytes = match body {
        Body::Bytes(bytes) if on_receipt => sealed(bytes, house.keys.recipient())?,
        Body::Bytes(bytes) => bytes.to_vec(),
        Body::File(path) if size <= SHORT => {
            let read = std::fs::read(path).map_err(EngineError::file("read", *path))?;
            if on_receipt { sealed(&read, house.keys.recipient())? } else { read }
        }
        Body::File(path) => {
            if on_receipt {
                let detail = "what is not sealed by the partner comes in pieces of memory, not in files";
                return Err(EngineError::Wrong(detail.to_owned()));
            }
            let into = private(house, id)?;
            std::fs::copy(path, &into).map_err(EngineError::file("write", &into))?;
            sync(&into)?;
            return Ok(None);
        }
    };
    if bytes.len() as u64 <= SHORT {
        return Ok(Some(bytes));
    }
    let into = private(house, id)?;
    std::fs::write(&into, bytes).map_err(EngineError::file("write", &into))?;
    sync(&into)?;
    Ok(None)
}

fn private(house: &House, id: &str) -> Result<PathBuf, EngineError> {
    let folder = folder(house, id);
    private_folder(&folder)?;
    Ok(folder.join(BODY))
}

pub(super) fn sync(path: &Path) -> Result<(), EngineError> {
    let open = |path: &Path| File::open(path).and_then(|file| file.sync_all());
    open(path).map_err(EngineError::file("write", path))?;
    let folder = path.parent().unwrap_or(path);
    open(folder).map_err(EngineError::file("write", folder))
}

/// Removes a folder with all that is in it, if it is there.
pub(super) fn remove(folder: &Path) -> Result<(), EngineError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(EngineError::file("remove", folder)(error)),
        _ => Ok(()),
    }
}
