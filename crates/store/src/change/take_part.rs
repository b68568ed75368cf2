//! What is committed before a byte of a package leaves over the network, and after? Who takes which bytes of which part, and how many
//! were handed over.

use super::move_arrangement::demand_open;
use super::partner_key::demand_not_revoked;
use super::record_decision::demand_not_recalled;
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query, stored};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// Bytes of a part that are about to leave. The event's actor is the program that takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginTaking {
    /// The package.
    pub package: String,
    /// The part's name.
    pub part: String,
    /// The program.
    pub client: String,
    /// From which byte on.
    pub first_byte: u64,
    /// How many.
    pub bytes: u64,
    /// SHA-256 of what whoever hands them over shows afterwards, lower-case hexadecimal.
    pub token_sha256: String,
}

/// What was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndTaking {
    /// SHA-256 of what was given when it was begun.
    pub token_sha256: String,
    /// How many bytes, from the first one on.
    pub given: u64,
}

impl Store {
    /// Commits the intent to hand bytes of a package over. Its delivery was begun before, or it has arrived.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when the package is erased, called back, or not on its way, the arrangement out of force or the key
    /// revoked.
    pub async fn begin_taking(&self, change: Changed<BeginTaking>, stamp: Stamp) -> Result<(), StoreError> {
        self.save(change, stamp).await
    }

    /// Commits how many bytes were handed over.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when nothing was begun so, or not so many bytes.
    pub async fn end_taking(&self, change: Changed<EndTaking>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for BeginTaking {
    type Outcome = ();

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<()>, StoreError> {
        let (package, micros) = (&self.package, writing.micros());
        let gone = || StoreError::ChangedMeanwhile { what: "package", name: package.clone() };
        let row = query(
            "SELECT transfer.id AS id, transfer.state AS state, package_key.fingerprint AS fingerprint, \
             (SELECT count(*) FROM package_ready WHERE package_ready.package = package.id) AS is_ready, \
             (SELECT count(*) FROM delivery WHERE delivery.transfer = transfer.id AND delivery.outcome IS NULL) AS under_way \
             FROM package JOIN transfer ON transfer.id = package.transfer \
             LEFT JOIN package_key ON package_key.package = package.id \
             WHERE package.id = $1 AND package.erased_at IS NULL",
        );
        let row = row.bind(package).fetch_optional(writing.rows()).await?.ok_or_else(gone)?;
        let cells = Cells::new(&row, "package", "id");
        let (transfer, state): (String, String) = (cells.get("id")?, cells.get("state")?);
        let (is_ready, under_way): (i64, i64) = (cells.get("is_ready")?, cells.get("under_way")?);
        match state.as_str() {
            // INVARIANT (a stop holds): as before every byte of a delivery.
            "delivering" if under_way > 0 => {
                demand_open(writing, &transfer).await?;
                demand_not_recalled(writing.rows(), package).await?;
            }
            // What its program took whole and takes again leaves this house again.
            "delivered" if is_ready > 0 => demand_open(writing, &transfer).await?,
            "delivered" | "receipted" | "disputed" => {}
            _ => return Err(gone()),
        }
        if let Some(key) = cells.get::<Option<&str>>("fingerprint")? {
            demand_not_revoked(writing.rows(), key).await?;
        }
        let number = query("SELECT coalesce(max(number), 0) + 1 FROM part_taking WHERE package = $1").bind(package);
        let number: i64 = number.fetch_one(writing.rows()).await?.only()?;
        query(
            "INSERT INTO part_taking (package, number, part, client, first_byte, bytes, token_sha256, begun_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(package)
        .bind(number)
        .bind(&self.part)
        .bind(&self.client)
        .bind(stored(self.first_byte, "a place in a part")?)
        .bind(stored(self.bytes, "a number of bytes")?)
        .bind(&self.token_sha256)
        .bind(micros)
        .execute(writing.rows())
        .await?;
        // CRASH: after the commit nobody knows how much of it is handed over, until that is told, or another taking or a receipt tells it.
        Ok(Applied::Changed(()))
    }
}

impl Change for EndTaking {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let row = query("SELECT package, given FROM part_taking WHERE token_sha256 = $1").bind(&self.token_sha256);
        let Some(row) = row.fetch_optional(writing.rows()).await? else {
            return Err(StoreError::NotFound { what: "taking of a part", name: "so begun".to_owned() });
        };
        if Cells::new(&row, "part_taking", "package").get::<Option<i64>>("given")?.is_some() {
            return Applied::ALREADY;
        }
        let ended = query(
            "UPDATE part_taking SET given = $1, ended_at = $2 WHERE token_sha256 = $3 AND given IS NULL AND bytes >= $1",
        );
        let ended = ended.bind(stored(self.given, "a number of bytes")?).bind(micros).bind(&self.token_sha256);
        match ended.execute(writing.rows()).await? {
            1 => Applied::NEW,
            _ => Err(StoreError::NotFound { what: "so many bytes of a", name: "taking".to_owned() }),
        }
    }
}
