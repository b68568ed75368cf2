//! Which documents are in use, and what does each of them say?

use std::collections::{BTreeMap, BTreeSet};

use causeway_model::arrangement::Arrangement;
use causeway_model::assessment::ThresholdsDocument as Thresholds;
use causeway_model::catalogue::{Catalogue, CodeList};
use causeway_store::change::{DocumentKind, InUse};
use causeway_store::query::{Officer, Partner};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Kind;
use crate::documents::{AnyExchange, Read};
use crate::error::EngineError;
use crate::house::House;

/// Everything that is in use.
pub(crate) struct Standing {
    pub(crate) catalogue: Option<Catalogue>,
    pub(crate) arrangements: BTreeMap<String, Read<Arrangement>>,
    pub(crate) exchanges: BTreeMap<String, AnyExchange>,
    /// What may be told of each partner, by name.
    pub(crate) partners: BTreeMap<String, Value>,
    /// What may be told of each person, by name.
    pub(crate) officers: BTreeMap<String, Value>,
    pub(crate) thresholds: Thresholds,
    /// When it was read.
    pub(crate) now: Timestamp,
}

/// Reads everything that is in use.
pub(crate) async fn standing(house: &House) -> Result<Standing, EngineError> {
    let names = async |kind| -> Result<BTreeSet<String>, EngineError> {
        Ok(house.store.documents(kind).await?.into_iter().map(|listing| listing.name).collect())
    };
    let catalogue = match names(DocumentKind::Catalogue).await?.is_empty() {
        true => None,
        false => Some(house.catalogue().await?),
    };
    let (mut arrangements, mut exchanges) = (BTreeMap::new(), BTreeMap::new());
    for name in names(DocumentKind::Arrangement).await? {
        arrangements.insert(name.clone(), house.arrangement(&name).await?);
    }
    for name in names(DocumentKind::Exchange).await? {
        if let Some(found) = house.store.latest_document(DocumentKind::Exchange, &name).await? {
            exchanges.insert(name.clone(), AnyExchange::text(&name, found.text)?);
        }
    }
    let mut partners = BTreeMap::new();
    for partner in house.store.partners().await? {
        partners.insert(partner.name.clone(), partner_value(house, &partner).await?);
    }
    let officers =
        house.store.officers().await?.into_iter().map(|one| (one.name.clone(), officer_value(&one))).collect();
    let (thresholds, now) = (house.thresholds().await?, house.now());
    Ok(Standing { catalogue, arrangements, exchanges, partners, officers, thresholds, now })
}

impl House {
    /// The thresholds in use: the program's own until others were activated.
    pub async fn thresholds(&self) -> Result<Thresholds, EngineError> {
        let found = self.store.thresholds().await?;
        found.map_or_else(|| Ok(Thresholds::default()), |found| Ok(Read::text("thresholds", found.text)?.value))
    }
}

/// An object as it is compared and written: without what is only there by default.
pub(crate) struct Object {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) version: Option<u32>,
    pub(crate) value: Value,
}

impl Standing {
    /// Every object, in the order of kinds and names.
    pub(crate) fn objects(&self) -> Result<Vec<Object>, EngineError> {
        let mut found = Vec::new();
        let mut add = |kind, name: &str, version, value| {
            found.push(Object { kind, name: name.to_owned(), version, value });
        };
        if let Some(catalogue) = &self.catalogue {
            let (value, lists) = catalogue_values(catalogue)?;
            add(Kind::Catalogue, &catalogue.catalogue, Some(catalogue.version), value);
            lists.into_iter().for_each(|(name, value)| add(Kind::CodeList, &name, None, value));
        }
        let thresholds = plain(&self.thresholds)?;
        add(Kind::Thresholds, &self.thresholds.thresholds, Some(self.thresholds.version), thresholds);
        for (name, value) in &self.officers {
            add(Kind::Officer, name, None, value.clone());
        }
        for (name, value) in &self.partners {
            add(Kind::Partner, name, None, value.clone());
        }
        for (name, read) in &self.arrangements {
            add(Kind::Arrangement, name, Some(read.value.version), read.document.value().clone());
        }
        for (name, read) in &self.exchanges {
            add(Kind::Exchange, name, Some(read.version()), read.document().value().clone());
        }
        Ok(found)
    }

    /// Kind, name and version of what is in use and has versions.
    pub(crate) fn in_use(&self) -> Vec<InUse> {
        let one = |kind: &str, name: &str, version| InUse { kind: kind.to_owned(), name: name.to_owned(), version };
        let catalogue = self.catalogue.iter().map(|one| ("catalogue", one.catalogue.as_str(), one.version));
        let arrangements =
            self.arrangements.iter().map(|(name, read)| ("arrangement", name.as_str(), read.value.version));
        let exchanges = self.exchanges.iter().map(|(name, read)| ("exchange", name.as_str(), read.version()));
        let thresholds = Some(("thresholds", self.thresholds.thresholds.as_str(), self.thresholds.version));
        let thresholds = thresholds.filter(|(_, _, version)| *version > 0);
        let all = catalogue.chain(arrangements).chain(exchanges).chain(thresholds);
        let mut found: Vec<InUse> = all.map(|(kind, name, version)| one(kind, name, version)).collect();
        found.sort();
        found
    }
}

fn plain(value: &impl Serialize) -> Result<Value, EngineError> {
    serde_json::to_value(value).map_err(|error| EngineError::Wrong(error.to_string()))
}

/// What may be told of a person: roles, and the public key.
fn officer_value(officer: &Officer) -> Value {
    let mut members = Map::from_iter([("officer".to_owned(), json!(officer.name))]);
    if let Some(partner) = &officer.partner {
        members.insert("partner".to_owned(), json!(partner));
    }
    members.insert("roles".to_owned(), json!(officer.roles));
    members.insert("public_key".to_owned(), json!(officer.public_key_pem.trim_end()));
    members.insert("fingerprint".to_owned(), json!(officer.fingerprint));
    members.insert("state".to_owned(), json!(if officer.revoked_at.is_some() { "revoked" } else { "current" }));
    Value::Object(members)
}

/// What may be told of a partner: who it is, how it stands, its public keys.
async fn partner_value(house: &House, partner: &Partner) -> Result<Value, EngineError> {
    let life = house.store.partner_life(&partner.name).await?;
    let mut members = match &life {
        Some(life) => plain(&life.profile)?.as_object().cloned().unwrap_or_default(),
        None => {
            Map::from_iter([("partner".to_owned(), json!(partner.name)), ("title".to_owned(), json!(partner.title))])
        }
    };
    let state = life.as_ref().map_or(partner.state.name(), |life| life.state.name());
    let restricted = house.store.is_synthetic_only(&partner.name).await?;
    members.insert("synthetic_only".to_owned(), json!(restricted));
    members.insert("state".to_owned(), json!(state));
    let keys = json!({
        "recipient": partner.age_recipient, "signing": partner.signing_key_pem.trim_end(), "fingerprints": partner.fingerprint,
    });
    members.insert("keys".to_owned(), keys);
    Ok(Value::Object(members))
}

/// A catalogue without its code lists, and the code lists by name; both without what is there by default.
pub(crate) fn catalogue_values(catalogue: &Catalogue) -> Result<(Value, BTreeMap<String, Value>), EngineError> {
    let mut value = plain(catalogue)?;
    if let Some(members) = value.as_object_mut() {
        members.shift_remove("code_lists");
    }
    let lists = catalogue.code_lists.iter().map(|list| Ok((list.name.clone(), code_list_value(list)?)));
    Ok((sparing(value), lists.collect::<Result<_, EngineError>>()?))
}

pub(crate) fn code_list_value(list: &CodeList) -> Result<Value, EngineError> {
    Ok(sparing(plain(list)?))
}

/// The value without members that mean the same when they are left out.
pub(super) fn sparing(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sparing).collect()),
        Value::Object(members) => {
            let (element, relation) = (members.contains_key("sensitivity"), members.contains_key("inverse"));
            let kept = members.into_iter().map(|(name, value)| (name, sparing(value))).filter(|(name, value)| {
                let usual = match name.as_str() {
                    "description" | "label" => value == "",
                    "equivalents" | "limits" => value == &Value::Object(Map::new()),
                    "unique" | "key" | "relations" | "by" | "fields" | "order_by" | "concat" | "transform"
                    | "blackout" => value == &json!([]),
                    "inputs" | "map" => value == &Value::Object(Map::new()),
                    "optional" => element && value == &json!(true) || relation && value == &json!(false),
                    "max_length" => element && value == &json!(500),
                    "tls" => value == &json!({ "mode": "verify-full" }),
                    "snapshot" => value == "transaction",
                    _ => false,
                };
                !usual && !value.is_null()
            });
            Value::Object(kept.collect())
        }
        other => other,
    }
}
