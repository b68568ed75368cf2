//! Does an inbound exchange make sense in itself and against the catalogue, before the arrangement is asked?

mod applied;
mod record;

use std::collections::BTreeSet;

use super::{Collect, FormatKind, Inbound, Rule, Sealing, Signature};
use crate::catalogue::Catalogue;
use crate::document::Findings;
use crate::rights::Kind;
use crate::{Code, Value, ValueType};

/// What comes in may take something away from what the operation does with a person's data, and never give.
const DECIDABLE: [Kind; 3] = [Kind::ConsentWithdrawn, Kind::Objection, Kind::Contested];

/// Most characters of an external id: four bytes each are what every target can hold in an index.
const EXTERNAL_ID: u32 = 250;

impl Inbound {
    /// Checks names, types, rules and the mapping. Whether the arrangement agrees is [`Inbound::beyond`]'s to say.
    pub fn check(&self, catalogue: &Catalogue) -> Findings {
        let mut findings = Findings::default();
        self.check_record(catalogue, &mut findings);
        self.check_marks(&mut findings);
        self.check_rules(&mut findings);
        self.check_applied(&mut findings);
        self.check_decides(catalogue, &mut findings);
        self.check_ways(&mut findings);
        if let Some(ping) = &self.ping {
            ping.check(self, &mut findings);
        }
        if let Some(tells) = &self.tells {
            known_element(&mut findings, catalogue, &tells.element, "/tells/element");
            if self.apply.root().is_none_or(|root| !root.key.iter().any(|key| key.column == tells.column)) {
                let help = "name a key column of the record's table";
                findings.error("tells", "/tells/column", "it is not what a row is known by", help);
            }
        }
        if !catalogue.targets.iter().any(|target| target.name == self.apply.target) {
            unknown(&mut findings, "/apply/target".to_owned(), "target", &self.apply.target);
        }
        findings
    }

    /// `external_id` and `sequence`.
    fn check_marks(&self, findings: &mut Findings) {
        let external = [ValueType::Text, ValueType::Uuid, ValueType::Integer];
        self.check_mark(findings, "external_id", Some(&self.external_id), &external);
        if self.field(&self.external_id).is_some_and(|field| field.max_length > EXTERNAL_ID) {
            findings.error(
                "mark-type",
                "/external_id",
                format!("`{}` may be longer than a target's index holds", self.external_id),
                format!("write `max_length: {EXTERNAL_ID}` or less"),
            );
        }
        let ordered = [ValueType::Integer, ValueType::Timestamp];
        self.check_mark(findings, "sequence", self.sequence.as_ref(), &ordered);
    }

    fn check_mark(&self, findings: &mut Findings, member: &str, name: Option<&String>, types: &[ValueType]) {
        let Some(name) = name else { return };
        let at = format!("/{member}");
        let Some(field) = self.field(name) else { return unknown(findings, at, "field", name) };
        let sound = field.value_type.as_ref().is_some_and(|its| types.contains(its));
        if !sound || !field.required {
            let types: Vec<String> = types.iter().map(ValueType::to_string).collect();
            findings.error(
                "mark-type",
                at,
                format!("`{name}` is not one that can be the `{member}`"),
                format!("write `required: true`, and a type of {}", types.join(", ")),
            );
        }
    }

    fn check_rules(&self, findings: &mut Findings) {
        let mut names = BTreeSet::new();
        for (i, rule) in self.rules.iter().enumerate() {
            let at = format!("/rules/{i}");
            name(findings, &format!("{at}/name"), &rule.name, &mut names);
            let brackets = rule.holds.chars().filter(|c| matches!(c, '(' | '[' | '{')).count();
            if rule.holds.len() > Rule::BYTES || brackets > Rule::BRACKETS {
                findings.error(
                    "rule-size",
                    format!("{at}/holds"),
                    format!("`{}` has more than {} bytes or {} brackets", rule.name, Rule::BYTES, Rule::BRACKETS),
                    "make several rules of it",
                );
            }
            if rule.reads.is_empty() {
                findings.error(
                    "rule-reads",
                    format!("{at}/reads"),
                    "it looks at nothing",
                    "name the fields it looks at",
                );
            }
            for (j, path) in rule.reads.iter().enumerate() {
                let at = format!("{at}/reads/{j}");
                let of_record = |name: &str| self.field(name).is_some_and(|field| !field.is_nested());
                let known = match path.split_once('.') {
                    Some(("record", name)) => of_record(name),
                    Some(("current", name)) => {
                        of_record(name) && self.apply.root().is_some_and(|table| table.column_of(name).is_some())
                    }
                    _ => false,
                };
                if !known {
                    findings.error(
                        "rule-reads",
                        at,
                        format!("`{path}` is nothing that a rule can look at"),
                        "write `record.FIELD`, or `current.FIELD` for a field that is mapped to a column",
                    );
                }
            }
        }
    }

    fn check_decides(&self, catalogue: &Catalogue, findings: &mut Findings) {
        for (i, decides) in self.decides.iter().enumerate() {
            let at = format!("/decides/{i}");
            for (member, name) in [("field", &decides.field), ("person", &decides.person)] {
                if self.field(name).is_none_or(super::Field::is_nested) {
                    unknown(findings, format!("{at}/{member}"), "field", name);
                }
            }
            let person = self.field(&decides.person);
            let names = |element: &crate::ElementRef| {
                let entity = catalogue.entity(&element.entity).filter(|entity| entity.subject.is_some());
                entity.is_some_and(|entity| entity.key == [element.element.clone()])
            };
            if person.is_some_and(|field| !field.required || !field.element.as_ref().is_some_and(names)) {
                findings.error(
                    "decides-person",
                    format!("{at}/person"),
                    "it does not always say whose decision it is",
                    "name a field that is `required` and brings in the key element of the catalogue's people",
                );
            }
            let field = self.field(&decides.field).and_then(|field| field.value_type.as_ref());
            let comes = match (field, &decides.value) {
                (Some(ValueType::Code(list)), Value::Text(value)) => {
                    catalogue.code_list(list).is_some_and(|list| list.codes.iter().any(|entry| entry.code == *value))
                }
                (Some(ValueType::Boolean), value) => matches!(value, Value::Boolean(_)),
                (Some(ValueType::Integer), value) => matches!(value, Value::Integer(_)),
                (Some(_), value) => matches!(value, Value::Text(_)),
                (None, _) => true,
            };
            if !comes {
                findings.error(
                    "decides-value",
                    format!("{at}/value"),
                    format!("`{}` never comes in as `{}`", decides.field, decides.value),
                    "name a value of the field's type as it is after translation, such as a code of the catalogue's list",
                );
            }
            if !DECIDABLE.contains(&decides.decision) {
                let words: Vec<&str> = DECIDABLE.iter().map(|kind| kind.as_str()).collect();
                findings.error(
                    "decides-kind",
                    format!("{at}/decision"),
                    format!("`{}` cannot come in as a value", decides.decision),
                    format!("use one of {}; what gives or ends something is recorded by an officer", words.join(", ")),
                );
            }
        }
    }

    fn check_ways(&self, findings: &mut Findings) {
        if self.collect.is_empty() {
            findings.error(
                "collect",
                "/collect",
                "nothing can come in",
                "name at least one of `api`, `upload`, `folder`",
            );
        }
        for (i, way) in self.collect.iter().enumerate() {
            let twice =
                self.collect.iter().take(i).any(|one| std::mem::discriminant(one) == std::mem::discriminant(way));
            let no_path = matches!(way, Collect::Folder { path } if path.is_empty());
            if twice || no_path {
                findings.error(
                    "collect",
                    format!("/collect/{i}"),
                    "it stands twice, or names no path",
                    "write each once",
                );
            }
        }
        let by_api = self.collect.iter().all(|way| *way == Collect::Api);
        let open = self.sealing == Sealing::OnReceipt || self.signature == Signature::Token;
        if open && !by_api {
            findings.error(
                "sealing",
                if self.sealing == Sealing::OnReceipt { "/sealing" } else { "/signature" },
                "files that are carried must be sealed and signed by the partner",
                "leave out `sealing` and `signature`, or collect by `api` alone",
            );
        }
        let sealed_here = self.sealing == Sealing::OnReceipt && self.signature == Signature::Token;
        if self.collect.contains(&Collect::Api) && !sealed_here {
            findings.error(
                "sealing",
                "/collect",
                "what a program sends as JSON is sealed as it is received, and its token signs for it",
                "write `sealing: on-receipt` and `signature: token`, or collect by `upload`",
            );
        }
        if self.collect.contains(&Collect::Api) && self.format.kind != FormatKind::JsonLines {
            findings.error(
                "collect",
                "/format/kind",
                "what a program sends is JSON",
                "write `json-lines`, or collect by `upload` or `folder`",
            );
        }
        let limits = &self.limits;
        if limits.file_mebibytes == 0 || limits.plain_mebibytes == 0 || limits.records == 0 {
            findings.error("limits", "/limits", "limits of zero let nothing in", "write at least 1");
        }
        if self.refuse_above_percent > 100 {
            findings.error("limits", "/refuse_above_percent", "it is a share in per cent", "write 0 to 100");
        }
    }
}

/// A name that documents, reports and expressions can carry.
fn name<'n>(findings: &mut Findings, at: &str, name: &'n str, seen: &mut BTreeSet<&'n str>) {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !plain || name.len() > 64 {
        findings.error(
            "field-name",
            at,
            "a name has letters, digits and underscores only, a letter first, 64 at most",
            "rename it",
        );
    }
    if !seen.insert(name) {
        findings.error("duplicate-name", at, format!("`{name}` stands twice"), "names are unique: rename one");
    }
}

fn unknown(findings: &mut Findings, at: String, kind: &str, name: &str) {
    findings.error(Code::UnknownName.as_str(), at, format!("there is no {kind} `{name}`"), "check the spelling");
}

fn known_element(findings: &mut Findings, catalogue: &Catalogue, element: &crate::ElementRef, at: &str) {
    if catalogue.entity(&element.entity).and_then(|entity| entity.element(&element.element)).is_none() {
        let message = format!("the catalogue has no element `{element}`");
        findings.error(Code::UnknownName.as_str(), at, message, Code::UnknownName.help());
    }
}
