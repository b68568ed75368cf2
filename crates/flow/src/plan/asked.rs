//! What of a record is looked at because somebody asks for it, and does the arrangement agree to that?

use causeway_model::catalogue::{Catalogue, Entity};
use causeway_model::exchange::{Asked, Exchange};
use causeway_model::lineage::{Agreed, Selected, ValueLineage};
use causeway_model::{Code, ElementRef, Violation};

use super::need::Need;
use super::provable::scans;
use super::rel::Rel;

/// Elements of the root that choose its records.
pub(super) fn choosing(exchange: &Exchange) -> Vec<String> {
    exchange
        .deliver
        .online()
        .map(|online| online.choosing().into_iter().map(str::to_owned).collect())
        .unwrap_or_default()
}

/// They select as a filter does.
pub(super) fn selection(exchange: &Exchange) -> Vec<(ElementRef, Selected)> {
    let element = |name| (ElementRef::new(&exchange.root, name), Selected::Filter);
    choosing(exchange).into_iter().map(element).collect()
}

/// A match tells whoever asks that what was asked by is so: it must be agreed as it stands.
pub(super) fn check(exchange: &Exchange, agreed: &Agreed) -> Vec<Violation> {
    let Some(look_up) = exchange.deliver.online().and_then(|online| online.look_up.as_ref()) else { return Vec::new() };
    let told = |name| agreed.check_value("look_up", &ValueLineage::raw(ElementRef::new(&exchange.root, name)));
    look_up.by.iter().flat_map(Asked::elements).flat_map(told).collect()
}

/// What is asked by stands in the table of the key, in one origin: a source is asked for it.
pub(super) fn in_one_table(bundle: &Rel, exchange: &Exchange) -> Result<(), Violation> {
    let Some(online) = exchange.deliver.online() else { return Ok(()) };
    let asked = online.look_up.iter().flat_map(|look_up| &look_up.by).map(|asked| asked.find_by.as_str());
    let first = scans(bundle).first().copied();
    let stands = |name: &str| first.is_some_and(|scan| scan.columns.iter().any(|column| column.name == name));
    let names = online.parameters.iter().map(|parameter| parameter.element.as_str()).chain(asked);
    match names.into_iter().find(|name| !stands(name)) {
        None => Ok(()),
        Some(name) => Err(Violation::new(
            Code::PlanNotProvable,
            format!("{}.{name}", exchange.root),
            "records are asked for by it, and it stands in several places, or not in the table of the key",
        )),
    }
}

/// What finds a record: its key, and what is asked by.
pub(super) fn find(entity: &Entity, exchange: &Exchange, catalogue: &Catalogue) -> Result<Option<Rel>, Violation> {
    let Some(look_up) = exchange.deliver.online().and_then(|online| online.look_up.as_ref()) else { return Ok(None) };
    let mut need = Need::new(entity, true);
    need.also(entity.key.iter().cloned());
    need.also(look_up.by.iter().flat_map(Asked::elements).map(str::to_owned));
    need.write(catalogue).map(Some)
}
