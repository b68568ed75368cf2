//! How is a data protection impact assessment kept, and its approval?

use super::sha256_hex;
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// An assessment. The event's actor is who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAssessment {
    /// Its name.
    pub name: String,
    /// The arrangement that it looks at.
    pub arrangement: String,
    /// Its text, as imported.
    pub text: String,
}

/// An assessment that the event's actor approves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApproveAssessment {
    /// Its name.
    pub name: String,
    /// SHA-256 of the text that was read.
    pub sha256: String,
}

impl Store {
    /// Keeps an assessment; it is never edited.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name has another text.
    pub async fn import_assessment(&self, change: Changed<NewAssessment>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Keeps who approved an assessment. A second approval changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none of that name and text.
    pub async fn approve_assessment(
        &self,
        change: Changed<ApproveAssessment>,
        stamp: Stamp,
    ) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewAssessment {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, actor, sha256) = (writing.micros(), writing.actor().to_owned(), sha256_hex(&self.text));
        let there = query("SELECT name, sha256 FROM assessment WHERE name = $1").bind(&self.name);
        if let Some(row) = there.fetch_optional(writing.rows()).await? {
            let same = Cells::new(&row, "assessment", "name").get::<&str>("sha256")? == sha256;
            let taken = StoreError::Taken { what: "assessment", name: self.name.clone() };
            return if same { Applied::ALREADY } else { Err(taken) };
        }
        query(
            "INSERT INTO assessment (name, arrangement, text, sha256, imported_by, imported_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&self.name)
        .bind(&self.arrangement)
        .bind(&self.text)
        .bind(sha256)
        .bind(actor)
        .bind(micros)
        .execute(writing.rows())
        .await?;
        Applied::NEW
    }
}

impl Change for ApproveAssessment {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, actor) = (writing.micros(), writing.actor().to_owned());
        let approved = query(
            "UPDATE assessment SET approved_by = $1, approved_at = $2 WHERE name = $3 AND sha256 = $4 AND approved_by IS NULL",
        );
        let approved = approved.bind(actor).bind(micros).bind(&self.name).bind(&self.sha256);
        if approved.execute(writing.rows()).await? == 1 {
            return Applied::NEW;
        }
        let there = query("SELECT count(*) FROM assessment WHERE name = $1 AND sha256 = $2");
        match there.bind(&self.name).bind(&self.sha256).fetch_one(writing.rows()).await?.only::<i64>()? {
            0 => Err(StoreError::NotFound { what: "assessment", name: self.name.clone() }),
            _ => Applied::ALREADY,
        }
    }
}
