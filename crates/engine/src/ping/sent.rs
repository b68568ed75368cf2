//! How does what these clients send become records of an exchange? By the names that its document gives; what it does not name stays in
//! the record under its own, where no record may have it, so that it is an error of that record and of no other.

use std::collections::BTreeSet;

use causeway_model::inbound::Inbound;
use causeway_model::ping::{EXTERNAL_GUID, InboundPing};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// A record as it was sent. It has no `Debug`: it is a person's.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// The partner's id of it.
    pub external_id: Option<Box<RawValue>>,
    /// The operation's id of it, if the partner knows one.
    pub external_guid: Option<Box<RawValue>>,
    /// Names and values, letter for letter.
    pub fields: Vec<(String, Box<RawValue>)>,
    /// What else came that no record takes, by name.
    pub besides: Vec<String>,
}

impl Sent {
    /// The record, as one line of JSON. Numbers are texts from here on, so that no digit is lost: every type is read from text.
    pub(crate) fn line(&self, inbound: &Inbound, ping: &InboundPing) -> Zeroizing<String> {
        let mut line = Line { text: Zeroizing::new("{".to_owned()), names: BTreeSet::new() };
        if let Some(id) = &self.external_id {
            line.put(inbound.external_id.clone(), id);
        }
        for (name, value) in &self.fields {
            let field = ping.field(name).filter(|field| !line.names.contains(*field));
            match field {
                Some(field) => line.put(field.to_owned(), value),
                None => line.put_strange(inbound, name, value),
            }
        }
        match (&ping.external_guid, &self.external_guid) {
            (_, None) => {}
            (Some(field), Some(guid)) if !line.names.contains(field) => line.put(field.clone(), guid),
            (_, Some(guid)) => line.put_strange(inbound, EXTERNAL_GUID, guid),
        }
        for name in &self.besides {
            line.put_strange(inbound, name, RawValue::NULL);
        }
        line.text.push('}');
        line.text
    }
}

struct Line {
    text: Zeroizing<String>,
    names: BTreeSet<String>,
}

impl Line {
    /// A member that the record has not yet.
    fn put(&mut self, name: String, value: &RawValue) {
        if !self.names.is_empty() {
            self.text.push(',');
        }
        self.text.push_str(&serde_json::Value::from(name.as_str()).to_string());
        self.text.push(':');
        let raw = value.get();
        if raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            self.text.extend(["\"", raw, "\""]);
        } else {
            // Within a text an end of a line is written as an escape.
            self.text.extend(raw.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
        }
        self.names.insert(name);
    }

    /// A member that no record may have.
    fn put_strange(&mut self, inbound: &Inbound, name: &str, value: &RawValue) {
        let mut name = name.to_owned();
        while inbound.field(&name).is_some() || self.names.contains(&name) {
            name.push('?');
        }
        self.put(name, value);
    }
}

#[cfg(test)]
mod tests {
    use causeway_model::document::Document;
    use serde_json::json;

    use super::*;

    const EXCHANGE: &str = "exchange: decisions
version: 1
direction: accept
arrangement: referrals
format: { kind: json-lines }
record:
  - { name: ref, type: text, required: true, max_length: 100 }
  - { name: guid, type: uuid, element: referral.guid }
  - { name: note, type: text, element: referral.note }
external_id: ref
apply: { target: registry, tables: [] }
collect: [ api ]
ping:
  shipping_process: SHP-1
  interop: INT-1
  fields: { progres_note: note }
  external_guid: guid
";

    #[test]
    fn what_no_record_takes_is_in_it_under_a_name_that_none_has() {
        let document = Document::parse("decisions", EXCHANGE).unwrap();
        let inbound: Inbound = document.read().unwrap();
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let sent = Sent {
            external_id: Some(raw("12345678901234567890.10")),
            external_guid: Some(raw("\"g\"")),
            fields: vec![
                ("progres_note".to_owned(), raw("\"a\\nb\"")),
                ("progres_note".to_owned(), raw("\"twice\"")),
                ("note".to_owned(), raw("\"by our own name\"")),
                ("other".to_owned(), raw("null")),
            ],
            besides: vec!["Attachments".to_owned()],
        };
        let record = sent.line(&inbound, inbound.ping.as_ref().unwrap());
        let read = causeway_model::json::strict(record.as_bytes()).unwrap();
        let expected = json!({
            "ref": "12345678901234567890.10", "note": "a\nb", "progres_note": "twice", "note?": "by our own name", "other": null,
            "guid": "g", "Attachments": null,
        });
        assert_eq!(read, expected);
    }
}
