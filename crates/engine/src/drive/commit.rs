//! How does a package that is whole become one that is sealed for good?

use std::path::Path;

use causeway_flow::seal::Sealed;
use causeway_model::environment::DataKind;
use causeway_package::Data;
use causeway_package::disclosure::SealedSet;
use causeway_store::StoreError;
use causeway_store::change::{SealTransfer, SealedFacts, Seen};
use serde_json::json;

use super::disclosure_path;
use super::following::{LaidBy, state_path};
use super::prepare::{Prepared, SentAs, refuse};
use super::room::{MOVED, PEOPLE, STAYED, remove};
use super::run::Run;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::audit;
use crate::query::content;

/// Moves the package out and commits it with what follows from it, or leaves nothing behind.
pub(super) async fn commit(
    run: Run<'_>,
    actor: &str,
    seen: Seen,
    token: &str,
    sealed: Sealed,
) -> Result<Prepared, EngineError> {
    let (house, id) = (run.house, run.id);
    let Sealed { package, clearance, disclosed, stayed, elements, state } = sealed;
    // CRASH: whole, in staging, known to nobody: destroyed by recovery.
    (house.surroundings.probe)("prepare-package-in-staging");
    let people = disclosure_path(house, id, token);
    let unfinished = run.room.join(PEOPLE);
    let disclosed = disclosed.seal(&unfinished, house.keys.recipient())?;
    // CRASH: a disclosure set in the room, which recovery clears with the package.
    (house.surroundings.probe)("prepare-disclosure-sealed");
    let mut sets = vec![SealedSet { path: people.clone(), people: Some(disclosed) }];
    // INVARIANT (a person's word holds): whoever stays as they were is in the state that is signed.
    if let Some(stayed) = stayed {
        let path = run.room.join(STAYED);
        let count = stayed.seal(&path, house.keys.recipient())?;
        sets.push(SealedSet { path, people: Some(count) });
    }
    let laid_by = LaidBy::seal(house, run.chosen.as_ref(), state, &run.room, state_path(house, id, token))?;
    let to = house.home.packages().join(&package.id);
    // CRASH: whoever clears this room finds here which package may stand among those that exist without being one.
    let moved = run.room.join(MOVED);
    std::fs::write(&moved, format!("{id} {}", package.id)).map_err(EngineError::file("write", &moved))?;
    sync(&run.room)?;
    std::fs::rename(&unfinished, &people).map_err(EngineError::file("rename", &people))?;
    laid_by.iter().try_for_each(LaidBy::move_out)?;
    std::fs::rename(&package.dir, &to).map_err(EngineError::file("rename", &to))?;
    sync(&house.home.packages())?;
    sync(&house.home.sealed())?;
    // CRASH: moved, not committed: an orphan that recovery destroys.
    (house.surroundings.probe)("prepare-package-moved");
    let sent = laid_by.as_ref().map(|laid_by| laid_by.said.clone());
    let body = json!({
        "package": package.id, "sent": sent, "manifest_sha256": package.manifest_sha256, "released": package.released,
        "state": laid_by.as_ref().map(|laid_by| laid_by.state.records), "people_disclosed": disclosed,
        "withheld": clearance.withheld.iter().map(|(code, count)| json!({ "code": code, "count": count })).collect::<Vec<_>>(),
        "quarantined": clearance.quarantined,
        "faults": clearance.faults.iter().map(|((subject, code), count)| json!({ "subject": subject, "code": code, "count": count })).collect::<Vec<_>>(),
        "conflicts": clearance.conflicts,
        "substitutions": clearance.substitutions.iter().map(|((field, kind), count)| json!({ "field": field, "kind": kind, "count": count })).collect::<Vec<_>>(),
        "arrangement": run.arrangement.arrangement, "arrangement_version": run.arrangement.version, "arrangement_sha256": run.digest, "sealed_to": run.sealed_to,
        "exchange": run.exchange.exchange, "sequence": run.sequence,
    });
    let event = audit(actor, "transfer-sealed", id, body);
    let seal = SealTransfer {
        seen,
        token: token.to_owned(),
        package: package.id.clone(),
        sealed_to: run.sealed_to.clone(),
        sequence: run.sequence,
        facts: SealedFacts {
            released: package.released,
            digest: package.record_digest.clone(),
            manifest_sha256: package.manifest_sha256.clone(),
            purge_by: run.purge_by,
        },
        content: content(&run.exchange, &run.catalogue, disclosed, elements),
        state: laid_by.as_ref().map(|laid_by| laid_by.state.clone()),
        data: match package.manifest.data {
            Data::Real => DataKind::Real,
            Data::Synthetic => DataKind::Synthetic,
        },
        receipt_token_sha256: sha256_hex(package.receipt_token.reveal()),
        decisions_seen: run.heeded.seen(),
        pseudonyms_seen: run.pseudonyms_seen,
    };
    match run.heeded.seal(house, seal.clone(), event, &sets).await {
        Ok(_) => {}
        Err(EngineError::Store(error @ (StoreError::Denied { .. } | StoreError::ChangedMeanwhile { .. }))) => {
            // INVARIANT (a stop holds): said by the transaction that would have sealed it. Its terms went out of force, or the partner
            // was kept from real data, at the last moment.
            std::fs::remove_dir_all(&to).map_err(EngineError::file("remove", &to))?;
            for set in &sets {
                remove(&set.path)?;
            }
            laid_by.iter().try_for_each(LaidBy::undo)?;
            return match error {
                StoreError::Denied { source, .. } => refuse(house, actor, seal.seen, token, source.violations).await,
                error => Err(error.into()),
            };
        }
        Err(error) => return Err(error),
    }
    // CRASH: sealed and committed; the next run only delivers.
    (house.surroundings.probe)("prepare-sealed");
    house.sequence().await?;
    // Nothing is left in it but the note of what was moved out.
    remove(&run.room)?;
    let sent = sent.map(|said| SentAs { said, released: package.released });
    Ok(Prepared { package: package.id, clearance: Some(clearance), sent })
}

fn sync(folder: &Path) -> Result<(), EngineError> {
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(EngineError::file("sync", folder))
}
