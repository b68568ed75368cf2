//! How is a group undone, as far as it still stands as it was applied?

use causeway_flow::accept::target::{
    Before, Keeper, Mapping, Place, RowBefore, RowUndone, Stored, TargetError, Undone,
};
use causeway_model::Code;

use super::link::Link;
use super::marker::{self, Plans};
use super::session::Open;
use super::statement;

/// Undoes a group in one transaction; where it was undone, answers what came of it.
pub(super) fn undo<L: Link>(
    open: &mut Open<L>,
    place: &Place,
    before: &[u8],
    keeper: &mut dyn Keeper,
) -> Result<Undone, TargetError> {
    let before = Before::from_bytes(&open.target, before)?;
    open.link.begin().map_err(|trouble| trouble.error(&open.target))?;
    let undoing = undoing(open, place, &before, keeper);
    let Ok((undone, true)) = undoing else {
        open.give_up();
        return undoing.map(|(undone, _)| undone);
    };
    // CRASH: nothing holds before the commit: it is undone from the start.
    keeper.mark("undo-statement");
    open.link.commit().map_err(|trouble| trouble.error(&open.target))?;
    // CRASH: it holds, and nobody here knows: the marker tells what came of it.
    keeper.mark("undo-committed");
    Ok(undone)
}

/// What came of it, and whether that is new.
fn undoing<L: Link>(
    open: &mut Open<L>,
    place: &Place,
    before: &Before,
    keeper: &mut dyn Keeper,
) -> Result<(Undone, bool), TargetError> {
    let lock = open.dialect().lock();
    let Some(kept) = open.of_place(place, lock, Plans::Read)? else {
        return Err(open.wrong(Code::WrongState, "no group of that number was applied"));
    };
    if kept.marker.is_undone() {
        let told = kept.undo.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let told = told.ok_or_else(|| open.wrong(Code::TargetNotPrepared, "what came of undoing cannot be read"))?;
        return Ok((told, false));
    }
    // What came for the record since rests on what this wrote, also where it left the same values.
    let newest = open.newest(&kept.marker.external_id)?;
    let is_newest = newest.is_none_or(|newest| newest.marker.place == kept.marker.place);
    // What was written last goes first: a row that was written twice is as it was before the first time.
    let mut rows = Vec::new();
    for row in before.rows.iter().rev() {
        let came = if is_newest { back(open, row, keeper)? } else { RowUndone::Changed };
        rows.push((row.table.clone(), came));
    }
    rows.reverse();
    let undone = Undone { rows };
    let outcome = if undone.is_whole() { "undone" } else { "undone-in-part" };
    let told =
        serde_json::to_vec(&undone).map_err(|_| open.wrong(Code::RuleFailed, "what came of it cannot be kept"))?;
    let binds = [
        Stored::Text(outcome.to_owned()),
        Stored::Bytes(told),
        open.exchange(),
        Stored::Text(place.intake.clone()),
        open.number(place.group)?,
    ];
    // CRASH: nothing holds before the commit.
    keeper.mark("undo-statement");
    let sql = marker::settle(open.dialect());
    match open.link.run(&sql, &binds).map_err(|trouble| open.error(trouble))? {
        1 => Ok((undone, true)),
        _ => Err(open.wrong(Code::TargetBusy, "the marker of a group is gone: somebody else undoes it, perhaps")),
    }
}

fn back<L: Link>(open: &mut Open<L>, row: &RowBefore, keeper: &mut dyn Keeper) -> Result<RowUndone, TargetError> {
    // A version of the exchange that was brought in since may name its tables in another order.
    let place = open.layout.mappings.iter().position(|mapping| mapping.table == row.table);
    let Some(place) = place else {
        return Err(
            open.wrong(Code::RuleFailed, "the exchange writes into other tables now: bring its older version in anew")
        );
    };
    let mapping = open.mapping(place)?.clone();
    let lock = open.dialect().lock();
    let Some((_, fields)) = open.by_key(place, &row.key, lock)? else { return Ok(RowUndone::Gone) };
    if row.columns.iter().any(|(column, _, applied)| fields.get(column) != Some(applied)) {
        return Ok(RowUndone::Changed);
    }
    match (&mapping.retire, row.inserted) {
        (None, true) => Ok(RowUndone::Kept),
        (Some((status, datum)), true) => {
            let value = open.dialect().bind(datum);
            put(open, &mapping, row, &[(status.name.as_str(), value)], keeper)?;
            Ok(RowUndone::Retired)
        }
        (_, false) => {
            let old =
                |(column, old, _): &(String, Stored, Stored)| open.dialect().again(open.declared(place, column), old);
            let old: Vec<(&str, Stored)> = row.columns.iter().map(|all| (all.0.as_str(), old(all))).collect();
            if !old.is_empty() {
                put(open, &mapping, row, &old, keeper)?;
            }
            Ok(RowUndone::PutBack)
        }
    }
}

fn put<L: Link>(
    open: &mut Open<L>,
    mapping: &Mapping,
    row: &RowBefore,
    values: &[(&str, Stored)],
    keeper: &mut dyn Keeper,
) -> Result<(), TargetError> {
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let mut binds: Vec<Stored> = values.iter().map(|(_, value)| value.clone()).collect();
    binds.extend(row.key.iter().cloned());
    // CRASH: nothing holds before the commit.
    keeper.mark("undo-statement");
    let sql = statement::update(open.dialect(), mapping, &names);
    let touched = open.link.run(&sql, &binds).map_err(|trouble| open.error(trouble))?;
    if touched > 1 {
        return Err(open.wrong(Code::TargetNotPrepared, "a key stands for several rows"));
    }
    Ok(())
}
