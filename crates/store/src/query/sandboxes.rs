//! What is for invented people only?

use jiff::Timestamp;

use crate::change::ReceiptOutcome;
use crate::db::{Cells, On, Row, query};
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

/// The keys with which a partner takes part in sandboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxKey {
    /// The partner.
    pub partner: String,
    /// The age recipient.
    pub age_recipient: String,
    /// The key that signs its receipts, PEM.
    pub signing_key_pem: String,
    /// Fingerprints of both, with a blank between.
    pub fingerprint: String,
}

/// A package that a sandbox made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxRun {
    /// The package's id.
    pub package: String,
    /// The sandbox.
    pub sandbox: String,
    /// Number of the run within the sandbox.
    pub sequence: u64,
    /// The partner.
    pub partner: String,
    /// How many records are in it.
    pub released: u64,
    /// The keyed digest over the records.
    pub digest: String,
    /// SHA-256 of the receipt token.
    pub receipt_token_sha256: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// What the partner's receipt says, whether it disagrees with what was sent, and how many records were loaded.
    pub received: Option<(ReceiptOutcome, bool, u64)>,
}

/// Somebody who asked that a partner for invented people gets real data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealDataAsked {
    /// Who asked.
    pub by: String,
    /// Why.
    pub reason: String,
}

const SANDBOX: &str = "SELECT exchange, twin_of, records FROM sandbox";
const RUN: &str = "SELECT package, sandbox, sequence, partner, released, digest, receipt_token_sha256, made_at, outcome, \
                   records_loaded, disputed FROM sandbox_run";

impl Reader {
    /// The sandbox of that name, if the name is a sandbox's.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn sandbox(&self, exchange: &str) -> Result<Option<Sandbox>, StoreError> {
        query(format!("{SANDBOX} WHERE exchange = $1"))
            .bind(exchange)
            .fetch_optional(&self.pool)
            .await?
            .as_ref()
            .map(sandbox)
            .transpose()
    }

    /// All sandboxes, by name.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn sandboxes(&self) -> Result<Vec<Sandbox>, StoreError> {
        query(format!("{SANDBOX} ORDER BY exchange")).fetch_all(&self.pool).await?.iter().map(sandbox).collect()
    }

    /// A partner's keys for sandboxes.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn sandbox_key(&self, partner: &str) -> Result<Option<SandboxKey>, StoreError> {
        let row =
            query("SELECT partner, age_recipient, signing_key_pem, fingerprint FROM sandbox_key WHERE partner = $1");
        let Some(row) = row.bind(partner).fetch_optional(&self.pool).await? else { return Ok(None) };
        let cells = Cells::new(&row, "sandbox_key", "partner");
        Ok(Some(SandboxKey {
            partner: cells.get("partner")?,
            age_recipient: cells.get("age_recipient")?,
            signing_key_pem: cells.get("signing_key_pem")?,
            fingerprint: cells.get("fingerprint")?,
        }))
    }

    /// The newest runs of a sandbox, at most `limit`, newest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn sandbox_runs(&self, sandbox: &str, limit: u32) -> Result<Vec<SandboxRun>, StoreError> {
        query(format!("{RUN} WHERE sandbox = $1 ORDER BY sequence DESC LIMIT $2"))
            .bind(sandbox)
            .bind(limit)
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(run)
            .collect()
    }

    /// The run that made a package.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn run_of_package(&self, package: &str) -> Result<Option<SandboxRun>, StoreError> {
        query(format!("{RUN} WHERE package = $1"))
            .bind(package)
            .fetch_optional(&self.pool)
            .await?
            .as_ref()
            .map(run)
            .transpose()
    }

    /// The number that a sandbox's next run has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_run(&self, sandbox: &str) -> Result<u64, StoreError> {
        next_run(&self.pool, sandbox).await
    }

    /// Whether nothing but invented people goes to that partner.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_synthetic_only(&self, partner: &str) -> Result<bool, StoreError> {
        let said = query("SELECT count(*) FROM synthetic_only WHERE partner = $1").bind(partner);
        Ok(said.fetch_one(&self.pool).await?.only::<i64>()? > 0)
    }

    /// Partners to which nothing but invented people goes, by name, each with its age recipient.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn synthetic_only_partners(&self) -> Result<Vec<(String, String)>, StoreError> {
        let rows = query(
            "SELECT partner.name AS name, partner.age_recipient AS age_recipient FROM synthetic_only \
             JOIN partner ON partner.name = synthetic_only.partner ORDER BY partner.name",
        );
        let pair = |row: &Row| {
            let cells = Cells::new(row, "synthetic_only", "name");
            Ok((cells.get("name")?, cells.get("age_recipient")?))
        };
        rows.fetch_all(&self.pool).await?.iter().map(pair).collect()
    }

    /// Who asked that real people's data may go to a partner for invented ones.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn real_data_asked(&self, partner: &str) -> Result<Option<RealDataAsked>, StoreError> {
        let row = query("SELECT partner, asked_by, reason FROM real_data_asked WHERE partner = $1").bind(partner);
        let Some(row) = row.fetch_optional(&self.pool).await? else { return Ok(None) };
        let cells = Cells::new(&row, "real_data_asked", "partner");
        Ok(Some(RealDataAsked { by: cells.get("asked_by")?, reason: cells.get("reason")? }))
    }
}

/// See [`Reader::next_run`].
pub(crate) async fn next_run(on: impl Into<On<'_>>, sandbox: &str) -> Result<u64, StoreError> {
    let row =
        query("SELECT $1 AS sandbox, coalesce(max(sequence), 0) + 1 AS sequence FROM sandbox_run WHERE sandbox = $1");
    let row = row.bind(sandbox).fetch_one(on).await?;
    Cells::new(&row, "sandbox_run", "sandbox").count("sequence")
}

fn sandbox(row: &Row) -> Result<Sandbox, StoreError> {
    let cells = Cells::new(row, "sandbox", "exchange");
    Ok(Sandbox { exchange: cells.get("exchange")?, twin_of: cells.get("twin_of")?, records: cells.count("records")? })
}

fn run(row: &Row) -> Result<SandboxRun, StoreError> {
    let cells = Cells::new(row, "sandbox_run", "package");
    let outcome: Option<String> = cells.get("outcome")?;
    let received = match outcome {
        None => None,
        Some(_) => Some((
            cells.named("outcome", ReceiptOutcome::from_name)?,
            cells.optional_count::<i64>("disputed")? == Some(1),
            cells.optional_count("records_loaded")?.unwrap_or_default(),
        )),
    };
    Ok(SandboxRun {
        package: cells.get("package")?,
        sandbox: cells.get("sandbox")?,
        sequence: cells.count("sequence")?,
        partner: cells.get("partner")?,
        released: cells.count("released")?,
        digest: cells.get("digest")?,
        receipt_token_sha256: cells.get("receipt_token_sha256")?,
        made_at: cells.time("made_at")?,
        received,
    })
}
