//! How is everything read as of one moment, in constant memory?

use super::{BackupRow, TABLES, Table, to_json};
use crate::db::{Bind, FromValue as _, Query, Row, Transaction, Value, query};
use crate::open::schema;
use crate::{Reader, StoreError};

/// How many rows are held in memory at once.
const PAGE: u32 = 500;

/// The database as it stood at one moment, to be read page by page. It holds a read transaction: drop it when done.
#[derive(Debug)]
pub struct Export {
    transaction: Transaction,
    /// Of [`TABLES`], the one that is being read.
    place: usize,
    /// The key of the last row read of it.
    after: Option<Vec<Bind>>,
    schema: i64,
}

impl Reader {
    /// Begins to read everything, while others go on writing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn export(&self) -> Result<Export, StoreError> {
        let schema = schema::version(&self.pool).await?.min(schema::newest());
        Ok(Export { transaction: self.pool.begin_read().await?, place: 0, after: None, schema })
    }
}

impl Export {
    /// The schema that the rows are of.
    #[must_use]
    pub fn schema(&self) -> i64 {
        self.schema
    }

    /// The next rows; none at the end.
    ///
    /// # Errors
    /// When the database fails, or a value is of no type that we write.
    pub async fn next_page(&mut self) -> Result<Vec<BackupRow>, StoreError> {
        while let Some(table) = TABLES.get(self.place) {
            let rows = page(table, self.after.as_deref()).fetch_all(&mut self.transaction).await?;
            let Some(last) = rows.last() else {
                self.place += 1;
                self.after = None;
                continue;
            };
            self.after = Some(key(table, last)?);
            return rows.iter().map(|row| exported(table, row)).collect();
        }
        Ok(Vec::new())
    }
}

fn page(table: &Table, after: Option<&[Bind]>) -> Query {
    let key = table.key.join(", ");
    let name = table.name;
    let Some(after) = after else { return query(format!("SELECT * FROM {name} ORDER BY {key} LIMIT $1")).bind(PAGE) };
    let places: Vec<String> = (1..=after.len()).map(|place| format!("${place}")).collect();
    let (places, last) = (places.join(", "), after.len() + 1);
    let text = format!("SELECT * FROM {name} WHERE ({key}) > ({places}) ORDER BY {key} LIMIT ${last}");
    after.iter().cloned().fold(query(text), |asked, bind| asked.bind(bind)).bind(PAGE)
}

fn key(table: &Table, row: &Row) -> Result<Vec<Bind>, StoreError> {
    let bind = |column: &&'static str| {
        let value = row.value(column)?;
        i64::from_value(value).map(Bind::from).or_else(|| String::from_value(value).map(Bind::from))
    };
    let key: Option<Vec<Bind>> = table.key.iter().map(bind).collect();
    key.ok_or_else(|| odd(table, row, table.key.first().copied().unwrap_or_default()))
}

fn exported(table: &Table, row: &Row) -> Result<BackupRow, StoreError> {
    let mut values = serde_json::Map::new();
    for (column, value) in row.named_values().filter(|(column, _)| Some(*column) != table.numbered) {
        let value = to_json(value).ok_or_else(|| odd(table, row, "?"))?;
        values.insert(column.to_owned(), value);
    }
    Ok(BackupRow { table: table.name.to_owned(), values })
}

fn odd(table: &Table, row: &Row, column: &'static str) -> StoreError {
    let key = table.key.first().and_then(|column| row.value(column));
    let row = match key {
        Some(Value::Int(number)) => number.to_string(),
        Some(Value::Text(text)) => text.clone(),
        _ => "?".to_owned(),
    };
    StoreError::Damaged { table: table.name, row, column }
}
