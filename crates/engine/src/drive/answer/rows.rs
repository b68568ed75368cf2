//! Which records is a partner's program told, page by page?

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use causeway_flow::aggregate::{Only, aggregate_only};
use causeway_flow::disclose::{Disclosed, Pages, disclose};
use causeway_flow::enforce::{Clearance, Reporter, enforce_answer};
use causeway_flow::source::{KeyList, KeyValue, Source, Watch, extract};
use causeway_flow::transform::transform;
use causeway_flow::{FlowError, Personal};
use causeway_model::exchange::{Answering, Parameter};
use causeway_model::{Code, ValueType, Violation};
use causeway_package::disclosure::DisclosureSet;
use causeway_store::change::{AnswerKind, CAPS, TellAnswer};
use causeway_store::{Changed, StoreError};
use jiff::ToSpan;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::in_time::{self, patience};
use super::ready::{Ready, beyond, no_key, not_shown};
use super::seats::SEATS;
use super::segment::is_not_recorded;
use super::{Asker, LONGEST};
use crate::drive::ANEW;
use crate::drive::heed::is_overtaken;
use crate::drive::room::remove;
use crate::error::EngineError;
use crate::house::{Connectors, House, audit};
use crate::query::content;

/// An answer that was recorded, and may be told page by page.
pub struct Told {
    /// Its id.
    pub id: String,
    /// Its pages.
    pub pages: Pages,
    /// How many records there are.
    pub records: u64,
    /// Whether each page is sealed to the client's key.
    pub answering: Answering,
}

/// Reads, judges and records what is told; `given` are values by parameter. Where nothing is given, everybody of the exchange.
///
/// # Errors
/// [`EngineError::Unknown`] where the exchange is not the asker's; [`EngineError::NotShown`] with every reason why nothing is told.
pub async fn rows(
    house: &House,
    connectors: &dyn Connectors,
    asker: &Asker<'_>,
    exchange: &str,
    given: &BTreeMap<String, Vec<Value>>,
) -> Result<Told, EngineError> {
    let (mut tries, until) = (0, patience());
    loop {
        match once(house, connectors, asker, (exchange, given), until).await {
            // INVARIANT (a person's word holds): whoever decided something while it was read is not told about.
            Err(EngineError::Store(error)) if tries < ANEW && (is_overtaken(&error) || is_beyond(&error)) => tries += 1,
            outcome => return outcome,
        }
    }
}

/// Whether so much was told meanwhile that the caps are to be asked again.
fn is_beyond(error: &StoreError) -> bool {
    matches!(error, StoreError::ChangedMeanwhile { what: CAPS, .. })
}

async fn once(
    house: &House,
    connectors: &dyn Connectors,
    asker: &Asker<'_>,
    (exchange, given): (&str, &BTreeMap<String, Vec<Value>>),
    until: Instant,
) -> Result<Told, EngineError> {
    let ready = Ready::load(house, asker, exchange).await?;
    let sealed_to = match (ready.online.answer, &asker.key) {
        (Answering::Plain, _) => None,
        (Answering::Sealed, Some((thumbprint, _))) => Some(thumbprint.clone()),
        (Answering::Sealed, None) => return Err(not_shown(exchange, vec![no_key(asker.name)])),
    };
    let only = narrowed(&ready, given).map_err(|violation| not_shown(exchange, vec![violation]))?;
    let mut sources = Vec::new();
    for source in &ready.catalogue.sources {
        let opened = connectors.open(source, &house.home.sources());
        sources.push(opened.map_err(|error| not_shown(exchange, vec![error.into()]))?);
    }
    let key = Zeroizing::new(house.random());
    // A page that could not be sent is found out before anything is recorded.
    let walked = tokio::task::block_in_place(|| {
        let told = walk(house, &ready, &sources, &only, Watch::until(until))?;
        let pages = Pages::lay(&told, ready.online.page, LONGEST, &house.home.staging(), &key)?;
        Ok((told, pages))
    });
    in_time::demand(until, exchange).map_err(|violation| not_shown(exchange, vec![violation]))?;
    let (told, pages) = match walked {
        Ok(walked) => walked,
        Err(error) => return Err(refused(house, asker, exchange, error).await?),
    };
    let records = told.records() as u64;
    let violations = beyond(house, exchange, &ready.standing, Some(records)).await?;
    if !violations.is_empty() {
        return Err(not_shown(exchange, violations));
    }
    let id = house.id("an");
    let people = house.home.sealed().join(format!("{id}.people.age"));
    let count = seal_people(house, &ready, &told, &people)?;
    let (terms, digest) = (&ready.standing.terms, &ready.standing.digest);
    let Clearance { withheld, quarantined, faults, .. } = &told.clearance;
    let body = json!({
        "exchange": exchange, "exchange_version": ready.exchange.version, "client": asker.name, "sealed_to": sealed_to,
        "arrangement": terms.arrangement, "arrangement_version": terms.version, "arrangement_sha256": digest,
        "records": records, "people_disclosed": count, "quarantined": quarantined,
        "withheld": withheld.iter().map(|(code, count)| json!({ "code": code, "count": count })).collect::<Vec<_>>(),
        "faults": faults.iter().map(|((subject, code), count)| json!({ "subject": subject, "code": code, "count": count })).collect::<Vec<_>>(),
        "narrowed_by": given.iter().map(|(name, values)| json!({ "parameter": name, "values": values.len() })).collect::<Vec<_>>(),
    });
    let tell = TellAnswer {
        id: id.clone(),
        kind: AnswerKind::Rows,
        client: Some(asker.name.to_owned()),
        judged: ready.judged(house),
        exchange: exchange.to_owned(),
        sealed_to,
        records,
        purge_by: house.today().saturating_add(i64::from(terms.retention_days).days()),
        content: content(&ready.exchange, &ready.catalogue, count, told.elements.clone()),
    };
    let event = audit(asker.name, "rows-told", &id, body);
    match house.store.tell(Changed::new(tell, event), house.stamp()).await {
        Ok(()) => {}
        Err(error) => {
            if is_not_recorded(&error) {
                remove(&people)?;
            }
            return Err(match error {
                StoreError::Denied { source, .. } => not_shown(exchange, source.violations),
                error => error.into(),
            });
        }
    }
    // CRASH: recorded, and nobody was told: whoever asks again is recorded again.
    (house.surroundings.probe)("rows-recorded");
    house.sequence().await?;
    Ok(Told { id, pages, records, answering: ready.online.answer })
}

/// Why nothing is told, as far as the partner may know: what a record was the reason of stands in the ledger alone.
async fn refused(
    house: &House,
    asker: &Asker<'_>,
    exchange: &str,
    error: FlowError,
) -> Result<EngineError, EngineError> {
    let violations = error.violations();
    if matches!(error, FlowError::Source(_)) || violations.iter().all(|violation| violation.code == Code::RowCap) {
        return Ok(not_shown(exchange, violations));
    }
    house.record(asker.name, "rows-refused", exchange, json!({ "violations": violations })).await?;
    Ok(not_shown(exchange, Vec::new()))
}

fn walk(
    house: &House,
    ready: &Ready,
    sources: &[Box<dyn Source>],
    only: &Only,
    watch: Watch,
) -> Result<Disclosed, FlowError> {
    let mut extract = extract(&ready.plan, sources, &|| house.now(), &watch)?;
    let memory = house.part_of_memory(house.home.staging(), SEATS);
    let register = ready.heeded.register(house);
    let bundle = aggregate_only(&mut extract, &ready.plan, Reporter::default(), register, &memory, only)?;
    let most = ready.online.cap.min(ready.standing.terms.row_cap);
    let cleared = enforce_answer(transform(bundle, &ready.plan), &ready.plan, most, watch);
    disclose(cleared, &ready.plan, ready.exchange.format, &ready.online)
}

/// Seals who is in it to the operation, where it stands once the answer is recorded.
///
/// CRASH: a set of an answer that was never recorded. It lies sealed among the others and is asked about nothing; recovery removes it.
fn seal_people(house: &House, ready: &Ready, told: &Disclosed, to: &Path) -> Result<u64, EngineError> {
    let pseudonyms = house.keys.disclosure().of(ready.catalogue.subject().map_or("", |people| &people.name));
    let mut set = DisclosureSet::expecting(told.records());
    told.people().for_each(|key| set.add(pseudonyms.pseudonym(key)));
    let count = set.seal(to, house.keys.recipient())?;
    let folder = house.home.sealed();
    std::fs::File::open(&folder).and_then(|folder| folder.sync_all()).map_err(EngineError::file("sync", &folder))?;
    Ok(count)
}

/// What was given, as what the sources are asked for.
fn narrowed(ready: &Ready, given: &BTreeMap<String, Vec<Value>>) -> Result<Only, Violation> {
    let mut lists = Vec::new();
    for (name, values) in given {
        let declared = ready.online.parameters.iter().find(|parameter| parameter.name == *name);
        let Some(parameter) = declared else {
            let known: Vec<&str> = ready.online.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
            let detail = format!("it is no parameter of this exchange; there are: `{}`", known.join("`, `"));
            return Err(Violation::new(Code::UnknownName, name, detail));
        };
        lists.push(list(ready, parameter, values)?);
    }
    Ok(Only::of(lists))
}

fn list(ready: &Ready, parameter: &Parameter, values: &[Value]) -> Result<KeyList, Violation> {
    let most = parameter.at_most as usize;
    if values.len() > most {
        let detail = format!("{} values are given, at most {most} may be", values.len());
        return Err(Violation::new(Code::ValueOversize, &parameter.name, detail));
    }
    let element = ready.catalogue.entity(&ready.exchange.root).and_then(|root| root.element(&parameter.element));
    let kind = element.map(|element| &element.value_type);
    let longest = element.map_or(0, |element| element.max_length as usize);
    let key = |value: &Value| match (kind, value) {
        (Some(ValueType::Integer), Value::Number(number)) => Some(KeyValue::Integer(Personal::new(number.as_i64()?))),
        (Some(ValueType::Uuid), Value::String(text)) => Some(KeyValue::Text(Personal::new(text.to_ascii_lowercase()))),
        (Some(ValueType::Text | ValueType::Code(_)), Value::String(text)) if text.chars().count() <= longest => {
            Some(KeyValue::Text(Personal::new(text.clone())))
        }
        _ => None,
    };
    let keys: Option<Vec<KeyValue>> = values.iter().map(key).collect();
    let wrong = || Violation::new(Code::WrongType, &parameter.name, "a value is not written as one of its element");
    Ok(KeyList { column: parameter.element.clone(), values: keys.ok_or_else(wrong)?.into() })
}
