//! How does an exchange get a twin on invented people?

use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// An exchange's twin on invented people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSandbox {
    /// The twin's name.
    pub exchange: String,
    /// The exchange that it is a twin of.
    pub twin_of: String,
    /// How many records are invented.
    pub records: u32,
}

impl Store {
    /// Opens a sandbox. One that is there stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name belongs to an exchange or to another's twin, or the exchange has a twin of another name.
    pub async fn open_sandbox(&self, change: Changed<NewSandbox>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewSandbox {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, actor) = (writing.micros(), writing.actor().to_owned());
        let taken = || StoreError::Taken { what: "exchange", name: self.exchange.clone() };
        let there = query("SELECT exchange, twin_of FROM sandbox WHERE exchange = $1 OR twin_of = $2");
        let there = there.bind(&self.exchange).bind(&self.twin_of).fetch_all(writing.rows()).await?;
        if let Some(row) = there.first() {
            let cells = Cells::new(row, "sandbox", "exchange");
            let same = cells.get::<&str>("exchange")? == self.exchange && cells.get::<&str>("twin_of")? == self.twin_of;
            return if same { Applied::ALREADY } else { Err(taken()) };
        }
        let used = query("SELECT count(*) FROM document WHERE kind = 'exchange' AND name = $1").bind(&self.exchange);
        if used.fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            return Err(taken());
        }
        query("INSERT INTO sandbox (exchange, twin_of, records, opened_at, opened_by) VALUES ($1, $2, $3, $4, $5)")
            .bind(&self.exchange)
            .bind(&self.twin_of)
            .bind(self.records)
            .bind(micros)
            .bind(actor)
            .execute(writing.rows())
            .await?;
        Applied::NEW
    }
}
