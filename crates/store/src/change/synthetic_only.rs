//! To whom may nothing but invented people go, and who lets real people's data go there after all?

use causeway_model::document::Document;
use causeway_model::partner::Profile;
use causeway_model::{Code, Refused};

use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, Transaction, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A partner to which nothing but invented people goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntheticOnly {
    /// The partner.
    pub partner: String,
}

/// Somebody asks that real people's data may go to such a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskRealData {
    /// The partner.
    pub partner: String,
    /// Fingerprint of the key of whoever asks.
    pub key: String,
    /// Why.
    pub reason: String,
}

/// Another agrees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmitRealData {
    /// The partner.
    pub partner: String,
    /// Fingerprint of the key of whoever agrees.
    pub key: String,
}

impl Store {
    /// Says that a partner takes invented people only. What was asked for meanwhile is forgotten.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such partner.
    pub async fn synthetic_only(&self, change: Changed<SyntheticOnly>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Asks that real people's data may go to a partner for invented ones. The event's actor is who asks.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is no such partner, [`StoreError::ChangedMeanwhile`] when somebody else has asked.
    pub async fn ask_real_data(&self, change: Changed<AskRealData>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Lets real people's data go to it. The event's actor is who agrees.
    ///
    /// # Errors
    /// [`StoreError::Denied`] when nobody has asked, or the same person or key.
    pub async fn admit_real_data(&self, change: Changed<AdmitRealData>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for SyntheticOnly {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let known = query("SELECT count(*) FROM partner WHERE name = $1").bind(&self.partner);
        if known.fetch_one(writing.rows()).await?.only::<i64>()? == 0 {
            return Err(StoreError::NotFound { what: "partner", name: self.partner.clone() });
        }
        let asked = query("DELETE FROM real_data_asked WHERE partner = $1").bind(&self.partner);
        let withdrawn = asked.execute(writing.rows()).await? > 0;
        match restrict(writing, &self.partner).await? {
            Saved::New => Applied::NEW,
            Saved::Already if withdrawn => Applied::NEW,
            Saved::Already => Applied::ALREADY,
        }
    }
}

/// Keeps real people's data from a partner.
pub(super) async fn restrict(writing: &mut Writing<'_>, partner: &str) -> Result<Saved, StoreError> {
    let (micros, actor) = (writing.micros(), writing.actor().to_owned());
    if is_restricted(writing.rows(), partner).await? {
        return Ok(Saved::Already);
    }
    let row = query("INSERT INTO synthetic_only (partner, since, said_by) VALUES ($1, $2, $3)");
    row.bind(partner).bind(micros).bind(actor).execute(writing.rows()).await?;
    Ok(Saved::New)
}

async fn is_restricted(connection: &mut Transaction, partner: &str) -> Result<bool, StoreError> {
    let said = query("SELECT count(*) FROM synthetic_only WHERE partner = $1").bind(partner);
    Ok(said.fetch_one(connection).await?.only::<i64>()? > 0)
}

impl Change for AskRealData {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, actor) = (writing.micros(), writing.actor().to_owned());
        if !is_restricted(writing.rows(), &self.partner).await? {
            return Err(StoreError::NotFound { what: "partner for invented people", name: self.partner.clone() });
        }
        let row = query("SELECT partner, asked_by, reason FROM real_data_asked WHERE partner = $1").bind(&self.partner);
        if let Some(row) = row.fetch_optional(writing.rows()).await? {
            let cells = Cells::new(&row, "real_data_asked", "partner");
            let same = cells.get::<&str>("asked_by")? == actor && cells.get::<&str>("reason")? == self.reason;
            let other = StoreError::ChangedMeanwhile { what: "partner", name: self.partner.clone() };
            return if same { Applied::ALREADY } else { Err(other) };
        }
        query(
            "INSERT INTO real_data_asked (partner, asked_by, asked_key, reason, asked_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&self.partner)
        .bind(actor)
        .bind(&self.key)
        .bind(&self.reason)
        .bind(micros)
        .execute(writing.rows())
        .await?;
        Applied::NEW
    }
}

impl Change for AdmitRealData {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let actor = writing.actor().to_owned();
        if !is_restricted(writing.rows(), &self.partner).await? {
            return Applied::ALREADY;
        }
        let denied = |detail: &str| StoreError::Denied {
            what: "partner",
            name: self.partner.clone(),
            source: Refused::one(Code::TwoPeopleNeeded, &self.partner, detail),
        };
        let row =
            query("SELECT partner, asked_by, asked_key FROM real_data_asked WHERE partner = $1").bind(&self.partner);
        let Some(row) = row.fetch_optional(writing.rows()).await? else {
            return Err(denied("nobody has asked for it"));
        };
        let cells = Cells::new(&row, "real_data_asked", "partner");
        if cells.get::<&str>("asked_by")? == actor || cells.get::<&str>("asked_key")? == self.key {
            return Err(denied("whoever asked for it does not agree to it"));
        }
        for forget in
            ["DELETE FROM real_data_asked WHERE partner = $1", "DELETE FROM synthetic_only WHERE partner = $1"]
        {
            query(forget).bind(&self.partner).execute(writing.rows()).await?;
        }
        Applied::NEW
    }
}

/// Refuses to let a transfer of real people's data go on if anybody whom its arrangement names is for invented people only,
/// or has such a one's key.
///
/// INVARIANT (synthetic-only): asked in the very transaction that seals, and in the one that begins a delivery. To whom the
/// data go is read from the text of the arrangement as it is stored, not from what the caller says.
pub(super) async fn demand_real(connection: &mut Transaction, transfer: &str) -> Result<(), StoreError> {
    let row = query("SELECT id, arrangement, arrangement_version FROM transfer WHERE id = $1").bind(transfer);
    let unknown = || StoreError::NotFound { what: "transfer", name: transfer.to_owned() };
    let row = row.fetch_optional(&mut *connection).await?.ok_or_else(unknown)?;
    let cells = Cells::new(&row, "transfer", "id");
    let (name, version): (String, u32) = (cells.get("arrangement")?, cells.count("arrangement_version")?);
    demand_real_under(connection, ("transfer", transfer), (&name, version)).await
}

/// Whether anybody is for invented people only, or has a key for sandboxes: otherwise nothing need be read of an arrangement.
pub(super) async fn anybody_restricted(connection: &mut Transaction) -> Result<bool, StoreError> {
    let count = query("SELECT (SELECT count(*) FROM synthetic_only) + (SELECT count(*) FROM sandbox_key)");
    Ok(count.fetch_one(connection).await?.only::<i64>()? > 0)
}

/// The same of something else that is about to leave under a version of an arrangement.
pub(super) async fn demand_real_under(
    connection: &mut Transaction,
    (what, id): (&'static str, &str),
    (arrangement, version): (&str, u32),
) -> Result<(), StoreError> {
    let row = query("SELECT name, text FROM document WHERE kind = 'arrangement' AND name = $1 AND version = $2");
    let denied = |code, subject: &str, detail: &str| StoreError::Denied {
        what,
        name: id.to_owned(),
        source: Refused::one(code, subject, detail),
    };
    let unknown = || denied(Code::SyntheticOnlyPartner, id, "its arrangement does not say to whom the data go");
    let row = row.bind(arrangement).bind(version);
    let row = row.fetch_optional(&mut *connection).await?.ok_or_else(unknown)?;
    let text: String = Cells::new(&row, "document", "name").get("text")?;
    let document = Document::parse("arrangement", &text).map_err(|_| unknown())?;
    let said = document.value();
    let partner = said.get("partner").and_then(serde_json::Value::as_str).ok_or_else(unknown)?;
    let mut names = vec![partner.to_owned()];
    for member in ["parties", "processors"] {
        let listed = said.get(member).and_then(serde_json::Value::as_array).into_iter().flatten();
        names.extend(listed.filter_map(|one| one.get("name")?.as_str()).map(str::to_owned));
    }
    let life = query("SELECT partner, profile_json FROM partner_life WHERE partner = $1").bind(partner);
    if let Some(row) = life.fetch_optional(&mut *connection).await? {
        let profile: Profile = Cells::new(&row, "partner_life", "partner").json("profile_json")?;
        names.extend(profile.recipients.into_iter().map(|recipient| recipient.name));
    }
    let own = query("SELECT age_recipient FROM partner WHERE name = $1").bind(partner);
    let own: Option<String> = own.fetch_optional(&mut *connection).await?.map(|row| row.only()).transpose()?;
    let restricted = query(
        "SELECT partner.name AS name, partner.age_recipient AS age_recipient FROM synthetic_only \
         JOIN partner ON partner.name = synthetic_only.partner ORDER BY partner.name",
    );
    for row in restricted.fetch_all(&mut *connection).await? {
        let cells = Cells::new(&row, "synthetic_only", "name");
        let name: String = cells.get("name")?;
        if names.contains(&name) || Some(cells.get::<&str>("age_recipient")?) == own.as_deref() {
            let detail = "it is registered for invented people only, and the data are real";
            return Err(denied(Code::SyntheticOnlyPartner, &name, detail));
        }
    }
    let test = query("SELECT count(*) FROM sandbox_key WHERE age_recipient = $1").bind(own.unwrap_or_default());
    if test.fetch_one(&mut *connection).await?.only::<i64>()? > 0 {
        return Err(denied(Code::KeyEnvironment, partner, "its key is one for sandboxes, and the data are real"));
    }
    Ok(())
}
