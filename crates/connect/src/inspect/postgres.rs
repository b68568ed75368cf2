//! What does a PostgreSQL database really have, and what is our user allowed there?

use std::path::Path;

use causeway_flow::source::SourceError;
use causeway_model::catalogue::{Server, Source};

use super::{ColumnShape, SourceShape, TableShape};
use crate::source::postgres_answers;

/// Whom the server takes us for, and whether that is an administrator, or could become one: then no right is missing.
const USER: &str = "SELECT current_user::text, bool_or(r.rolsuper)::text
    FROM pg_catalog.pg_roles r WHERE pg_catalog.pg_has_role(r.oid, 'MEMBER')";

/// A row for each column of each table that is not the server's own.
///
/// What any role could do that our user is a member of, our user could do. Who owns a table can give himself every right in
/// it. Texts are compared byte for byte by every collation that is deterministic: there only the order differs, which nobody
/// here relies on. `citext` is compared without case whatever its collation. (`collisdeterministic` is there since version
/// 12: asked for by way of JSON, it may be missing.)
const COLUMNS: &str =
    "WITH ours AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE pg_catalog.pg_has_role(r.oid, 'MEMBER'))
    SELECT n.nspname::text, c.relname::text,
      EXISTS (SELECT FROM ours WHERE ours.oid = c.relowner
        OR pg_catalog.has_table_privilege(ours.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        OR pg_catalog.has_any_column_privilege(ours.oid, c.oid, 'INSERT, UPDATE'))::text,
      pg_catalog.row_security_active(c.oid)::text,
      a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
      CASE WHEN 'citext' IN (t.typname, b.typname) THEN 'citext' ELSE l.collname::text END,
      ('citext' NOT IN (t.typname, coalesce(b.typname, ''))
        AND coalesce((pg_catalog.to_jsonb(l) ->> 'collisdeterministic')::bool, true))::text,
      (NOT a.attnotnull)::text,
      (pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'))::text
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    ORDER BY n.nspname, c.relname, a.attnum";

/// Its tables and views, with what our user may do.
pub(super) fn postgres(source: &Source, server: &Server, base: &Path) -> Result<SourceShape, SourceError> {
    let answers = postgres_answers(source, server, base, &[USER, COLUMNS])?;
    let mut answers = answers.into_iter();
    let user = answers.next().and_then(|rows| rows.into_iter().next()).unwrap_or_default();
    let mut user = Fields(user.into_iter());
    let (name, writable) = (user.text(), user.flag());
    let mut tables: Vec<TableShape> = Vec::new();
    for row in answers.next().unwrap_or_default() {
        let mut row = Fields(row.into_iter());
        let (schema, name) = (Some(row.text()), Some(row.text()));
        let (writable, filtered) = (row.flag(), row.flag());
        let column = ColumnShape {
            name: row.text(),
            declared: row.text(),
            collation: row.next(),
            exact: row.flag(),
            nullable: row.flag(),
            readable: row.flag(),
        };
        match tables.last_mut() {
            Some(table) if table.name == name && table.schema == schema => table.columns.push(column),
            _ => tables.push(TableShape { schema, name, columns: vec![column], writable, filtered }),
        }
    }
    Ok(SourceShape { tables, writable, user: Some(name), schema: Some("public".to_owned()) })
}

/// The fields of a row, one after the other.
struct Fields(std::vec::IntoIter<Option<String>>);

impl Fields {
    fn next(&mut self) -> Option<String> {
        self.0.next().flatten()
    }

    fn text(&mut self) -> String {
        self.next().unwrap_or_default()
    }

    fn flag(&mut self) -> bool {
        self.next().as_deref() == Some("true")
    }
}
