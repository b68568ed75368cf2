//! What is for invented people only: an exchange's twin, a partner?

use super::writing::{Applied, Change, Writing};
use crate::db::query;
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

/// A partner to which nothing but invented people goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntheticOnly {
    /// The partner.
    pub partner: String,
}

impl Store {
    /// Opens a sandbox. One that is there stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name belongs to an exchange or to another's twin.
    pub async fn open_sandbox(&self, change: Changed<NewSandbox>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Says that a partner takes invented people only.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such partner.
    pub async fn synthetic_only(&self, change: Changed<SyntheticOnly>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewSandbox {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, actor) = (writing.micros(), writing.actor().to_owned());
        let taken = || StoreError::Taken { what: "exchange", name: self.exchange.clone() };
        let twin = query("SELECT twin_of FROM sandbox WHERE exchange = $1 OR twin_of = $2");
        let twin = twin.bind(&self.exchange).bind(&self.twin_of).fetch_optional(writing.rows()).await?;
        match twin.map(|row| row.only::<String>()).transpose()? {
            Some(twin) if twin == self.twin_of => return Applied::ALREADY,
            Some(_) => return Err(taken()),
            None => {}
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

impl Change for SyntheticOnly {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, actor) = (writing.micros(), writing.actor().to_owned());
        let known = query("SELECT count(*) FROM partner WHERE name = $1").bind(&self.partner);
        if known.fetch_one(writing.rows()).await?.only::<i64>()? == 0 {
            return Err(StoreError::NotFound { what: "partner", name: self.partner.clone() });
        }
        let said = query("SELECT count(*) FROM synthetic_only WHERE partner = $1").bind(&self.partner);
        if said.fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            return Applied::ALREADY;
        }
        query("INSERT INTO synthetic_only (partner, since, said_by) VALUES ($1, $2, $3)")
            .bind(&self.partner)
            .bind(micros)
            .bind(actor)
            .execute(writing.rows())
            .await?;
        Applied::NEW
    }
}
