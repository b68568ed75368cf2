//! Is the stored log the one that was signed? Verification of rows, tree and checkpoints that come as iterators.

mod fault;
mod judge;
mod walk;

pub use fault::{Fault, FaultKind};
pub use walk::{LogWalk, Tile, Verified};

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::leaf::Row;

/// Why a verification did not end well.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError<E> {
    /// The log is tampered with.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The saved checkpoint cannot be relied on, so that nothing was compared with it.
    #[error("the saved checkpoint cannot be used: {0}")]
    Saved(CheckpointError),
    /// The log could not be read to its end.
    #[error("the log could not be read: {0}")]
    Source(E),
}

/// Walks a stored log once and tells the first fault.
///
/// `rows` come in the order of their index, `tiles` are the tree's level 0 in order, `checkpoints` the signed texts in
/// the order of signing. Memory does not grow with the log.
///
/// # Errors
/// [`VerifyError::Fault`] when the log is tampered with, [`VerifyError::Source`] when it cannot be read.
pub fn verify_log<E>(
    rows: impl IntoIterator<Item = Result<Row, E>>,
    tiles: impl IntoIterator<Item = Result<Hash, E>>,
    checkpoints: impl IntoIterator<Item = Result<String, E>>,
    key: &VerifierKey,
) -> Result<Verified, VerifyError<E>> {
    drive(LogWalk::new(key), rows, tiles, checkpoints)
}

/// As [`verify_log`], and the log must begin with what the `saved` checkpoint saw: a log that was rewritten whole and
/// signed anew with the same key is found out.
///
/// # Errors
/// As [`verify_log`], and [`VerifyError::Saved`] when the saved text is no checkpoint by the log's key.
pub fn verify_against<E>(
    rows: impl IntoIterator<Item = Result<Row, E>>,
    tiles: impl IntoIterator<Item = Result<Hash, E>>,
    checkpoints: impl IntoIterator<Item = Result<String, E>>,
    key: &VerifierKey,
    saved: &str,
) -> Result<Verified, VerifyError<E>> {
    let walk = LogWalk::new(key).against(saved).map_err(VerifyError::Saved)?;
    drive(walk, rows, tiles, checkpoints)
}

/// Pushes each checkpoint right behind the last row that it covers.
fn drive<E>(
    mut walk: LogWalk,
    rows: impl IntoIterator<Item = Result<Row, E>>,
    tiles: impl IntoIterator<Item = Result<Hash, E>>,
    checkpoints: impl IntoIterator<Item = Result<String, E>>,
) -> Result<Verified, VerifyError<E>> {
    let mut rows = rows.into_iter();
    let mut tiles = tiles.into_iter();
    let mut checkpoints = checkpoints.into_iter();
    let mut waiting = next(&mut checkpoints)?;
    loop {
        while let Some(text) = waiting.take_if(|text| is_due(text, walk.rows())) {
            walk.checkpoint(&text)?;
            waiting = next(&mut checkpoints)?;
        }
        match (next(&mut rows)?, next(&mut tiles)?) {
            (Some(row), Some(tile)) => walk.row(&row, Tile::Is(tile))?,
            (Some(row), None) => walk.row(&row, Tile::Missing)?,
            (None, Some(tile)) => walk.tile_without_row(tile)?,
            (None, None) => break,
        }
    }
    while let Some(text) = waiting {
        walk.checkpoint(&text)?;
        waiting = next(&mut checkpoints)?;
    }
    Ok(walk.finish()?)
}

fn next<T, E>(source: &mut impl Iterator<Item = Result<T, E>>) -> Result<Option<T>, VerifyError<E>> {
    source.next().transpose().map_err(VerifyError::Source)
}

/// What cannot be read as a checkpoint is due at once, for the walk to say so.
fn is_due(text: &str, rows: u64) -> bool {
    Checkpoint::parse(text).map_or(true, |checkpoint| checkpoint.size <= rows)
}
