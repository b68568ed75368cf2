//! What do the tests stand on: a population in a directory of its own, and questions to it.

use std::collections::BTreeMap;
use std::path::Path;

use causeway_testkit::population::{self, BIOMETRICS, REGISTRATION, Spec, Truth};
use causeway_testkit::throw_away;
use rusqlite::types::{FromSql, Value};
use rusqlite::{Connection, Params};
use tempfile::TempDir;

/// A population, its truth, and its registration store with the biometrics store attached as `bims`.
pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) truth: Truth,
    pub(crate) store: Connection,
}

impl World {
    pub(crate) fn of(spec: &Spec) -> Self {
        let dir = throw_away::directory().unwrap();
        let truth = population::generate(dir.path(), spec).unwrap();
        let store = Connection::open(dir.path().join(REGISTRATION)).unwrap();
        store.execute("ATTACH ? AS bims", [dir.path().join(BIOMETRICS).to_str().unwrap()]).unwrap();
        Self { dir, truth, store }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub(crate) fn one<T: FromSql>(&self, sql: &str, params: impl Params) -> T {
        self.store.query_row(sql, params, |row| row.get(0)).unwrap()
    }

    /// The first column of every row.
    pub(crate) fn all<T: FromSql>(&self, sql: &str) -> Vec<T> {
        let mut statement = self.store.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// Every row of every table, by table and then by what identifies the row, with names as bytes.
    pub(crate) fn rows(&self) -> BTreeMap<(String, String), Vec<Value>> {
        let mut rows = BTreeMap::new();
        let tables = self.all::<String>(
            "SELECT 'main.' || name FROM main.sqlite_master WHERE type = 'table'
             UNION ALL SELECT 'bims.' || name FROM bims.sqlite_master WHERE type = 'table' ORDER BY 1",
        );
        assert_eq!(tables.len(), 7);
        for table in tables {
            let mut columns = self.columns(&table);
            // Two of the names may hold bytes that are not UTF-8.
            for column in columns.iter_mut().filter(|column| column.ends_with("_name")) {
                *column = format!("CAST({column} AS BLOB)");
            }
            let sql = format!("SELECT rowid, {} FROM {table}", columns.join(", "));
            let mut statement = self.store.prepare(&sql).unwrap();
            let mut cursor = statement.query([]).unwrap();
            while let Some(row) = cursor.next().unwrap() {
                let key: i64 = row.get(0).unwrap();
                let cells = (1..=columns.len()).map(|column| row.get(column).unwrap()).collect();
                rows.insert((table.clone(), format!("{key:09}")), cells);
            }
        }
        rows
    }

    pub(crate) fn columns(&self, table: &str) -> Vec<String> {
        let (schema, table) = table.split_once('.').unwrap_or(("main", table));
        self.all(&format!("SELECT name FROM pragma_table_info('{table}', '{schema}')"))
    }
}
