//! How is an exchange sent as what differs from last time?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Audience, Exchange, FormatKind};
use crate::document::Findings;

/// Sending what differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deltas {
    /// Outputs that together name a record: no two records have the same, and none has nothing.
    pub key: Vec<String>,
    /// How often everything is sent: every so many transfers.
    pub full_every: u32,
}

impl Deltas {
    /// Where the outputs that name a record stand among all of them.
    pub fn places(&self, exchange: &Exchange) -> Option<Vec<usize>> {
        let place = |name: &String| exchange.fields.iter().position(|field| field.name == *name);
        self.key.iter().map(place).collect()
    }

    pub(super) fn check(&self, exchange: &Exchange, findings: &mut Findings) {
        for (i, name) in self.key.iter().enumerate() {
            let at = format!("/delta/key/{i}");
            match exchange.fields.iter().find(|field| field.name == *name) {
                None => findings.error(
                    "delta-key-unknown",
                    at,
                    format!("`{name}` is no output"),
                    "name outputs of this exchange that tell records apart",
                ),
                Some(field) if field.each.is_some() => {
                    findings.error("delta-key-list", at, format!("`{name}` is a list"), "name outputs of one value");
                }
                Some(_) if self.key.iter().take(i).any(|other| other == name) => {
                    findings.error("duplicate-name", at, format!("`{name}` stands twice"), "write it once");
                }
                Some(_) => {}
            }
        }
        if self.key.is_empty() {
            findings.error("delta-key-empty", "/delta/key", "nothing names a record", "name at least one output");
        }
        if self.full_every == 0 {
            findings.error("delta-full-every", "/delta/full_every", "it would never be full", "write at least 1");
        }
        if exchange.format.kind == FormatKind::Parquet || exchange.format.audience == Audience::People {
            findings.error(
                "delta-format",
                "/format",
                "partners cannot digest what they loaded of this format, and confirm no state",
                "use csv or json-lines with `audience: machine`, or send everything each time",
            );
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::arrangement::catalogue;
    use crate::document::Document;

    fn codes(delta: &str, format: &str) -> Vec<String> {
        let text = format!(
            "exchange: x\nversion: 1\narrangement: a\nroot: individual\nfields: [{{ name: id, from: id }}, {{ name: born, from: born }}]\n\
             format: {format}\ndeliver: {{ folder: {{ path: out }} }}\ndelta: {delta}\n"
        );
        let exchange: Exchange = Document::parse("x.yaml", &text).unwrap().read().unwrap();
        let found = exchange.check(&catalogue());
        found.iter().map(|finding| finding.code.clone()).filter(|code| code != "unknown-name").collect()
    }

    #[test]
    fn what_names_records_are_outputs_and_the_format_can_be_digested() {
        let machine = "{ kind: csv, audience: machine }";
        assert!(codes("{ key: [id, born], full_every: 10 }", machine).is_empty());
        assert_eq!(codes("{ key: [], full_every: 0 }", machine), ["delta-key-empty", "delta-full-every"]);
        assert_eq!(codes("{ key: [id, name, id], full_every: 1 }", machine), ["delta-key-unknown", "duplicate-name"]);
        for format in ["{ kind: parquet, audience: machine }", "{ kind: csv, audience: people }"] {
            assert_eq!(codes("{ key: [id], full_every: 1 }", format), ["delta-format"]);
        }
    }
}
