//! What is agreed with the partner, what would it get, and what does an invented record of it look like?

use std::collections::BTreeSet;

use causeway_flow::plan::Plan;
use causeway_flow::transform::Pseudonyms;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::{Exchange, FormatKind};
use causeway_model::inbound::{self, Inbound};
use causeway_model::permission::Action;
use causeway_store::change::DocumentKind;
use serde_json::{Map, Value};

use super::{Answered, Page, SandboxAsked, Status, demand, limit, own, part, said, shown, with};
use crate::command::run_sandbox;
use crate::documents::{AnyExchange, sha256_hex};
use crate::error::EngineError;
use crate::house::House;
use crate::query::rehearse;
use crate::token::Caller;

/// So many invented people are looked at until one of them is inside the population.
const INVENTED: usize = 20;
const SEEDS: u64 = 5;

/// What a token must be for to be about this exchange.
pub(super) fn scope_of(exchange: &str) -> String {
    format!("exchange:{exchange}")
}

/// Whether the token is for the account, or for an exchange under this arrangement.
async fn concerns(house: &House, who: &Caller, arrangement: &str) -> Result<bool, EngineError> {
    if who.is_for(super::ACCOUNT) {
        return Ok(true);
    }
    for name in who.scopes.iter().filter_map(|scope| scope.strip_prefix("exchange:")) {
        if house.exchange(name).await.is_ok_and(|exchange| exchange.arrangement == arrangement) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is agreed.
pub(super) async fn arrangements(house: &House, who: &Caller, page: &Page) -> Answered {
    let after = page.after.clone().unwrap_or_default();
    let names: BTreeSet<String> =
        house.store.documents(DocumentKind::Arrangement).await?.into_iter().map(|one| one.name).collect();
    let mut found = Vec::new();
    for name in names.into_iter().filter(|name| *name > after) {
        let read = house.terms(&name).await?;
        if read.value.partner == who.partner && concerns(house, who, &name).await? {
            let thing = house.of_both(&name, &who.partner);
            if house.sees(&who.name(), Action::ShowArrangement, &thing).await? {
                found.push(listed(house, &name, read.value.version, &read.text).await?);
            }
        }
        if found.len() > limit(page) {
            break;
        }
    }
    shown(&part(page, found, |one| one.arrangement.clone(), |one| one))
}

async fn listed(house: &House, name: &str, version: u32, text: &str) -> Result<said::ArrangementListed, EngineError> {
    let lives = house.store.arrangement_lives(name).await?;
    let state = lives.iter().find(|life| life.version == version).map_or("draft", |life| life.state.name());
    let (arrangement, state) = (name.to_owned(), state.to_owned());
    Ok(said::ArrangementListed { arrangement, version, state, sha256: sha256_hex(text) })
}

/// One arrangement.
pub(super) async fn arrangement(house: &House, who: &Caller, name: &str) -> Answered {
    let read = house.terms(name).await?;
    own(who, "arrangement", name, &read.value.partner)?;
    if !concerns(house, who, name).await? {
        demand(house, who, Action::ShowArrangement.as_str(), super::ACCOUNT).await?;
    }
    house.permit(&who.name(), Action::ShowArrangement, &house.of_both(name, &who.partner)).await?;
    let listed = listed(house, name, read.value.version, &read.text).await?;
    shown(&said::ArrangementShown { listed, text: read.text })
}

/// An exchange that is the caller's partner's, and that the token is for.
pub(super) async fn of_caller(
    house: &House,
    who: &Caller,
    action: Action,
    name: &str,
) -> Result<Exchange, EngineError> {
    of_caller_too(house, who, action, name).await?;
    house.exchange(name).await
}

/// The same, whichever way it goes: which, nobody else is told.
pub(super) async fn of_caller_too(
    house: &House,
    who: &Caller,
    action: Action,
    name: &str,
) -> Result<AnyExchange, EngineError> {
    let exchange = house.any_exchange(name).await?;
    let arrangement = house.terms(exchange.names().2).await?.value;
    own(who, "exchange", name, &arrangement.partner)?;
    demand(house, who, action.as_str(), &scope_of(name)).await?;
    Ok(exchange)
}

async fn readable(house: &House, who: &Caller, name: &str) -> Result<Exchange, EngineError> {
    let exchange = of_caller(house, who, Action::ShowArrangement, name).await?;
    house.permit(&who.name(), Action::ShowArrangement, &house.of_both(name, &who.partner)).await?;
    Ok(exchange)
}

/// The exchanges that the token is for.
pub(super) async fn exchanges(house: &House, who: &Caller, page: &Page) -> Answered {
    let after = page.after.clone().unwrap_or_default();
    let names: BTreeSet<&str> = who.scopes.iter().filter_map(|scope| scope.strip_prefix("exchange:")).collect();
    let mut found = Vec::new();
    for name in names.into_iter().filter(|name| **name > *after) {
        let exchange = match house.any_exchange(name).await {
            Ok(exchange) => exchange,
            // What a token is for need not be configured yet.
            Err(EngineError::Unknown { .. }) => continue,
            Err(error) => return Err(error),
        };
        let arrangement = house.terms(exchange.names().2).await?.value;
        let thing = house.of_both(name, &arrangement.partner);
        if arrangement.partner == who.partner && house.sees(&who.name(), Action::ShowArrangement, &thing).await? {
            found.push(exchange);
        }
        if found.len() > limit(page) {
            break;
        }
    }
    shown(&part(page, found, |one| one.names().0.to_owned(), |one| about(&one)))
}

/// One exchange.
pub(super) async fn exchange(house: &House, who: &Caller, name: &str) -> Answered {
    let exchange = of_caller_too(house, who, Action::ShowArrangement, name).await?;
    house.permit(&who.name(), Action::ShowArrangement, &house.of_both(name, &who.partner)).await?;
    shown(&about(&exchange))
}

fn about(exchange: &AnyExchange) -> said::ExchangeShown {
    match exchange {
        AnyExchange::Provides(read) => provides(&read.value),
        AnyExchange::Accepts(read) => accepts(&read.value),
    }
}

fn accepts(inbound: &Inbound) -> said::ExchangeShown {
    let format = match inbound.format.kind {
        inbound::FormatKind::Csv => "csv",
        inbound::FormatKind::JsonLines => "json-lines",
    };
    said::ExchangeShown {
        exchange: inbound.exchange.clone(),
        version: inbound.version,
        arrangement: inbound.arrangement.clone(),
        description: inbound.description.clone(),
        direction: "accept".to_owned(),
        format: format.to_owned(),
        needs_approval: false,
        sends_deltas: false,
    }
}

fn provides(exchange: &Exchange) -> said::ExchangeShown {
    let format = match exchange.format.kind {
        FormatKind::Csv => "csv",
        FormatKind::JsonLines => "json-lines",
        FormatKind::Parquet => "parquet",
    };
    said::ExchangeShown {
        exchange: exchange.exchange.clone(),
        version: exchange.version,
        arrangement: exchange.arrangement.clone(),
        description: exchange.description.clone(),
        direction: "provide".to_owned(),
        format: format.to_owned(),
        needs_approval: exchange.needs_approval,
        sends_deltas: exchange.delta.is_some(),
    }
}

/// What its records are made of.
pub(super) async fn schema(house: &House, who: &Caller, name: &str) -> Answered {
    let exchange = match of_caller_too(house, who, Action::ShowArrangement, name).await? {
        AnyExchange::Provides(read) => read.value,
        AnyExchange::Accepts(read) => return schema_of_what_comes_in(house, who, &read.value).await,
    };
    house.permit(&who.name(), Action::ShowArrangement, &house.of_both(name, &who.partner)).await?;
    let (catalogue, terms) = (house.catalogue().await?, house.terms(&exchange.arrangement).await?.value);
    let pseudonyms = Pseudonyms::new(&house.keys.pseudonym_root, &terms.partner, &terms.purpose.code);
    let explained = Plan::explain(&terms, &exchange, &catalogue, &pseudonyms);
    let outputs = explained.outputs.iter().map(|(name, lineage)| said::Output {
        name: name.clone(),
        made_of: lineage
            .0
            .iter()
            .map(|(element, form)| said::MadeOf { element: element.to_string(), form: form.to_string() })
            .collect(),
    });
    shown(&said::SchemaShown {
        exchange: exchange.exchange.clone(),
        version: exchange.version,
        outputs: outputs.collect(),
        fields: None,
    })
}

async fn schema_of_what_comes_in(house: &House, who: &Caller, inbound: &Inbound) -> Answered {
    let name = &inbound.exchange;
    house.permit(&who.name(), Action::ShowArrangement, &house.of_both(name, &who.partner)).await?;
    let catalogue = house.catalogue().await?;
    let fields = inbound.record.iter().map(|field| field_of(field, &catalogue)).collect();
    let (exchange, version, outputs) = (name.clone(), inbound.version, Vec::new());
    shown(&said::SchemaShown { exchange, version, outputs, fields: Some(fields) })
}

fn field_of(field: &inbound::Field, catalogue: &Catalogue) -> said::FieldShown {
    said::FieldShown {
        name: field.name.clone(),
        description: field.description.clone(),
        value_type: field.value_type.as_ref().map(ToString::to_string),
        element: field.element.as_ref().map(ToString::to_string),
        required: field.required,
        max_length: field.max_length,
        codes: codes_of(field, catalogue),
        fields: field.fields.iter().map(|one| field_of(one, catalogue)).collect(),
    }
}

/// The codes that a field takes, in the partner's vocabulary.
fn codes_of(field: &inbound::Field, catalogue: &Catalogue) -> Option<Vec<String>> {
    let list = catalogue.code_list(field.code_list()?)?;
    Some(match &field.vocabulary {
        Some(vocabulary) => list.equivalents(vocabulary).into_values().map(str::to_owned).collect(),
        None => list.codes.iter().map(|entry| entry.code.clone()).collect(),
    })
}

/// A record of nobody.
pub(super) async fn sample(house: &House, who: &Caller, name: &str) -> Answered {
    let exchange = readable(house, who, name).await?;
    let mut record = None;
    for seed in 1..=SEEDS {
        let shown = rehearse(house, &exchange, INVENTED, seed).await?;
        if let Some(first) = shown.records.into_iter().next() {
            let value = |value: Option<causeway_flow::Personal<String>>| {
                value.map_or(Value::Null, |value| Value::from(value.expose().as_str()))
            };
            let members: Map<String, Value> = first.into_iter().map(|(name, one)| (name, value(one))).collect();
            record = Some(Value::Object(members));
            break;
        }
    }
    shown(&said::SampleShown { exchange: name.to_owned(), invented: true, record })
}

/// A package of invented people.
pub(super) async fn sandbox(house: &House, who: &Caller, name: &str, asked: &SandboxAsked) -> Answered {
    // One at a time: they are made in one room.
    static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    of_caller(house, who, Action::RunSandbox, name).await?;
    let _turn = ONE.lock().await;
    let ran = run_sandbox(house, &who.name(), name, asked.records, asked.seed).await?;
    let package = ran.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let said = said::SandboxRan {
        sandbox: ran.sandbox.exchange,
        sequence: ran.sequence,
        package,
        records: ran.clearance.released,
    };
    with(Status::Made, None, None, &said)
}
