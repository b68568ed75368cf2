//! How is a MariaDB or MySQL database written, and what does its trouble mean?

use std::path::Path;
use std::time::Duration;

use causeway_flow::accept::target::{Stored, TargetError};
use causeway_model::Code;
use causeway_model::catalogue::Server;

use super::dialect::Dialect;
use super::link::{Fields, Link, Trouble};
use super::wanted::Wanted;
use crate::inspect::MariadbGrant;
use crate::source::{MariadbBind, MariadbFailed, MariadbWriter};

/// An open connection.
pub(super) struct Mariadb {
    writer: MariadbWriter,
    user: String,
    database: String,
    /// How long somebody else is waited for, in seconds.
    patience: i64,
    /// The locks that are held by name: they are the connection's, and no transaction ends them.
    alone: Vec<String>,
}

impl Mariadb {
    pub(super) fn open(target: &str, server: &Server, base: &Path, patience: Duration) -> Result<Self, TargetError> {
        let writer = MariadbWriter::open(target, server, base, patience);
        let writer = writer.map_err(|error| TargetError::new(Code::TargetUnreachable, target, error.detail))?;
        let patience = i64::try_from(patience.as_secs() / 2).unwrap_or(i64::MAX).max(1);
        let (user, database) = (server.user.clone(), server.database.clone());
        Ok(Self { writer, user, database, patience, alone: Vec::new() })
    }

    /// Database and table of a name of the catalogue.
    fn place<'t>(&'t self, table: &'t str) -> (&'t str, &'t str) {
        table.split_once('.').unwrap_or((&self.database, table))
    }

    fn texts(&mut self, statement: &str, table: &str) -> Result<Vec<Vec<Option<String>>>, Trouble> {
        let (database, table) = self.place(table);
        let binds = [Stored::Text(database.to_owned()), Stored::Text(table.to_owned())];
        let text = |field| match field {
            Stored::Text(text) => Some(text),
            _ => None,
        };
        let rows = self.rows(statement, &binds)?;
        Ok(rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect())
    }

    /// Lets go of what was held by name. Where that fails, the connection's end does it.
    fn let_go(&mut self) {
        for name in std::mem::take(&mut self.alone) {
            let _ = self.run("DO RELEASE_LOCK(CONCAT('causeway ', SHA1(?)))", &[Stored::Text(name)]);
        }
    }

    fn plain(&mut self, statement: &'static str) -> Result<(), Trouble> {
        self.writer.plain(statement).map(|_| ()).map_err(trouble)
    }
}

impl Link for Mariadb {
    fn dialect(&self) -> Dialect {
        Dialect::Mariadb
    }

    fn columns(&mut self, table: &str) -> Result<Option<Vec<(String, String)>>, Trouble> {
        let sql = "SELECT COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS \
                   WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION";
        let pair = |row: Vec<Option<String>>| {
            let mut row = row.into_iter().flatten();
            row.next().zip(row.next())
        };
        let columns: Vec<(String, String)> = self.texts(sql, table)?.into_iter().filter_map(pair).collect();
        Ok((!columns.is_empty()).then_some(columns))
    }

    fn unfit(&mut self, table: &str) -> Result<Option<String>, Trouble> {
        let sql = "SELECT t.ENGINE, e.TRANSACTIONS FROM information_schema.TABLES AS t \
                   LEFT JOIN information_schema.ENGINES AS e ON e.ENGINE = t.ENGINE \
                   WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?";
        Ok(match self.texts(sql, table)?.into_iter().next().as_deref() {
            Some([Some(_), Some(transactions)]) if transactions == "YES" => None,
            Some([Some(engine), _]) => Some(format!("its engine {engine} has no transactions: convert it to InnoDB")),
            _ => Some("it is a view: name the table below it".to_owned()),
        })
    }

    fn rights(&mut self, wanted: &[Wanted]) -> Result<Vec<String>, Trouble> {
        let lines = self.writer.plain("SHOW GRANTS").map_err(trouble)?;
        let (user, mut grants, mut wrong) = (&self.user, Vec::new(), Vec::new());
        for line in lines.into_iter().flatten().flatten() {
            match MariadbGrant::parse(&line) {
                Some(grant) => {
                    if let Some(right) = grant.beyond_writing() {
                        wrong.push(format!("`{user}` has the right {right}, and should only read, insert and update"));
                    }
                    grants.push(grant);
                }
                // What a role may do is not told unless it is taken on.
                None if line.starts_with("GRANT") => {
                    wrong.push(format!("`{user}` may take on a role: give it its own rights, and no role"));
                }
                None => {}
            }
        }
        for table in wanted {
            let (database, name) = self.place(&table.table);
            for (right, columns) in [("SELECT", &table.selects), ("INSERT", &table.inserts), ("UPDATE", &table.updates)]
            {
                let may = |column: &str| {
                    grants.iter().any(|grant| grant.covers(database, Some(name)) && grant.gives(right, column))
                };
                for column in columns.iter().filter(|column| !may(column)) {
                    let (column, table) = (column.escape_debug(), table.table.escape_debug());
                    wrong.push(format!("`{user}` lacks {right} on column `{column}` of table `{table}`"));
                }
            }
        }
        Ok(wrong)
    }

    fn begin(&mut self) -> Result<(), Trouble> {
        self.plain("START TRANSACTION READ WRITE")
    }

    fn alone(&mut self, table: &str) -> Result<(), Trouble> {
        let (database, table) = self.place(table);
        let name = format!("{database}.{table}").to_lowercase();
        let binds = [Stored::Text(name.clone()), Stored::Integer(self.patience)];
        let taken = "SELECT CAST(GET_LOCK(CONCAT('causeway ', SHA1(?)), ?) AS CHAR CHARACTER SET utf8mb4)";
        let taken = self.rows(taken, &binds)?.into_iter().flatten().next();
        if taken != Some(Stored::Text("1".to_owned())) {
            return Err(Trouble::Busy("another worker adds rows to the table for too long".to_owned()));
        }
        self.alone.push(name);
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Trouble> {
        let done = self.plain("COMMIT");
        self.let_go();
        done
    }

    fn rollback(&mut self) -> Result<(), Trouble> {
        let done = self.plain("ROLLBACK");
        self.let_go();
        done
    }

    fn rows(&mut self, statement: &str, binds: &[Stored]) -> Result<Vec<Fields>, Trouble> {
        let executed = self.writer.execute(statement, &bound(binds)).map_err(trouble)?;
        let stored = |field: Option<Vec<u8>>| field.map_or(Stored::Null, Stored::text);
        Ok(executed.rows.into_iter().map(|row| row.into_iter().map(stored).collect()).collect())
    }

    fn run(&mut self, statement: &str, binds: &[Stored]) -> Result<u64, Trouble> {
        self.writer.execute(statement, &bound(binds)).map(|executed| executed.changed).map_err(trouble)
    }
}

fn bound(binds: &[Stored]) -> Vec<MariadbBind<'_>> {
    let bind = |stored| match stored {
        // It has no such value of its own: what is read of it is text.
        &Stored::Null | &Stored::Real(_) => MariadbBind::Null,
        Stored::Integer(value) => MariadbBind::Integer(*value),
        Stored::Text(text) => MariadbBind::Text(text),
        Stored::Bytes(bytes) => MariadbBind::Bytes(bytes),
    };
    binds.iter().map(bind).collect()
}

/// The server's trouble as ours, by its error number. Its own words may quote a value.
fn trouble(failed: MariadbFailed) -> Trouble {
    let number = match failed {
        MariadbFailed::Lost(detail) => return Trouble::Lost(detail),
        MariadbFailed::Refused(number) => number,
    };
    let refused = |why: &str| Trouble::refused(format!("{why} (the server's error {number})"));
    let busy = |why: &str| Trouble::Busy(format!("{why} (the server's error {number})"));
    let missing = |why: &str| Trouble::Missing(format!("{why} (the server's error {number})"));
    match number {
        1062 | 1586 => Trouble::Taken(format!("a unique key is taken (the server's error {number})")),
        1216 | 1217 | 1451 | 1452 => refused("a row that it refers to is not there, or is referred to"),
        1048 | 1263 | 1364 => refused("a column that needs a value has none"),
        3819 | 4025 => refused("a check is not met"),
        1406 => refused("a value is too long for its column"),
        1264 | 1690 => refused("a number is too large for its column"),
        1265 | 1292 | 1366 | 1411 | 1525 | 3140 | 4038 => refused("a value is none of its column's type"),
        1267 | 1300 | 1977 | 3854 => refused("a text has no form in the column's character set"),
        1644 => refused("a trigger is against it"),
        1205 => busy("somebody else holds the row or table for too long"),
        1213 | 3058 => busy("the server gave it up for somebody else's lock"),
        1317 | 1969 | 3024 => busy("a statement took longer than it may, or somebody stopped it"),
        1021 | 1040 | 1114 | 1203 | 1226 => busy("the server has no room or connection left"),
        1044 | 1142 | 1143 | 1227 | 1370 => Trouble::Rights(format!("our user may not do that (error {number})")),
        1290 | 1792 | 1836 => missing("the server takes no changes: it is a replica, perhaps"),
        1051 | 1054 | 1064 | 1146 | 1356 => missing("a table or column is not as the exchange says"),
        1906 | 3105 => missing("a column takes only what the server gives it"),
        _ => Trouble::Lost(format!("the server refuses (its error {number})")),
    }
}
