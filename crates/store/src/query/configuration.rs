//! Which sets were laid by, which came into use, and in what order?

use jiff::Timestamp;

use crate::change::{CHANGES, InUse, SetOrigin, StagedDocument, StagedKind, staged_document};
use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A set that was laid by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedSet {
    /// Its name.
    pub name: String,
    /// The digest that is signed.
    pub sha256: String,
    /// Where it comes from.
    pub origin: SetOrigin,
    /// Who laid it by.
    pub staged_by: String,
    /// Fingerprint of that officer's key.
    pub staged_key: String,
    /// When.
    pub staged_at: Timestamp,
}

/// A set with what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetHistory {
    /// The set.
    pub set: StagedSet,
    /// Its number among the activations, by whom and when, if it came into use.
    pub activated: Option<(u64, String, Timestamp)>,
    /// Kind, name and version of what is in it.
    pub documents: Vec<(StagedKind, String, u32)>,
}

/// A set that came into use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// Its place in the order.
    pub number: u64,
    /// The set.
    pub set: String,
    /// Who activated it.
    pub activated_by: String,
    /// When.
    pub activated_at: Timestamp,
    /// Everything that was in use from then on.
    pub in_use: Vec<InUse>,
}

/// A set that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// The set.
    pub set: String,
    /// Who took it back.
    pub withdrawn_by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub withdrawn_at: Timestamp,
}

const SET: &str = "SELECT name, sha256, origin, staged_by, staged_key, staged_at FROM staged_set";

impl Reader {
    /// A set that was laid by.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn staged_set(&self, name: &str) -> Result<Option<StagedSet>, StoreError> {
        let row = query(format!("{SET} WHERE name = $1")).bind(name).fetch_optional(&self.pool).await?;
        row.as_ref().map(staged_set).transpose()
    }

    /// Up to `limit` sets, oldest first, behind the one named, each with what came of it and what is in it: a page of a list.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when no set has that name.
    pub async fn set_history(&self, after: Option<&str>, limit: u32) -> Result<Vec<SetHistory>, StoreError> {
        let (mut micros, name) = (i64::MIN, after.unwrap_or_default());
        if let Some(name) = after {
            let row = query("SELECT name, staged_at FROM staged_set WHERE name = $1").bind(name);
            let row = row.fetch_optional(&self.pool).await?;
            let row = row.ok_or_else(|| StoreError::NotFound { what: "staged set", name: name.to_owned() })?;
            micros = Cells::new(&row, "staged_set", "name").get("staged_at")?;
        }
        let rows = query(
            "SELECT s.name, s.sha256, s.origin, s.staged_by, s.staged_key, s.staged_at, a.number, a.activated_by, a.activated_at \
             FROM staged_set AS s LEFT JOIN activation AS a ON a.staged = s.name \
             WHERE (s.staged_at, s.name) > ($1, $2) ORDER BY s.staged_at, s.name LIMIT $3",
        );
        let rows = rows.bind(micros).bind(name).bind(limit).fetch_all(&self.pool).await?;
        let mut found = rows.iter().map(history).collect::<Result<Vec<_>, _>>()?;
        let documents = query(
            "SELECT d.staged, d.kind, d.name, d.version FROM staged_document AS d JOIN (SELECT name FROM staged_set \
             WHERE (staged_at, name) > ($1, $2) ORDER BY staged_at, name LIMIT $3) AS s ON s.name = d.staged \
             ORDER BY d.staged, d.kind, d.name",
        );
        for row in documents.bind(micros).bind(name).bind(limit).fetch_all(&self.pool).await? {
            let cells = Cells::new(&row, "staged_document", "name");
            let set: String = cells.get("staged")?;
            if let Some(history) = found.iter_mut().find(|history| history.set.name == set) {
                let kind = cells.named("kind", StagedKind::from_name)?;
                history.documents.push((kind, cells.get("name")?, cells.count("version")?));
            }
        }
        Ok(found)
    }

    /// The documents of a set, by kind and name.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a text does not have its digest.
    pub async fn staged_documents(&self, set: &str) -> Result<Vec<StagedDocument>, StoreError> {
        let rows = query(
            "SELECT staged, kind, name, version, text, sha256 FROM staged_document WHERE staged = $1 ORDER BY kind, name",
        );
        rows.bind(set).fetch_all(&self.pool).await?.iter().map(staged_document).collect()
    }

    /// Every set that was taken back, by name.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn withdrawals(&self) -> Result<Vec<Withdrawal>, StoreError> {
        let rows = query("SELECT staged, withdrawn_by, reason, withdrawn_at FROM set_withdrawal ORDER BY staged");
        let withdrawal = |row: &Row| {
            let cells = Cells::new(row, "set_withdrawal", "staged");
            Ok(Withdrawal {
                set: cells.get("staged")?,
                withdrawn_by: cells.get("withdrawn_by")?,
                reason: cells.get("reason")?,
                withdrawn_at: cells.time("withdrawn_at")?,
            })
        };
        rows.fetch_all(&self.pool).await?.iter().map(withdrawal).collect()
    }

    /// Every activation, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn activations(&self) -> Result<Vec<Activation>, StoreError> {
        let rows =
            query("SELECT number, staged, activated_by, activated_at, state_json FROM activation ORDER BY number");
        rows.fetch_all(&self.pool).await?.iter().map(activation).collect()
    }

    /// The thresholds in use; none before any were activated.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the text does not have its digest.
    pub async fn thresholds(&self) -> Result<Option<StagedDocument>, StoreError> {
        let row = query(
            "SELECT d.staged, d.kind, d.name, d.version, d.text, d.sha256 FROM staged_document d \
             JOIN activation a ON a.staged = d.staged WHERE d.kind = $1 ORDER BY d.version DESC LIMIT 1",
        );
        let row = row.bind(StagedKind::Thresholds.name()).fetch_optional(&self.pool).await?;
        row.as_ref().map(staged_document).transpose()
    }

    /// How often the configuration has changed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn configuration_changes(&self) -> Result<i64, StoreError> {
        query(CHANGES).fetch_one(&self.pool).await?.only()
    }
}

fn staged_set(row: &Row) -> Result<StagedSet, StoreError> {
    let cells = Cells::new(row, "staged_set", "name");
    Ok(StagedSet {
        name: cells.get("name")?,
        sha256: cells.get("sha256")?,
        origin: cells.named("origin", SetOrigin::from_name)?,
        staged_by: cells.get("staged_by")?,
        staged_key: cells.get("staged_key")?,
        staged_at: cells.time("staged_at")?,
    })
}

fn history(row: &Row) -> Result<SetHistory, StoreError> {
    let cells = Cells::new(row, "activation", "name");
    let activated = match cells.optional_count("number")? {
        Some(number) => Some((number, cells.get("activated_by")?, cells.time("activated_at")?)),
        None => None,
    };
    Ok(SetHistory { set: staged_set(row)?, activated, documents: Vec::new() })
}

fn activation(row: &Row) -> Result<Activation, StoreError> {
    let cells = Cells::new(row, "activation", "staged");
    Ok(Activation {
        number: cells.count("number")?,
        set: cells.get("staged")?,
        activated_by: cells.get("activated_by")?,
        activated_at: cells.time("activated_at")?,
        in_use: cells.json("state_json")?,
    })
}
