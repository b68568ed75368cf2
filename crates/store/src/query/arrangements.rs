//! Where does each version of an arrangement stand, who signed it, and what happened to it?

use causeway_model::arrangement::State;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// Where a version stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrangementLife {
    /// The arrangement.
    pub arrangement: String,
    /// The version.
    pub version: u32,
    /// Its state.
    pub state: State,
    /// Whether it ever was in force.
    pub was_in_force: bool,
}

/// A party's signature as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrangementSignature {
    /// Who signed.
    pub officer: String,
    /// For which party.
    pub party: String,
    /// The digest of the text signed.
    pub sha256: String,
    /// The signature, hexadecimal.
    pub signature: String,
    /// When it came in.
    pub signed_at: Timestamp,
}

/// Something that happened to a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrangementEvent {
    /// The version.
    pub version: u32,
    /// The event's name.
    pub event: String,
    /// Who caused it.
    pub actor: String,
    /// When.
    pub happened_at: Timestamp,
}

impl Reader {
    /// All versions of an arrangement that have a state, the oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn arrangement_lives(&self, arrangement: &str) -> Result<Vec<ArrangementLife>, StoreError> {
        let rows = query(
            "SELECT arrangement, version, state_json, was_in_force FROM arrangement_life WHERE arrangement = $1 ORDER BY version",
        );
        rows.bind(arrangement).fetch_all(&self.pool).await?.iter().map(life).collect()
    }

    /// Up to `limit` versions of arrangements that have a state, by name and version, behind the one named: a page of a list.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn arrangement_lives_after(
        &self,
        after: Option<(&str, u32)>,
        limit: u32,
    ) -> Result<Vec<ArrangementLife>, StoreError> {
        let (name, version) = after.unwrap_or(("", 0));
        let rows = query(
            "SELECT arrangement, version, state_json, was_in_force FROM arrangement_life \
             WHERE (arrangement, version) > ($1, $2) ORDER BY arrangement, version LIMIT $3",
        );
        rows.bind(name).bind(version).bind(limit).fetch_all(&self.pool).await?.iter().map(life).collect()
    }

    /// The versions in force or suspended whose last day is `day` or before it, by that day.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn arrangements_ending_by(&self, day: Date) -> Result<Vec<ArrangementLife>, StoreError> {
        let rows = query(
            "SELECT arrangement, version, state_json, was_in_force FROM arrangement_life \
             WHERE state IN ('in-force', 'suspended') AND valid_until <= $1 ORDER BY valid_until, arrangement, version",
        );
        rows.bind(day.to_string()).fetch_all(&self.pool).await?.iter().map(life).collect()
    }

    /// The signatures under a version, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn arrangement_signatures(
        &self,
        arrangement: &str,
        version: u32,
    ) -> Result<Vec<ArrangementSignature>, StoreError> {
        let rows = query(
            "SELECT arrangement, officer, party, sha256, signature, signed_at FROM arrangement_signature \
             WHERE arrangement = $1 AND version = $2 ORDER BY signed_at, officer",
        );
        rows.bind(arrangement).bind(version).fetch_all(&self.pool).await?.iter().map(signature).collect()
    }

    /// What happened to an arrangement, by version and in order.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn arrangement_events(&self, arrangement: &str) -> Result<Vec<ArrangementEvent>, StoreError> {
        let rows = query(
            "SELECT arrangement, version, event, actor, happened_at FROM arrangement_event \
             WHERE arrangement = $1 ORDER BY version, number",
        );
        rows.bind(arrangement).fetch_all(&self.pool).await?.iter().map(event).collect()
    }
}

fn life(row: &Row) -> Result<ArrangementLife, StoreError> {
    let cells = Cells::new(row, "arrangement_life", "arrangement");
    Ok(ArrangementLife {
        arrangement: cells.get("arrangement")?,
        version: cells.count("version")?,
        state: cells.json("state_json")?,
        was_in_force: cells.get("was_in_force")?,
    })
}

fn signature(row: &Row) -> Result<ArrangementSignature, StoreError> {
    let cells = Cells::new(row, "arrangement_signature", "arrangement");
    Ok(ArrangementSignature {
        officer: cells.get("officer")?,
        party: cells.get("party")?,
        sha256: cells.get("sha256")?,
        signature: cells.get("signature")?,
        signed_at: cells.time("signed_at")?,
    })
}

fn event(row: &Row) -> Result<ArrangementEvent, StoreError> {
    let cells = Cells::new(row, "arrangement_event", "arrangement");
    Ok(ArrangementEvent {
        version: cells.count("version")?,
        event: cells.get("event")?,
        actor: cells.get("actor")?,
        happened_at: cells.time("happened_at")?,
    })
}
