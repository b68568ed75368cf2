//! Which questions about single people were answered and lie in no set yet, and who may ask no more?

use jiff::Timestamp;
use jiff::civil::Date;

use crate::change::PackageContent;
use crate::db::{Cells, Row, Transaction, query};
use crate::step::{Step, Steps};
use crate::{Reader, Store, StoreError};

/// A round of questions, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRound {
    /// Its number.
    pub number: u64,
    /// The exchange.
    pub exchange: String,
    /// The arrangement, with its version.
    pub arrangement: (String, u32),
    /// What of whom was told.
    pub content: PackageContent,
    /// The day by which the partner erases it.
    pub purge_by: Date,
    /// How many people were told about.
    pub told: u64,
    /// Who is in it, sealed to the operation.
    pub people: Vec<u8>,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A client that may not ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRow {
    /// The client.
    pub client: String,
    /// The exchange.
    pub exchange: String,
    /// Since when.
    pub held_at: Timestamp,
}

impl Reader {
    /// Rounds that lie in no set yet, in order; at most so many.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn open_rounds(&self, most: u32) -> Result<Vec<OpenRound>, StoreError> {
        let rows = query(
            "SELECT number, exchange, exchange_version, arrangement, arrangement_version, catalogue, catalogue_version, subject, \
             elements_json, purge_by, told, people, at FROM look_up_round WHERE closed_at IS NULL ORDER BY number LIMIT $1",
        );
        rows.bind(most).fetch_all(&self.pool).await?.iter().map(round).collect()
    }

    /// The number of the newest round, whether or not it lies in a set; 0 where there was none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_round(&self) -> Result<u64, StoreError> {
        let row = query("SELECT 'all' AS id, coalesce(max(number), 0) AS newest FROM look_up_round");
        let row = row.fetch_one(&self.pool).await?;
        Cells::new(&row, "look_up_round", "id").count("newest")
    }

    /// How many rounds lie in no set yet, how many questions they had, and when the first was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_questions(&self) -> Result<(u64, u64, Option<Timestamp>), StoreError> {
        let row = query(
            "SELECT 'all' AS id, count(*) AS rounds, coalesce(CAST(sum(asked) AS BIGINT), 0) AS asked, min(at) AS first \
             FROM look_up_round WHERE closed_at IS NULL",
        );
        let row = row.fetch_one(&self.pool).await?;
        let cells = Cells::new(&row, "look_up_round", "id");
        Ok((cells.count("rounds")?, cells.count("asked")?, cells.optional_time("first")?))
    }

    /// Clients that may not ask until somebody lifts it, the newest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn holds(&self) -> Result<Vec<HoldRow>, StoreError> {
        let rows = query(
            "SELECT client, exchange, held_at FROM look_up_hold WHERE lifted_at IS NULL ORDER BY held_at DESC, client, exchange",
        );
        let hold = |row: &Row| {
            let cells = Cells::new(row, "look_up_hold", "client");
            Ok(HoldRow {
                client: cells.get("client")?,
                exchange: cells.get("exchange")?,
                held_at: cells.time("held_at")?,
            })
        };
        rows.fetch_all(&self.pool).await?.iter().map(hold).collect()
    }
}

impl Store {
    /// Until then no round is recorded: while somebody's decision is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pause_rounds(&self, until: Timestamp) -> Result<(), StoreError> {
        Steps::of(self).take(&Pause(until)).await
    }
}

struct Pause(Timestamp);

impl Step for Pause {
    type Outcome = ();

    async fn apply(&self, rows: &mut Transaction) -> Result<(), StoreError> {
        let pause = query(
            "INSERT INTO look_up_pause (one, until) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET until = excluded.until",
        );
        pause.bind(self.0.as_microsecond()).execute(rows).await?;
        Ok(())
    }
}

fn round(row: &Row) -> Result<OpenRound, StoreError> {
    let cells = Cells::new(row, "look_up_round", "number");
    Ok(OpenRound {
        number: cells.count("number")?,
        exchange: cells.get("exchange")?,
        arrangement: (cells.get("arrangement")?, cells.count("arrangement_version")?),
        content: PackageContent {
            subject: cells.get("subject")?,
            people: 0,
            exchange_version: cells.count("exchange_version")?,
            catalogue: cells.get("catalogue")?,
            catalogue_version: cells.count("catalogue_version")?,
            elements: cells.json("elements_json")?,
        },
        purge_by: cells.get::<&str>("purge_by")?.parse().map_err(|_| cells.damaged("purge_by"))?,
        told: cells.count("told")?,
        people: cells.get::<&[u8]>("people")?.to_vec(),
        at: cells.time("at")?,
    })
}
