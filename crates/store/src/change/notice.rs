//! How is a notice sent, and what does the partner answer? The intent is committed with the bytes before anything leaves.

use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A notice that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginNotice {
    /// The notice.
    pub id: String,
    /// Fingerprint of the key that it is sealed to.
    pub sealed_to: String,
    /// The bytes of its manifest.
    pub manifest: Vec<u8>,
    /// Its signature.
    pub signature: Vec<u8>,
    /// Its sealed part.
    pub part: Vec<u8>,
    /// SHA-256 of its manifest, lower-case hexadecimal.
    pub manifest_sha256: String,
}

/// A notice that is where the partner takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishNotice {
    /// The notice.
    pub id: String,
}

/// What a partner answered to a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerNotice {
    /// The notice.
    pub id: String,
    /// `received`, `done` or `not-held`.
    pub outcome: &'static str,
    /// The answer, byte for byte.
    pub text: String,
    /// Its signature, hexadecimal.
    pub signature: String,
}

impl Store {
    /// Commits the intent to send a notice, with the bytes that every try sends. Begun for this key, it stays as it is; begun for
    /// another, which was revoked before it arrived, it is begun anew.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such notice.
    pub async fn begin_notice(&self, change: Changed<BeginNotice>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Notes that a notice has arrived; its bytes go.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such notice that was begun.
    pub async fn finish_notice(&self, change: Changed<FinishNotice>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Keeps a partner's answer.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when it answered the same with other words before.
    pub async fn answer_notice(&self, change: Changed<AnswerNotice>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for BeginNotice {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let begun = query(
            "UPDATE notice SET sealed_to = $1, manifest = $2, signature = $3, part = $4, \
             manifest_sha256 = $5, begun_at = $6 WHERE id = $7 AND sent_at IS NULL AND (begun_at IS NULL OR sealed_to <> $1)",
        )
        .bind(&self.sealed_to)
        .bind(self.manifest.clone())
        .bind(self.signature.clone())
        .bind(self.part.clone())
        .bind(&self.manifest_sha256)
        .bind(micros)
        .bind(&self.id);
        match begun.execute(writing.rows()).await? {
            1 => Applied::NEW,
            _ => there(writing, &self.id).await,
        }
    }
}

impl Change for FinishNotice {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let sent = query(
            "UPDATE notice SET draft = NULL, manifest = NULL, signature = NULL, part = NULL, sent_at = $1 \
             WHERE id = $2 AND begun_at IS NOT NULL AND sent_at IS NULL",
        );
        match sent.bind(micros).bind(&self.id).execute(writing.rows()).await? {
            1 => Applied::NEW,
            _ => there(writing, &self.id).await,
        }
    }
}

impl Change for AnswerNotice {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let before = query("SELECT notice, text, signature FROM notice_answer WHERE notice = $1 AND outcome = $2");
        let before = before.bind(&self.id).bind(self.outcome).fetch_optional(writing.rows()).await?;
        if let Some(row) = before {
            let cells = Cells::new(&row, "notice_answer", "notice");
            let same = cells.get::<&str>("text")? == self.text && cells.get::<&str>("signature")? == self.signature;
            let other = || StoreError::Taken { what: "answer to notice", name: self.id.clone() };
            return if same { Applied::ALREADY } else { Err(other()) };
        }
        query("INSERT INTO notice_answer (notice, outcome, text, signature, accepted_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(&self.id)
            .bind(self.outcome)
            .bind(&self.text)
            .bind(&self.signature)
            .bind(micros)
            .execute(writing.rows())
            .await?;
        Applied::NEW
    }
}

async fn there(writing: &mut Writing<'_>, id: &str) -> Result<Applied<Saved>, StoreError> {
    let there = query("SELECT count(*) FROM notice WHERE id = $1").bind(id);
    match there.fetch_one(writing.rows()).await?.only::<i64>()? {
        0 => Err(StoreError::NotFound { what: "notice", name: id.to_owned() }),
        _ => Applied::ALREADY,
    }
}
