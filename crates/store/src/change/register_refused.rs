//! How does a refused request enter the register?

use causeway_model::request::RefusedRequest;

use super::writing::{Applied, Change, Writing};
use crate::db::{query, to_json};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// An entry of the register of refused requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRefusedRequest {
    /// Its id.
    pub id: String,
    /// The entry.
    pub entry: RefusedRequest,
}

impl Store {
    /// Enters a refused request. An entry with the same words is entered once: then nothing changes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn register_refused(
        &self,
        change: Changed<NewRefusedRequest>,
        stamp: Stamp,
    ) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewRefusedRequest {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, entry, actor) = (writing.micros(), to_json(&self.entry)?, writing.actor().to_owned());
        let same = query("SELECT count(*) FROM refused_request WHERE entry_json = $1").bind(&entry);
        if same.fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            return Applied::ALREADY;
        }
        query("INSERT INTO refused_request (id, asked_on, entry_json, entered_at, entered_by) VALUES ($1, $2, $3, $4, $5)")
            .bind(&self.id)
            .bind(self.entry.asked_on.to_string())
            .bind(entry)
            .bind(micros)
            .bind(actor)
            .execute(writing.rows())
            .await?;
        Applied::NEW
    }
}
