//! How much of a file that comes in pieces is here? Not governance: it has its entry of the ledger once it is an intake.

use jiff::{SignedDuration, Timestamp};

use crate::db::{Cells, Row, Transaction, query, stored};
use crate::lease::after;
use crate::step::{Step, Steps};
use crate::{Reader, Store, StoreError};

/// How long nothing may come before an upload is given up.
pub const LASTS: SignedDuration = SignedDuration::from_hours(24);

/// A file that comes in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: String,
    /// For which exchange it comes.
    pub exchange: String,
    /// The partner that sends it.
    pub partner: String,
    /// The partner's program that sends it, if one does.
    pub client: Option<String>,
    /// How many bytes it will have, where that was said.
    pub size: Option<u64>,
    /// How many bytes are here.
    pub received: u64,
    /// Who began it.
    pub begun_by: String,
    /// The intake that it became.
    pub intake: Option<String>,
}

/// What keeps account of uploads.
#[derive(Clone, Debug)]
pub struct Uploads {
    steps: Steps,
}

impl Store {
    /// What keeps account of uploads.
    #[must_use]
    pub fn uploads(&self) -> Uploads {
        Uploads { steps: Steps::of(self) }
    }
}

impl Reader {
    /// An upload that has not been given up.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn upload(&self, id: &str) -> Result<Option<Upload>, StoreError> {
        let row = query(
            "SELECT id, exchange, partner, client, size, received, begun_by, intake FROM upload \
             WHERE id = $1 AND (ended_at IS NULL OR intake IS NOT NULL)",
        );
        row.bind(id).fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }
}

impl Uploads {
    /// Begins one; no where its partner has `most` unfinished ones for the exchange.
    ///
    /// # Errors
    /// When the id is used, or the database fails.
    pub async fn begin(&self, upload: &Upload, most: u64, now: Timestamp) -> Result<bool, StoreError> {
        self.steps.take(&Begin { upload, most, now }).await
    }

    /// Tells that bytes from `from` on are on the disk, up to `to`; no where it stands elsewhere by now or has ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn grow(&self, id: &str, from: u64, to: u64, now: Timestamp) -> Result<bool, StoreError> {
        self.steps.take(&Grow { id, from, to, now }).await
    }

    /// Ends one that became an intake, or that was given up; no where it had ended before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end(&self, id: &str, intake: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
        self.steps.take(&End { id, intake, now }).await
    }

    /// Ends every one to which nothing came for a day; their ids, for whoever clears their bytes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_up(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        self.steps.take(&GiveUp { now }).await
    }
}

struct Begin<'a> {
    upload: &'a Upload,
    most: u64,
    now: Timestamp,
}

impl Step for Begin<'_> {
    type Outcome = bool;

    async fn apply(&self, rows: &mut Transaction) -> Result<bool, StoreError> {
        let Upload { id, exchange, partner, client, size, received, begun_by, .. } = self.upload;
        let open = query("SELECT count(*) FROM upload WHERE partner = $1 AND exchange = $2 AND ended_at IS NULL");
        let open = open.bind(partner).bind(exchange).fetch_one(&mut *rows).await?.only::<i64>()?;
        if open >= stored(self.most, "uploads")? {
            return Ok(false);
        }
        let row = query(
            "INSERT INTO upload (id, exchange, partner, client, size, received, begun_at, begun_by, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7)",
        );
        let row = row.bind(id).bind(exchange).bind(partner).bind(client);
        let row = row.bind(size.map(|size| stored(size, "an upload")).transpose()?);
        let row = row.bind(stored(*received, "an upload")?).bind(self.now.as_microsecond()).bind(begun_by);
        row.execute(rows).await.map(|_| true)
    }
}

struct Grow<'a> {
    id: &'a str,
    from: u64,
    to: u64,
    now: Timestamp,
}

impl Step for Grow<'_> {
    type Outcome = bool;

    async fn apply(&self, rows: &mut Transaction) -> Result<bool, StoreError> {
        let row = query(
            "UPDATE upload SET received = $1, updated_at = $2 WHERE id = $3 AND received = $4 AND ended_at IS NULL \
             AND (size IS NULL OR size >= $1)",
        );
        let row = row.bind(stored(self.to, "an upload")?).bind(self.now.as_microsecond()).bind(self.id);
        Ok(row.bind(stored(self.from, "an upload")?).execute(rows).await? == 1)
    }
}

struct End<'a> {
    id: &'a str,
    intake: Option<&'a str>,
    now: Timestamp,
}

impl Step for End<'_> {
    type Outcome = bool;

    async fn apply(&self, rows: &mut Transaction) -> Result<bool, StoreError> {
        let row =
            query("UPDATE upload SET intake = $1, ended_at = $2, updated_at = $2 WHERE id = $3 AND ended_at IS NULL");
        let row = row.bind(self.intake.map(str::to_owned)).bind(self.now.as_microsecond()).bind(self.id);
        Ok(row.execute(rows).await? == 1)
    }
}

struct GiveUp {
    now: Timestamp,
}

impl Step for GiveUp {
    type Outcome = Vec<String>;

    async fn apply(&self, rows: &mut Transaction) -> Result<Vec<String>, StoreError> {
        let before = after(self.now, -LASTS);
        let old = query("SELECT id FROM upload WHERE ended_at IS NULL AND updated_at <= $1 ORDER BY id").bind(before);
        let mut ended = Vec::new();
        for row in old.fetch_all(&mut *rows).await? {
            let id: String = row.only()?;
            let end = query("UPDATE upload SET ended_at = $1 WHERE id = $2").bind(self.now.as_microsecond()).bind(&id);
            end.execute(&mut *rows).await?;
            ended.push(id);
        }
        Ok(ended)
    }
}

fn read(row: &Row) -> Result<Upload, StoreError> {
    let cells = Cells::new(row, "upload", "id");
    Ok(Upload {
        id: cells.get("id")?,
        exchange: cells.get("exchange")?,
        partner: cells.get("partner")?,
        client: cells.get("client")?,
        size: cells.optional_count("size")?,
        received: cells.count("received")?,
        begun_by: cells.get("begun_by")?,
        intake: cells.get("intake")?,
    })
}
