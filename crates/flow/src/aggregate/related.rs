//! What belongs to records by one key, and how is it read beside other things?

use std::borrow::Cow;
use std::collections::VecDeque;

use super::keyed::Keyed;
use super::run::Stream;
use crate::error::FlowError;
use crate::plan::rel::Rel;

/// Records that are related by a key which others may have in common.
pub(super) struct Related<'r> {
    /// The operator that relates them.
    pub(super) rel: &'r Rel,
    /// What it relates.
    pub(super) side: Cow<'r, Rel>,
    pub(super) there: Vec<String>,
}

/// Batches of one relation that are taken in at a turn, at most.
const MOST: u64 = 4;

/// What belongs to records, being read.
pub(super) struct Building {
    pub(super) keyed: Keyed,
    /// Relations whose turn has not come.
    pub(super) waiting: VecDeque<usize>,
    /// For each relation: batches that are taken in at a turn.
    shares: Vec<u64>,
    pub(super) open: Vec<(usize, Stream)>,
}

impl Building {
    /// Nothing of relations that have about so many records was read yet. Of a large one more is taken in at a turn, so that
    /// all come to their ends together: what is read last, alone, leaves processors idle.
    pub(super) fn new(keyed: Keyed, sizes: &[Option<u64>]) -> Self {
        let least = sizes.iter().copied().flatten().min().unwrap_or(1).max(1);
        let share = |size: &Option<u64>| size.map_or(1, |size| (size.saturating_add(least / 2) / least).clamp(1, MOST));
        let shares = sizes.iter().map(share).collect();
        Self { keyed, waiting: (0..sizes.len()).collect(), shares, open: Vec::new() }
    }

    /// Whether all of it was read.
    pub(super) fn is_done(&self) -> bool {
        self.open.is_empty() && self.waiting.is_empty()
    }

    /// Takes in some of each relation that is open.
    pub(super) fn advance(&mut self) -> Result<(), FlowError> {
        'relations: for (number, mut stream) in std::mem::take(&mut self.open) {
            for _ in 0..self.shares.get(number).copied().unwrap_or(1) {
                let Some(batch) = stream.next() else { continue 'relations };
                self.keyed.add(number, &batch?)?;
            }
            self.open.push((number, stream));
        }
        Ok(())
    }
}

/// The relations in a row that have their key columns in common, first to last, and what they add to.
pub(super) fn chain(rel: &Rel) -> (Vec<String>, Vec<Related<'_>>, &Rel) {
    let here: Vec<String> = here_of(rel).iter().map(|(here, _)| here.clone()).collect();
    let (mut related, mut at) = (VecDeque::new(), rel);
    while let Rel::Facet { input, keys, .. } | Rel::Relate { input, keys, .. } | Rel::Gather { input, keys, .. } = at
        && keys.iter().map(|(here, _)| here).eq(&here)
    {
        let side = match at {
            Rel::Facet { other, .. } => Cow::Owned(Rel::Scan(other.clone())),
            Rel::Relate { one: side, .. } | Rel::Gather { many: side, .. } => Cow::Borrowed(side.as_ref()),
            _ => break,
        };
        related.push_front(Related { rel: at, side, there: keys.iter().map(|(_, there)| there.clone()).collect() });
        at = input;
    }
    (here, related.into(), at)
}

pub(super) fn here_of(rel: &Rel) -> &[(String, String)] {
    match rel {
        Rel::Facet { keys, .. } | Rel::Relate { keys, .. } | Rel::Gather { keys, .. } => keys,
        _ => &[],
    }
}
