//! What does the target's one table of ours hold, by which a group is known to have been applied?
//!
//! INVARIANT (applied once): a row of it is written in the transaction that applies its group, and read first by whoever
//! comes again. Two rows of one group cannot be there.

use causeway_flow::accept::target::{Column, Datum, Marker, Place, Stored};
use causeway_model::ValueType;

use super::dialect::Dialect;
use super::statement::{self, Condition};

/// Its name.
pub(super) const TABLE: &str = "causeway_applied";
/// The order in which rows were written.
pub(super) const ID: &str = "id";
/// What was done.
pub(super) const OUTCOME: &str = "outcome";
/// The sealed plan for undoing it; after that, what came of undoing.
pub(super) const UNDO: &str = "undo";

/// Its columns.
pub(super) fn columns() -> Vec<Column> {
    let text = |name: &str| Column::new(name, ValueType::Text);
    vec![
        Column::new(ID, ValueType::Integer),
        text("exchange"),
        text("external_id"),
        text("record_key"),
        text("digest"),
        text("intake"),
        Column::new("group_number", ValueType::Integer),
        text("sequence"),
        text(OUTCOME),
        Column::new(UNDO, ValueType::Bytes),
    ]
}

/// The statement that makes it. Ids are compared as bytes; MariaDB's texts are, only where they are no texts.
pub(super) fn definition(dialect: Dialect) -> String {
    let table = dialect.table(TABLE);
    let (id, text, long, key, number, bytes, end) = match dialect {
        Dialect::Sqlite => ("INTEGER PRIMARY KEY", "TEXT", "TEXT", "TEXT", "INTEGER", "BLOB", ""),
        Dialect::Postgres => (
            "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "text COLLATE \"C\"",
            "text COLLATE \"C\"",
            "text COLLATE \"C\"",
            "bigint",
            "bytea",
            "",
        ),
        Dialect::Mariadb => (
            "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
            "VARBINARY(250)",
            "VARBINARY(1000)",
            "LONGBLOB",
            "BIGINT",
            "LONGBLOB",
            " ENGINE = InnoDB",
        ),
    };
    let kinds = [
        (ID, id, ""),
        ("exchange", text, " NOT NULL"),
        ("external_id", long, " NOT NULL"),
        ("record_key", key, " NOT NULL"),
        ("digest", text, " NOT NULL"),
        ("intake", text, " NOT NULL"),
        ("group_number", number, " NOT NULL"),
        ("sequence", text, ""),
        (OUTCOME, text, " NOT NULL"),
        (UNDO, bytes, ""),
    ];
    let lines: Vec<String> =
        kinds.iter().map(|(name, kind, rest)| format!("  {} {kind}{rest},\n", dialect.name(name))).collect();
    let names = |names: &[&str]| names.iter().map(|name| dialect.name(name)).collect::<Vec<_>>().join(", ");
    let unique = names(&["exchange", "intake", "group_number"]);
    let by_record = names(&["exchange", "external_id", ID]);
    let index = dialect.name("causeway_applied_by_record");
    match dialect {
        Dialect::Mariadb => format!(
            "CREATE TABLE IF NOT EXISTS {table} (\n{}  UNIQUE ({unique}),\n  INDEX {index} ({by_record})\n){end};\n",
            lines.concat()
        ),
        Dialect::Sqlite => format!(
            "CREATE TABLE IF NOT EXISTS {table} (\n{}  UNIQUE ({unique})\n);\nCREATE INDEX IF NOT EXISTS \"main\".{index} ON {} ({by_record});\n",
            lines.concat(),
            dialect.name(TABLE)
        ),
        Dialect::Postgres => format!(
            "CREATE TABLE IF NOT EXISTS {table} (\n{}  UNIQUE ({unique})\n);\nCREATE INDEX IF NOT EXISTS {index} ON {table} ({by_record});\n",
            lines.concat()
        ),
    }
}

/// A row of it, as it is read.
pub(super) struct Kept {
    pub(super) marker: Marker,
    pub(super) sequence: Option<String>,
    pub(super) undo: Option<Vec<u8>>,
}

/// Whether the plans for undoing are read too: they are long, and most questions are not about them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Plans {
    Read,
    Left,
}

/// A question for rows of it.
pub(super) fn select(dialect: Dialect, conditions: &[Condition<'_>], order: &str, plans: Plans) -> String {
    let columns = columns();
    let read: Vec<String> = columns
        .iter()
        .map(|column| match (plans, column.name.as_str()) {
            (Plans::Left, UNDO) if dialect == Dialect::Mariadb => "CAST(NULL AS BINARY)".to_owned(),
            (Plans::Left, UNDO) => "NULL".to_owned(),
            // Bytes to MariaDB, and texts to us.
            _ if dialect == Dialect::Mariadb => format!("CAST({} AS BINARY)", dialect.name(&column.name)),
            _ => dialect.read(column, ""),
        })
        .collect();
    format!(
        "SELECT {} FROM {}{}{order}",
        read.join(", "),
        dialect.table(TABLE),
        statement::conditions(dialect, conditions, 1)
    )
}

/// Reads a row of [`select`]; none where it is not as we write them.
pub(super) fn kept(dialect: Dialect, fields: Vec<Stored>) -> Option<Kept> {
    let mut values = columns().into_iter().zip(fields).map(|(column, field)| dialect.stored(&column, field));
    let mut text = || match values.next()? {
        Stored::Text(text) => Some(Some(text)),
        Stored::Integer(number) => Some(Some(number.to_string())),
        Stored::Null => Some(None),
        _ => None,
    };
    let (_, _, external_id, key) = (text()?, text()?, text()??, text()??);
    let (digest, intake, group, sequence, outcome) = (text()??, text()??, text()??, text()?, text()??);
    let undo = match values.next()? {
        Stored::Bytes(bytes) => Some(bytes),
        _ => None,
    };
    let marker = Marker {
        place: Place { intake, group: group.parse().ok()? },
        external_id,
        digest: hex::decode(digest).ok()?.try_into().ok()?,
        outcome,
        key: serde_json::from_str(&key).ok()?,
    };
    Some(Kept { marker, sequence, undo })
}

/// The sequence of a message as it is kept.
pub(super) fn written(sequence: Option<&Datum>) -> Stored {
    sequence.and_then(Datum::written).map_or(Stored::Null, Stored::Text)
}

/// The order of two sequences, the kept one read as of the other's kind.
pub(super) fn order(incoming: &Datum, kept: &str) -> Option<std::cmp::Ordering> {
    let value_type = match incoming {
        Datum::Integer(_) => ValueType::Integer,
        Datum::Decimal(_, scale) => ValueType::Decimal(38, i8::try_from(*scale).unwrap_or(0)),
        Datum::Date(_) => ValueType::Date,
        Datum::Timestamp(_) => ValueType::Timestamp,
        _ => ValueType::Text,
    };
    let kept = Datum::read(&value_type, &Stored::Text(kept.to_owned()));
    incoming.newer(&kept.ok()?)
}

/// The statement that writes a row of it.
pub(super) fn insert(dialect: Dialect) -> String {
    let columns = columns();
    let names = columns.iter().filter(|column| column.name != ID).map(|column| dialect.name(&column.name));
    let names: Vec<String> = names.collect();
    let slots: Vec<String> = (1..=names.len()).map(|number| dialect.slot(number)).collect();
    format!("INSERT INTO {} ({}) VALUES ({})", dialect.table(TABLE), names.join(", "), slots.join(", "))
}

/// The statement that says what came of undoing a group.
pub(super) fn settle(dialect: Dialect) -> String {
    let set = format!("{} = {}, {} = {}", dialect.name(OUTCOME), dialect.slot(1), dialect.name(UNDO), dialect.slot(2));
    let on = statement::equal(["exchange", "intake", "group_number"]);
    format!("UPDATE {} SET {set}{}", dialect.table(TABLE), statement::conditions(dialect, &on, 3))
}
