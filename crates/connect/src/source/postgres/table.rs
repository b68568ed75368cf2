//! Which table does the catalogue mean, and what are its columns really?

use causeway_flow::source::{Scan, SourceError};

use super::kind::Kind;
use super::name::TableName;
use super::session::Session;
use crate::source::{Refuse, quoted};

/// A column as it really is.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Name.
    pub(super) name: String,
    /// How its values come.
    pub(super) kind: Kind,
    /// Number of its type, of a domain's base.
    pub(super) oid: u32,
    /// What is said of the type in brackets, as PostgreSQL packs it; -1 for nothing.
    pub(super) typmod: i32,
    /// Whether its collation takes for equal only what is equal byte for byte.
    pub(super) exact: bool,
}

impl Found {
    /// What the server is asked for.
    pub(super) fn expression(&self) -> String {
        let column = format!("s.{}", quoted(&self.name));
        match self.kind {
            // Its cast to text would add the length of the network.
            Kind::Written if self.oid == INET => format!("pg_catalog.textin(pg_catalog.inet_out({column}))"),
            kind if kind.is_cast() => format!("{column}::pg_catalog.text"),
            _ => column,
        }
    }
}

impl Found {
    /// As text that equals another only byte for byte; none where it is no text. (`json` and enums have no such
    /// comparison of their own; a cast takes the blanks at the end of `char(n)`.)
    pub(super) fn as_text(&self) -> Option<String> {
        let column = self.expression();
        let binary = if self.exact { "" } else { " COLLATE pg_catalog.\"C\"" };
        match self.kind {
            Kind::Text if matches!(self.oid, TEXT | VARCHAR) => Some(format!("{column}{binary}")),
            Kind::Written => Some(format!("{column}{binary}")),
            Kind::Text | Kind::Padded => Some(format!("{column}::pg_catalog.text{binary}")),
            _ => None,
        }
    }
}

const INET: u32 = 869;
const TEXT: u32 = 25;
const VARCHAR: u32 = 1043;

/// Where a scan reads: a table, and a column for each of the scan's.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) table: TableName,
    pub(super) columns: Vec<Found>,
    /// Whether rows stand in this very table, and nowhere else.
    pub(super) is_plain: bool,
    /// Number of the table.
    pub(super) oid: u32,
}

/// One row a column that could be read. A domain is followed to its base. (`collisdeterministic` is there since version
/// 12: asked for by way of JSON, it may be missing.)
const LOOKUP: &str = "WITH RECURSIVE col AS (
      SELECT c.oid AS rel, c.relkind, c.relhassubclass, a.attnum, a.attname, a.attcollation,
             a.atttypid AS typ, a.atttypmod AS typmod,
             has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE n.nspname = $1::text AND c.relname = $2::text AND c.relkind IN ('r', 'p', 'v', 'm', 'f')),
    base AS (
      SELECT attnum, typ, typmod FROM col
      UNION ALL
      SELECT b.attnum, t.typbasetype, t.typtypmod FROM base b
        JOIN pg_catalog.pg_type t ON t.oid = b.typ WHERE t.typtype = 'd')
    SELECT col.attname::text, t.oid, t.typtype::text, t.typcategory::text, base.typmod,
           coalesce((to_jsonb(l) ->> 'collisdeterministic')::bool, true), col.readable,
           col.relkind = 'r' AND NOT col.relhassubclass, col.rel
      FROM col JOIN base USING (attnum)
      JOIN pg_catalog.pg_type t ON t.oid = base.typ AND t.typtype <> 'd'
      LEFT JOIN pg_catalog.pg_collation l ON l.oid = col.attcollation
     ORDER BY col.attnum";

/// A column as the lookup gives it.
struct Row {
    found: Found,
    readable: Option<bool>,
}

/// Looks up the table and the columns of `scan`, within the transaction.
///
/// # Errors
/// The table or a column is not there, or may not be read.
pub(super) async fn find(session: &Session, scan: &Scan) -> Result<Place, SourceError> {
    let refuse = Refuse(&session.origin);
    let name = scan.table.as_deref().unwrap_or_default();
    let table = TableName::parse(name);
    let nothing = || refuse.missing(format!("there is no table or view `{name}`"));
    if name.contains('\0') {
        return Err(nothing());
    }
    let answer = session.rows(LOOKUP, &[&table.schema, &table.table]).await?;
    let Some(first) = answer.first() else { return Err(nothing()) };
    let (is_plain, oid) = (session.field(first, 7)?, session.field(first, 8)?);
    let known: Vec<Row> = answer.iter().map(|row| read(session, row)).collect::<Result<_, _>>()?;
    let mut columns = Vec::with_capacity(scan.columns.len());
    for column in &scan.columns {
        let row = known.iter().find(|row| row.found.name == column.column);
        let row = row.ok_or_else(|| refuse.missing(format!("table `{name}` has no column `{}`", column.column)))?;
        // A snapshot shows what was dropped since, but nobody has rights on it.
        let Some(readable) = row.readable else {
            let detail =
                format!("column `{}` of table `{name}` was dropped after the snapshot was taken", column.column);
            return Err(refuse.missing(detail));
        };
        if !readable {
            let (user, column) = (&session.user, &column.column);
            let detail = format!(
                "`{user}` may not read column `{column}` of table `{name}`: it needs USAGE of the schema, and `GRANT SELECT ({column}) ON {name} TO {user}`"
            );
            return Err(refuse.unreachable(detail));
        }
        columns.push(row.found.clone());
    }
    Ok(Place { table, columns, is_plain, oid })
}

fn read(session: &Session, row: &tokio_postgres::Row) -> Result<Row, SourceError> {
    let (oid, class, category): (u32, String, String) =
        (session.field(row, 1)?, session.field(row, 2)?, session.field(row, 3)?);
    let found = Found {
        name: session.field(row, 0)?,
        kind: Kind::of(oid, &class, &category),
        oid,
        typmod: session.field(row, 4)?,
        exact: session.field(row, 5)?,
    };
    Ok(Row { found, readable: session.field(row, 6)? })
}
