//! A row is not what should stand here: which of the tamperings was it?
//!
//! A row that disagrees with its own stored hash convicts itself. One that agrees with itself but not with its place
//! is compared with its neighbours; what these do not settle becomes a [`Suspicion`], which the next checkpoint, the
//! only signed witness, decides.

use super::fault::{Fault, FaultKind};
use super::walk::{Held, Tile};
use crate::hash::Hash;
use crate::tree::Edge;

/// The first disagreement that its neighbours did not explain.
pub(super) struct Suspicion {
    /// Where.
    pub(super) index: u64,
    /// The hash computed from the row there.
    row: Hash,
    /// The hash that the tree has there.
    tile: Option<Hash>,
    /// The index that the row claims.
    claimed: u64,
    /// The tree as the tiles tell it, beside the walk's own, which the rows tell.
    tiles: Edge,
    /// What it is if a checkpoint agrees with the rows.
    if_rows_hold: FaultKind,
    /// What it is if a checkpoint agrees with neither.
    otherwise: FaultKind,
    /// What it is if no checkpoint follows.
    undecided: FaultKind,
    verdict: Option<FaultKind>,
}

/// What the judge finds.
pub(super) enum Finding {
    /// The row is what was logged, as far as this can be seen without a checkpoint.
    Sound,
    /// Certainly this.
    Fault(Fault),
    /// Something, to be decided later.
    Suspicion(Box<Suspicion>),
}

/// Judges the row at the edge's size, with the row and the leaf hash that follow.
pub(super) fn judge(edge: &Edge, row: &Held, next: Option<&Held>, next_tile: Option<Hash>) -> Finding {
    match row.tile {
        Tile::Is(tile) => against_tile(edge, row, tile, next, next_tile),
        Tile::Absent => by_index(edge, row, next),
        // More rows than leaves in the tree: the tree lost some, or a row was added at the end.
        Tile::Missing => match out_of_place(edge, row, next) {
            Finding::Sound => {
                let kinds = [FaultKind::TileMismatch, FaultKind::RowEdited, FaultKind::RowInserted];
                suspect(edge, row, kinds)
            }
            found => found,
        },
    }
}

fn against_tile(edge: &Edge, row: &Held, tile: Hash, next: Option<&Held>, next_tile: Option<Hash>) -> Finding {
    let at = edge.size();
    if row.computed == tile {
        return if row.index != at {
            fault(FaultKind::RowEdited, at, "its index column was changed")
        } else if row.stored != tile {
            fault(FaultKind::RowEdited, at, "its stored hash was changed")
        } else {
            Finding::Sound
        };
    }
    let next_belongs_here = next.is_some_and(|next| next.computed == tile);
    let belongs_next = next_tile == Some(row.computed);
    match (next_belongs_here, belongs_next) {
        (true, true) => return swapped(at, at + 1),
        (true, false) => return fault(FaultKind::RowInserted, at.min(row.index), "the tree has no such leaf here"),
        (false, true) => return fault(FaultKind::RowMissing, at, "the tree's leaf here has no row"),
        (false, false) => {}
    }
    if row.stored == tile {
        return fault(FaultKind::RowEdited, at, "its columns no longer give the hash it was logged with");
    }
    if row.stored != row.computed {
        return fault(FaultKind::RowEdited, at, "its columns and its stored hash disagree, and with the tree");
    }
    match out_of_place(edge, row, next) {
        Finding::Sound => suspect(edge, row, [FaultKind::TileMismatch, FaultKind::RowEdited, FaultKind::TileMismatch]),
        found => found,
    }
}

/// Without the tree's copy there is only the row's own hash, and its index.
fn by_index(edge: &Edge, row: &Held, next: Option<&Held>) -> Finding {
    let at = edge.size();
    if row.index == at && row.stored != row.computed {
        return if next.is_some_and(|next| next.index == at) {
            fault(FaultKind::RowInserted, at, "two rows have this index")
        } else {
            fault(FaultKind::RowEdited, at, "its columns no longer give its stored hash")
        };
    }
    let found = out_of_place(edge, row, next);
    if row.stored != row.computed && matches!(found, Finding::Suspicion(_)) {
        return fault(FaultKind::RowEdited, at, "its columns no longer give its stored hash");
    }
    found
}

/// What the index column alone tells.
fn out_of_place(edge: &Edge, row: &Held, next: Option<&Held>) -> Finding {
    let at = edge.size();
    if row.index == at {
        return Finding::Sound;
    }
    let (ahead, next_index) = (row.index > at, next.map(|next| next.index));
    if next_index == Some(at) {
        return if row.index == at + 1 {
            swapped(at, at + 1)
        } else {
            fault(FaultKind::RowInserted, at.min(row.index), "it stands before the row that belongs here")
        };
    }
    if next_index.is_none_or(|next| next == at + 1) {
        let otherwise = if ahead { FaultKind::RowMissing } else { FaultKind::RowInserted };
        return suspect(edge, row, [FaultKind::RowEdited, otherwise, otherwise]);
    }
    if ahead {
        return Finding::Fault(Fault::new(FaultKind::RowMissing, at, "the log goes on behind it").and(row.index - 1));
    }
    fault(FaultKind::RowInserted, row.index, "two rows have this index")
}

fn fault(kind: FaultKind, index: u64, detail: &'static str) -> Finding {
    Finding::Fault(Fault::new(kind, index, detail))
}

fn swapped(one: u64, other: u64) -> Finding {
    Finding::Fault(Fault::new(FaultKind::RowsSwapped, one, "each stands in the other's place").and(other))
}

fn suspect(edge: &Edge, row: &Held, [if_rows_hold, otherwise, undecided]: [FaultKind; 3]) -> Finding {
    let (index, tile) = (edge.size(), row.tile.hash());
    let (row, claimed, tiles) = (row.computed, row.index, edge.clone());
    Finding::Suspicion(Box::new(Suspicion {
        index,
        row,
        tile,
        claimed,
        tiles,
        if_rows_hold,
        otherwise,
        undecided,
        verdict: None,
    }))
}

impl Suspicion {
    /// Whether the row at `at` is the other half of a swap.
    pub(super) fn twin(&self, at: u64, row: &Held) -> Option<Fault> {
        let by_hash = self.tile == Some(row.computed) && row.tile.hash() == Some(self.row);
        let by_index = self.claimed == at && row.index == self.index && at != self.index;
        (by_hash || by_index)
            .then(|| Fault::new(FaultKind::RowsSwapped, self.index, "each stands in the other's place").and(at))
    }

    /// Follows the tree as the tiles tell it.
    pub(super) fn follow(&mut self, row: &Held) {
        self.tiles.append(row.tile.hash().unwrap_or(row.computed));
    }

    /// Hears a checkpoint, which has this root where the rows have that one. A fault if the case is closed; otherwise the walk goes on,
    /// since the other half of a swap may still come.
    pub(super) fn hear(&mut self, signed: Hash, rows: Hash) -> Option<Fault> {
        if self.verdict.is_some() {
            return None;
        }
        if rows == signed {
            self.verdict = Some(self.if_rows_hold);
            return Some(self.fault());
        }
        let tiles_hold = self.tile.is_some() && self.tiles.root() == signed;
        self.verdict = Some(if tiles_hold { FaultKind::RowEdited } else { self.otherwise });
        None
    }

    /// What it comes to, as far as is known.
    pub(super) fn fault(&self) -> Fault {
        let kind = self.verdict.unwrap_or(self.undecided);
        let detail = match (kind, self.verdict.is_some()) {
            (FaultKind::TileMismatch, true) => "the tree's copy of the leaf hash was changed or lost",
            (FaultKind::TileMismatch, false) => "row and tree disagree, and no checkpoint decides between them",
            (FaultKind::RowEdited, _) if self.claimed != self.index => "its index column was changed",
            (FaultKind::RowEdited, _) => "the row and its stored hash were rewritten",
            (FaultKind::RowMissing, _) => "another row stands in its place",
            _ => "it was never logged",
        };
        let fault = Fault::new(kind, self.index, detail);
        match kind {
            FaultKind::RowInserted => Fault { index: self.index.min(self.claimed), ..fault },
            FaultKind::RowMissing => fault.and(self.claimed.saturating_sub(1)),
            _ => fault,
        }
    }
}
