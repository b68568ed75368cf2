//! Who asked for what, before any text was drafted?

use causeway_model::enquiry::{Checklist, State};
use jiff::Timestamp;

use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// An enquiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnquiryRow {
    /// Its name here.
    pub name: String,
    /// The partner that asks.
    pub partner: Option<String>,
    /// The document.
    pub text: String,
    /// When it came in.
    pub asked_at: Timestamp,
    /// Who brought it in.
    pub asked_by: String,
    /// Where it stands.
    pub state: State,
    /// The newest answers, also where they do not suffice.
    pub checklist: Checklist,
}

const ENQUIRY: &str = "SELECT name, partner, text, asked_at, asked_by, state_json, checklist_json FROM enquiry";

impl Reader {
    /// An enquiry.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn enquiry(&self, name: &str) -> Result<Option<EnquiryRow>, StoreError> {
        let row = query(format!("{ENQUIRY} WHERE name = $1")).bind(name).fetch_optional(&self.pool).await?;
        row.as_ref().map(enquiry).transpose()
    }

    /// Up to `limit` enquiries after the one of that name, by name.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn enquiries(&self, after: &str, limit: u32) -> Result<Vec<EnquiryRow>, StoreError> {
        let rows =
            query(format!("{ENQUIRY} WHERE name > $1 ORDER BY name LIMIT $2")).bind(after).bind(i64::from(limit));
        rows.fetch_all(&self.pool).await?.iter().map(enquiry).collect()
    }
}

fn enquiry(row: &Row) -> Result<EnquiryRow, StoreError> {
    let cells = Cells::new(row, "enquiry", "name");
    Ok(EnquiryRow {
        name: cells.get("name")?,
        partner: cells.get("partner")?,
        text: cells.get("text")?,
        asked_at: cells.time("asked_at")?,
        asked_by: cells.get("asked_by")?,
        state: cells.json("state_json")?,
        checklist: cells.json("checklist_json")?,
    })
}
