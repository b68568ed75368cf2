//! Which statements must an administrator run, so that a target can be written, and no more than that?

use causeway_flow::accept::target::Layout;
use causeway_model::catalogue::{Server, Target, TargetConnection};

use super::dialect::Dialect;
use super::marker;
use super::wanted::{Wanted, wanted};
use crate::source::{TableName, quoted};

/// Statements that make our table and give our user its rights, for its owner to run: printable text.
pub fn prepare(target: &Target, layouts: &[Layout]) -> String {
    let wanted = wanted(layouts);
    let (dialect, head) = match &target.connect {
        TargetConnection::Sqlite { .. } => {
            (Dialect::Sqlite, "SQLite, in its file; there are no users in it".to_owned())
        }
        TargetConnection::Postgres(_) => (Dialect::Postgres, "PostgreSQL, as the owner of its tables".to_owned()),
        TargetConnection::Mariadb(_) => (Dialect::Mariadb, "MariaDB or MySQL, as an administrator".to_owned()),
    };
    let mut out = format!("-- target {}: {head}\n{}\n", target.name, marker::definition(dialect));
    match &target.connect {
        TargetConnection::Sqlite { .. } => {}
        TargetConnection::Postgres(server) => {
            out.push_str(&database(server));
            wanted.iter().for_each(|table| out.push_str(&on_postgres(table, server)));
        }
        TargetConnection::Mariadb(server) => wanted.iter().for_each(|table| out.push_str(&on_mariadb(table, server))),
    }
    if layouts.is_empty() {
        out.push_str("-- no exchange in use writes here yet: print this once more when one does\n");
    }
    out
}

fn database(server: &Server) -> String {
    let (database, user) = (quoted(&server.database), quoted(&server.user));
    format!(
        "-- CREATE ROLE {user} LOGIN PASSWORD …;\n-- Where a key is filled in from a sequence (`serial`), give it that too: GRANT USAGE ON SEQUENCE … TO {user};\nGRANT CONNECT ON DATABASE {database} TO {user};\n\n"
    )
}

fn on_postgres(wanted: &Wanted, server: &Server) -> String {
    let (name, user) = (TableName::parse(&wanted.table), quoted(&server.user));
    let table = name.sql();
    format!(
        "GRANT USAGE ON SCHEMA {} TO {user};\nREVOKE ALL ON {table} FROM {user};\nGRANT {} ON {table} TO {user};\n\n",
        quoted(&name.schema),
        rights(Dialect::Postgres, wanted)
    )
}

/// The database is the target's own, where the table's name says nothing else.
fn on_mariadb(wanted: &Wanted, server: &Server) -> String {
    let table = match wanted.table.contains('.') {
        true => Dialect::Mariadb.table(&wanted.table),
        false => format!("{}.{}", Dialect::Mariadb.name(&server.database), Dialect::Mariadb.name(&wanted.table)),
    };
    let user = server.user.replace('\\', "\\\\").replace('\'', "''");
    format!("GRANT {} ON {table} TO '{user}'@'%';\n\n", rights(Dialect::Mariadb, wanted))
}

fn rights(dialect: Dialect, wanted: &Wanted) -> String {
    let all = [("SELECT", &wanted.selects), ("INSERT", &wanted.inserts), ("UPDATE", &wanted.updates)];
    let right = |(right, columns): (&str, &Vec<String>)| {
        let names: Vec<String> = columns.iter().map(|column| dialect.name(column)).collect();
        (!names.is_empty()).then(|| format!("{right} ({})", names.join(", ")))
    };
    all.into_iter().filter_map(right).collect::<Vec<_>>().join(",\n  ")
}
