//! Does an exchange make sense in itself, before the arrangement is asked?

use std::collections::BTreeSet;

use super::{Exchange, Field, FieldSource, FormatKind, Transform};
use crate::Code;
use crate::catalogue::Catalogue;
use crate::document::Findings;

const NARROWEST_BAND: u16 = 5;

impl Exchange {
    /// Checks names and shapes. Whether the arrangement agrees is the plan's lineage to say.
    pub fn check(&self, catalogue: &Catalogue) -> Findings {
        let mut findings = Findings::default();
        if catalogue.entity(&self.root).is_none() {
            findings.error(
                Code::UnknownName.as_str(),
                "/root",
                format!("the catalogue has no entity `{}`", self.root),
                Code::UnknownName.help(),
            );
        }
        self.check_fields(&mut findings, "/fields", &self.fields);
        if self.format.kind == FormatKind::Csv
            && let Some(i) = self.fields.iter().position(|field| field.each.is_some())
        {
            findings.error(
                "csv-is-flat",
                format!("/fields/{i}/each"),
                "CSV has no lists",
                "use json-lines or parquet, or reduce the list to one value",
            );
        }
        if self.package.part_mebibytes == 0 {
            findings.error(
                "part-size",
                "/package/part_mebibytes",
                "a part of no size holds nothing",
                "write at least 1",
            );
        }
        if let Some(schedule) = &self.schedule {
            schedule.check(&mut findings);
        }
        if let Some(deltas) = &self.delta {
            deltas.check(self, &mut findings);
        }
        if let Some(online) = self.deliver.online() {
            online.check(self, catalogue, &mut findings);
        }
        if let Some(ping) = &self.ping {
            ping.check(self, catalogue, &mut findings);
        }
        findings
    }

    fn check_fields(&self, findings: &mut Findings, at: &str, fields: &[Field]) {
        let mut names = BTreeSet::new();
        for (i, field) in fields.iter().enumerate() {
            let at = format!("{at}/{i}");
            let plain = !field.name.is_empty() && field.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !plain {
                findings.error(
                    "field-name",
                    format!("{at}/name"),
                    "an output name has letters, digits and underscores only",
                    "rename it",
                );
            }
            if !names.insert(&field.name) {
                findings.error(
                    "duplicate-name",
                    format!("{at}/name"),
                    format!("`{}` stands twice", field.name),
                    "output names are unique: rename one",
                );
            }
            match field.source() {
                Err(why) => findings.error(
                    "field-source",
                    at.clone(),
                    format!("`{}` {why}", field.name),
                    "see the reference of exchange documents",
                ),
                Ok(FieldSource::Each(_)) => self.check_fields(findings, &format!("{at}/fields"), &field.fields),
                Ok(_) => {}
            }
            for (j, transform) in field.transform.iter().enumerate() {
                if let Err((code, why, help)) = transform.check() {
                    findings.error(code, format!("{at}/transform/{j}"), why, help);
                }
            }
        }
        if fields.is_empty() {
            findings.error("no-fields", at, "nothing would leave", "name at least one output");
        }
    }
}

type Wrong = (&'static str, String, &'static str);

impl Transform {
    /// What is wrong with its arguments, if anything.
    pub fn check(&self) -> Result<(), Wrong> {
        let wrong =
            |why: &str, help: &'static str| Err(("transform-arguments", format!("`{}`: {why}", self.name()), help));
        match self {
            Transform::AgeBand(rule) => {
                let ascending = rule.from.first() == Some(&0) && rule.from.is_sorted();
                if !ascending {
                    return wrong(
                        "bands begin at 0 and ascend",
                        "write the first year of each band: [0, 5, 12, 18, 60]",
                    );
                }
                let narrow = rule.from.iter().zip(rule.from.iter().skip(1)).any(|(a, b)| b - a < NARROWEST_BAND);
                if narrow {
                    let code = Code::BandTooNarrow;
                    return Err((code.as_str(), code.explain().trim().to_owned(), code.help()));
                }
                Ok(())
            }
            Transform::CodeMap(rule) if rule.map.is_empty() == rule.to.is_none() => {
                wrong("needs `map` or `to`, one of them", "write the pairs, or name the vocabulary")
            }
            Transform::Replace(rule) if regex::Regex::new(&rule.pattern).is_err() => wrong(
                "the pattern is no regular expression",
                "mend it; look-around and back-references do not exist here",
            ),
            Transform::Split(rule) if rule.separator.is_empty() || rule.part == 0 => {
                wrong("needs a separator and a part from 1, or -1", "name them")
            }
            Transform::Substring(rule) if rule.start == 0 || rule.length == 0 => {
                wrong("counts from 1 and takes at least one character", "correct `start` and `length`")
            }
            Transform::Phone(rule) if rule.region.as_ref().is_some_and(|region| region.len() != 2) => {
                wrong("region is ISO 3166 alpha-2", "write for instance `KE`")
            }
            Transform::Phone(rule) if rule.region.is_some() == rule.plan.is_some() => {
                wrong("needs a region or a plan", "write `region` or `plan`, one of them")
            }
            Transform::PlaceLevel(rule) if rule.level > 5 => wrong("levels are 0 to 5", "name the level"),
            _ => Ok(()),
        }
    }
}
