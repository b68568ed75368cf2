//! What do a framework, the arrangements under it and an exchange allow together? Only what each of them allows.
//!
//! In: the levels, the highest first. Out: [`Effective`] terms, which are an arrangement again, so that whatever
//! enforces an arrangement enforces the conjunction. Wider terms below do no harm then; they are refused all the same
//! ([`widenings`]), because whoever signed them was told something that does not hold.

mod widening;

use std::collections::{BTreeMap, BTreeSet};

use crate::arrangement::{AgreedElement, Arrangement, Direction, Frequency, LawfulBasis, forms};
use crate::exchange::Exchange;
use crate::{Code, ElementRef, Form, Refused, Violation};

pub(crate) use widening::is_part;
pub use widening::widenings;

/// What all levels allow together.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    /// The lowest level's terms, narrowed to what every level allows.
    pub terms: Arrangement,
    /// The frequency of each level, with the level's name. Every one holds.
    pub frequencies: Vec<(String, Frequency)>,
    /// What each level allows to leave, with the level's name; the highest first.
    levels: Vec<(String, BTreeMap<ElementRef, BTreeSet<Form>>)>,
}

/// The name by which reasons call a level.
pub fn level_name(arrangement: &Arrangement) -> String {
    format!("{} version {}", arrangement.arrangement, arrangement.version)
}

/// The conjunction of `levels`, the highest first. Each must stand under the one before it.
pub fn effective(levels: &[&Arrangement]) -> Result<Effective, Refused> {
    let Some((highest, below)) = levels.split_first() else {
        return Err(Refused::one(Code::FrameworkMissing, "levels", "there is no arrangement"));
    };
    chained(levels)?;
    let mut found = Effective {
        terms: (*highest).clone(),
        frequencies: vec![(level_name(highest), highest.frequency)],
        levels: vec![(level_name(highest), forms(highest))],
    };
    for level in below {
        found.frequencies.push((level_name(level), level.frequency));
        found.levels.push((level_name(level), forms(level)));
        found.terms = narrowed(&found.terms, level)?;
    }
    Ok(found)
}

fn chained(levels: &[&Arrangement]) -> Result<(), Refused> {
    let mut above: Option<&Arrangement> = None;
    for level in levels {
        if level.under.as_ref() != above.map(|above| &above.arrangement) {
            let named = level.under.as_deref().unwrap_or("nothing");
            let given = above.map_or_else(|| "nothing".to_owned(), level_name);
            let detail = format!("it stands under `{named}`, and `{given}` was found above it");
            return Err(Refused::one(Code::FrameworkMissing, level_name(level), detail));
        }
        above = Some(level);
    }
    Ok(())
}

/// What `above`, itself effective, and `level` under it allow together.
fn narrowed(above: &Arrangement, level: &Arrangement) -> Result<Arrangement, Refused> {
    let Some(valid) = above.valid.intersection(&level.valid) else {
        let detail = format!(
            "it holds from {} until {}, and above it from {} until {}",
            level.valid.from, level.valid.until, above.valid.from, above.valid.until
        );
        return Err(Refused::one(Code::NotInForce, level_name(level), detail));
    };
    let direction = match (above.direction, level.direction) {
        (Direction::Both, direction) | (direction, Direction::Both) => direction,
        (mine, theirs) if mine == theirs => mine,
        _ => return Err(Refused::one(Code::NotCovered, level_name(level), "it goes the other way than above it")),
    };
    let mut countries_of_origin = above.countries_of_origin.clone();
    countries_of_origin.extend(level.countries_of_origin.iter().cloned());
    countries_of_origin.sort();
    countries_of_origin.dedup();
    Ok(Arrangement {
        elements: common_elements(&forms(above), level),
        accepts: level.accepts.iter().filter(|item| accepted(above, &item.element)).cloned().collect(),
        may_select_by: level.may_select_by.iter().filter(|element| may_select(above, element)).cloned().collect(),
        population: above.population.clone().and(level.population.clone()),
        lawful_basis: match above.lawful_basis {
            LawfulBasis::Consent => LawfulBasis::Consent,
            _ => level.lawful_basis,
        },
        direction,
        modality: level.modality.iter().copied().filter(|mode| above.modality.contains(mode)).collect(),
        processors: level.processors.iter().filter(|one| above.processors.contains(one)).cloned().collect(),
        countries_of_origin,
        row_cap: above.row_cap.min(level.row_cap),
        day_cap: least(above.day_cap, level.day_cap),
        volume_cap: least(above.volume_cap, level.volume_cap),
        retention_days: above.retention_days.min(level.retention_days),
        // None agreed is less than any, on every level.
        removal_grace_days: above.removal_grace_days.min(level.removal_grace_days),
        onward: above.onward.min(level.onward),
        biometrics: above.biometrics.min(level.biometrics),
        rights: above.rights.and(level.rights),
        keep: match (above.keep, level.keep) {
            (Some(above), Some(level)) => Some(above.and(level)),
            (above, level) => level.or(above),
        },
        valid,
        ..level.clone()
    })
}

/// Elements of `level` that `above` agrees too, each in the meets of both levels' forms.
fn common_elements(above: &BTreeMap<ElementRef, BTreeSet<Form>>, level: &Arrangement) -> Vec<AgreedElement> {
    let mut found: Vec<AgreedElement> = Vec::new();
    for item in &level.elements {
        for form in above.get(&item.element).into_iter().flatten().map(|form| form.meet(item.form)) {
            let covered = |one: &AgreedElement| one.element == item.element && form.within(one.form);
            if !found.iter().any(covered) {
                found.retain(|one| one.element != item.element || !one.form.within(form));
                found.push(AgreedElement { form, ..item.clone() });
            }
        }
    }
    found
}

/// Whether records may be selected by `element` as far as `arrangement` is asked: it says so, or the value itself is agreed.
fn may_select(arrangement: &Arrangement, element: &ElementRef) -> bool {
    arrangement.may_select_by.contains(element)
        || arrangement.elements.iter().any(|item| item.element == *element && item.form == Form::Raw)
}

fn accepted(arrangement: &Arrangement, element: &ElementRef) -> bool {
    arrangement.accepts.iter().any(|item| item.element == *element)
}

fn least(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    a.into_iter().chain(b).min()
}

impl Effective {
    /// Names of the levels, the highest first.
    pub fn levels(&self) -> impl Iterator<Item = &str> {
        self.levels.iter().map(|(name, _)| name.as_str())
    }

    /// Whether every level allows `element` to leave in `form`.
    pub fn allows(&self, element: &ElementRef, form: Form) -> bool {
        self.refuses(element, form).is_none()
    }

    /// Why `element` may not leave in `form`, by the name of the first level that does not allow it.
    pub fn refuses(&self, element: &ElementRef, form: Form) -> Option<Violation> {
        self.levels.iter().find_map(|(level, agreed)| {
            let subject = element.to_string();
            match agreed.get(element) {
                None => Some(Violation::new(Code::ElementNotAgreed, subject, format!("{level} does not name it"))),
                Some(forms) if forms.iter().any(|agreed| form.within(*agreed)) => None,
                Some(forms) => {
                    let agreed: Vec<String> = forms.iter().map(Form::to_string).collect();
                    let detail = format!("{level} agrees `{}`, asked is `{form}`", agreed.join("`, `"));
                    Some(Violation::new(Code::FormWiderThanAgreed, subject, detail))
                }
            }
        })
    }

    /// The terms for one exchange: its population too, and only the elements and forms that its outputs are made of
    /// (`asked`, the union of their value lineages). Refused, by the name of a level, if it asks for more.
    pub fn for_exchange(
        &self,
        exchange: &Exchange,
        asked: &BTreeSet<(ElementRef, Form)>,
    ) -> Result<Effective, Refused> {
        Refused::unless_empty(asked.iter().filter_map(|(element, form)| self.refuses(element, *form)).collect())?;
        let mut narrower = self.clone();
        let why = |element: &ElementRef| {
            let agreed = self.terms.elements.iter().find(|item| item.element == *element);
            agreed.map(|item| item.necessity.clone()).unwrap_or_default()
        };
        let item = |(element, form): &(ElementRef, Form)| AgreedElement {
            element: element.clone(),
            form: *form,
            necessity: why(element),
        };
        narrower.terms.elements = asked.iter().map(item).collect();
        if let Some(population) = &exchange.population {
            narrower.terms.population = narrower.terms.population.and(population.clone());
        }
        let mut by_element: BTreeMap<ElementRef, BTreeSet<Form>> = BTreeMap::new();
        for (element, form) in asked {
            by_element.entry(element.clone()).or_default().insert(*form);
        }
        narrower.levels.push((format!("{} version {}", exchange.exchange, exchange.version), by_element));
        Ok(narrower)
    }
}

#[cfg(test)]
mod tests;
