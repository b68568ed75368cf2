//! Is this the database that we last worked with, or an older copy of it?

use std::path::Path;
use std::time::Duration;

use causeway_ledger::tree::{HashSource, TreeError, root};
use causeway_ledger::{Checkpoint, Hash, VerifierKey};

use super::Opening;
use super::head::Saved;
use crate::StoreError;
use crate::db::{Pool, Transaction, query};
use crate::ledger::tree::{newest_checkpoint, nodes_for, size};

/// A head without a database is a database lost: said before an empty one is made in its place.
pub(super) fn check_presence(is_there: bool, saved: Option<&Saved>) -> Result<(), StoreError> {
    match saved {
        Some(saved) if saved.checkpoint.size > 0 && !is_there => {
            Err(StoreError::RolledBack { saved_size: saved.checkpoint.size, found_size: 0 })
        }
        _ => Ok(()),
    }
}

/// How often, and after how long each time, a head that is missing is looked for again.
const LOOKS: u32 = 50;
const BETWEEN: Duration = Duration::from_millis(20);

/// The database must begin with all that the saved head saw. Returns the newest checkpoint's text.
///
/// A head that was not there may have been written since by another process: a checkpoint is committed before it stands
/// in the head. So it is looked for again before its absence is held against the database.
pub(super) async fn check(
    pool: &Pool,
    opening: Opening<'_>,
    saved: Option<&Saved>,
) -> Result<Option<String>, StoreError> {
    let (mut since, mut looks) = (None, 0);
    loop {
        // Begun after the head was read: what the head has seen is in it.
        let mut snapshot = pool.begin_read().await?;
        let (newest, found_size) = check_signed(&mut snapshot, opening.key).await?;
        let missing = match saved.or(since.as_ref()) {
            Some(saved) => begins_with(&mut snapshot, saved, found_size).await.map(|()| false)?,
            // CRASH: between the commit of the first checkpoint and the first writing of the head there is none. A
            // missing head is innocent only there.
            None => checkpoints(&mut snapshot).await? > 1,
        };
        snapshot.rollback().await?;
        if !missing {
            return Ok(newest);
        }
        if looks == LOOKS {
            return Err(StoreError::HeadMissing { path: opening.head.to_owned(), found_size });
        }
        looks += 1;
        tokio::time::sleep(BETWEEN).await;
        since = super::head::read(opening.head, opening.key)?;
    }
}

/// How many entries a ledger that is being restored lacks of what the saved head saw: none, or those behind its end.
pub(crate) async fn lost(connection: &mut Transaction, head: &Path, key: &VerifierKey) -> Result<u64, StoreError> {
    let (_, found_size) = check_signed(connection, key).await?;
    match super::head::read(head, key)? {
        Some(saved) if saved.checkpoint.size > found_size => Ok(saved.checkpoint.size - found_size),
        Some(saved) => begins_with(connection, &saved, found_size).await.map(|()| 0),
        None => Ok(0),
    }
}

/// The newest checkpoint, which must have signed the tree as it stands, and the size of that.
async fn check_signed(connection: &mut Transaction, key: &VerifierKey) -> Result<(Option<String>, u64), StoreError> {
    let found_size = size(connection).await?;
    let newest = newest_checkpoint(&mut *connection).await?;
    match &newest {
        Some(text) => check_newest(connection, text, found_size, key).await?,
        None if found_size > 0 => return Err(StoreError::LedgerDamaged { what: "it has leaves and no checkpoint" }),
        None => {}
    }
    Ok((newest, found_size))
}

/// A smaller database is older; another root at the same size is an older copy that went another way.
async fn begins_with(connection: &mut Transaction, saved: &Saved, found_size: u64) -> Result<(), StoreError> {
    let Checkpoint { size, root, .. } = &saved.checkpoint;
    if *size <= found_size && root_at(connection, *size).await? == Some(*root) {
        return Ok(());
    }
    Err(StoreError::RolledBack { saved_size: *size, found_size })
}

/// As [`check`], while the store is open: the log whose `newest` checkpoint is about to be built on must begin with what
/// the saved head saw.
pub(crate) async fn check_saved(
    connection: &mut Transaction,
    head: &Path,
    key: &VerifierKey,
    newest: Option<&str>,
) -> Result<(), StoreError> {
    match super::head::read(head, key)? {
        Some(saved) if newest != Some(saved.text.as_str()) => {
            let found_size = size(connection).await?;
            begins_with(connection, &saved, found_size).await
        }
        _ => Ok(()),
    }
}

/// The newest checkpoint is by our key and speaks of the tree as it stands.
async fn check_newest(
    connection: &mut Transaction,
    text: &str,
    found_size: u64,
    key: &VerifierKey,
) -> Result<(), StoreError> {
    let damaged = |what| StoreError::LedgerDamaged { what };
    let newest = Checkpoint::verify(text, key)
        .map_err(|_| damaged("its newest checkpoint is not signed by the ledger's key"))?;
    if newest.size != found_size || root_at(connection, newest.size).await? != Some(newest.root) {
        return Err(damaged("its tree is not the one that the newest checkpoint signed"));
    }
    Ok(())
}

async fn checkpoints(connection: &mut Transaction) -> Result<i64, StoreError> {
    query("SELECT count(*) FROM checkpoint").fetch_one(connection).await?.only()
}

/// The root over the first `size` leaves, unless a node is missing.
async fn root_at(connection: &mut Transaction, size: u64) -> Result<Option<Hash>, StoreError> {
    let nodes = nodes_for(connection, size).await?;
    Ok(root_of(&nodes, size).ok())
}

fn root_of(nodes: &impl HashSource, size: u64) -> Result<Hash, TreeError> {
    root(nodes, size)
}
