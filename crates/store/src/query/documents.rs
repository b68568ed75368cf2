//! Which documents are there, and what do they say?

use jiff::Timestamp;

use crate::change::{DocumentKind, sha256_hex};
use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A stored version of a document, its text checked against its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What the listing says.
    pub listing: DocumentListing,
    /// Its canonical text.
    pub text: String,
}

/// A stored version of a document, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentListing {
    /// Which kind.
    pub kind: DocumentKind,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// The digest of its text, lower-case hexadecimal.
    pub sha256: String,
    /// When it was imported.
    pub imported_at: Timestamp,
    /// By whom.
    pub imported_by: String,
}

impl Reader {
    /// A version of a document.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the text does not have its digest.
    pub async fn document(&self, kind: DocumentKind, name: &str, version: u32) -> Result<Option<Document>, StoreError> {
        let row = query(
            "SELECT kind, name, version, text, sha256, imported_at, imported_by FROM document \
             WHERE kind = $1 AND name = $2 AND version = $3",
        );
        let row = row.bind(kind.name()).bind(name).bind(version).fetch_optional(&self.pool).await?;
        row.as_ref().map(document).transpose()
    }

    /// The newest version of a document.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the text does not have its digest.
    pub async fn latest_document(&self, kind: DocumentKind, name: &str) -> Result<Option<Document>, StoreError> {
        let row = query(
            "SELECT kind, name, version, text, sha256, imported_at, imported_by FROM document \
             WHERE kind = $1 AND name = $2 ORDER BY version DESC LIMIT 1",
        );
        let row = row.bind(kind.name()).bind(name).fetch_optional(&self.pool).await?;
        row.as_ref().map(document).transpose()
    }

    /// All versions of all documents of a kind, by name and version.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn documents(&self, kind: DocumentKind) -> Result<Vec<DocumentListing>, StoreError> {
        let rows = query(
            "SELECT kind, name, version, sha256, imported_at, imported_by FROM document \
             WHERE kind = $1 ORDER BY name, version",
        );
        rows.bind(kind.name()).fetch_all(&self.pool).await?.iter().map(listing).collect()
    }

    /// Up to `limit` versions of documents of a kind, by name and version, behind the one named: a page of a list.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn documents_after(
        &self,
        kind: DocumentKind,
        after: Option<(&str, u32)>,
        limit: u32,
    ) -> Result<Vec<DocumentListing>, StoreError> {
        let (name, version) = after.unwrap_or(("", 0));
        let rows = query(
            "SELECT kind, name, version, sha256, imported_at, imported_by FROM document \
             WHERE kind = $1 AND (name, version) > ($2, $3) ORDER BY name, version LIMIT $4",
        );
        let rows = rows.bind(kind.name()).bind(name).bind(version).bind(limit);
        rows.fetch_all(&self.pool).await?.iter().map(listing).collect()
    }
}

fn document(row: &Row) -> Result<Document, StoreError> {
    let cells = Cells::new(row, "document", "name");
    let document = Document { listing: listing(row)?, text: cells.get("text")? };
    if sha256_hex(&document.text) == document.listing.sha256 { Ok(document) } else { Err(cells.damaged("text")) }
}

fn listing(row: &Row) -> Result<DocumentListing, StoreError> {
    let cells = Cells::new(row, "document", "name");
    Ok(DocumentListing {
        kind: cells.named("kind", DocumentKind::from_name)?,
        name: cells.get("name")?,
        version: cells.count("version")?,
        sha256: cells.get("sha256")?,
        imported_at: cells.time("imported_at")?,
        imported_by: cells.get("imported_by")?,
    })
}
