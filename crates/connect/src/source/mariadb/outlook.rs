//! What does the server know of a scan before it is run: about how many rows, and which columns it holds unique?

use std::collections::BTreeSet;

use causeway_flow::source::{Outlook, Scan};
use causeway_model::ValueType;

use super::asked::Asked;
use super::definition::Kind;
use super::failure::Trouble;
use super::known::Known;
use super::session::Session;
use super::tables;

/// What is known of `scan`.
pub(super) fn told(
    session: &mut Session,
    scan: &Scan,
    known: &[Known<'_>],
    asked: &Asked<'_>,
) -> Result<Outlook, Trouble> {
    let table = scan.table.as_deref().unwrap_or_default();
    let whole = tables::table_rows(session, table)?;
    let mut rows = whole;
    if asked.is_filtered() {
        let estimated = estimate(session, &asked.without_keys())?;
        rows = [whole, estimated].into_iter().flatten().min();
    }
    let unique = unique(tables::unique(session, table)?, known);
    // At least one row a key, more where a key is not unique: that, nobody knows.
    if let Some(keys) = asked.keys() {
        let of_one =
            scan.hint.keys.as_ref().is_some_and(|list| unique.contains(&BTreeSet::from([list.column.clone()])));
        let keys = u64::try_from(keys).ok();
        rows = if of_one { [rows, keys].into_iter().flatten().min() } else { rows };
    }
    Ok(Outlook { statement: Some(asked.shown()), rows, unique })
}

/// About how many rows the server thinks that a statement gives. A view's plan is not shown to everybody.
fn estimate(session: &mut Session, sql: &str) -> Result<Option<u64>, Trouble> {
    let plan = match session.table(&format!("EXPLAIN {sql}")) {
        Ok(plan) => plan,
        Err(trouble @ Trouble::Refused(_)) if !trouble.is_final() => return Ok(None),
        Err(trouble) => return Err(trouble),
    };
    let number = |name: &str| plan.first().and_then(|row| row.get(name)).and_then(|text| text.parse::<f64>().ok());
    let share = number("filtered").map_or(1.0, |percent| percent / 100.0);
    Ok(number("rows").map(|rows| (rows * share).round()).filter(|rows| (0.0..1e15).contains(rows)).map(whole))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 1e15, as its caller made sure"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

/// The sets that stay unique after decoding: two texts that are one UUID are two to the server.
fn unique(sets: Vec<BTreeSet<String>>, known: &[Known<'_>]) -> Vec<BTreeSet<String>> {
    let name = |column: &String| {
        let found = known.iter().find(|known| known.column.column.eq_ignore_ascii_case(column))?;
        stays_distinct(found).then(|| found.column.name.clone())
    };
    let mut out: Vec<BTreeSet<String>> =
        sets.iter().filter_map(|set| set.iter().map(name).collect::<Option<BTreeSet<_>>>()).collect();
    out.retain(|set| !set.is_empty());
    out.sort();
    out.dedup();
    out
}

/// Whether values that differ for the server differ after decoding.
fn stays_distinct(known: &Known<'_>) -> bool {
    use ValueType as T;
    let value_type = &known.column.value_type;
    match known.kind {
        Kind::Text => match value_type {
            T::Text | T::Code(_) | T::Place(_) => true,
            T::Uuid => known.real.is_some_and(|real| real.data_type == "uuid"),
            _ => false,
        },
        Kind::Integer { .. } | Kind::Date | Kind::Timestamp | Kind::Bytes => true,
        Kind::Decimal(_) => matches!(value_type, T::Decimal(..)),
        _ => false,
    }
}
