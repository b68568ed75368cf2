//! Do both databases have the same tables, columns and constraints?

use std::collections::{BTreeMap, BTreeSet};

use causeway_store::Kind;
use causeway_store::backup::tables;

use crate::house::House;

/// What of a table must be alike: columns with type and `NOT NULL`, keys, references, conditions, triggers.
type Tables = BTreeMap<String, BTreeSet<String>>;

const SQLITE: &str = "\
    SELECT m.name || '|column ' || c.name || ' ' || c.type || CASE WHEN c.\"notnull\" OR c.pk THEN ' filled' ELSE '' END \
    FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' \
    UNION ALL SELECT m.name || '|unique ' || (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY name)) \
    FROM sqlite_schema m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND i.\"unique\" \
    UNION ALL SELECT m.name || '|unique ' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
    WHERE m.type = 'table' AND c.pk AND (SELECT count(*) FROM pragma_table_info(m.name) p WHERE p.pk) = 1 \
    UNION ALL SELECT m.name || '|refers ' || f.\"from\" || ' to ' || f.\"table\" || '.' || f.\"to\" \
    FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' \
    UNION ALL SELECT tbl_name || '|trigger ' || name FROM sqlite_schema WHERE type = 'trigger' \
    UNION ALL SELECT tbl_name || '|index ' || name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";

const POSTGRES: &str = "\
    SELECT c.relname || '|column ' || a.attname || ' ' || replace(replace(replace(format_type(a.atttypid, NULL), \
    'bigint', 'INTEGER'), 'text', 'TEXT'), 'bytea', 'BLOB') || CASE WHEN a.attnotnull THEN ' filled' ELSE '' END \
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace \
    UNION ALL SELECT c.relname || '|unique ' || (SELECT string_agg(attname, ',' ORDER BY attname) FROM pg_attribute \
    WHERE attrelid = c.oid AND attnum = ANY (k.conkey)) \
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype IN ('p', 'u') \
    AND c.relnamespace = current_schema()::regnamespace \
    UNION ALL SELECT c.relname || '|refers ' || a.attname || ' to ' || o.relname || '.' || b.attname \
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class o ON o.oid = k.confrelid \
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1] \
    JOIN pg_attribute b ON b.attrelid = o.oid AND b.attnum = k.confkey[1] WHERE k.contype = 'f' \
    UNION ALL SELECT c.relname || '|trigger ' || t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
    WHERE NOT t.tgisinternal \
    UNION ALL SELECT tablename || '|index ' || indexname FROM pg_indexes WHERE schemaname = current_schema() \
    AND indexname NOT LIKE '%_key' AND indexname NOT LIKE '%_pkey'";

async fn found(kind: Kind) -> Tables {
    let house = House::new(kind);
    house.open().await.close().await;
    let lines = house
        .raw()
        .texts(match kind {
            Kind::Sqlite => SQLITE,
            Kind::Postgres => POSTGRES,
        })
        .await;
    let mut tables = Tables::new();
    for line in lines {
        let (table, what) = line.split_once('|').unwrap();
        tables.entry(table.to_owned()).or_default().insert(what.to_owned());
    }
    // The runner's own books are as each database writes times.
    tables.remove("schema_version");
    tables.remove("sqlite_sequence");
    tables
}

/// The conditions of a migration's tables, by table, as written.
fn conditions(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for table in text.split("CREATE TABLE ").skip(1) {
        let (name, body) = table.split_once(" (").unwrap();
        let body = body.split("\n)").next().unwrap();
        let mut conditions = Vec::new();
        for check in body.split("CHECK (").skip(1) {
            let mut depth = 1;
            let end = check.find(|c| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                depth == 0
            });
            conditions.push(check[..end.unwrap()].to_owned());
        }
        found.insert(name.to_owned(), conditions);
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_columns_keys_references_triggers_and_indexes_are_alike_on_postgres_and_sqlite() {
    let (sqlite, postgres) = (found(Kind::Sqlite).await, found(Kind::Postgres).await);
    assert_eq!(sqlite, postgres);
    // A backup holds every table: whoever adds one adds it there.
    let mut kept: Vec<_> = sqlite.keys().filter(|name| *name != "schema_writer").map(String::as_str).collect();
    let mut held = tables();
    kept.sort_unstable();
    held.sort_unstable();
    assert_eq!(held, kept);
}

#[test]
fn conditions_are_alike_word_for_word_on_postgres_and_sqlite() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let names = |kind: &str| -> BTreeSet<_> {
        std::fs::read_dir(folder.join(kind)).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    for name in names("sqlite") {
        let read = |kind: &str| conditions(&std::fs::read_to_string(folder.join(kind).join(&name)).unwrap());
        assert_eq!(read("sqlite"), read("postgres"), "{name:?}");
    }
    let first = conditions(&std::fs::read_to_string(folder.join("sqlite/0001_street.sql")).unwrap());
    assert_eq!(first.values().map(Vec::len).sum::<usize>(), 24);
}
