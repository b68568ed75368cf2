//! How does a file from a partner come to be ours? Its sealed body, or the digest of the file that holds it, in one transaction with
//! the versions by which it will be read.

use causeway_model::intake::Intake;

use super::DocumentKind;
use super::import_document::stored_sha256;
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, named, query, stored, to_json};
use crate::{Changed, Saved, Stamp, Store, StoreError};

named! {
    /// By which way a file came.
    Way {
        /// Sent to the partner API.
        Api = "api",
        /// Brought by a person.
        Upload = "upload",
        /// Found in a folder.
        Folder = "folder",
    }
}

/// The versions by which an intake is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeVersions {
    /// The exchange, and its version.
    pub exchange: (String, u32),
    /// The arrangement, and its version.
    pub arrangement: (String, u32),
    /// The catalogue, and its version.
    pub catalogue: (String, u32),
}

/// A file that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIntake {
    /// Its id, not used before.
    pub id: String,
    /// By what it is read.
    pub versions: IntakeVersions,
    /// The partner whose it is.
    pub partner: String,
    /// The program of the partner that sent it, if one did.
    pub client: Option<String>,
    /// By which way it came.
    pub way: Way,
    /// The number that the partner gave it, where it came in an envelope.
    pub number: Option<u64>,
    /// SHA-256 of what came, in hexadecimal.
    pub sha256: String,
    /// Bytes of what came.
    pub size: u64,
    /// The body as ciphertext, where it is short enough to lie in its row; otherwise it is in a file already.
    pub body: Option<Vec<u8>>,
}

/// What became of a file that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedIntake {
    /// The intake's id: of the earlier one where the same file had come before.
    pub id: String,
    /// Whether it is new.
    pub saved: Saved,
}

impl Store {
    /// Keeps what came in. What comes under the id of an earlier one is that one. The very same file of an exchange and partner, which was
    /// not rejected or taken back, is the same intake; what a program sent as JSON is told by its id alone.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when a document's version is not stored, [`StoreError::Taken`] when something else came under the id.
    pub async fn receive_intake(&self, change: Changed<NewIntake>, stamp: Stamp) -> Result<ReceivedIntake, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewIntake {
    type Outcome = ReceivedIntake;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<ReceivedIntake>, StoreError> {
        let micros = writing.micros();
        let IntakeVersions { exchange, arrangement, catalogue } = &self.versions;
        self.versions.demand(writing).await?;
        let used = query("SELECT id, exchange, sha256 FROM intake WHERE id = $1").bind(&self.id);
        if let Some(row) = used.fetch_optional(writing.rows()).await? {
            let cells = Cells::new(&row, "intake", "id");
            let came: (String, String) = (cells.get("exchange")?, cells.get("sha256")?);
            return match came == (exchange.0.clone(), self.sha256.clone()) {
                true => Ok(Applied::Nothing(ReceivedIntake { id: self.id.clone(), saved: Saved::Already })),
                false => Err(StoreError::Taken { what: "intake", name: self.id.clone() }),
            };
        }
        let before = query(
            "SELECT id FROM intake WHERE exchange = $1 AND partner = $2 AND sha256 = $3 \
             AND state NOT IN ('rejected', 'cancelled') ORDER BY received_at, id LIMIT 1",
        );
        let before = before.bind(&exchange.0).bind(&self.partner).bind(&self.sha256);
        let is_told_by_its_file = self.way != Way::Api;
        if let Some(row) = before.fetch_optional(writing.rows()).await?.filter(|_| is_told_by_its_file) {
            let id = Cells::new(&row, "intake", "id").get("id")?;
            return Ok(Applied::Nothing(ReceivedIntake { id, saved: Saved::Already }));
        }
        let state = Intake::Received;
        let row = query(
            "INSERT INTO intake (id, exchange, exchange_version, arrangement, arrangement_version, catalogue, \
             catalogue_version, partner, client, way, number, sha256, size, body, received_at, received_by, state, state_json, \
             updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $15)",
        )
        .bind(&self.id)
        .bind(&exchange.0)
        .bind(exchange.1)
        .bind(&arrangement.0)
        .bind(arrangement.1)
        .bind(&catalogue.0)
        .bind(catalogue.1)
        .bind(&self.partner)
        .bind(self.client.clone())
        .bind(self.way.name())
        .bind(self.number.map(|number| stored(number, "an intake's number")).transpose()?)
        .bind(&self.sha256)
        .bind(stored(self.size, "an intake")?)
        .bind(self.body.clone())
        .bind(micros)
        .bind(writing.actor())
        .bind(state.name())
        .bind(to_json(&state)?);
        row.execute(writing.rows()).await?;
        Ok(Applied::Changed(ReceivedIntake { id: self.id.clone(), saved: Saved::New }))
    }
}

impl IntakeVersions {
    /// Demands that each is stored.
    pub(super) async fn demand(&self, writing: &mut Writing<'_>) -> Result<(), StoreError> {
        for (kind, (name, version)) in [
            (DocumentKind::Exchange, &self.exchange),
            (DocumentKind::Arrangement, &self.arrangement),
            (DocumentKind::Catalogue, &self.catalogue),
        ] {
            if stored_sha256(writing.rows(), kind, name, *version).await?.is_none() {
                let name = format!("{name} version {version}");
                return Err(StoreError::NotFound { what: kind.name(), name });
            }
        }
        Ok(())
    }
}
