//! What does a source really have, and could this process write there?

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CString;
use std::path::Path;
use std::sync::Arc;

use causeway_flow::source::{Hint, Scan, ScanColumn, SourceError, Watch};
use causeway_model::catalogue::{Connection, Source};
use causeway_model::{Code, ElementRef, ValueType};

use crate::source::{self, HeldFile, Refuse, connect_sqlite, quoted, sql_error};

/// Records of a JSON Lines file that are looked at for member names.
const SAMPLE: usize = 1_000;

/// Unknown codes that are told by name.
const TOLD: usize = 20;

/// What a source really has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceShape {
    /// Its tables and views; a file is one table without a name.
    pub tables: Vec<TableShape>,
    /// Whether this process could change it.
    pub writable: bool,
}

/// What a table really has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableShape {
    /// Name; none for files.
    pub name: Option<String>,
    /// Its columns, in their order. For JSON Lines, the members of the first 1,000 records.
    pub columns: Vec<ColumnShape>,
}

/// What a column really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnShape {
    /// Name.
    pub name: String,
    /// Type as the source declares it; empty where it declares none.
    pub declared: String,
    /// How its texts are compared, where the source says so.
    pub collation: Option<String>,
    /// Whether a value may be missing.
    pub nullable: bool,
}

impl SourceShape {
    /// The table of that name.
    pub fn table(&self, name: Option<&str>) -> Option<&TableShape> {
        self.tables.iter().find(|table| match (name, table.name.as_deref()) {
            (Some(asked), Some(found)) => asked.eq_ignore_ascii_case(found),
            (_, found) => found.is_none(),
        })
    }
}

/// Looks at `source`; its path is relative to `base`.
///
/// # Errors
/// The source cannot be opened, or is not what the catalogue says it is.
pub fn inspect(source: &Source, base: &Path) -> Result<SourceShape, SourceError> {
    let (path, file) = match &source.connect {
        Connection::Sqlite { path } => return sqlite(source, path, &base.join(path)),
        Connection::Csv { path, .. } | Connection::JsonLines { path, .. } | Connection::Parquet { path } => {
            (path, base.join(path))
        }
        Connection::Postgres(_) | Connection::Mariadb(_) => {
            let detail = "cannot be looked at yet";
            return Err(SourceError::new(Code::SourceUnreachable, &source.name, detail));
        }
    };
    let held = HeldFile::new(&source.name, path, &file)?;
    let untyped = |names: Vec<Vec<u8>>| {
        let names = names.into_iter().map(|name| String::from_utf8_lossy(&name).into_owned());
        let column = |name| ColumnShape { name, declared: String::new(), collation: None, nullable: true };
        names.map(column).collect()
    };
    let columns = match &source.connect {
        Connection::Csv { delimiter, .. } => untyped(source::csv_header(&held, *delimiter)?),
        Connection::JsonLines { .. } => untyped(source::json_members(&held, SAMPLE)?),
        _ => {
            let columns = source::parquet_columns(&held)?.into_iter();
            columns
                .map(|(name, declared, nullable)| ColumnShape { name, declared, collation: None, nullable })
                .collect()
        }
    };
    Ok(SourceShape { tables: vec![TableShape { name: None, columns }], writable: writable(&file) })
}

fn sqlite(source: &Source, shown: &str, path: &Path) -> Result<SourceShape, SourceError> {
    let connection = connect_sqlite(&source.name, shown, path)?;
    let refuse = |error: rusqlite::Error| sql_error(&source.name, shown, &error);
    let tables = sqlite_tables(&connection).map_err(refuse)?;
    Ok(SourceShape { tables, writable: writable(path) })
}

fn sqlite_tables(connection: &rusqlite::Connection) -> rusqlite::Result<Vec<TableShape>> {
    let sql = "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let names: Vec<(String, String)> = names.collect::<Result<_, _>>()?;
    let mut tables = Vec::new();
    for (name, kind) in names {
        let mut columns = Vec::new();
        let mut statement = connection.prepare("SELECT name, type, \"notnull\" FROM pragma_table_xinfo(?1, 'main')")?;
        let mut rows = statement.query([&name])?;
        while let Some(row) = rows.next()? {
            let column: String = row.get(0)?;
            let collation = if kind == "view" {
                view_collation(connection, &name, &column)?
            } else {
                table_collation(connection, &name, &column)
            };
            let nullable = row.get::<_, i64>(2)? == 0;
            columns.push(ColumnShape { name: column, declared: row.get(1)?, collation, nullable });
        }
        tables.push(TableShape { name: Some(name), columns });
    }
    Ok(tables)
}

fn table_collation(connection: &rusqlite::Connection, table: &str, column: &str) -> Option<String> {
    let name = |text: &str| CString::new(text).ok();
    let (table, column) = (name(table)?, name(column)?);
    let found = connection.column_metadata(Some(c"main"), table.as_c_str(), column.as_c_str()).ok()?;
    found.1.map(|collation| collation.to_string_lossy().into_owned())
}

/// A view's columns are only known to the compiler, so it is asked: what would it sort them by? The sorter's key stands
/// in the program as `k(1,NOCASE)`, with `B` for the binary collation.
fn view_collation(connection: &rusqlite::Connection, view: &str, column: &str) -> rusqlite::Result<Option<String>> {
    let (view, column) = (quoted(view), quoted(column));
    let sql = format!("EXPLAIN SELECT 1 FROM \"main\".{view} AS s ORDER BY +s.{column}");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if row.get::<_, String>("opcode")? == "SorterOpen" {
            let key = row.get::<_, Option<String>>("p4")?.unwrap_or_default();
            let named = key.split([',', ')']).nth(1).map(|name| name.trim_start_matches('-'));
            return Ok(named.map(|name| if name == "B" { "BINARY" } else { name }.to_owned()));
        }
    }
    Ok(None)
}

/// Whether this process could change the file. Root can change everything, so for root only the mode speaks: a file that
/// nobody may write is one that nobody is meant to write.
#[cfg(unix)]
pub fn writable(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    if rustix::process::geteuid().is_root() {
        return std::fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o222 != 0);
    }
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_ok()
}

/// Whether this process could change the file.
#[cfg(not(unix))]
pub fn writable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.permissions().readonly())
}

/// A column that the catalogue types as a code, and the codes of its list.
#[derive(Clone, Debug)]
pub struct CodeColumn {
    /// Element that it holds.
    pub element: ElementRef,
    /// Name in the source.
    pub column: String,
    /// The codes of its list.
    pub known: Arc<BTreeSet<String>>,
}

/// Codes that are in a column and not in its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownCodes {
    /// The first 20 of them, with the number of records that have them.
    pub codes: BTreeMap<String, u64>,
    /// Records with any unknown code.
    pub records: u64,
}

/// Reads the code columns of one table, streaming, and counts what is in no list; in the order of `columns`.
///
/// Values are told only because the catalogue says that they are codes.
///
/// # Errors
/// As for reading the source.
pub fn distinct_codes(
    source: &Source,
    base: &Path,
    table: Option<&str>,
    columns: &[CodeColumn],
    now: jiff::Timestamp,
) -> Result<Vec<UnknownCodes>, SourceError> {
    let scan_column = |(place, column): (usize, &CodeColumn)| ScanColumn {
        name: format!("c{place}"),
        // The place stands for the element, so that a fault leads back to its column.
        element: ElementRef::new("c", place.to_string()),
        column: column.column.clone(),
        value_type: ValueType::Code(column.element.to_string()),
        codes: Some(column.known.clone()),
        max_length: u32::MAX,
        optional: true,
        format: None,
    };
    let scan = Scan {
        source: source.name.clone(),
        entity: "c".to_owned(),
        table: table.map(str::to_owned),
        columns: columns.iter().enumerate().map(scan_column).collect(),
        hint: Hint::default(),
    };
    let mut found = vec![UnknownCodes::default(); columns.len()];
    let mut snapshot = source::open(source, base)?.snapshot(now, &Watch::default())?;
    for batch in snapshot.scan(&scan)? {
        for (_, faults) in batch?.faults.iter() {
            for fault in faults.iter().filter(|fault| fault.code == Code::CodeUnknown) {
                let place = fault.subject.strip_prefix("c.").and_then(|place| place.parse::<usize>().ok());
                let unknown = place.and_then(|place| found.get_mut(place));
                let unknown =
                    unknown.ok_or_else(|| Refuse(&source.name).malformed("a fault of no column: report it"))?;
                unknown.records += 1;
                let code = fault.value.expose().clone().unwrap_or_default();
                if unknown.codes.len() < TOLD || unknown.codes.contains_key(&code) {
                    *unknown.codes.entry(code).or_default() += 1;
                }
            }
        }
    }
    Ok(found)
}
