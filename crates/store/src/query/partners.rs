//! With whom do we exchange, and under which keys?

use jiff::Timestamp;

use crate::change::PartnerState;
use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    /// The name by which documents call it.
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
    /// When it was added.
    pub added_at: Timestamp,
    /// By whom.
    pub added_by: String,
}

impl Reader {
    /// A partner.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn partner(&self, name: &str) -> Result<Option<Partner>, StoreError> {
        let row = query(
            "SELECT name, title, age_recipient, signing_key_pem, fingerprint, state, added_at, added_by \
             FROM partner WHERE name = $1",
        );
        row.bind(name).fetch_optional(&self.pool).await?.as_ref().map(partner).transpose()
    }

    /// All partners, by name.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn partners(&self) -> Result<Vec<Partner>, StoreError> {
        let rows = query(
            "SELECT name, title, age_recipient, signing_key_pem, fingerprint, state, added_at, added_by \
             FROM partner ORDER BY name",
        );
        rows.fetch_all(&self.pool).await?.iter().map(partner).collect()
    }
}

fn partner(row: &Row) -> Result<Partner, StoreError> {
    let cells = Cells::new(row, "partner", "name");
    Ok(Partner {
        name: cells.get("name")?,
        title: cells.get("title")?,
        age_recipient: cells.get("age_recipient")?,
        signing_key_pem: cells.get("signing_key_pem")?,
        fingerprint: cells.get("fingerprint")?,
        state: cells.named("state", PartnerState::from_name)?,
        added_at: cells.time("added_at")?,
        added_by: cells.get("added_by")?,
    })
}
