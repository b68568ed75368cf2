//! Which statement is sent for a scan?

use causeway_flow::source::{Scan, SourceError};
use causeway_model::Code;
use causeway_model::population::Predicate;

use super::filter::{self, Pair};
use super::keys::Keys;
use super::table::Place;

/// A statement, and the keys that are bound to it.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) keys: Option<Keys>,
}

/// `SELECT` of exactly the scan's columns, of every row.
pub(super) fn select(place: &Place) -> String {
    let columns: Vec<String> = place.columns.iter().map(|found| found.expression()).collect();
    format!("SELECT {} FROM {} AS s", columns.join(", "), place.table.sql())
}

/// The statement of `scan`, with as much of its hint as the server can apply. By keys, rows come as those of a query
/// with a parameter; all others by `COPY`.
pub(super) fn statement(is_utf8: bool, place: &Place, scan: &Scan) -> Statement {
    let keys = keys(is_utf8, place, scan);
    let conditions = [
        keys.as_ref().map(|(_, condition)| condition.clone()),
        condition(is_utf8, place, scan, scan.hint.filter.as_ref()),
    ];
    let conditions: Vec<String> = conditions.into_iter().flatten().collect();
    let mut select = select(place);
    if !conditions.is_empty() {
        select.push_str(" WHERE ");
        select.push_str(&conditions.join(" AND "));
    }
    match keys {
        Some((keys, _)) => Statement { sql: select, keys: Some(keys) },
        None => Statement { sql: format!("COPY ({select}) TO STDOUT (FORMAT binary)"), keys: None },
    }
}

/// As [`select`], with the condition that most rows meet which the hint does not leave out. A planner multiplies what the
/// hint adds for faulty values as if it were likely, and expects several times the rows.
pub(super) fn expected(is_utf8: bool, place: &Place, scan: &Scan) -> String {
    let expected = scan.hint.expected.as_ref().or(scan.hint.filter.as_ref());
    let condition = condition(is_utf8, place, scan, expected).map(|condition| format!(" WHERE {condition}"));
    format!("{}{}", select(place), condition.unwrap_or_default())
}

fn condition(is_utf8: bool, place: &Place, scan: &Scan, of: Option<&Predicate>) -> Option<String> {
    let columns: Vec<Pair<'_>> = scan.columns.iter().zip(&place.columns).collect();
    of.and_then(|predicate| filter::condition(predicate, &columns, is_utf8))
}

/// The keys that a scan asks for, and the condition on them; none where the server cannot be asked for them.
pub(super) fn keys(is_utf8: bool, place: &Place, scan: &Scan) -> Option<(Keys, String)> {
    let list = scan.hint.keys.as_ref()?;
    let (column, found) = scan.columns.iter().zip(&place.columns).find(|(column, _)| column.name == list.column)?;
    Some((Keys::of(list, column, found, is_utf8)?, Keys::condition(found)))
}

/// A column that is not any more what the snapshot shows.
pub(super) fn retyped(origin: &str, scan: &Scan) -> SourceError {
    let table = scan.table.as_deref().unwrap_or_default();
    let detail = format!("table `{table}` got other types after the snapshot was taken: run again");
    SourceError::new(Code::ColumnRetyped, origin, detail)
}
