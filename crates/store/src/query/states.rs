//! Which state did a partner confirm last, what may start from it, and for how long does what was sent go on in later states?

use std::collections::HashMap;

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

/// A transfer as the set of a state asks for it that was made for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetOwner {
    /// The name of its state.
    pub state: String,
    /// The token of the run that has it, or sealed it.
    pub token: Option<String>,
    /// Its number within the exchange, once it is sealed.
    pub sequence: Option<u64>,
    /// When the partner must have erased what it led to.
    pub purge_by: Option<Date>,
    /// The highest number of its exchange that the partner confirmed; 0 for none.
    pub confirmed: u64,
}

/// Disputes of the exchange of package $1 that came after it: of a higher number, or accepted later than its own receipt.
pub(crate) const DISPUTED_SINCE: &str = "SELECT count(*) FROM transfer AS b JOIN package AS bp ON bp.transfer = b.id \
     JOIN receipt AS br ON br.package = bp.id JOIN transfer AS d ON d.exchange = b.exchange AND d.state = 'disputed' \
     JOIN package AS dp ON dp.transfer = d.id JOIN receipt AS dr ON dr.package = dp.id \
     WHERE bp.id = $1 AND (d.sequence > b.sequence OR dr.accepted_at > br.accepted_at)";

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

    /// Whether the partner rejected or disputed another package of the exchange after it confirmed this one, be it an older one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn disputed_since(&self, package: &str) -> Result<bool, StoreError> {
        let count = query(DISPUTED_SINCE).bind(package).fetch_one(&self.pool).await?.only::<i64>()?;
        Ok(count > 0)
    }

    /// Transfers as the sets of states ask for them, by their ids; those that are known.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn set_owners(&self, transfers: &[String]) -> Result<HashMap<String, SetOwner>, StoreError> {
        if transfers.is_empty() {
            return Ok(HashMap::new());
        }
        let places: Vec<String> = (1..=transfers.len()).map(|place| format!("${place}")).collect();
        let mut rows = query(format!(
            "SELECT t.id AS id, t.state AS state, t.attempt_token AS attempt_token, t.sequence AS sequence, \
             t.sealed_json AS sealed_json, (SELECT max(u.sequence) FROM transfer AS u JOIN package AS p ON p.transfer = u.id \
             JOIN package_state AS s ON s.package = p.id JOIN receipt AS r ON r.package = p.id \
             WHERE u.exchange = t.exchange AND u.state = 'receipted' AND r.outcome = 'accepted') AS confirmed \
             FROM transfer AS t WHERE t.id IN ({})",
            places.join(", ")
        ));
        for transfer in transfers {
            rows = rows.bind(transfer);
        }
        let read = |row: &Row| {
            let cells = Cells::new(row, "transfer", "id");
            let facts: Option<SealedFacts> = cells.optional_json("sealed_json")?;
            let owner = SetOwner {
                state: cells.get("state")?,
                token: cells.get("attempt_token")?,
                sequence: cells.optional_count("sequence")?,
                purge_by: facts.map(|facts| facts.purge_by),
                confirmed: cells.optional_count("confirmed")?.unwrap_or(0),
            };
            Ok((cells.get("id")?, owner))
        };
        rows.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Of every package that leads to a state: the last day by which partners erase whatever was built on it, its own among them.
    /// A record that was in it may stay as it was in all of them.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn last_days(&self) -> Result<HashMap<String, Date>, StoreError> {
        // What was never sent keeps nobody's record. Numbers grow from a base to what is built on it.
        let rows = query(
            "SELECT s.package AS package, s.base AS base, t.sealed_json AS sealed_json FROM package_state AS s \
             JOIN package AS p ON p.id = s.package JOIN transfer AS t ON t.id = p.transfer \
             WHERE EXISTS (SELECT 1 FROM delivery AS d WHERE d.transfer = t.id) ORDER BY t.sequence DESC",
        );
        let mut days: HashMap<String, Date> = HashMap::new();
        for row in rows.fetch_all(&self.pool).await? {
            let cells = Cells::new(&row, "package_state", "package");
            let (package, base): (String, Option<String>) = (cells.get("package")?, cells.get("base")?);
            let own = cells.json::<SealedFacts>("sealed_json")?.purge_by;
            let day = days.get(&package).map_or(own, |later| own.max(*later));
            days.insert(package, day);
            if let Some(base) = base {
                let of_base = days.entry(base).or_insert(day);
                *of_base = day.max(*of_base);
            }
        }
        Ok(days)
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
