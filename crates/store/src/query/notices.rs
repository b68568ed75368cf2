//! Which partners were told what, and what did they answer?

use jiff::Timestamp;
use jiff::civil::Date;

use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A notice, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its id.
    pub id: String,
    /// The decision that it tells of.
    pub decision: Option<u64>,
    /// Who is told.
    pub partner: String,
    /// The exchange by which the partner got the person.
    pub exchange: String,
    /// What it is about, in a word.
    pub what: String,
    /// Whether a certificate of deletion is asked for.
    pub wants_certificate: bool,
    /// The day by which the partner acts.
    pub act_by: Date,
    /// SHA-256 of its token.
    pub token_sha256: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When sending it began.
    pub begun_at: Option<Timestamp>,
    /// When it was where the partner takes it.
    pub sent_at: Option<Timestamp>,
    /// Fingerprint of the key that it is sealed to, once sending it began.
    pub sealed_to: Option<String>,
    /// What was answered, oldest first.
    pub answers: Vec<NoticeAnswer>,
}

/// A partner's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeAnswer {
    /// `received`, `done` or `not-held`.
    pub outcome: String,
    /// When it was accepted.
    pub accepted_at: Timestamp,
}

/// A notice's bytes, as far as there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeBytes {
    /// Not begun: sealed to the operation itself.
    Draft(Vec<u8>),
    /// Begun: sealed to the partner.
    Sealed {
        /// What it was begun from, sealed to the operation itself.
        draft: Vec<u8>,
        /// Its manifest.
        manifest: Vec<u8>,
        /// Its signature.
        signature: Vec<u8>,
        /// Its part.
        part: Vec<u8>,
    },
    /// Sent: gone.
    Gone,
}

impl NoticeRow {
    /// Whether the partner has done what it was asked to.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.answers.iter().any(|answer| answer.outcome != "received")
    }

    /// Whether its day is over and it is not settled.
    #[must_use]
    pub fn is_overdue(&self, today: Date) -> bool {
        !self.is_settled() && self.act_by < today
    }
}

const NOTICE: &str = "SELECT id, decision, partner, exchange, what, wants, act_by, token_sha256, made_at, begun_at, sent_at, \
                      sealed_to FROM notice";

impl Reader {
    /// A notice.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn notice(&self, id: &str) -> Result<Option<NoticeRow>, StoreError> {
        let row = query(format!("{NOTICE} WHERE id = $1")).bind(id);
        let mut found = match row.fetch_optional(&self.pool).await? {
            Some(row) => notice(&row)?,
            None => return Ok(None),
        };
        found.answers = self.notice_answers(id).await?;
        Ok(Some(found))
    }

    /// Every notice, oldest first; of one partner if it is named.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn notices(&self, partner: Option<&str>) -> Result<Vec<NoticeRow>, StoreError> {
        let rows = match partner {
            Some(partner) => {
                query(format!("{NOTICE} WHERE partner = $1 ORDER BY made_at, partner, exchange, id")).bind(partner)
            }
            None => query(format!("{NOTICE} ORDER BY made_at, partner, exchange, id")),
        };
        let mut found = Vec::new();
        for row in rows.fetch_all(&self.pool).await? {
            let mut one = notice(&row)?;
            one.answers = self.notice_answers(&one.id).await?;
            found.push(one);
        }
        Ok(found)
    }

    /// Notices that have not arrived, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn unsent_notices(&self) -> Result<Vec<NoticeRow>, StoreError> {
        let rows = query(format!("{NOTICE} WHERE sent_at IS NULL ORDER BY made_at, partner, exchange, id"));
        rows.fetch_all(&self.pool).await?.iter().map(notice).collect()
    }

    /// The bytes of a notice.
    ///
    /// # Errors
    /// When the database fails, the row is damaged or there is none.
    pub async fn notice_bytes(&self, id: &str) -> Result<NoticeBytes, StoreError> {
        let row = query("SELECT id, draft, manifest, signature, part FROM notice WHERE id = $1").bind(id);
        let row = row.fetch_optional(&self.pool).await?;
        let row = row.ok_or_else(|| StoreError::NotFound { what: "notice", name: id.to_owned() })?;
        let cells = Cells::new(&row, "notice", "id");
        let bytes = |column| cells.get::<Option<&[u8]>>(column).map(|bytes| bytes.map(<[u8]>::to_vec));
        let Some(draft) = bytes("draft")? else { return Ok(NoticeBytes::Gone) };
        Ok(match (bytes("manifest")?, bytes("signature")?, bytes("part")?) {
            (Some(manifest), Some(signature), Some(part)) => NoticeBytes::Sealed { draft, manifest, signature, part },
            _ => NoticeBytes::Draft(draft),
        })
    }

    async fn notice_answers(&self, id: &str) -> Result<Vec<NoticeAnswer>, StoreError> {
        let rows = query(
            "SELECT notice, outcome, accepted_at FROM notice_answer WHERE notice = $1 ORDER BY accepted_at, outcome",
        );
        let rows = rows.bind(id).fetch_all(&self.pool).await?;
        let answer = |row: &Row| {
            let cells = Cells::new(row, "notice_answer", "notice");
            Ok(NoticeAnswer { outcome: cells.get("outcome")?, accepted_at: cells.time("accepted_at")? })
        };
        rows.iter().map(answer).collect()
    }
}

fn notice(row: &Row) -> Result<NoticeRow, StoreError> {
    let cells = Cells::new(row, "notice", "id");
    let day: &str = cells.get("act_by")?;
    Ok(NoticeRow {
        id: cells.get("id")?,
        decision: cells.optional_count("decision")?,
        partner: cells.get("partner")?,
        exchange: cells.get("exchange")?,
        what: cells.get("what")?,
        wants_certificate: cells.get::<&str>("wants")? == "deletion-certificate",
        act_by: day.parse().map_err(|_| cells.damaged("act_by"))?,
        token_sha256: cells.get("token_sha256")?,
        made_at: cells.time("made_at")?,
        begun_at: cells.optional_time("begun_at")?,
        sent_at: cells.optional_time("sent_at")?,
        sealed_to: cells.get("sealed_to")?,
        answers: Vec::new(),
    })
}
