//! What does one version of an arrangement change against another, and in which direction?

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Arrangement, Direction, Frequency, LawfulBasis, Party};
use crate::named::named;
use crate::{ElementRef, Form};

named! {
    /// What a change does to what may leave.
    Effect, "effect" {
        /// More may leave, for longer, to more, or with less asked of people.
        Widened = "widened",
        /// Less may leave.
        Narrowed = "narrowed",
        /// Neither can be shown to lie within the other: read it as a widening.
        Shifted = "shifted",
        /// Nothing else may leave than before.
        Reworded = "reworded",
    }
}

/// One member that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The member of the document.
    pub member: String,
    /// Which one of several: an element, a party; empty where there is one.
    pub subject: String,
    /// What it does.
    pub effect: Effect,
    /// How it stood; empty for what is new.
    pub from: String,
    /// How it stands; empty for what is gone.
    pub to: String,
}

impl Change {
    /// Whether more may leave by it.
    pub fn may_widen(&self) -> bool {
        matches!(self.effect, Effect::Widened | Effect::Shifted)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let none = |text: &str| if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
        write!(f, "{} {}", self.member, self.effect)?;
        if !self.subject.is_empty() {
            write!(f, " `{}`", self.subject)?;
        }
        write!(f, ": {} → {}", none(&self.from), none(&self.to))
    }
}

/// Everything that differs from `old` to `new`, member by member; nothing if only identifier or version differ.
pub fn difference(old: &Arrangement, new: &Arrangement) -> Vec<Change> {
    // Taken apart without a rest, so that a new member cannot be forgotten here.
    let Arrangement {
        arrangement: _,
        version: _,
        under,
        kind,
        title,
        operation,
        partner,
        parties,
        processors,
        countries_of_origin,
        purpose,
        lawful_basis,
        direction,
        modality,
        elements: _,
        accepts: _,
        may_select_by,
        population,
        frequency,
        row_cap,
        day_cap,
        volume_cap,
        retention_days,
        removal_grace_days,
        onward,
        valid,
        biometrics,
        rights,
        keep,
    } = old;
    let mut found = Found(Vec::new());
    found.differs(
        "under",
        under,
        &new.under,
        match (under, &new.under) {
            (None, Some(_)) => Effect::Narrowed,
            (Some(_), None) => Effect::Widened,
            _ => Effect::Shifted,
        },
    );
    found.differs("kind", kind, &new.kind, Effect::Reworded);
    found.differs("title", title, &new.title, Effect::Reworded);
    found.differs("operation", operation, &new.operation, Effect::Shifted);
    found.differs("partner", partner, &new.partner, Effect::Shifted);
    found.parties("parties", parties, &new.parties);
    found.parties("processors", processors, &new.processors);
    // Origins are denials: fewer of them let more leave.
    found.set("countries_of_origin", countries_of_origin, &new.countries_of_origin, Effect::Narrowed, Effect::Widened);
    found.differs("purpose", purpose, &new.purpose, Effect::Shifted);
    found.differs(
        "lawful_basis",
        lawful_basis,
        &new.lawful_basis,
        match (lawful_basis, new.lawful_basis) {
            (LawfulBasis::Consent, _) => Effect::Widened,
            (_, LawfulBasis::Consent) => Effect::Narrowed,
            _ => Effect::Shifted,
        },
    );
    found.differs(
        "direction",
        direction,
        &new.direction,
        match (direction, new.direction) {
            (Direction::Both, _) => Effect::Narrowed,
            (_, Direction::Both) => Effect::Widened,
            _ => Effect::Shifted,
        },
    );
    let modes = |list: &[super::Modality]| list.iter().map(word).collect::<Vec<_>>();
    found.set("modality", &modes(modality), &modes(&new.modality), Effect::Widened, Effect::Narrowed);
    found.elements(old, new);
    found.accepts(old, new);
    let names = |list: &[ElementRef]| list.iter().map(ElementRef::to_string).collect::<Vec<_>>();
    found.set("may_select_by", &names(may_select_by), &names(&new.may_select_by), Effect::Widened, Effect::Narrowed);
    found.differs(
        "population",
        population,
        &new.population,
        direction_of(new.population.is_within(population), population.is_within(&new.population)),
    );
    let within = |a: &Frequency, b: &Frequency| a.at_most <= b.at_most && a.days >= b.days;
    let effect = direction_of(within(&new.frequency, frequency), within(frequency, &new.frequency));
    found.differs("frequency", frequency, &new.frequency, effect);
    found.ordered("row_cap", row_cap, &new.row_cap);
    let limit = |cap: &Option<u64>| cap.unwrap_or(u64::MAX);
    let by_limit = |a: &Option<u64>, b: &Option<u64>| direction_of(limit(b) <= limit(a), limit(a) <= limit(b));
    found.differs("day_cap", day_cap, &new.day_cap, by_limit(day_cap, &new.day_cap));
    found.differs("volume_cap", volume_cap, &new.volume_cap, by_limit(volume_cap, &new.volume_cap));
    found.ordered("retention_days", retention_days, &new.retention_days);
    found.ordered("removal_grace_days", removal_grace_days, &new.removal_grace_days);
    found.ordered("onward", onward, &new.onward);
    let later = direction_of(valid.from <= new.valid.from, new.valid.from <= valid.from);
    found.differs("valid.from", &valid.from, &new.valid.from, later);
    found.ordered("valid.until", &valid.until, &new.valid.until);
    found.ordered("biometrics", biometrics, &new.biometrics);
    found.ordered("rights.consent", &rights.consent, &new.rights.consent);
    found.ordered("rights.contested", &rights.contested, &new.rights.contested);
    found.ordered("rights.notice_days", &rights.notice_days, &new.rights.notice_days);
    found.ordered("rights.reasons", &rights.reasons, &new.rights.reasons);
    found.ordered("rights.grace_days", &rights.grace_days, &new.rights.grace_days);
    // How long this house keeps ciphertext lets nothing more leave.
    found.differs("keep", keep, &new.keep, Effect::Reworded);
    found.0
}

/// The forms in which each element may leave.
pub(crate) fn forms(arrangement: &Arrangement) -> BTreeMap<ElementRef, BTreeSet<Form>> {
    let mut forms: BTreeMap<ElementRef, BTreeSet<Form>> = BTreeMap::new();
    for item in &arrangement.elements {
        forms.entry(item.element.clone()).or_default().insert(item.form);
    }
    forms
}

/// The effect, given whether the new lies within the old and the old within the new.
fn direction_of(narrower: bool, wider: bool) -> Effect {
    match (narrower, wider) {
        (true, true) => Effect::Reworded,
        (true, false) => Effect::Narrowed,
        (false, true) => Effect::Widened,
        (false, false) => Effect::Shifted,
    }
}

struct Found(Vec<Change>);

impl Found {
    fn add(&mut self, member: &str, subject: &str, effect: Effect, from: String, to: String) {
        self.0.push(Change { member: member.to_owned(), subject: subject.to_owned(), effect, from, to });
    }

    fn differs<T: PartialEq + Serialize>(&mut self, member: &str, old: &T, new: &T, effect: Effect) {
        if old != new {
            self.add(member, "", effect, word(old), word(new));
        }
    }

    /// More is wider.
    fn ordered<T: Ord + Serialize>(&mut self, member: &str, old: &T, new: &T) {
        self.differs(member, old, new, direction_of(new <= old, old <= new));
    }

    fn set(&mut self, member: &str, old: &[String], new: &[String], added: Effect, removed: Effect) {
        for name in new.iter().filter(|name| !old.contains(name)) {
            self.add(member, name, added, String::new(), name.clone());
        }
        for name in old.iter().filter(|name| !new.contains(name)) {
            self.add(member, name, removed, name.clone(), String::new());
        }
    }

    fn parties(&mut self, member: &str, old: &[Party], new: &[Party]) {
        for party in new {
            match old.iter().find(|other| other.name == party.name) {
                None => self.add(member, &party.name, Effect::Widened, String::new(), word(party)),
                Some(before) if before != party => {
                    self.add(member, &party.name, Effect::Shifted, word(before), word(party));
                }
                Some(_) => {}
            }
        }
        for party in old.iter().filter(|party| !new.iter().any(|other| other.name == party.name)) {
            self.add(member, &party.name, Effect::Narrowed, word(party), String::new());
        }
    }

    fn accepts(&mut self, old: &Arrangement, new: &Arrangement) {
        let why = |arrangement: &Arrangement, element: &ElementRef| {
            let found = arrangement.accepts.iter().find(|item| item.element == *element);
            found.map(|item| item.necessity.clone())
        };
        let all: BTreeSet<&ElementRef> = old.accepts.iter().chain(&new.accepts).map(|item| &item.element).collect();
        for element in all {
            let name = element.to_string();
            match (why(old, element), why(new, element)) {
                (None, Some(_)) => self.add("accepts", &name, Effect::Widened, String::new(), name.clone()),
                (Some(_), None) => self.add("accepts", &name, Effect::Narrowed, name.clone(), String::new()),
                (Some(was), Some(is)) if was != is => self.add("necessity", &name, Effect::Reworded, was, is),
                _ => {}
            }
        }
    }

    fn elements(&mut self, old: &Arrangement, new: &Arrangement) {
        let (before, after) = (forms(old), forms(new));
        let none = BTreeSet::new();
        let all: BTreeSet<&ElementRef> = before.keys().chain(after.keys()).collect();
        for element in all {
            let (was, is) = (before.get(element).unwrap_or(&none), after.get(element).unwrap_or(&none));
            let within = |a: &BTreeSet<Form>, b: &BTreeSet<Form>| a.iter().all(|x| b.iter().any(|y| x.within(*y)));
            let said = |forms: &BTreeSet<Form>| forms.iter().map(Form::to_string).collect::<Vec<_>>().join(", ");
            if was != is {
                let effect = direction_of(within(is, was), within(was, is));
                self.add("elements", &element.to_string(), effect, said(was), said(is));
                continue;
            }
            let why = |arrangement: &Arrangement| {
                let of = arrangement.elements.iter().filter(|item| item.element == *element);
                of.map(|item| item.necessity.clone()).collect::<Vec<_>>().join("; ")
            };
            let (was, is) = (why(old), why(new));
            if was != is {
                self.add("necessity", &element.to_string(), Effect::Reworded, was, is);
            }
        }
    }
}

/// How a member is written: bare where it is a word, JSON otherwise; nothing where it is not there.
fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(serde_json::Value::Null) | Err(_) => String::new(),
        Ok(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
