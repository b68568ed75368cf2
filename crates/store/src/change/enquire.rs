//! How does an enquiry come in, and how far is its answer?

use causeway_model::enquiry::{Checklist, Event, State};
use sha2::{Digest as _, Sha256};

use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query, to_json};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// An enquiry that comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEnquiry {
    /// Its name here.
    pub name: String,
    /// The partner that asks; none for an organisation that is no partner yet.
    pub partner: Option<String>,
    /// The document.
    pub text: String,
}

/// What happens to an enquiry, decided on its state as seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveEnquiry {
    /// The enquiry.
    pub name: String,
    /// Its state as it was read.
    pub seen: State,
    /// What happens; nothing, where answers are kept that do not suffice.
    pub event: Option<Event>,
    /// The answers, as far as they go.
    pub checklist: Option<Checklist>,
}

impl Store {
    /// Takes an enquiry in. The event's actor is who asks.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another enquiry has the name.
    pub async fn enquire(&self, change: Changed<NewEnquiry>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Moves an enquiry; its state afterwards.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when it changed since it was seen, [`StoreError::Denied`] when its state does not take
    /// the event.
    pub async fn move_enquiry(&self, change: Changed<MoveEnquiry>, stamp: Stamp) -> Result<State, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewEnquiry {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, actor) = (writing.micros(), writing.actor().to_owned());
        let sha256 = hex::encode(Sha256::digest(self.text.as_bytes()));
        let there = query("SELECT sha256 FROM enquiry WHERE name = $1").bind(&self.name);
        match there.fetch_optional(writing.rows()).await?.map(|row| row.only::<String>()).transpose()? {
            Some(there) if there == sha256 => return Applied::ALREADY,
            Some(_) => return Err(StoreError::Taken { what: "enquiry", name: self.name.clone() }),
            None => {}
        }
        query(
            "INSERT INTO enquiry (name, partner, text, sha256, asked_at, asked_by, state, state_json, checklist_json, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $5)",
        )
        .bind(&self.name)
        .bind(self.partner.clone())
        .bind(&self.text)
        .bind(sha256)
        .bind(micros)
        .bind(actor)
        .bind(State::Received.name())
        .bind(to_json(&State::Received)?)
        .bind(to_json(&Checklist::new())?)
        .execute(writing.rows())
        .await?;
        Applied::NEW
    }
}

impl Change for MoveEnquiry {
    type Outcome = State;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<State>, StoreError> {
        let (name, micros) = (&self.name, writing.micros());
        let row = query("SELECT name, state_json, checklist_json FROM enquiry WHERE name = $1").bind(name);
        let row = row.fetch_optional(writing.rows()).await?;
        let row = row.ok_or_else(|| StoreError::NotFound { what: "enquiry", name: name.clone() })?;
        let cells = Cells::new(&row, "enquiry", "name");
        let (current, answers): (State, Checklist) = (cells.json("state_json")?, cells.json("checklist_json")?);
        if current != self.seen {
            return Err(StoreError::ChangedMeanwhile { what: "enquiry", name: name.clone() });
        }
        let next = match &self.event {
            Some(event) => current.apply(event.clone()).map_err(|source| StoreError::Denied {
                what: "enquiry",
                name: name.clone(),
                source,
            })?,
            None => current,
        };
        let answers = self.checklist.as_ref().unwrap_or(&answers);
        query("UPDATE enquiry SET state = $1, state_json = $2, checklist_json = $3, updated_at = $4 WHERE name = $5")
            .bind(next.name())
            .bind(to_json(&next)?)
            .bind(to_json(answers)?)
            .bind(micros)
            .bind(name)
            .execute(writing.rows())
            .await?;
        Ok(Applied::Changed(next))
    }
}
