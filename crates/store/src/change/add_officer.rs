//! How does a person become an officer, whose signature counts, in one role or several?

use std::collections::BTreeSet;

use causeway_model::permission::Role;

use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// An officer to be added, or one who is there and gets further roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOfficer {
    /// The name by which the officer acts.
    pub name: String,
    /// The roles; at least one.
    pub roles: BTreeSet<Role>,
    /// The partner whose person it is; none for the operation's own.
    pub partner: Option<String>,
    /// The public key, PEM.
    pub public_key_pem: String,
    /// The key's fingerprint, confirmed by whoever adds it.
    pub fingerprint: String,
}

impl Store {
    /// Adds an officer, or roles to one who is there with the same key. A role that is there stays.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name has other facts or is revoked, or the key is another officer's.
    pub async fn add_officer(&self, change: Changed<NewOfficer>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewOfficer {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let rows = query(
            "SELECT name, role, partner, public_key_pem, revoked_at FROM officer WHERE name = $1 OR fingerprint = $2",
        );
        let rows = rows.bind(&self.name).bind(&self.fingerprint).fetch_all(writing.rows()).await?;
        let mut lacking = self.roles.clone();
        if let Some(row) = rows.first() {
            let cells = Cells::new(row, "officer", "name");
            let same = rows.len() == 1
                && cells.get::<&str>("name")? == self.name
                && cells.get::<&str>("public_key_pem")? == self.public_key_pem
                && cells.get::<Option<String>>("partner")? == self.partner
                && cells.optional_time("revoked_at")?.is_none();
            if !same {
                return Err(StoreError::Taken { what: "officer with this name or key", name: self.name.clone() });
            }
            lacking.retain(|role| cells.get::<&str>("role").ok() != Some(role.as_str()));
            let held = query("SELECT officer, role FROM officer_role WHERE officer = $1").bind(&self.name);
            for row in held.fetch_all(writing.rows()).await? {
                let role = Cells::new(&row, "officer_role", "officer").get::<String>("role")?;
                lacking.retain(|one| one.as_str() != role);
            }
            if lacking.is_empty() {
                return Applied::ALREADY;
            }
        } else if let Some(first) = lacking.pop_first() {
            query(
                "INSERT INTO officer (name, role, partner, public_key_pem, fingerprint, added_at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(&self.name)
            .bind(first.as_str())
            .bind(&self.partner)
            .bind(&self.public_key_pem)
            .bind(&self.fingerprint)
            .bind(micros)
            .execute(writing.rows())
            .await?;
        }
        for role in lacking {
            let row = query("INSERT INTO officer_role (officer, role, granted_at) VALUES ($1, $2, $3)");
            row.bind(&self.name).bind(role.as_str()).bind(micros).execute(writing.rows()).await?;
        }
        Applied::NEW
    }
}
