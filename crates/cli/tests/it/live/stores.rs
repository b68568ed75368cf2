//! How do the stores of a test come from SQLite files into live servers, and what must be gone from them afterwards?

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use causeway_testkit::server;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::script::carry_out;

/// Files of the example stores: source in the catalogue, file.
const FILES: [(&str, &str); 2] = [("progres", "progres.sqlite"), ("bims", "bims.sqlite")];
const PASSWORD: &str = "invented word";

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Postgres,
    Mariadb,
}

impl Kind {
    fn other(self) -> Self {
        match self {
            Kind::Postgres => Kind::Mariadb,
            Kind::Mariadb => Kind::Postgres,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Postgres => "postgres",
            Kind::Mariadb => "mariadb",
        }
    }
}

/// The registration store in a server of one kind, the biometrics store in one of the other.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    pub registration: Kind,
}

/// Copies the example documents to where a test may change them.
pub fn own_examples(into: &Path) {
    let examples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/kenya");
    fs::create_dir(into).unwrap();
    for entry in fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, into.join(path.file_name().unwrap())).unwrap();
    }
}

impl Live {
    /// Moves the stores of `sources` into servers: the files are gone, `catalogue` names the servers.
    pub fn move_in(registration: Kind, sources: &Path, catalogue: &Path) -> Self {
        let live = Self { registration };
        let password = sources.join("password");
        fs::write(&password, format!("{PASSWORD}\n")).unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
        let mut text = fs::read_to_string(catalogue).unwrap();
        for (source, file) in FILES {
            let kind = live.kind(source);
            let port = match kind {
                Kind::Postgres => {
                    server::postgres().database(source, PASSWORD).unwrap();
                    server::postgres().port()
                }
                Kind::Mariadb => {
                    server::mariadb().database(source, PASSWORD).unwrap();
                    server::mariadb().port()
                }
            };
            let path = sources.join(file);
            fill(kind, source, &Connection::open(&path).unwrap());
            fs::remove_file(&path).unwrap();
            let before = format!("connect: {{ sqlite: {{ path: {file} }} }}");
            assert!(text.contains(&before), "{text}");
            let after = format!(
                "connect: {{ {}: {{ host: 127.0.0.1, port: {port}, database: {source}, user: {source}, password: {{ file: password }}, tls: {{ mode: off }} }} }}",
                kind.word()
            );
            text = text.replace(&before, &after);
        }
        fs::write(catalogue, text).unwrap();
        live
    }

    fn kind(self, source: &str) -> Kind {
        if source == "progres" { self.registration } else { self.registration.other() }
    }

    /// Runs statements in the registration store as the server's own superuser.
    pub fn sql(self, statements: &str) -> String {
        match self.registration {
            Kind::Postgres => server::postgres().sql("progres", statements).unwrap(),
            Kind::Mariadb => server::mariadb().sql("progres", statements).unwrap(),
        }
    }

    /// Ends every session of ours at the registration store, as its administrator would; how many there were.
    pub fn end_our_sessions(self) -> usize {
        match self.registration {
            Kind::Postgres => {
                let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'progres'";
                self.sql(ended).lines().count()
            }
            Kind::Mariadb => {
                let found = self.sql("SELECT id FROM information_schema.processlist WHERE user = 'progres'");
                found.lines().for_each(|id| {
                    self.sql(&format!("KILL {id}"));
                });
                found.lines().count()
            }
        }
    }

    /// Waits until both servers have noticed that we are gone; a session or transaction that stays open fails.
    pub fn nothing_stays_open(self) {
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename IN ('progres', 'bims')";
        let threads = "SELECT (SELECT count(*) FROM information_schema.processlist WHERE user IN ('progres', 'bims')) \
                       + (SELECT count(*) FROM information_schema.innodb_trx)";
        let open = || {
            let postgres = server::postgres().sql("postgres", sessions).unwrap();
            let mariadb = server::mariadb().sql("mysql", threads).unwrap();
            [postgres, mariadb].map(|count| count.trim().to_owned())
        };
        let begun = Instant::now();
        loop {
            let left = open();
            if left == ["0", "0"] {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "sessions stay open: {left:?}");
        }
    }
}

/// Copies every table into a database that is called like the source.
fn fill(kind: Kind, database: &str, store: &Connection) {
    let client = match kind {
        Kind::Postgres => server::postgres().psql(database),
        Kind::Mariadb => server::mariadb().client(database),
    };
    let mut script = match kind {
        Kind::Postgres => "BEGIN;\n".to_owned(),
        Kind::Mariadb => "SET autocommit = 0, sql_mode = 'STRICT_ALL_TABLES';\n".to_owned(),
    };
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut statement = store.prepare(names).unwrap();
    let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for table in tables {
        create(kind, store, &table, &mut script);
        rows(kind, store, &table, &mut script);
    }
    script.push_str("COMMIT;\n");
    if kind == Kind::Postgres {
        script.push_str("ANALYZE;\n");
    }
    carry_out(client, &script);
}

/// The table with its key, its columns as such a server would have them. Days stay text: among them are impossible ones.
fn create(kind: Kind, store: &Connection, table: &str, script: &mut String) {
    let mut statement = store.prepare("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid").unwrap();
    let columns = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let columns: Vec<(String, String, u32)> = columns.map(Result::unwrap).collect();
    let declared = columns.iter().map(|(name, of, key)| {
        let is_key = *key > 0 || name.ends_with("_id") || name == "household_no";
        let of = match (of.as_str(), kind) {
            ("INTEGER", _) => "bigint",
            ("BLOB", Kind::Postgres) => "bytea",
            ("BLOB", Kind::Mariadb) => "longblob",
            (_, Kind::Postgres) if name == "individual_id" => "uuid",
            (_, Kind::Postgres) => "text",
            (_, Kind::Mariadb) if is_key => "varchar(190)",
            (_, Kind::Mariadb) => "longtext",
        };
        format!("{name} {of}")
    });
    let mut declared: Vec<String> = declared.collect();
    let keys: Vec<&str> = columns.iter().filter(|(_, _, key)| *key > 0).map(|(name, _, _)| name.as_str()).collect();
    declared.push(format!("PRIMARY KEY ({})", keys.join(", ")));
    let engine = if kind == Kind::Mariadb { " ENGINE=InnoDB" } else { "" };
    script.push_str(&format!("CREATE TABLE {table} ({}){engine};\n", declared.join(", ")));
}

fn rows(kind: Kind, store: &Connection, table: &str, script: &mut String) {
    let mut statement = store.prepare(&format!("SELECT * FROM {table} ORDER BY 1")).unwrap();
    let count = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut written = 0;
    while let Some(row) = rows.next().unwrap() {
        script.push_str(&if written % 200 == 0 { format!("INSERT INTO {table} VALUES\n(") } else { ",\n(".to_owned() });
        for column in 0..count {
            if column > 0 {
                script.push(',');
            }
            literal(kind, row.get_ref(column).unwrap(), script);
        }
        script.push(')');
        written += 1;
        if written % 200 == 0 {
            script.push_str(";\n");
        }
    }
    if written % 200 != 0 {
        script.push_str(";\n");
    }
}

fn literal(kind: Kind, value: ValueRef<'_>, script: &mut String) {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match (value, kind) {
        (ValueRef::Null, _) => script.push_str("NULL"),
        (ValueRef::Integer(number), _) => script.push_str(&number.to_string()),
        (ValueRef::Real(number), _) => script.push_str(&number.to_string()),
        (ValueRef::Text(b""), _) => script.push_str("''"),
        (ValueRef::Text(text), Kind::Postgres) => {
            let text = std::str::from_utf8(text).expect("a server holds no text that is not UTF-8");
            script.push_str(&format!("'{}'", text.replace('\'', "''")));
        }
        (ValueRef::Blob(bytes), Kind::Postgres) => script.push_str(&format!("'\\x{}'", hex(bytes))),
        (ValueRef::Text(bytes) | ValueRef::Blob(bytes), Kind::Mariadb) => {
            script.push_str(&format!("x'{}'", hex(bytes)));
        }
    }
}
