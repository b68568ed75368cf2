//! How does another organisation become a partner, to whose key we seal?

use causeway_model::partner::{KeyPurpose, Profile, State};
use causeway_model::{Code, Refused};

use super::partner_key::KeyText;
use super::synthetic_only::restrict;
use super::writing::{Applied, Change, Writing};
use crate::db::{named, query, to_json};
use crate::{Changed, Saved, Stamp, Store, StoreError};

named! {
    /// How far the acquaintance with a partner goes.
    PartnerState {
        /// Asked to join.
        Invited = "invited",
        /// Its keys' fingerprints are confirmed.
        Verified = "verified",
        /// Packages may be sealed to it.
        Active = "active",
        /// For now, nothing may.
        Suspended = "suspended",
        /// It is no partner any more.
        Closed = "closed",
    }
}

/// A partner to be added. Whoever calls has had the fingerprint confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPartner {
    /// The name by which documents call the partner.
    pub name: String,
    /// Its title, for people.
    pub title: String,
    /// The age recipient that packages are encrypted to.
    pub age_recipient: String,
    /// The key that signs its receipts, PEM.
    pub signing_key_pem: String,
    /// The confirmed fingerprint over its keys.
    pub fingerprint: String,
    /// Who it is.
    pub profile: Profile,
    /// Its state, with what is known of its keys.
    pub state: State,
}

impl Store {
    /// Adds a partner. The event's actor is who added it.
    ///
    /// # Errors
    /// [`StoreError::Denied`] when a key is one for sandboxes, [`StoreError::Taken`] when the name has other facts. How far a partner that is there has come stays as it is.
    pub async fn add_partner(&self, change: Changed<NewPartner>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewPartner {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let same = query(
            "SELECT age_recipient = $2 AND signing_key_pem = $3 AND fingerprint = $4 AND profile_json = $5 \
             FROM partner JOIN partner_life ON partner = name WHERE name = $1",
        )
        .bind(&self.name)
        .bind(&self.age_recipient)
        .bind(&self.signing_key_pem)
        .bind(&self.fingerprint)
        .bind(to_json(&self.profile)?)
        .fetch_optional(writing.rows())
        .await?;
        match same.map(|row| row.only()).transpose()? {
            Some(true) => return Applied::ALREADY,
            Some(false) => return Err(StoreError::Taken { what: "partner", name: self.name.clone() }),
            None => {}
        }
        let signing = self.fingerprint.split(' ').next_back().unwrap_or_default();
        let test = query("SELECT count(*) FROM sandbox_key WHERE age_recipient = $1 OR substr(fingerprint, 52) = $2");
        if test.bind(&self.age_recipient).bind(signing).fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            let source = Refused::one(Code::KeyEnvironment, &self.name, "it is a key for sandboxes already");
            return Err(StoreError::Denied { what: "partner", name: self.name.clone(), source });
        }
        // One that a program added which kept no such row gets it now, if it is the same.
        let there = query("SELECT age_recipient = $2 AND signing_key_pem = $3 FROM partner WHERE name = $1");
        let there = there.bind(&self.name).bind(&self.age_recipient).bind(&self.signing_key_pem);
        match there.fetch_optional(writing.rows()).await?.map(|row| row.only()).transpose()? {
            Some(false) => return Err(StoreError::Taken { what: "partner", name: self.name.clone() }),
            Some(true) => {
                let row = query("UPDATE partner SET state = $1 WHERE name = $2");
                row.bind(self.state.name()).bind(&self.name).execute(writing.rows()).await?;
                self.begin_life(writing).await?;
                return Applied::NEW;
            }
            None => {}
        }
        let row = query(
            "INSERT INTO partner (name, title, age_recipient, signing_key_pem, fingerprint, state, added_at, added_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&self.name)
        .bind(&self.title)
        .bind(&self.age_recipient)
        .bind(&self.signing_key_pem)
        .bind(&self.fingerprint)
        .bind(self.state.name())
        .bind(micros)
        .bind(writing.actor());
        row.execute(writing.rows()).await?;
        self.begin_life(writing).await?;
        Applied::NEW
    }
}

impl NewPartner {
    async fn begin_life(&self, writing: &mut Writing<'_>) -> Result<(), StoreError> {
        let row =
            query("INSERT INTO partner_life (partner, profile_json, state_json, updated_at) VALUES ($1, $2, $3, $4)");
        let row = row.bind(&self.name).bind(to_json(&self.profile)?).bind(to_json(&self.state)?).bind(writing.micros());
        row.execute(writing.rows()).await?;
        for key in self.state.keys() {
            let text = match key.purpose {
                KeyPurpose::Recipient => &self.age_recipient,
                KeyPurpose::Signing => &self.signing_key_pem,
            };
            let key = KeyText { fingerprint: key.key.clone(), purpose: key.purpose, text: text.clone() };
            key.enter(writing, &self.name).await?;
        }
        if self.profile.synthetic_only {
            restrict(writing, &self.name).await?;
        }
        Ok(())
    }
}
