//! What does a SQLite database really have?

use std::ffi::CString;
use std::path::Path;

use causeway_flow::source::SourceError;
use causeway_model::catalogue::Source;

use super::{ColumnShape, SourceShape, TableShape, writable};
use crate::source::{connect_sqlite, quoted, sql_error};

/// Its tables and views.
pub(super) fn sqlite(source: &Source, shown: &str, path: &Path) -> Result<SourceShape, SourceError> {
    let connection = connect_sqlite(&source.name, shown, path)?;
    let refuse = |error: rusqlite::Error| sql_error(&source.name, shown, &error);
    let tables = sqlite_tables(&connection).map_err(refuse)?;
    Ok(SourceShape::of_file(tables, writable(path)))
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
            let exact = collation.as_deref().is_none_or(|name| name.eq_ignore_ascii_case("BINARY"));
            columns.push(ColumnShape { collation, exact, nullable, ..ColumnShape::plain(column, row.get(1)?) });
        }
        tables.push(TableShape::of_file(Some(name), columns));
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
