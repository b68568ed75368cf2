//! Which impact assessments are there, and who approved them?

use crate::change::sha256_hex;
use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// An assessment as stored, its text checked against its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAssessment {
    /// Its name.
    pub name: String,
    /// The arrangement that it looks at.
    pub arrangement: String,
    /// Its text.
    pub text: String,
    /// The digest of its text.
    pub sha256: String,
    /// Who wrote it.
    pub imported_by: String,
    /// Who approved it.
    pub approved_by: Option<String>,
}

impl Reader {
    /// An assessment.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the text does not have its digest.
    pub async fn assessment(&self, name: &str) -> Result<Option<StoredAssessment>, StoreError> {
        let row =
            query("SELECT name, arrangement, text, sha256, imported_by, approved_by FROM assessment WHERE name = $1");
        row.bind(name).fetch_optional(&self.pool).await?.as_ref().map(assessment).transpose()
    }

    /// The assessments of an arrangement, by name.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a text does not have its digest.
    pub async fn assessments(&self, arrangement: &str) -> Result<Vec<StoredAssessment>, StoreError> {
        let rows = query(
            "SELECT name, arrangement, text, sha256, imported_by, approved_by FROM assessment \
             WHERE arrangement = $1 ORDER BY name",
        );
        rows.bind(arrangement).fetch_all(&self.pool).await?.iter().map(assessment).collect()
    }

    /// Up to `limit` assessments, by name, behind the one named: a page of a list.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a text does not have its digest.
    pub async fn assessments_after(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StoredAssessment>, StoreError> {
        let rows = query(
            "SELECT name, arrangement, text, sha256, imported_by, approved_by FROM assessment \
             WHERE name > $1 ORDER BY name LIMIT $2",
        );
        rows.bind(after.unwrap_or_default()).bind(limit).fetch_all(&self.pool).await?.iter().map(assessment).collect()
    }
}

fn assessment(row: &Row) -> Result<StoredAssessment, StoreError> {
    let cells = Cells::new(row, "assessment", "name");
    let found = StoredAssessment {
        name: cells.get("name")?,
        arrangement: cells.get("arrangement")?,
        text: cells.get("text")?,
        sha256: cells.get("sha256")?,
        imported_by: cells.get("imported_by")?,
        approved_by: cells.get("approved_by")?,
    };
    if sha256_hex(&found.text) == found.sha256 { Ok(found) } else { Err(cells.damaged("text")) }
}
