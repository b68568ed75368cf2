//! How does another organisation become a partner, to whose key we seal?

use super::writing::{Applied, Change, Writing};
use crate::db::{named, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

named! {
    /// How far the acquaintance with a partner goes.
    PartnerState {
        /// Asked to join.
        Invited = "invited",
        /// Its keys' fingerprints are confirmed.
        Verified = "verified",
        /// Packages may be sealed to it.
        Active = "active",
        /// For now, nothing may.
        Suspended = "suspended",
        /// It is no partner any more.
        Closed = "closed",
    }
}

/// A partner to be added. Whoever calls has had the fingerprint confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPartner {
    /// The name by which documents call the partner.
    pub name: String,
    /// Its title, for people.
    pub title: String,
    /// The age recipient that packages are encrypted to.
    pub age_recipient: String,
    /// The key that signs its receipts, PEM.
    pub signing_key_pem: String,
    /// The confirmed fingerprint over its keys.
    pub fingerprint: String,
    /// Its state.
    pub state: PartnerState,
}

impl Store {
    /// Adds a partner. The event's actor is who added it.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name has other facts.
    pub async fn add_partner(&self, change: Changed<NewPartner>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewPartner {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let same = query(
            "SELECT title = $2 AND age_recipient = $3 AND signing_key_pem = $4 AND fingerprint = $5 AND state = $6 \
             FROM partner WHERE name = $1",
        )
        .bind(&self.name)
        .bind(&self.title)
        .bind(&self.age_recipient)
        .bind(&self.signing_key_pem)
        .bind(&self.fingerprint)
        .bind(self.state.name())
        .fetch_optional(writing.rows())
        .await?;
        match same.map(|row| row.only()).transpose()? {
            Some(true) => return Applied::ALREADY,
            Some(false) => return Err(StoreError::Taken { what: "partner", name: self.name.clone() }),
            None => {}
        }
        let row = query(
            "INSERT INTO partner (name, title, age_recipient, signing_key_pem, fingerprint, state, added_at, added_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&self.name)
        .bind(&self.title)
        .bind(&self.age_recipient)
        .bind(&self.signing_key_pem)
        .bind(&self.fingerprint)
        .bind(self.state.name())
        .bind(micros)
        .bind(writing.actor());
        row.execute(writing.rows()).await?;
        Applied::NEW
    }
}
