//! What of a column that can hold no value of its element: is the transfer refused before anything is read?

use std::fs;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, ListArray, StringArray, StructArray};
use arrow::datatypes::{DataType, Field, Int64Type};
use arrow::record_batch::RecordBatch;
use causeway_testkit::server;
use parquet::arrow::ArrowWriter;

use super::holding::{Holding, script, server as reached};
use super::scene::{PASSWORD, Scene};
use super::*;

/// Nothing comes of any of these.
const NEVER: Comes = Not("column-retyped");

const POSTGRES: &[Edge] = &[
    ("text[]", "text", "'{a,b}'", NEVER),
    ("integer[]", "integer", "'{1}'", NEVER),
    ("several", "text", "'{1,2}'", NEVER),
    ("pair", "text", "ROW(1, 'a')", NEVER),
    ("date", "text", "'2011-02-17'", NEVER),
    ("date", "timestamp", "'2011-02-17'", NEVER),
    ("timestamptz", "date", "'2011-02-17 00:00:00Z'", NEVER),
    ("timestamp", "timestamp", "'2011-02-17 00:00:00'", NEVER),
    ("bytea", "text", "'\\x41'", NEVER),
    ("bytea", "uuid", "'\\x0a0b0c0d000040008000000000000001'", NEVER),
    ("boolean", "integer", "true", NEVER),
    ("double precision", "text", "1.5", NEVER),
    ("numeric", "text", "1.50", NEVER),
    ("numeric", "code(number)", "1", NEVER),
    ("uuid", "bytes", "'0a0b0c0d-0000-4000-8000-000000000001'", NEVER),
    ("integer", "date", "20110217", NEVER),
];

const MARIADB: &[Edge] = &[
    ("point", "text", "POINT(1, 2)", NEVER),
    ("point", "bytes", "POINT(1, 2)", NEVER),
    ("year", "text", "2011", NEVER),
    ("year", "date", "2011", NEVER),
    ("varbinary(9)", "text", "'Zuri'", NEVER),
    ("varchar(9)", "bytes", "'Zuri'", NEVER),
    ("date", "text", "'2011-02-17'", NEVER),
    ("date", "timestamp", "'2011-02-17'", NEVER),
    ("datetime", "date", "'2011-02-17'", NEVER),
    ("timestamp NULL", "text", "'2011-02-17'", NEVER),
    ("decimal(9,2)", "text", "1.50", NEVER),
    ("double", "text", "1.5", NEVER),
    ("int", "date", "20110217", NEVER),
    ("time", "timestamp", "'10:00:00'", NEVER),
];

const PARQUET: &[Edge] = &[("list", "text", "", NEVER), ("list", "integer", "", NEVER), ("struct", "text", "", NEVER)];

#[test]
fn columns_of_postgresql_that_fit_nothing_refuse() {
    let server = server::postgres();
    server.database("misfits", PASSWORD).unwrap();
    server.sql("misfits", "CREATE TYPE pair AS (a int, b text); CREATE DOMAIN several AS int[]").unwrap();
    server.sql("misfits", &script(POSTGRES)).unwrap();
    let connect = reached("postgres", server.port(), "misfits");
    let store = Holding { name: "store", connect, is_database: true, empty_is_text: false, edges: POSTGRES };
    Scene::new().refuses(&store);
}

#[test]
fn columns_of_mariadb_that_fit_nothing_refuse() {
    let server = server::mariadb();
    server.database("misfits", PASSWORD).unwrap();
    server.sql("misfits", &script(MARIADB)).unwrap();
    let connect = reached("mariadb", server.port(), "misfits");
    let store = Holding { name: "store", connect, is_database: true, empty_is_text: false, edges: MARIADB };
    Scene::new().refuses(&store);
}

#[test]
fn columns_of_parquet_that_fit_nothing_refuse() {
    let list =
        || -> ArrayRef { Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1), Some(2)])])) };
    let number: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let members = StructArray::from(vec![(Arc::new(Field::new("a", DataType::Int64, true)), number.clone())]);
    let label: ArrayRef = Arc::new(StringArray::from(vec!["e0"]));
    let all = [("no", number), ("label", label), ("c0", list()), ("c1", list()), ("c2", Arc::new(members) as ArrayRef)];
    let batch = RecordBatch::try_from_iter(all).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let scene = Scene::new();
    fs::write(scene.sources().join("misfits.parquet"), bytes).unwrap();
    let connect = "{ parquet: { path: misfits.parquet } }".to_owned();
    scene.refuses(&Holding { name: "store", connect, is_database: false, empty_is_text: false, edges: PARQUET });
}
