//! How does a partner's next key come in, how does one end, and who else handles the data for it?

use causeway_model::partner::{KeyPurpose, Profile, State};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::move_partner::{MovePartner, current};
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, Transaction, query, to_json};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A public key as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyText {
    /// Its fingerprint.
    pub fingerprint: String,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// The key: an age recipient, or PEM.
    pub text: String,
}

/// Keys that come in, with what that does to the partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterKeys {
    /// What happens to the partner.
    pub moved: MovePartner,
    /// The keys.
    pub keys: Vec<KeyText>,
}

/// Who handles a partner's data for it, as it says from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclareRecipients {
    /// Who it was until now, as read.
    pub seen: Profile,
    /// Who it is.
    pub profile: Profile,
}

impl Store {
    /// Takes a partner's keys in; its state afterwards. A challenge that was put before proves none of them and is void.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when the partner changed since it was seen, [`StoreError::Denied`] when it does not
    /// take the keys, [`StoreError::Taken`] when another partner has one of them.
    pub async fn register_keys(&self, change: Changed<RegisterKeys>, stamp: Stamp) -> Result<State, StoreError> {
        self.save(change, stamp).await
    }

    /// Keeps whom a partner declares.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when the profile changed since it was seen.
    pub async fn declare_recipients(
        &self,
        change: Changed<DeclareRecipients>,
        stamp: Stamp,
    ) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for RegisterKeys {
    type Outcome = State;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<State>, StoreError> {
        let partner = &self.moved.partner;
        for key in &self.keys {
            // A key is one partner's: what keeps data from one is not got round by another.
            let others = query("SELECT count(*) FROM partner_key WHERE fingerprint = $1 AND partner <> $2");
            let others = others.bind(&key.fingerprint).bind(partner).fetch_one(writing.rows()).await?;
            if others.only::<i64>()? > 0 {
                return Err(StoreError::Taken { what: "key", name: key.fingerprint.clone() });
            }
            key.enter(writing, partner).await?;
        }
        let applied = self.moved.apply(writing).await?;
        void_challenge(writing, partner).await?;
        Ok(applied)
    }
}

impl Change for DeclareRecipients {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (partner, micros) = (&self.seen.partner, writing.micros());
        current(writing.rows(), partner).await?;
        let row = query("SELECT partner, profile_json FROM partner_life WHERE partner = $1").bind(partner);
        let row = row.fetch_one(writing.rows()).await?;
        let there: Profile = Cells::new(&row, "partner_life", "partner").json("profile_json")?;
        if there == self.profile {
            return Applied::ALREADY;
        }
        if there != self.seen {
            return Err(StoreError::ChangedMeanwhile { what: "partner", name: partner.clone() });
        }
        let row = query("UPDATE partner_life SET profile_json = $1, updated_at = $2 WHERE partner = $3");
        row.bind(to_json(&self.profile)?).bind(micros).bind(partner).execute(writing.rows()).await?;
        Applied::NEW
    }
}

impl KeyText {
    pub(super) async fn enter(&self, writing: &mut Writing<'_>, partner: &str) -> Result<(), StoreError> {
        let (micros, actor) = (writing.micros(), writing.actor().to_owned());
        let there = query("SELECT count(*) FROM partner_key WHERE partner = $1 AND fingerprint = $2");
        let there = there.bind(partner).bind(&self.fingerprint).fetch_one(writing.rows()).await?;
        // Whether it may come again is for the partner's state to say.
        if there.only::<i64>()? > 0 {
            return Ok(());
        }
        query(
            "INSERT INTO partner_key (partner, fingerprint, purpose, key_text, registered_at, registered_by) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(partner)
        .bind(&self.fingerprint)
        .bind(self.purpose.as_str())
        .bind(&self.text)
        .bind(micros)
        .bind(actor)
        .execute(writing.rows())
        .await
        .map(|_| ())
    }
}

/// Marks a key as revoked, and voids the challenge, which it may be about.
pub(super) async fn revoke(writing: &mut Writing<'_>, partner: &str, fingerprint: &str) -> Result<(), StoreError> {
    let micros = writing.micros();
    let row = query("UPDATE partner_key SET revoked_at = $1 WHERE partner = $2 AND fingerprint = $3");
    row.bind(micros).bind(partner).bind(fingerprint).execute(writing.rows()).await?;
    void_challenge(writing, partner).await
}

async fn void_challenge(writing: &mut Writing<'_>, partner: &str) -> Result<(), StoreError> {
    let row = query("UPDATE partner_life SET challenge_sha256 = NULL, challenged_at = NULL WHERE partner = $1");
    row.bind(partner).execute(writing.rows()).await.map(|_| ())
}

/// Keeps in `partner` the keys that are current: what a program reads that knows no others.
pub(super) async fn keep_current(writing: &mut Writing<'_>, partner: &str, state: &State) -> Result<(), StoreError> {
    let now = Timestamp::from_microsecond(writing.micros()).unwrap_or(Timestamp::MAX);
    let today = now.to_zoned(TimeZone::UTC).date();
    let key = |purpose| state.usable_key(purpose, today).map(|check| check.key.clone());
    let (Some(recipient), Some(signing)) = (key(KeyPurpose::Recipient), key(KeyPurpose::Signing)) else {
        return Ok(());
    };
    let text = async |writing: &mut Writing<'_>, fingerprint: &str| -> Result<Option<String>, StoreError> {
        let row = query("SELECT key_text FROM partner_key WHERE partner = $1 AND fingerprint = $2");
        let row = row.bind(partner).bind(fingerprint).fetch_optional(writing.rows()).await?;
        row.map(|row| row.only()).transpose()
    };
    let (to, by) = (text(writing, &recipient).await?, text(writing, &signing).await?);
    let (Some(to), Some(by)) = (to, by) else { return Ok(()) };
    let row = query("UPDATE partner SET age_recipient = $1, signing_key_pem = $2, fingerprint = $3 WHERE name = $4");
    let row = row.bind(to).bind(by).bind(format!("{recipient} {signing}")).bind(partner);
    row.execute(writing.rows()).await.map(|_| ())
}

/// Demands that nobody revoked a key: in the transaction that seals to it, or that begins to deliver what is sealed to it.
pub(super) async fn demand_not_revoked(rows: &mut Transaction, fingerprint: &str) -> Result<(), StoreError> {
    let revoked = query("SELECT count(*) FROM partner_key WHERE fingerprint = $1 AND revoked_at IS NOT NULL");
    if revoked.bind(fingerprint).fetch_one(rows).await?.only::<i64>()? == 0 {
        return Ok(());
    }
    Err(StoreError::ChangedMeanwhile { what: "key", name: fingerprint.to_owned() })
}
