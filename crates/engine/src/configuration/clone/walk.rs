//! Where in the documents does which identifier stand? One walk, which asks for each what it is called.

use causeway_model::arrangement::{Arrangement, Party};
use causeway_model::catalogue::{Catalogue, Connection, Entity, Secret, Server, Source, Subject};
use causeway_model::exchange::{Delivery, Exchange, Online, Schedule};
use causeway_model::population::{InSet, Predicate};
use causeway_model::{ElementRef, Value, ValueType};

use super::{ARRANGEMENT, CATALOGUE, Documents, EXCHANGE, Identifier, Site};

/// What is asked for every identifier: its kind, its whole name, the part of it that stands here, and where. The answer
/// stands in the place of that part.
pub(crate) type Namer<'n> = dyn FnMut(Identifier, &str, &str, &Site) -> String + 'n;

/// A walk through one document. Paths are resolved in the catalogue as it was before.
pub(super) struct Walk<'w, 'n> {
    pub(super) before: &'w Catalogue,
    pub(super) namer: &'w mut Namer<'n>,
    pub(super) file: &'static str,
}

/// Walks all three documents.
pub(crate) fn walk(documents: &mut Documents, namer: &mut Namer<'_>) {
    let before = documents.catalogue.clone();
    let mut walk = Walk { before: &before, namer, file: CATALOGUE };
    walk.catalogue(&mut documents.catalogue);
    walk.terms(documents);
}

impl Walk<'_, '_> {
    /// Asks what `name` is called, and puts the answer in its place.
    pub(super) fn ask(&mut self, kind: Identifier, name: &str, at: &str) -> String {
        (self.namer)(kind, name, name, &Site { file: self.file, pointer: at.to_owned() })
    }

    /// Asks what `name` is called, which means something only within `scope`.
    pub(super) fn ask_in(&mut self, kind: Identifier, scope: &str, name: &str, at: &str) -> String {
        let between = match kind {
            Identifier::Connection | Identifier::Literal | Identifier::Expression => '=',
            _ => '.',
        };
        let whole = format!("{scope}{between}{name}");
        (self.namer)(kind, &whole, name, &Site { file: self.file, pointer: at.to_owned() })
    }

    pub(super) fn put(&mut self, kind: Identifier, place: &mut String, at: &str) {
        *place = self.ask(kind, place, at);
    }

    pub(super) fn element(&mut self, entity: &str, place: &mut String, at: &str) {
        *place = self.ask_in(Identifier::Element, entity, place, at);
    }

    /// Arrangement and exchange.
    pub(super) fn terms(&mut self, documents: &mut Documents) {
        self.file = ARRANGEMENT;
        self.arrangement(&mut documents.arrangement);
        self.file = EXCHANGE;
        self.exchange(&mut documents.exchange);
    }

    pub(super) fn exchange(&mut self, exchange: &mut Exchange) {
        self.put(Identifier::Exchange, &mut exchange.exchange, "/exchange");
        self.put(Identifier::Arrangement, &mut exchange.arrangement, "/arrangement");
        if let (Some(population), Some(subject)) = (&mut exchange.population, self.before.subject()) {
            self.predicate(&subject.name, population, "/population");
        }
        let root = exchange.root.clone();
        for (i, field) in exchange.fields.iter_mut().enumerate() {
            self.field(&root, field, &format!("/fields/{i}"));
        }
        self.put(Identifier::Entity, &mut exchange.root, "/root");
        if let Some(schedule) = &mut exchange.schedule {
            self.schedule(schedule);
        }
        if let Some(ping) = &mut exchange.ping {
            self.put(Identifier::Process, &mut ping.shipping_process, "/ping/shipping_process");
            self.put(Identifier::Process, &mut ping.interop, "/ping/interop");
        }
        match &mut exchange.deliver {
            Delivery::Folder { path } => self.put(Identifier::Folder, path, "/deliver/folder/path"),
            // Nothing of it is ours to rename.
            Delivery::Api => {}
            Delivery::Online(online) => self.online(&root, online),
        }
    }

    /// Elements that are asked by. Names of parameters and of the shape are the asker's.
    fn online(&mut self, root: &str, online: &mut Online) {
        for (i, parameter) in online.parameters.iter_mut().enumerate() {
            self.element(root, &mut parameter.element, &format!("/deliver/online/parameters/{i}/element"));
        }
        for (i, asked) in online.look_up.iter_mut().flat_map(|look_up| &mut look_up.by).enumerate() {
            let at = format!("/deliver/online/look_up/by/{i}");
            self.element(root, &mut asked.find_by, &format!("{at}/find_by"));
            for (j, element) in asked.and.iter_mut().enumerate() {
                self.element(root, element, &format!("{at}/and/{j}"));
            }
        }
    }

    /// Where and in which zone it runs. When, and for which cycle, is for people to read through.
    fn schedule(&mut self, schedule: &mut Schedule) {
        self.put(Identifier::TimeZone, &mut schedule.time_zone, "/schedule/time_zone");
        let place = schedule.cycle.as_mut().and_then(|cycle| cycle.place.as_mut());
        if let (Some(place), Some(subject)) = (place, self.before.subject()) {
            let (element, values) = (std::mem::take(&mut place.element), std::mem::take(&mut place.values));
            let mut narrowing = Predicate::In(InSet { element, values });
            self.predicate(&subject.name, &mut narrowing, "/schedule/cycle/place");
            if let Predicate::In(set) = narrowing {
                (place.element, place.values) = (set.element, set.values);
            }
        }
    }

    fn catalogue(&mut self, catalogue: &mut Catalogue) {
        self.put(Identifier::Catalogue, &mut catalogue.catalogue, "/catalogue");
        for (i, source) in catalogue.sources.iter_mut().enumerate() {
            self.source(source, &format!("/sources/{i}"));
        }
        for (i, list) in catalogue.code_lists.iter_mut().enumerate() {
            for (j, entry) in list.codes.iter_mut().enumerate() {
                let at = format!("/code_lists/{i}/codes/{j}");
                entry.code = self.ask_in(Identifier::Code, &list.name, &entry.code, &format!("{at}/code"));
                let equivalents = std::mem::take(&mut entry.equivalents);
                for (vocabulary, code) in equivalents {
                    let at = format!("{at}/equivalents/{vocabulary}");
                    let code = self.ask_in(Identifier::PartnerCode, &vocabulary, &code, &at);
                    let vocabulary = self.ask(Identifier::Vocabulary, &vocabulary, &at);
                    entry.equivalents.insert(vocabulary, code);
                }
            }
            self.put(Identifier::CodeList, &mut list.name, &format!("/code_lists/{i}/name"));
        }
        for (i, entity) in catalogue.entities.iter_mut().enumerate() {
            self.entity(entity, &format!("/entities/{i}"));
        }
        for (i, relation) in catalogue.relations.iter_mut().enumerate() {
            let at = format!("/relations/{i}");
            let (many, one) = (relation.many.clone(), relation.one.clone());
            relation.name = self.ask_in(Identifier::Step, &many, &relation.name, &format!("{at}/name"));
            relation.inverse = self.ask_in(Identifier::Step, &one, &relation.inverse, &format!("{at}/inverse"));
            for (mut here, mut there) in std::mem::take(&mut relation.on) {
                let at = format!("{at}/on/{here}");
                self.element(&many, &mut here, &at);
                self.element(&one, &mut there, &at);
                relation.on.insert(here, there);
            }
            self.put(Identifier::Entity, &mut relation.many, &format!("{at}/many"));
            self.put(Identifier::Entity, &mut relation.one, &format!("{at}/one"));
        }
    }

    fn source(&mut self, source: &mut Source, at: &str) {
        let name = source.name.clone();
        match &mut source.connect {
            Connection::Sqlite { path }
            | Connection::Csv { path, .. }
            | Connection::JsonLines { path, .. }
            | Connection::Parquet { path } => self.connection(&name, "path", path, at),
            Connection::Postgres(server) | Connection::Mariadb(server) => {
                let Server { host, database, user, password, tls, .. } = server;
                self.connection(&name, "host", host, at);
                self.connection(&name, "database", database, at);
                self.connection(&name, "user", user, at);
                match password {
                    Some(Secret::File(path)) => self.connection(&name, "password-file", path, at),
                    Some(Secret::Env(variable)) => self.connection(&name, "password-env", variable, at),
                    None => {}
                }
                for (member, file) in
                    [("ca", &mut tls.ca), ("certificate", &mut tls.certificate), ("key", &mut tls.key)]
                {
                    if let Some(file) = file {
                        self.connection(&name, member, file, at);
                    }
                }
            }
        }
        self.put(Identifier::Source, &mut source.name, &format!("{at}/name"));
    }

    fn connection(&mut self, source: &str, member: &str, place: &mut String, at: &str) {
        *place = self.ask_in(Identifier::Connection, &format!("{source}.{member}"), place, &format!("{at}/connect"));
    }

    fn entity(&mut self, entity: &mut Entity, at: &str) {
        let name = entity.name.clone();
        let sets = std::iter::once(&mut entity.key).chain(&mut entity.unique);
        for element in sets.flatten() {
            self.element(&name, element, &format!("{at}/key"));
        }
        for (i, element) in entity.elements.iter_mut().enumerate() {
            let at = format!("{at}/elements/{i}");
            for origin in &mut element.from {
                if let Some(table) = self.before.entity(&name).and_then(|entity| entity.table(&origin.table)) {
                    let place = stands_in(table);
                    origin.column = self.ask_in(Identifier::Column, &place, &origin.column, &format!("{at}/from"));
                }
            }
            if let ValueType::Code(list) = &mut element.value_type {
                self.put(Identifier::CodeList, list, &format!("{at}/type"));
            }
            self.element(&name, &mut element.name, &format!("{at}/name"));
        }
        if let Some(subject) = &mut entity.subject {
            self.subject(&name, subject, &format!("{at}/subject"));
        }
        for (i, table) in entity.tables.iter_mut().enumerate() {
            let (at, place) = (format!("{at}/tables/{i}"), stands_in(table));
            for column in &mut table.key {
                *column = self.ask_in(Identifier::Column, &place, column, &format!("{at}/key"));
            }
            if let Some(there) = &mut table.table {
                *there = self.ask_in(Identifier::Table, &table.source, there, &format!("{at}/table"));
            }
            self.put(Identifier::Source, &mut table.source, &format!("{at}/source"));
        }
        self.put(Identifier::Entity, &mut entity.name, &format!("{at}/name"));
    }

    fn subject(&mut self, person: &str, subject: &mut Subject, at: &str) {
        if let Some(consent) = &mut subject.consent {
            for code in &mut consent.given {
                let mut value = Value::Text(code.clone());
                self.literal(person, &consent.element, &mut value, &format!("{at}/consent/given"));
                *code = value.to_string();
            }
            self.element(person, &mut consent.element, &format!("{at}/consent/element"));
        }
        if let Some(marks) = &mut subject.confidentiality {
            let at = format!("{at}/confidentiality");
            let entity = self.before.step(person, &marks.marks).map(|step| step.target().to_owned());
            if let Some(entity) = entity {
                let mut value = Value::Text(marks.everyone.clone());
                self.literal(&entity, &marks.withheld_from, &mut value, &format!("{at}/everyone"));
                marks.everyone = value.to_string();
                self.element(&entity, &mut marks.withheld_from, &format!("{at}/withheld_from"));
            }
            marks.marks = self.ask_in(Identifier::Step, person, &marks.marks, &format!("{at}/marks"));
        }
        if let Some(origin) = &mut subject.origin {
            self.element(person, origin, &format!("{at}/origin"));
        }
    }

    fn arrangement(&mut self, arrangement: &mut Arrangement) {
        let (operation, partner) = (arrangement.operation.clone(), arrangement.partner.clone());
        self.put(Identifier::Arrangement, &mut arrangement.arrangement, "/arrangement");
        if let Some(under) = &mut arrangement.under {
            self.put(Identifier::Arrangement, under, "/under");
        }
        self.put(Identifier::Operation, &mut arrangement.operation, "/operation");
        self.put(Identifier::Partner, &mut arrangement.partner, "/partner");
        for (i, party) in arrangement.parties.iter_mut().enumerate() {
            self.party(party, &operation, &partner, &format!("/parties/{i}"));
        }
        for (i, party) in arrangement.processors.iter_mut().enumerate() {
            self.party(party, &operation, &partner, &format!("/processors/{i}"));
        }
        for country in &mut arrangement.countries_of_origin {
            self.put(Identifier::Country, country, "/countries_of_origin");
        }
        self.put(Identifier::PseudonymKey, &mut arrangement.purpose.code, "/purpose/code");
        for (i, item) in arrangement.elements.iter_mut().enumerate() {
            self.reference(&mut item.element, &format!("/elements/{i}/element"));
        }
        for (i, item) in arrangement.accepts.iter_mut().enumerate() {
            self.reference(&mut item.element, &format!("/accepts/{i}/element"));
        }
        for (i, element) in arrangement.may_select_by.iter_mut().enumerate() {
            self.reference(element, &format!("/may_select_by/{i}"));
        }
        if let Some(subject) = self.before.subject() {
            self.predicate(&subject.name, &mut arrangement.population, "/population");
        }
    }

    fn party(&mut self, party: &mut Party, operation: &str, partner: &str, at: &str) {
        if let Some(registered) = &mut party.registered_as {
            let kind = if registered == operation { Identifier::Operation } else { Identifier::Partner };
            self.put(kind, registered, &format!("{at}/registered_as"));
        } else if party.name == operation || party.name == partner {
            // Its own name is the registered one: the two must stay the same.
            let kind = if party.name == operation { Identifier::Operation } else { Identifier::Partner };
            self.put(kind, &mut party.name, &format!("{at}/name"));
            self.countries(party, at);
            return;
        }
        self.put(Identifier::Contact, &mut party.name, &format!("{at}/name"));
        self.countries(party, at);
    }

    fn countries(&mut self, party: &mut Party, at: &str) {
        self.put(Identifier::Country, &mut party.jurisdiction, &format!("{at}/jurisdiction"));
        self.put(Identifier::Country, &mut party.hosting_country, &format!("{at}/hosting_country"));
    }

    fn reference(&mut self, element: &mut ElementRef, at: &str) {
        let name = self.ask_in(Identifier::Element, &element.entity, &element.element, at);
        *element = ElementRef::new(self.ask(Identifier::Entity, &element.entity, at), &name);
    }
}

/// A table as identifiers name it: `SOURCE.TABLE`, or the source alone where it is a file.
fn stands_in(table: &causeway_model::catalogue::Table) -> String {
    match &table.table {
        Some(there) => format!("{}.{there}", table.source),
        None => table.source.clone(),
    }
}
