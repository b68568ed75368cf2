//! By which names do clients of PING's own API know an exchange?
//!
//! Ids are the operation's to give, and clients have them in their settings. Source of the rules: `docs/decisions/0023-pings-own-api.md`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::document::Findings;
use crate::exchange::{Answering, Exchange};
use crate::inbound::{Collect, Field, Inbound, Sealing, Signature};
use crate::{Code, ValueType};

/// What clients call the id by which the partner knows a record.
pub const EXTERNAL_ID: &str = "ExternalId";

/// What clients call the id by which the operation may know it.
pub const EXTERNAL_GUID: &str = "ExternalGUID";

/// By what clients of PING's own API know an exchange from which they fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ping {
    /// `SHP-2747`: no other exchange in use has it.
    pub shipping_process: String,
    /// `INT-1436`: that of the arrangement.
    pub interop: String,
}

/// By what clients of PING's own API know an exchange to which they send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboundPing {
    /// `SHP-2748`: no other exchange in use has it.
    pub shipping_process: String,
    /// `INT-1436`: that of the arrangement.
    pub interop: String,
    /// The field of the record for each name that clients send. Any other name is an error of its record.
    pub fields: BTreeMap<String, String>,
    /// The field that `ExternalGUID` becomes; a record that has one is refused unless said.
    #[serde(default)]
    pub external_guid: Option<String>,
}

impl Ping {
    pub(crate) fn check(&self, exchange: &Exchange, catalogue: &Catalogue, findings: &mut Findings) {
        ids(&self.shipping_process, &self.interop, findings);
        let Some(online) = exchange.deliver.online() else {
            let help = "write `deliver: { online: … }`, or leave `ping` out";
            return findings.error("ping-online", "/ping", "these clients fetch what is told at once", help);
        };
        if online.answer != Answering::Plain {
            let help = "write `answer: plain`: the connection alone protects it";
            findings.error("ping-plain", "/deliver/online/answer", "these clients open no sealed answer", help);
        }
        let root = catalogue.entity(&exchange.root);
        for (i, parameter) in online.parameters.iter().enumerate() {
            let element = root.and_then(|root| root.element(&parameter.element));
            if element.is_some_and(|element| element.value_type == ValueType::Integer) {
                let help = "narrow by a text, a code or an identifier";
                let at = format!("/deliver/online/parameters/{i}/element");
                findings.error("ping-parameter", at, "these clients name values as texts", help);
            }
        }
    }
}

impl InboundPing {
    /// The field that a client's name stands for.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// What a client calls a field, where it may send it.
    pub fn called<'a>(&'a self, inbound: &'a Inbound, field: &'a str) -> &'a str {
        if field == inbound.external_id {
            return EXTERNAL_ID;
        }
        if self.external_guid.as_deref() == Some(field) {
            return EXTERNAL_GUID;
        }
        self.fields.iter().find(|(_, its)| *its == field).map_or(field, |(name, _)| name)
    }

    pub(crate) fn check(&self, inbound: &Inbound, findings: &mut Findings) {
        ids(&self.shipping_process, &self.interop, findings);
        let by_api = inbound.collect.contains(&Collect::Api);
        if !by_api || inbound.sealing != Sealing::OnReceipt || inbound.signature != Signature::Token {
            let help = "write `collect: [api]`, `sealing: on-receipt` and `signature: token`";
            findings.error("ping-way", "/collect", "these clients send plain JSON under a token", help);
        }
        if inbound.answer != Answering::Plain {
            let help = "write `answer: plain`: the connection alone protects it";
            findings.error("ping-plain", "/answer", "these clients open no sealed answer", help);
        }
        if inbound.refuse_above_percent != 100 {
            let help = "write `refuse_above_percent: 100`";
            let message = "at these clients' door a record that fails holds no other back";
            findings.error("ping-share", "/refuse_above_percent", message, help);
        }
        let mut given = BTreeSet::from([inbound.external_id.as_str()]);
        let guid = self.external_guid.iter().map(|field| ("/ping/external_guid".to_owned(), field));
        let named = self.fields.iter().map(|(name, field)| (format!("/ping/fields/{name}"), field));
        for (at, field) in named.chain(guid) {
            if inbound.field(field).is_none_or(Field::is_nested) {
                let message = format!("`{field}` is no field of a record that holds a value");
                findings.error(Code::UnknownName.as_str(), at, message, Code::UnknownName.help());
            } else if !given.insert(field) {
                let message = format!("`{field}` would be given twice");
                findings.error("duplicate-name", at, message, "name it once; `ExternalId` is the `external_id`");
            }
        }
        for field in inbound.record.iter().filter(|field| field.required && !given.contains(field.name.as_str())) {
            let message = format!("`{}` is required, and these clients cannot send it", field.name);
            findings.error("ping-required", "/ping/fields", message, "name it, or do not require it");
        }
    }
}

fn ids(process: &str, interop: &str, findings: &mut Findings) {
    for (kind, id, at) in [("SHP-", process, "/ping/shipping_process"), ("INT-", interop, "/ping/interop")] {
        if !is_id(kind, id) {
            findings.error("ping-id", at, format!("`{id}` is no such id"), format!("write `{kind}` and digits"));
        }
    }
}

/// Whether it is an id of a kind: `SHP-2747`.
pub fn is_id(kind: &str, id: &str) -> bool {
    let digits = id.strip_prefix(kind).unwrap_or_default();
    (1..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    fn example(name: &str) -> String {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/referrals/");
        std::fs::read_to_string(format!("{folder}{name}")).unwrap()
    }

    /// Findings about an exchange of the example in which `from` is `to`.
    fn codes(file: &str, from: &str, to: &str) -> Vec<String> {
        let catalogue: Catalogue = Document::parse("c", &example("catalogue.yaml")).unwrap().read().unwrap();
        let text = example(file);
        assert!(text.contains(from), "{file} has no `{from}`");
        let document = Document::parse(file, &text.replace(from, to)).unwrap();
        let findings = match Inbound::is_inbound(&document) {
            true => document.read::<Inbound>().unwrap().check(&catalogue),
            false => document.read::<Exchange>().unwrap().check(&catalogue),
        };
        findings.iter().map(|finding| format!("{} {}", finding.code, finding.pointer)).collect()
    }

    #[test]
    fn what_these_clients_could_not_use_is_refused_where_it_stands() {
        let (rows, sent) = ("exchange-details.yaml", "exchange-new-referral.yaml");
        assert_eq!((codes(rows, "ping", "ping"), codes(sent, "ping", "ping")), (vec![], vec![]));
        for (file, from, to, expected) in [
            (rows, "SHP-2358", "SHP2358", "ping-id /ping/shipping_process"),
            (rows, "INT-1436", "INT-", "ping-id /ping/interop"),
            (rows, "answer: plain", "answer: sealed", "ping-plain /deliver/online/answer"),
            (sent, "collect: [api]", "collect: [upload]", "ping-way /collect"),
            (sent, "answer: plain", "answer: sealed", "ping-plain /answer"),
            (sent, "percent: 100", "percent: 5", "ping-share /refuse_above_percent"),
            (sent, "progres_sex: sex", "progres_sex: phone", "duplicate-name /ping/fields/progres_sex"),
            (sent, "    progres_sex: sex\n", "", "ping-required /ping/fields"),
            (sent, "progres_sex: sex", "progres_sex: needs", "unknown-name /ping/fields/progres_sex"),
            (sent, "external_guid: referral", "external_guid: case", "duplicate-name /ping/external_guid"),
        ] {
            let found = codes(file, from, to);
            assert!(found.contains(&expected.to_owned()), "{to}: {found:?}");
        }
    }

    #[test]
    fn ids_are_a_kind_and_digits() {
        for (id, is) in
            [("SHP-1", true), ("SHP-", false), ("shp-1", false), ("SHP-1a", false), ("SHP-12345678901", false)]
        {
            assert_eq!(is_id("SHP-", id), is, "{id}");
        }
    }
}
