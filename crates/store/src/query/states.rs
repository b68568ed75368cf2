//! Which state did a partner confirm last, and what may start from it?

use jiff::civil::Date;

use crate::change::{PackageState, SealedFacts, StartsFrom};
use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A state that a package led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentState {
    /// The package.
    pub package: String,
    /// Its transfer.
    pub transfer: String,
    /// The token of the run that sealed it.
    pub token: String,
    /// Its number within the exchange.
    pub sequence: u64,
    /// When the partner must have erased it.
    pub purge_by: Date,
    /// The state.
    pub state: PackageState,
}

/// A partner's word that it holds another state than was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDispute {
    /// The package whose receipt says so.
    pub package: String,
    /// Its transfer.
    pub transfer: String,
    /// In what the receipt disagrees.
    pub codes: Vec<String>,
}

macro_rules! sent {
    ($rest:literal) => {
        concat!(
            "SELECT s.package AS package, t.id AS transfer, t.attempt_token AS attempt_token, t.sequence AS sequence, \
             t.sealed_json AS sealed_json, s.base AS base, s.why_full AS why_full, s.shape AS shape, s.records AS records, \
             s.digest AS digest, s.set_sha256 AS set_sha256, s.added AS added, s.changed AS changed, s.removed AS removed \
             FROM package_state AS s JOIN package AS p ON p.id = s.package JOIN transfer AS t ON t.id = p.transfer ",
            $rest
        )
    };
}

impl Reader {
    /// The state of the highest number that the partner of an exchange confirmed: what a delta may start from.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn confirmed_state(&self, exchange: &str) -> Result<Option<SentState>, StoreError> {
        let row = query(sent!(
            "JOIN receipt AS r ON r.package = s.package WHERE t.exchange = $1 AND t.state = 'receipted' \
             AND r.outcome = 'accepted' ORDER BY t.sequence DESC LIMIT 1"
        ));
        row.bind(exchange).fetch_optional(&self.pool).await?.as_ref().map(sent).transpose()
    }

    /// The state that a package leads to, where its exchange is sent as states.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn state_of(&self, package: &str) -> Result<Option<SentState>, StoreError> {
        let row = query(sent!("WHERE s.package = $1"));
        row.bind(package).fetch_optional(&self.pool).await?.as_ref().map(sent).transpose()
    }

    /// How many packages were sealed since the last full one, whatever became of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deltas_in_a_row(&self, exchange: &str) -> Result<u64, StoreError> {
        let row = query(
            "SELECT $1 AS exchange, count(*) AS deltas FROM package_state AS s JOIN package AS p ON p.id = s.package \
             JOIN transfer AS t ON t.id = p.transfer WHERE t.exchange = $1 AND t.sequence > (SELECT coalesce(max(u.sequence), 0) \
             FROM package_state AS f JOIN package AS q ON q.id = f.package JOIN transfer AS u ON u.id = q.transfer \
             WHERE u.exchange = $1 AND f.base IS NULL)",
        );
        let row = row.bind(exchange).fetch_one(&self.pool).await?;
        Cells::new(&row, "package_state", "exchange").count("deltas")
    }

    /// The highest number of an exchange whose receipt was disputed or rejected; 0 for none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_disputed(&self, exchange: &str) -> Result<u64, StoreError> {
        let row = query(
            "SELECT $1 AS exchange, coalesce(max(sequence), 0) AS sequence FROM transfer \
             WHERE exchange = $1 AND state = 'disputed'",
        );
        let row = row.bind(exchange).fetch_one(&self.pool).await?;
        Cells::new(&row, "transfer", "exchange").count("sequence")
    }

    /// What is disputed of an exchange and not settled, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn open_disputes(&self, exchange: &str) -> Result<Vec<StateDispute>, StoreError> {
        let rows = query(
            "SELECT d.package AS package, t.id AS transfer, d.codes_json AS codes_json FROM state_dispute AS d \
             JOIN package AS p ON p.id = d.package JOIN transfer AS t ON t.id = p.transfer \
             WHERE t.exchange = $1 AND d.settled_at IS NULL ORDER BY d.entered_at, d.package",
        );
        let read = |row: &Row| {
            let cells = Cells::new(row, "state_dispute", "package");
            let (package, transfer) = (cells.get("package")?, cells.get("transfer")?);
            Ok(StateDispute { package, transfer, codes: cells.json("codes_json")? })
        };
        rows.bind(exchange).fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}

fn sent(row: &Row) -> Result<SentState, StoreError> {
    let cells = Cells::new(row, "package_state", "package");
    let facts: SealedFacts = cells.json("sealed_json")?;
    let (base, why): (Option<String>, Option<String>) = (cells.get("base")?, cells.get("why_full")?);
    Ok(SentState {
        package: cells.get("package")?,
        transfer: cells.get("transfer")?,
        token: cells.get::<Option<String>>("attempt_token")?.unwrap_or_default(),
        sequence: cells.count("sequence")?,
        purge_by: facts.purge_by,
        state: PackageState {
            starts_from: match base {
                Some(package) => StartsFrom::Package { package },
                None => StartsFrom::Nothing { why: why.unwrap_or_default() },
            },
            shape: cells.get("shape")?,
            records: cells.count("records")?,
            digest: cells.get("digest")?,
            set_sha256: cells.get("set_sha256")?,
            added: cells.count("added")?,
            changed: cells.count("changed")?,
            removed: cells.count("removed")?,
        },
    })
}
