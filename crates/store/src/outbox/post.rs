//! How does an alert come to exist once, whoever finds its cause and however often?

use std::collections::BTreeMap;

use causeway_model::alert::{Alert, is_id};
use jiff::Timestamp;

use crate::change::sha256_hex;
use crate::db::{Transaction, query, to_json};
use crate::step::Step;
use crate::{Saved, StoreError};

/// Posts an alert in a transaction: of the change that causes it.
///
/// INVARIANT (alerts hold ids only): a word that is no id is stored by its digest, so that no free text can ever be sent; a change is
/// never refused for it.
pub(crate) async fn post(rows: &mut Transaction, alert: &Alert, micros: i64) -> Result<Saved, StoreError> {
    let Alert { kind, to, subject, ids, occasion } = alert;
    // The length of each is told, so that no two alerts have one digest.
    let parts = [kind.as_str(), &to.to_string(), subject, occasion];
    let told: String = parts.iter().map(|part| format!("{}:{part};", part.len())).collect();
    let digest = sha256_hex(&told);
    let id = format!("alert-{}", digest.get(..20).unwrap_or(&digest));
    let ids: BTreeMap<&str, String> = ids.iter().map(|(what, id)| (*what, plain(id))).collect();
    let row = query(
        "INSERT INTO alert (id, kind, partner, subject, ids_json, occasion, posted_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(kind.as_str())
    .bind(to.partner().map(str::to_owned))
    .bind(plain(subject))
    .bind(to_json(&ids)?)
    .bind(occasion)
    .bind(micros);
    Ok(if row.execute(rows).await? == 1 { Saved::New } else { Saved::Already })
}

fn plain(word: &str) -> String {
    if is_id(word) {
        return word.to_owned();
    }
    let digest = sha256_hex(word);
    format!("sha256:{}", digest.get(..16).unwrap_or(&digest))
}

pub(super) struct Post<'a> {
    pub(super) alert: &'a Alert,
    pub(super) now: Timestamp,
}

impl Step for Post<'_> {
    type Outcome = Saved;

    async fn apply(&self, rows: &mut Transaction) -> Result<Saved, StoreError> {
        post(rows, self.alert, self.now.as_microsecond()).await
    }
}
