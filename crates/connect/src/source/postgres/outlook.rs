//! What does the server know of a scan before it is run?

use std::collections::{BTreeMap, BTreeSet};

use causeway_flow::source::{Outlook, Scan, ScanColumn, SourceError};
use causeway_model::{Code, ValueType};

use super::filter::Pair;
use super::kind::Kind;
use super::session::Session;
use super::statement::{expected, statement};
use super::table::{self, Found};

/// A row for each column of each unique index that holds now and for every row.
const UNIQUE: &str = "SELECT i.indexrelid, a.attname::text FROM pg_catalog.pg_index i
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = $1::oid AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
    AND i.indexprs IS NULL AND k.place <= i.indnkeyatts";

/// The statement, about how many rows, and which of the columns are unique.
pub(super) async fn outlook(session: &Session, scan: &Scan) -> Result<Outlook, SourceError> {
    let place = table::find(session, scan).await?;
    for (column, found) in scan.columns.iter().zip(&place.columns) {
        fits(&session.origin, scan, column, found)?;
    }
    let statement = statement(session.is_utf8, &place, scan);
    let mut rows = session.estimate(&expected(session.is_utf8, &place, scan)).await?;
    let mut unique = Vec::new();
    // A table that others inherit from may give a key twice.
    if place.is_plain {
        let columns: Vec<Pair<'_>> = scan.columns.iter().zip(&place.columns).collect();
        let mut answer = Vec::new();
        for row in session.rows(UNIQUE, &[&place.oid]).await? {
            answer.push((session.field(&row, 0)?, session.field(&row, 1)?));
        }
        unique = sets(&answer, &columns);
    }
    if let (Some(keys), Some(list)) = (&statement.keys, &scan.hint.keys) {
        // Of a key that is not unique nobody knows how often each occurs.
        let alone = BTreeSet::from([list.column.clone()]);
        let most = u64::try_from(keys.len()).unwrap_or(u64::MAX);
        rows = if unique.contains(&alone) { rows.map(|rows| rows.min(most)) } else { None };
    }
    Ok(Outlook { statement: Some(statement.sql), rows, unique })
}

/// Refuses what would only give faults.
fn fits(origin: &str, scan: &Scan, column: &ScanColumn, found: &Found) -> Result<(), SourceError> {
    if found.kind.fits(&column.value_type, column.format.is_some()) {
        return Ok(());
    }
    let (name, table) = (&column.column, scan.table.as_deref().unwrap_or_default());
    let detail = if found.kind == Kind::Clock && column.value_type == ValueType::Timestamp {
        format!(
            "column `{name}` of table `{table}` has moments without a time zone: make it `timestamptz`, or give the origin a `format`, which says that they are in UTC"
        )
    } else {
        format!("column `{name}` of table `{table}` has a type that cannot become {}", column.value_type)
    };
    Err(SourceError::new(Code::ColumnRetyped, origin, detail))
}

/// The sets of columns that are unique as the batches show them.
fn sets(answer: &[(u32, Option<String>)], columns: &[Pair<'_>]) -> Vec<BTreeSet<String>> {
    let mut indexes: BTreeMap<u32, Option<BTreeSet<String>>> = BTreeMap::new();
    for (index, name) in answer {
        let set = indexes.entry(*index).or_insert_with(|| Some(BTreeSet::new()));
        let same = |(column, found): &&Pair<'_>| {
            Some(&found.name) == name.as_ref() && stays_distinct(&column.value_type, found.kind)
        };
        match (set.as_mut(), columns.iter().find(same)) {
            (Some(names), Some((column, _))) => {
                names.insert(column.name.clone());
            }
            // A set that has a column which is not scanned says nothing of those that are.
            _ => *set = None,
        }
    }
    let sets: BTreeSet<BTreeSet<String>> = indexes.into_values().flatten().collect();
    sets.into_iter().collect()
}

/// Whether what is distinct in the source is so in the batches: a text may spell a date or a UUID in two ways.
fn stays_distinct(value_type: &ValueType, kind: Kind) -> bool {
    match value_type {
        ValueType::Text | ValueType::Code(_) | ValueType::Place(_) => true,
        _ => !kind.is_text(),
    }
}
