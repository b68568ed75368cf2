//! What is for invented people only?

use crate::db::{Cells, query};
use crate::{Reader, StoreError};

/// An exchange's twin on invented people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sandbox {
    /// The twin's name.
    pub exchange: String,
    /// The exchange that it is a twin of.
    pub twin_of: String,
    /// How many records are invented.
    pub records: u32,
}

impl Reader {
    /// The sandbox of that name, if the name is a sandbox's.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn sandbox(&self, exchange: &str) -> Result<Option<Sandbox>, StoreError> {
        let row = query("SELECT exchange, twin_of, records FROM sandbox WHERE exchange = $1").bind(exchange);
        let Some(row) = row.fetch_optional(&self.pool).await? else { return Ok(None) };
        let cells = Cells::new(&row, "sandbox", "exchange");
        Ok(Some(Sandbox {
            exchange: cells.get("exchange")?,
            twin_of: cells.get("twin_of")?,
            records: cells.count("records")?,
        }))
    }

    /// Whether nothing but invented people goes to that partner.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_synthetic_only(&self, partner: &str) -> Result<bool, StoreError> {
        let said = query("SELECT count(*) FROM synthetic_only WHERE partner = $1").bind(partner);
        Ok(said.fetch_one(&self.pool).await?.only::<i64>()? > 0)
    }
}
