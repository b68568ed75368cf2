//! What is stopped?

use causeway_model::stop::Stop;

use crate::db::{Cells, query};
use crate::{Reader, StoreError};

impl Reader {
    /// The stops that stand, oldest first. Every door asks for them, so the question is a short one.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn standing_stops(&self) -> Result<Vec<Stop>, StoreError> {
        let rows = query("SELECT id, stop_json FROM stop WHERE state <> 'lifted' ORDER BY stopped_at, id");
        let rows = rows.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Cells::new(row, "stop", "id").json("stop_json")).collect()
    }

    /// Every stop there ever was, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn stops(&self) -> Result<Vec<Stop>, StoreError> {
        let rows = query("SELECT id, stop_json FROM stop ORDER BY stopped_at, id").fetch_all(&self.pool).await?;
        rows.iter().map(|row| Cells::new(row, "stop", "id").json("stop_json")).collect()
    }
}
