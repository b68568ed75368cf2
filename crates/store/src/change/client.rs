//! How does a partner's program become known here, with its keys, and how does it cease to be?

use jiff::Timestamp;

use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// What a partner signed about a program of its.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFacts {
    /// The program's name.
    pub name: String,
    /// The partner.
    pub partner: String,
    /// As whom it acts: a partner's role.
    pub acts_as: String,
    /// What it may be about.
    pub scopes: Vec<String>,
    /// Its public keys.
    pub keys: Vec<ClientKeyText>,
    /// SHA-256 of its certificates.
    pub certificates: Vec<String>,
    /// The signed bytes, as text.
    pub registration: String,
    /// The detached signature, hexadecimal.
    pub signature: String,
    /// When it was made, as it says.
    pub made_at: Timestamp,
}

/// A program's public key as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKeyText {
    /// Its thumbprint.
    pub thumbprint: String,
    /// `sig` or `enc`.
    pub usage: String,
    /// The key, a JWK.
    pub jwk: String,
}

/// A program that becomes known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddClient {
    /// What was signed about it.
    pub facts: ClientFacts,
}

/// A program that becomes known by secrets that the operation made for it, because it cannot sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddSecretClient {
    /// What the operation says about it; without keys.
    pub facts: ClientFacts,
    /// By what its partner is known at that door.
    pub partner_id: String,
    /// SHA-256 of its password.
    pub password_sha256: String,
    /// SHA-256 of its subscription key.
    pub key_sha256: String,
}

/// The next registration of a program: its keys and certificates take the place of those before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateClientKeys {
    /// What was signed about it.
    pub facts: ClientFacts,
    /// Until when those before count.
    pub others_until: Timestamp,
}

/// A program that may ask nothing any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeClient {
    /// Its name.
    pub name: String,
}

impl Store {
    /// Makes a program known.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name, a key or a certificate is another's, or the name was revoked.
    pub async fn add_client(&self, change: Changed<AddClient>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Makes a program known that has secrets of the operation's making.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name is used, or the partner's id is another partner's.
    pub async fn add_secret_client(&self, change: Changed<AddSecretClient>, stamp: Stamp) -> Result<(), StoreError> {
        self.save(change, stamp).await
    }

    /// Takes in a program's next keys. Its tokens end: they were given by what was registered before.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such program, [`StoreError::ChangedMeanwhile`] when a registration that is as new was
    /// taken in meanwhile, [`StoreError::Taken`] when a key or a certificate is another's or has ended.
    pub async fn rotate_client_keys(
        &self,
        change: Changed<RotateClientKeys>,
        stamp: Stamp,
    ) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Ends what a program may ask, and its tokens.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such program.
    pub async fn revoke_client(&self, change: Changed<RevokeClient>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for AddClient {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let facts = &self.facts;
        let there = query("SELECT name, registration, revoked_at FROM client WHERE name = $1").bind(&facts.name);
        if let Some(row) = there.fetch_optional(writing.rows()).await? {
            let cells = Cells::new(&row, "client", "name");
            let same = cells.get::<&str>("registration")? == facts.registration;
            return if same && cells.optional_time("revoked_at")?.is_none() {
                Applied::ALREADY
            } else {
                Err(StoreError::Taken { what: "client with this name", name: facts.name.clone() })
            };
        }
        facts.insert(writing).await?;
        Applied::NEW
    }
}

impl Change for AddSecretClient {
    type Outcome = ();

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<()>, StoreError> {
        let facts = &self.facts;
        let taken = |what, name: &str| Err(StoreError::Taken { what, name: name.to_owned() });
        let there = query("SELECT count(*) FROM client WHERE name = $1").bind(&facts.name);
        if there.fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            return taken("client with this name", &facts.name);
        }
        let anothers = query(
            "SELECT count(*) FROM client_secret s JOIN client c ON c.name = s.client \
             WHERE s.partner_id = $1 AND c.partner <> $2",
        );
        let anothers = anothers.bind(&self.partner_id).bind(&facts.partner);
        if anothers.fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            return taken("partner id of another partner", &self.partner_id);
        }
        facts.insert(writing).await?;
        let row = query(
            "INSERT INTO client_secret (client, partner_id, password_sha256, key_sha256) VALUES ($1, $2, $3, $4)",
        );
        let row = row.bind(&facts.name).bind(&self.partner_id).bind(&self.password_sha256).bind(&self.key_sha256);
        row.execute(writing.rows()).await?;
        Ok(Applied::Changed(()))
    }
}

impl Change for RotateClientKeys {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (facts, micros) = (&self.facts, writing.micros());
        let there = query(
            "SELECT name, registration, made_at FROM client WHERE name = $1 AND revoked_at IS NULL \
             AND NOT EXISTS (SELECT 1 FROM client_secret s WHERE s.client = name)",
        );
        let there = there.bind(&facts.name).fetch_optional(writing.rows()).await?;
        let there = there.ok_or_else(|| StoreError::NotFound { what: "client", name: facts.name.clone() })?;
        let cells = Cells::new(&there, "client", "name");
        if cells.get::<&str>("registration")? == facts.registration {
            return Applied::ALREADY;
        }
        if cells.time("made_at")? >= facts.made_at {
            return Err(StoreError::ChangedMeanwhile { what: "client", name: facts.name.clone() });
        }
        query("UPDATE client SET registration = $1, signature = $2, made_at = $3, acts_as = $4 WHERE name = $5")
            .bind(&facts.registration)
            .bind(&facts.signature)
            .bind(facts.made_at.as_microsecond())
            .bind(&facts.acts_as)
            .bind(&facts.name)
            .execute(writing.rows())
            .await?;
        query("DELETE FROM client_grant WHERE client = $1").bind(&facts.name).execute(writing.rows()).await?;
        let until = self.others_until.as_microsecond().max(micros);
        for ends in [
            "UPDATE client_key SET ends_at = $1 WHERE client = $2 AND (ends_at IS NULL OR ends_at > $1)",
            "UPDATE client_certificate SET ends_at = $1 WHERE client = $2 AND (ends_at IS NULL OR ends_at > $1)",
        ] {
            query(ends).bind(until).bind(&facts.name).execute(writing.rows()).await?;
        }
        // A token says what the registration before it said: whoever has a key asks for another.
        query("DELETE FROM access_token WHERE client = $1").bind(&facts.name).execute(writing.rows()).await?;
        facts.enter(writing).await?;
        Applied::NEW
    }
}

impl Change for RevokeClient {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let revoked = query("UPDATE client SET revoked_at = $1 WHERE name = $2 AND revoked_at IS NULL");
        if revoked.bind(micros).bind(&self.name).execute(writing.rows()).await? == 1 {
            query("DELETE FROM access_token WHERE client = $1").bind(&self.name).execute(writing.rows()).await?;
            return Applied::NEW;
        }
        let there = query("SELECT count(*) FROM client WHERE name = $1").bind(&self.name);
        match there.fetch_one(writing.rows()).await?.only::<i64>()? {
            0 => Err(StoreError::NotFound { what: "client", name: self.name.clone() }),
            _ => Applied::ALREADY,
        }
    }
}

impl ClientFacts {
    async fn insert(&self, writing: &mut Writing<'_>) -> Result<(), StoreError> {
        let (micros, actor) = (writing.micros(), writing.actor().to_owned());
        query(
            "INSERT INTO client (name, partner, acts_as, registration, signature, made_at, added_at, added_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&self.name)
        .bind(&self.partner)
        .bind(&self.acts_as)
        .bind(&self.registration)
        .bind(&self.signature)
        .bind(self.made_at.as_microsecond())
        .bind(micros)
        .bind(actor)
        .execute(writing.rows())
        .await?;
        self.enter(writing).await
    }

    /// Enters grants, keys and certificates. A key that the client has goes on; one that is another's, or has ended, is refused.
    async fn enter(&self, writing: &mut Writing<'_>) -> Result<(), StoreError> {
        let micros = writing.micros();
        for scope in &self.scopes {
            let row = query("INSERT INTO client_grant (client, scope) VALUES ($1, $2) ON CONFLICT DO NOTHING");
            row.bind(&self.name).bind(scope).execute(writing.rows()).await?;
        }
        for key in &self.keys {
            let row = query(
                "INSERT INTO client_key (client, thumbprint, usage, jwk, added_at) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (thumbprint) DO UPDATE SET ends_at = NULL \
                 WHERE client_key.client = excluded.client AND client_key.ends_at >= excluded.added_at",
            );
            let row = row.bind(&self.name).bind(&key.thumbprint).bind(&key.usage).bind(&key.jwk).bind(micros);
            if row.execute(writing.rows()).await? != 1 {
                return Err(StoreError::Taken { what: "key", name: key.thumbprint.clone() });
            }
        }
        for certificate in &self.certificates {
            let row = query(
                "INSERT INTO client_certificate (client, sha256, added_at) VALUES ($1, $2, $3) \
                 ON CONFLICT (sha256) DO UPDATE SET ends_at = NULL \
                 WHERE client_certificate.client = excluded.client AND client_certificate.ends_at >= excluded.added_at",
            );
            if row.bind(&self.name).bind(certificate).bind(micros).execute(writing.rows()).await? != 1 {
                return Err(StoreError::Taken { what: "certificate", name: certificate.clone() });
            }
        }
        Ok(())
    }
}
