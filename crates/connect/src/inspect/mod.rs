//! What does a source really have, and could this process write there?

mod codes;
mod mariadb;
mod postgres;
mod sqlite;

use std::path::Path;

use causeway_flow::source::SourceError;
use causeway_model::catalogue::{Connection, Source};

use crate::source::{self, HeldFile, quoted};

pub(crate) use mariadb::Grant as MariadbGrant;

pub use codes::{CodeColumn, UnknownCodes, distinct_codes};

/// Records of a JSON Lines file that are looked at for member names.
const SAMPLE: usize = 1_000;

/// What a source really has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceShape {
    /// Its tables and views; a file is one table without a name.
    pub tables: Vec<TableShape>,
    /// Whether this process could change all of it: a file that it may write to, an administrator of a server.
    pub writable: bool,
    /// Whom a server takes us for; none for files.
    pub user: Option<String>,
    /// Where a table stands whose name says nothing of it; none where there is one place only.
    pub schema: Option<String>,
}

/// What a table really has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableShape {
    /// Where it stands; none where there is one place only.
    pub schema: Option<String>,
    /// Name; none for files.
    pub name: Option<String>,
    /// Its columns, in their order. For JSON Lines, the members of the first 1,000 records.
    pub columns: Vec<ColumnShape>,
    /// Whether the user could change what stands in it.
    pub writable: bool,
    /// Whether the server hides some of its rows from the user.
    pub filtered: bool,
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
    /// Whether only what is equal byte for byte is equal by that comparison.
    pub exact: bool,
    /// Whether a value may be missing.
    pub nullable: bool,
    /// Whether the user may read it.
    pub readable: bool,
}

impl SourceShape {
    /// A store of one place, without users.
    fn of_file(tables: Vec<TableShape>, writable: bool) -> Self {
        Self { tables, writable, user: None, schema: None }
    }

    /// The table that the catalogue calls so.
    pub fn table(&self, name: Option<&str>) -> Option<&TableShape> {
        self.tables.iter().find(|table| table.is_called(name, self.schema.as_deref()))
    }
}

impl TableShape {
    /// A table of a store of one place, without users.
    fn of_file(name: Option<String>, columns: Vec<ColumnShape>) -> Self {
        Self { schema: None, name, columns, writable: false, filtered: false }
    }

    /// Whether the catalogue calls it so: `table` where it stands in the usual place, `schema.table`; each part may be quoted,
    /// and is where it has a point in it.
    fn is_called(&self, asked: Option<&str>, usual: Option<&str>) -> bool {
        let (asked, name, schema) = match (asked, &self.name, &self.schema) {
            (Some(asked), Some(name), Some(schema)) => (asked, name, schema),
            (Some(asked), Some(name), None) => return asked.eq_ignore_ascii_case(name),
            (_, found, _) => return found.is_none(),
        };
        let spelled = |name: &str| {
            let plain = !name.contains(['.', '"']);
            plain.then(|| name.to_owned()).into_iter().chain([quoted(name)]).collect::<Vec<_>>()
        };
        let names = spelled(name);
        let bare = usual == Some(schema) && names.iter().any(|name| name == asked);
        let full = |schema: String| names.iter().any(|name| format!("{schema}.{name}") == asked);
        bare || spelled(schema).into_iter().any(full)
    }
}

impl ColumnShape {
    /// A column that is compared byte for byte, may be read, and may lack a value.
    fn plain(name: String, declared: String) -> Self {
        Self { name, declared, collation: None, exact: true, nullable: true, readable: true }
    }
}

/// Looks at `source`; its path is relative to `base`.
///
/// # Errors
/// The source cannot be opened, or is not what the catalogue says it is.
pub fn inspect(source: &Source, base: &Path) -> Result<SourceShape, SourceError> {
    let (path, file) = match &source.connect {
        Connection::Sqlite { path } => return sqlite::sqlite(source, path, &base.join(path)),
        Connection::Csv { path, .. } | Connection::JsonLines { path, .. } | Connection::Parquet { path } => {
            (path, base.join(path))
        }
        Connection::Postgres(server) => return postgres::postgres(source, server, base),
        Connection::Mariadb(server) => return mariadb::mariadb(source, server, base),
    };
    let held = HeldFile::new(&source.name, path, &file)?;
    let untyped = |names: Vec<Vec<u8>>| {
        let names = names.into_iter().map(|name| String::from_utf8_lossy(&name).into_owned());
        names.map(|name| ColumnShape::plain(name, String::new())).collect()
    };
    let columns = match &source.connect {
        Connection::Csv { delimiter, .. } => untyped(source::csv_header(&held, *delimiter)?),
        Connection::JsonLines { .. } => untyped(source::json_members(&held, SAMPLE)?),
        _ => {
            let columns = source::parquet_columns(&held)?.into_iter();
            columns
                .map(|(name, declared, nullable)| ColumnShape { nullable, ..ColumnShape::plain(name, declared) })
                .collect()
        }
    };
    Ok(SourceShape::of_file(vec![TableShape::of_file(None, columns)], writable(&file)))
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
