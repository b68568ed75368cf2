//! What does a MariaDB or MySQL database really have, and what is our user allowed there?

use std::path::Path;

use causeway_flow::source::SourceError;
use causeway_model::catalogue::{Server, Source};

use super::{ColumnShape, SourceShape, TableShape};
use crate::source::mariadb_look;

/// Rights that let nobody change anything.
const READING: &[&str] = &[
    "SELECT",
    "USAGE",
    "SHOW VIEW",
    "SHOW DATABASES",
    "PROCESS",
    "REPLICATION CLIENT",
    "BINLOG MONITOR",
    "SLAVE MONITOR",
    "LOCK TABLES",
    "REFERENCES",
    "PROXY",
];

/// Its tables and views, with what our user may do. Only what it has some right to is shown to it.
pub(super) fn mariadb(source: &Source, server: &Server, base: &Path) -> Result<SourceShape, SourceError> {
    let looked = mariadb_look(source, server, base)?;
    let grants: Vec<Grant> = looked.grants.iter().filter_map(|line| Grant::parse(line)).collect();
    let may = |table: Option<&str>, right: &dyn Fn(&Grant) -> bool| {
        grants.iter().any(|grant| grant.covers(&server.database, table) && right(grant))
    };
    let mut tables: Vec<TableShape> = Vec::new();
    for column in looked.columns {
        let table = Some(column.table.as_str());
        let readable = may(table, &|grant| grant.reads(&column.name));
        let writable = may(table, &Grant::changes);
        let shape = ColumnShape {
            name: column.name,
            declared: column.declared,
            collation: column.collation,
            // Whatever its collation: what is read is compared by us, and in the server byte for byte.
            exact: true,
            nullable: column.nullable,
            readable,
        };
        match tables.last_mut() {
            Some(before) if before.name.as_deref() == Some(column.table.as_str()) => before.columns.push(shape),
            _ => tables.push(TableShape {
                schema: Some(server.database.clone()),
                name: Some(column.table),
                columns: vec![shape],
                writable,
                filtered: false,
            }),
        }
    }
    let writable = may(None, &Grant::changes);
    Ok(SourceShape { tables, writable, user: Some(server.user.clone()), schema: Some(server.database.clone()) })
}

/// Rights to one thing, as `GRANT … ON … TO …` says them.
pub(crate) struct Grant {
    /// A right, and the columns that it is for; none of all.
    rights: Vec<(String, Vec<String>)>,
    /// Pattern of databases; `*` for the whole server.
    database: String,
    /// A table, or `*`.
    table: String,
    /// Whether they may be given to others.
    passes_on: bool,
}

impl Grant {
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let words = words(line);
        let mut words = words.iter().map(|(word, is_name)| (word.as_str(), *is_name)).peekable();
        if words.next() != Some(("GRANT", false)) {
            return None;
        }
        let (mut rights, mut right, mut columns) = (Vec::new(), String::new(), Vec::new());
        loop {
            match words.next()? {
                ("ON", false) => break,
                (",", false) if !right.is_empty() && columns.is_empty() => {
                    rights.push((std::mem::take(&mut right), Vec::new()))
                }
                ("(", false) => {
                    columns.clear();
                    while let Some((word, is_name)) = words.next_if(|word| *word != (")", false)) {
                        if is_name || word != "," {
                            columns.push(word.to_owned());
                        }
                    }
                }
                (")", false) => rights.push((std::mem::take(&mut right), std::mem::take(&mut columns))),
                (",", false) => {}
                (word, false) => {
                    right.push_str(if right.is_empty() { "" } else { " " });
                    right.push_str(word);
                }
                // A role that is granted: what it may do stands in a line of its own.
                (_, true) => return None,
            }
        }
        if !right.is_empty() {
            rights.push((right, Vec::new()));
        }
        let (database, _) = words.next()?;
        if words.next() != Some((".", false)) {
            return None;
        }
        let (table, _) = words.next()?;
        let passes_on = words.any(|word| word == ("GRANT", false));
        Some(Self { rights, database: database.to_owned(), table: table.to_owned(), passes_on })
    }

    /// Whether it is about this table, or, without one, about all tables.
    pub(crate) fn covers(&self, database: &str, table: Option<&str>) -> bool {
        let here = self.database == "*" || like(self.database.as_bytes(), database.as_bytes());
        here && (self.table == "*" || table.is_some_and(|table| self.table.eq_ignore_ascii_case(table)))
    }

    /// A right that goes beyond reading rows, adding some and changing some.
    pub(crate) fn beyond_writing(&self) -> Option<&str> {
        let beyond = |right: &str| !READING.contains(&right) && !matches!(right, "INSERT" | "UPDATE");
        let found = self.rights.iter().map(|(right, _)| right.as_str()).find(|right| beyond(right));
        found.or(self.passes_on.then_some("GRANT OPTION"))
    }

    /// Whether it gives a right to a column.
    pub(crate) fn gives(&self, wanted: &str, column: &str) -> bool {
        let among = |columns: &[String]| columns.is_empty() || columns.iter().any(|c| c.eq_ignore_ascii_case(column));
        self.rights.iter().any(|(right, columns)| right == wanted && among(columns))
    }

    fn changes(&self) -> bool {
        self.rights.iter().any(|(right, _)| !READING.contains(&right.as_str()))
    }

    fn reads(&self, column: &str) -> bool {
        let among = |columns: &[String]| columns.is_empty() || columns.iter().any(|c| c.eq_ignore_ascii_case(column));
        self.rights.iter().any(|(right, columns)| right.starts_with("ALL") || (right == "SELECT" && among(columns)))
    }
}

/// Words, signs and quoted names of a statement; whether each was quoted.
fn words(line: &str) -> Vec<(String, bool)> {
    let mut out = Vec::new();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '`' => {
                let mut name = String::new();
                while let Some(letter) = letters.next() {
                    if letter == '`' && letters.next_if_eq(&'`').is_none() {
                        break;
                    }
                    name.push(letter);
                }
                out.push((name, true));
            }
            letter if letter.is_whitespace() => {}
            letter if letter.is_alphanumeric() || letter == '_' => {
                let mut word = letter.to_string();
                while let Some(letter) = letters.next_if(|letter| letter.is_alphanumeric() || *letter == '_') {
                    word.push(letter);
                }
                out.push((word, false));
            }
            sign => out.push((sign.to_string(), false)),
        }
    }
    out
}

/// Whether `text` fits a pattern of databases: `%` any letters, `_` any letter, `\` takes the next as it is.
fn like(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], text) => text.is_empty(),
        ([b'%', rest @ ..], _) => (0..=text.len()).any(|from| text.get(from..).is_some_and(|text| like(rest, text))),
        ([b'\\', exact, rest @ ..], [first, text @ ..]) => exact.eq_ignore_ascii_case(first) && like(rest, text),
        ([b'_', rest @ ..], [_, text @ ..]) => like(rest, text),
        ([exact, rest @ ..], [first, text @ ..]) => exact.eq_ignore_ascii_case(first) && like(rest, text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_as_the_server_writes_them() {
        let grant = |line: &str| Grant::parse(line).unwrap();
        let all = grant("GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION");
        assert!(all.covers("camp", None) && all.changes() && all.reads("id"));
        let some = grant("GRANT SELECT (`id`, `na,``me`), INSERT (`id`) ON `camp`.`person` TO `u`@`%`");
        assert!(some.covers("camp", Some("person")) && !some.covers("camp", None) && !some.covers("camp", Some("x")));
        assert!(some.reads("na,`me") && !some.reads("note") && some.changes());
        let reader = grant("GRANT SELECT, SHOW VIEW ON `ca\\_p%`.* TO `u`@`%`");
        assert!(!reader.changes() && reader.covers("ca_ping", None) && !reader.covers("camp", None));
        assert!(Grant::parse("GRANT `readers` TO `u`@`%`").is_none());
        assert!(!grant("GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*0'").changes());
        assert_eq!(some.beyond_writing(), None);
        assert!(some.gives("INSERT", "id") && !some.gives("INSERT", "note") && !some.gives("UPDATE", "id"));
        assert_eq!(all.beyond_writing(), Some("ALL PRIVILEGES"));
        assert_eq!(grant("GRANT SELECT, DELETE ON `c`.* TO `u`@`%`").beyond_writing(), Some("DELETE"));
        assert_eq!(grant("GRANT SELECT ON `c`.* TO `u`@`%` WITH GRANT OPTION").beyond_writing(), Some("GRANT OPTION"));
    }
}
