//! What are the scanned columns really, and which statements read them?

use std::collections::BTreeSet;

use causeway_flow::source::{KeyValue, Scan, SourceError};

use super::binary::Kind;
use super::{Names, Session, filter, quoted, quoted_table};
use crate::source::Refuse;

/// The columns of a scan as the table has them.
pub(super) struct Columns {
    /// The table, quoted.
    pub(super) table: String,
    /// In the order of the scan.
    pub(super) kinds: Vec<Kind>,
}

const COLUMNS: &str = "WITH RECURSIVE base AS (
    SELECT a.attname, t.oid, t.typtype, t.typbasetype, t.typcategory
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
    SELECT b.attname, t.oid, t.typtype, t.typbasetype, t.typcategory
    FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typbasetype WHERE b.typtype = 'd'
) SELECT attname::text, oid, typtype::text, typcategory::text FROM base WHERE typtype <> 'd'";

const UNIQUE: &str = "SELECT i.indexrelid, a.attname::text
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey[0:i.indnkeyatts - 1])
    WHERE i.indrelid = $1::text::regclass AND i.indisunique AND i.indisvalid AND i.indimmediate
      AND i.indpred IS NULL AND i.indexprs IS NULL";

impl Columns {
    /// Looks at the table in the session's transaction; a missing table or column refuses.
    pub(super) async fn of(session: &Session, scan: &Scan) -> Result<Self, SourceError> {
        let shown = scan.table.as_deref().unwrap_or_default();
        let table = quoted_table(shown);
        let refuse = Refuse(&session.origin);
        let rows = session.client.query(COLUMNS, &[&table]).await.map_err(|error| match error.code() {
            Some(code) if matches!(code.code(), "42P01" | "3F000") => {
                refuse.missing(format!("there is no table or view `{shown}`"))
            }
            _ => session.error(&error),
        })?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let read = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
            let (name, oid, class, category): (String, u32, String, String) =
                read().map_err(|error: tokio_postgres::Error| session.error(&error))?;
            found.push((name, Kind::of(oid, &class, &category)));
        }
        let kind = |column: &causeway_flow::source::ScanColumn| {
            let real = found.iter().find(|(name, _)| *name == column.column);
            real.map(|(_, kind)| *kind)
                .ok_or_else(|| refuse.missing(format!("table `{shown}` has no column `{}`", column.column)))
        };
        let kinds = scan.columns.iter().map(kind).collect::<Result<_, _>>()?;
        Ok(Self { table, kinds })
    }

    /// The statement that reads the scan.
    pub(super) fn copy(&self, scan: &Scan) -> String {
        format!("COPY ({}) TO STDOUT (FORMAT binary)", self.select(scan))
    }

    /// The rows and columns of the scan.
    pub(super) fn select(&self, scan: &Scan) -> String {
        let condition = self.condition(scan).map_or_else(String::new, |condition| format!(" WHERE {condition}"));
        format!("SELECT {} FROM {}{condition}", self.list(scan), self.table)
    }

    /// The rows of the scan whose key is among `$1`, and the keys as what is bound; none if the column cannot be asked.
    pub(super) fn by_keys(&self, scan: &Scan) -> Option<(String, Keys)> {
        let keys = scan.hint.keys.as_ref()?;
        let at = scan.columns.iter().position(|column| column.name == keys.column)?;
        let (column, kind) = (quoted(&scan.columns.get(at)?.column), *self.kinds.get(at)?);
        let (condition, bound) = match kind {
            Kind::Uuid => (format!("{column} = ANY($1::text[]::uuid[])"), texts(&keys.values)?),
            // A collation that is not deterministic would find less than what is equal byte for byte never: it finds more.
            Kind::Text => (format!("{column} = ANY($1::text[])"), texts(&keys.values)?),
            Kind::Int2 | Kind::Int4 | Kind::Int8 => (format!("{column} = ANY($1::bigint[])"), numbers(&keys.values)?),
            _ => return None,
        };
        let also = self.condition(scan).map_or_else(String::new, |condition| format!(" AND {condition}"));
        Some((format!("SELECT {} FROM {} WHERE {condition}{also}", self.list(scan), self.table), bound))
    }

    /// The condition that the server may apply.
    pub(super) fn condition(&self, scan: &Scan) -> Option<String> {
        let filter = scan.hint.filter.as_ref()?;
        let column = |name: &str| {
            let at = scan.columns.iter().position(|column| column.name == name)?;
            Some((quoted(&scan.columns.get(at)?.column), *self.kinds.get(at)?))
        };
        filter::condition(filter, &column)
    }

    fn list(&self, scan: &Scan) -> String {
        let written = scan.columns.iter().zip(&self.kinds).map(|(column, kind)| match kind {
            Kind::AsText => format!("{}::text", quoted(&column.column)),
            _ => quoted(&column.column),
        });
        written.collect::<Vec<_>>().join(", ")
    }

    /// Sets of scan columns that an index holds unique.
    pub(super) async fn unique(&self, session: &Session, scan: &Scan) -> Result<Vec<Names>, SourceError> {
        let rows = session.client.query(UNIQUE, &[&self.table]).await.map_err(|error| session.error(&error))?;
        let mut indexes: Vec<(u32, BTreeSet<Option<String>>)> = Vec::new();
        for row in rows {
            let read = || Ok((row.try_get(0)?, row.try_get(1)?));
            let (index, column): (u32, String) =
                read().map_err(|error: tokio_postgres::Error| session.error(&error))?;
            let named =
                scan.columns.iter().find(|scanned| scanned.column == column).map(|scanned| scanned.name.clone());
            match indexes.iter_mut().find(|(known, _)| *known == index) {
                Some((_, columns)) => {
                    columns.insert(named);
                }
                None => indexes.push((index, BTreeSet::from([named]))),
            }
        }
        // A set that has a column which is not scanned says nothing of what is.
        Ok(indexes.into_iter().filter_map(|(_, columns)| columns.into_iter().collect()).collect())
    }
}

/// Keys as they are bound.
pub(super) enum Keys {
    Texts(Vec<String>),
    Numbers(Vec<i64>),
}

fn texts(keys: &[KeyValue]) -> Option<Keys> {
    let text = |key: &KeyValue| match key {
        KeyValue::Text(text) => Some(text.expose().clone()),
        KeyValue::Integer(_) => None,
    };
    let texts: Option<Vec<String>> = keys.iter().map(text).collect();
    // No text of this server has a NUL.
    texts.map(|texts| Keys::Texts(texts.into_iter().filter(|text| !text.contains('\0')).collect()))
}

fn numbers(keys: &[KeyValue]) -> Option<Keys> {
    let number = |key: &KeyValue| match key {
        KeyValue::Integer(number) => Some(*number.expose()),
        KeyValue::Text(_) => None,
    };
    keys.iter().map(number).collect::<Option<Vec<i64>>>().map(Keys::Numbers)
}
