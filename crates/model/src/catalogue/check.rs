//! Does a catalogue make sense in itself, before any source is asked?

use std::collections::BTreeSet;

use super::{Catalogue, Connection, Entity, SnapshotMode, Source, TargetConnection};
use crate::ValueType;
use crate::document::Findings;

impl Catalogue {
    /// Checks names, references and types; sources are not asked.
    pub fn check(&self) -> Findings {
        let mut findings = Findings::default();
        unique(&mut findings, "sources", self.sources.iter().map(|s| s.name.as_str()));
        unique(&mut findings, "code_lists", self.code_lists.iter().map(|l| l.name.as_str()));
        unique(&mut findings, "entities", self.entities.iter().map(|e| e.name.as_str()));
        for (i, list) in self.code_lists.iter().enumerate() {
            unique(&mut findings, &format!("code_lists/{i}/codes"), list.codes.iter().map(|c| c.code.as_str()));
            if list.codes.is_empty() && list.file.is_none() {
                findings.error(
                    "code-list-empty",
                    format!("/code_lists/{i}"),
                    format!("code list `{}` has no codes", list.name),
                    "write `codes` or `file`",
                );
            }
        }
        for (i, entity) in self.entities.iter().enumerate() {
            self.check_entity(&mut findings, &format!("/entities/{i}"), entity);
        }
        self.check_targets(&mut findings);
        self.check_subject(&mut findings);
        self.check_relations(&mut findings);
        findings
    }

    fn check_entity(&self, findings: &mut Findings, at: &str, entity: &Entity) {
        let own = at.trim_start_matches('/');
        unique(findings, &format!("{own}/elements"), entity.elements.iter().map(|e| e.name.as_str()));
        unique(findings, &format!("{own}/tables"), entity.tables.iter().map(|t| t.name.as_str()));
        if entity.tables.is_empty() {
            findings.error(
                "no-table",
                format!("{at}/tables"),
                format!("`{}` has no table", entity.name),
                "name the table that holds its records",
            );
        }
        for (i, table) in entity.tables.iter().enumerate() {
            let at = format!("{at}/tables/{i}");
            match self.source(&table.source) {
                None => unknown(findings, format!("{at}/source"), "source", &table.source),
                Some(source) if !source.connect.is_file() && table.table.is_none() => {
                    findings.error("no-table", at.clone(), "a table in a database needs its name", "add `table: NAME`");
                }
                Some(_) => {}
            }
            if entity.key_columns(table).len() != entity.key.len() {
                findings.error(
                    "key-columns",
                    at,
                    format!("the key of `{}` is not found in table `{}`", entity.name, table.name),
                    "add `key: [COLUMN, …]`, one column for each element of the entity's key",
                );
            }
        }
        for (i, identity) in entity.unique.iter().enumerate() {
            for name in identity.iter().filter(|name| entity.element(name).is_none()) {
                unknown(findings, format!("{at}/unique/{i}"), "element", name);
            }
        }
        for (i, name) in entity.key.iter().enumerate() {
            if entity.element(name).is_none() {
                unknown(findings, format!("{at}/key/{i}"), "element", name);
            }
        }
        if entity.key.is_empty() {
            findings.error(
                "no-key",
                format!("{at}/key"),
                format!("`{}` has no key", entity.name),
                "name the elements that identify a record",
            );
        }
        for (i, element) in entity.elements.iter().enumerate() {
            let at = format!("{at}/elements/{i}");
            if !(1..=4).contains(&element.sensitivity) {
                findings.error(
                    "sensitivity",
                    format!("{at}/sensitivity"),
                    format!("sensitivity of `{}` is {}", element.name, element.sensitivity),
                    "use 1 operational, 2 personal, 3 sensitive or 4 highest",
                );
            }
            if let ValueType::Code(list) = &element.value_type
                && self.code_list(list).is_none()
            {
                unknown(findings, format!("{at}/type"), "code list", list);
            }
            if element.from.is_empty() {
                findings.error(
                    "no-origin",
                    format!("{at}/from"),
                    format!("`{}` comes from nowhere", element.name),
                    "name a table and a column",
                );
            }
            for (j, origin) in element.from.iter().enumerate() {
                if entity.table(&origin.table).is_none() {
                    unknown(findings, format!("{at}/from/{j}/table"), "table", &origin.table);
                }
            }
        }
    }

    fn check_targets(&self, findings: &mut Findings) {
        unique(findings, "targets", self.targets.iter().map(|target| target.name.as_str()));
        for (i, target) in self.targets.iter().enumerate() {
            let at = format!("/targets/{i}/connect/{}", target.connect.kind());
            if let Some(source) = self.sources.iter().find(|source| target.connect.is_user_of(source)) {
                findings.error(
                    "target-user",
                    format!("{at}/user"),
                    format!("target `{}` signs in as the user of source `{}`", target.name, source.name),
                    "a user who reads for the gateway never writes: make another one, `causeway target prepare` prints its rights",
                );
            }
            if target.connect.server().is_some_and(|server| server.snapshot != SnapshotMode::Transaction) {
                findings.error(
                    "target-snapshot",
                    format!("{at}/snapshot"),
                    format!("target `{}` is written in transactions", target.name),
                    "leave `snapshot` out: it is about reading",
                );
            }
            if let TargetConnection::Sqlite { path } = &target.connect
                && let Some(source) = self.sources.iter().find(|source| is_file(source, path))
            {
                findings.warn(
                    "target-is-source",
                    at,
                    format!("target `{}` is the file of source `{}`", target.name, source.name),
                    "SQLite has no users: whoever reads here may write. Where that matters, use a database server",
                );
            }
            if target.statement_timeout_s == Some(0) {
                findings.error(
                    "target-timeout",
                    format!("/targets/{i}/statement_timeout_s"),
                    format!("target `{}` has no time for a statement", target.name),
                    "write at least 1",
                );
            }
        }
    }

    fn check_subject(&self, findings: &mut Findings) {
        let subjects: Vec<_> = self.entities.iter().enumerate().filter(|(_, e)| e.subject.is_some()).collect();
        let [(i, entity)] = subjects.as_slice() else {
            findings.error(
                "one-subject",
                "/entities",
                format!("{} entities have `subject`", subjects.len()),
                "exactly one entity must be the people: give it `subject`",
            );
            return;
        };
        let at = format!("/entities/{i}/subject");
        let Some(subject) = &entity.subject else { return };
        if let Some(consent) = &subject.consent
            && entity.element(&consent.element).is_none()
        {
            unknown(findings, format!("{at}/consent/element"), "element", &consent.element);
        }
        if let Some(origin) = &subject.origin
            && entity.element(origin).is_none()
        {
            unknown(findings, format!("{at}/origin"), "element", origin);
        }
        if let Some(marks) = &subject.confidentiality {
            match self.step(&entity.name, &marks.marks).filter(|step| !step.to_one) {
                None => unknown(findings, format!("{at}/confidentiality/marks"), "step to many", &marks.marks),
                Some(step) => {
                    let known = self.entity(step.target()).and_then(|mark| mark.element(&marks.withheld_from));
                    if known.is_none() {
                        unknown(
                            findings,
                            format!("{at}/confidentiality/withheld_from"),
                            "element",
                            &marks.withheld_from,
                        );
                    }
                }
            }
        }
    }

    fn check_relations(&self, findings: &mut Findings) {
        let mut steps = BTreeSet::new();
        for (i, relation) in self.relations.iter().enumerate() {
            let at = format!("/relations/{i}");
            for (entity, name, member) in
                [(&relation.many, &relation.name, "name"), (&relation.one, &relation.inverse, "inverse")]
            {
                let taken = self.entity(entity).is_some_and(|e| e.element(name).is_some());
                if !steps.insert((entity, name)) || taken {
                    findings.error(
                        "duplicate-name",
                        format!("{at}/{member}"),
                        format!("`{entity}` has two things called `{name}`"),
                        "choose another name",
                    );
                }
            }
            for (entity, member) in [(&relation.many, "many"), (&relation.one, "one")] {
                if self.entity(entity).is_none() {
                    unknown(findings, format!("{at}/{member}"), "entity", entity);
                }
            }
            let (Some(many), Some(one)) = (self.entity(&relation.many), self.entity(&relation.one)) else { continue };
            if relation.on.is_empty() {
                findings.error(
                    "no-key",
                    format!("{at}/on"),
                    "the relation joins on nothing",
                    "name an element of the many and the element of the one that it equals",
                );
            }
            for (left, right) in &relation.on {
                match (many.element(left), one.element(right)) {
                    (Some(a), Some(b)) if a.value_type != b.value_type => findings.error(
                        "key-types",
                        format!("{at}/on/{left}"),
                        format!("`{}` is {} and `{}` is {}", a.name, a.value_type, b.name, b.value_type),
                        "join elements of one type",
                    ),
                    (Some(_), Some(_)) => {}
                    (None, _) => unknown(findings, format!("{at}/on/{left}"), "element", left),
                    (_, None) => unknown(findings, format!("{at}/on/{left}"), "element", right),
                }
            }
            let joined: BTreeSet<&String> = relation.on.values().collect();
            if !one.identities().any(|identity| joined == identity.iter().collect()) {
                findings.error(
                    "relation-not-to-key",
                    format!("{at}/on"),
                    format!("`{}` does not join on the key of `{}`", relation.name, relation.one),
                    "a record belongs to exactly one other: join on that one's whole key, or on what it declares `unique`",
                );
            }
        }
    }
}

/// Whether the source is that SQLite file, as the catalogue writes it.
fn is_file(source: &Source, path: &str) -> bool {
    matches!(&source.connect, Connection::Sqlite { path: other } if other == path)
}

fn unknown(findings: &mut Findings, at: String, kind: &str, name: &str) {
    findings.error("unknown-name", at, format!("there is no {kind} `{name}`"), "check the spelling, or declare it");
}

fn unique<'n>(findings: &mut Findings, at: &str, names: impl Iterator<Item = &'n str>) {
    let mut seen = BTreeSet::new();
    for (i, name) in names.enumerate() {
        if !seen.insert(name) {
            findings.error(
                "duplicate-name",
                format!("/{at}/{i}"),
                format!("`{name}` stands twice"),
                "names are unique: rename one",
            );
        }
    }
}
