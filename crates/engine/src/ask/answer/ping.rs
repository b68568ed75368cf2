//! What is a client of PING's own API told? The same as any other program, by the same commands; only what it is called differs.

use std::time::{Duration, Instant};

use causeway_model::exchange::Answering;
use causeway_model::inbound::Inbound;
use causeway_model::intake::{Intake, RecordOutcome};
use causeway_model::permission::Action;
use causeway_model::ping::{InboundPing, is_id};
use causeway_model::{Code, Refused, Violation};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Answer, Answered, demand, failed, online};
use crate::ask::{GivenLists, PingCall, PingMeant, RowsAsked};
use crate::documents::AnyExchange;
use crate::drive::answer::Teller;
use crate::error::EngineError;
use crate::house::House;
use crate::intake::{ErrorTold, RecordTold, Sender, Told, is_told, outcomes, submit_lines};
use crate::ping::{Ids, Sent};
use crate::token::{Caller, PingCaller};

/// How long whoever sends records may wait for what becomes of them, and how often it is looked.
const WAITS: Duration = Duration::from_secs(20);
const LOOKS: Duration = Duration::from_millis(10);

/// Answers a call of a client that is known; `wake` wakes whoever works.
pub(in crate::ask) async fn call(
    house: &House,
    teller: &Teller,
    who: &PingCaller,
    (meant, call, body): (PingMeant, PingCall, &[u8]),
    wake: impl Fn(),
) -> (Answer, Vec<u8>) {
    let answered = match of(house, who, &meant).await {
        Ok(exchange) => one(house, teller, &who.caller, exchange, (call, body), wake).await,
        Err(error) => Err(error),
    };
    answered.unwrap_or_else(|error| (failed(error), Vec::new()))
}

async fn one(
    house: &House,
    teller: &Teller,
    who: &Caller,
    exchange: AnyExchange,
    (call, body): (PingCall, &[u8]),
    wake: impl Fn(),
) -> Answered {
    match (call, exchange) {
        (PingCall::Fetch { parameters, cursor, page }, AnyExchange::Provides(read)) => {
            // These clients say what they asked for with each page; the cookie alone decides.
            let parameters = if cursor.is_some() { GivenLists::default() } else { parameters };
            let asked = RowsAsked { parameters, cursor };
            fetch(house, teller, who, &read.value.exchange, asked, page).await
        }
        (PingCall::Ingest { wait }, AnyExchange::Accepts(read)) => {
            ingest(house, who, &read.value, body, wait, wake).await
        }
        (PingCall::Status { transaction }, exchange) => status(house, who, &exchange, &transaction).await,
        (PingCall::Fetch { .. }, _) => {
            Err(EngineError::Wrong("records are sent by this process, and nothing is fetched".to_owned()))
        }
        (PingCall::Ingest { .. }, _) => {
            Err(EngineError::Wrong("records are fetched by this process, and nothing is sent".to_owned()))
        }
    }
}

/// The exchange that is meant. What is not the client's is not there, in the same words; the attempt stands in the ledger.
async fn of(house: &House, who: &PingCaller, meant: &PingMeant) -> Result<AnyExchange, EngineError> {
    let mut found = Vec::new();
    for name in who.caller.scopes.iter().filter_map(|scope| scope.strip_prefix("exchange:")) {
        match house.any_exchange(name).await {
            Ok(exchange) => found.push(exchange),
            // What a client is for need not be in use.
            Err(EngineError::Unknown { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let is_meant = |exchange: &AnyExchange| {
        Ids::of(exchange).is_some_and(|ids| {
            ids.process == meant.process
                && matches!(meant.interop.as_slice(), [one] if *one == ids.interop)
                && !meant.partner.is_empty()
                && meant.partner.iter().all(|one| *one == who.partner_id)
        })
    };
    if let Some(at) = found.iter().position(is_meant) {
        let exchange = found.swap_remove(at);
        let terms = house.terms(exchange.names().2).await?;
        if terms.value.partner == who.caller.partner {
            return Ok(exchange);
        }
    }
    let name = if is_id("SHP-", &meant.process) { meant.process.as_str() } else { "unknown" };
    let refused = Refused::one(Code::NotPermitted, name, "its ids are not those of an exchange of this program");
    match house.deny(&who.caller.name(), "shipping process", name, refused).await {
        EngineError::Denied { .. } => {
            Err(EngineError::Unknown { what: "shipping process", name: name.to_owned(), help: "" })
        }
        error => Err(error),
    }
}

async fn fetch(
    house: &House,
    teller: &Teller,
    who: &Caller,
    exchange: &str,
    asked: RowsAsked,
    page: Option<u64>,
) -> Answered {
    let number = Teller::number(asked.cursor.as_deref());
    // Some say 0 where they do not say which.
    if page.is_some_and(|page| page.max(1) != number) {
        return Err(EngineError::Wrong("the number of the page is not that of its cookie".to_owned()));
    }
    let Some((found, _)) = online::page(house, teller, who, exchange, asked).await? else {
        return Ok((Answer::Busy, Vec::new()));
    };
    if found.answering != Answering::Plain {
        let violation = Violation::new(Code::NotPermitted, exchange, "its answers are sealed: write `answer: plain`");
        return Ok((Answer::Refused { violations: vec![violation] }, Vec::new()));
    }
    let head = json!({ "answer": found.answer, "rows": found.count, "page": number, "next": found.next });
    Ok((Answer::Told { sealed: false }, online::with_data(&head, &found.rows).to_vec()))
}

async fn ingest(house: &House, who: &Caller, inbound: &Inbound, body: &[u8], wait: bool, wake: impl Fn()) -> Answered {
    demand(house, who, Action::SubmitRecords.as_str(), &super::agreed::scope_of(&inbound.exchange)).await?;
    let unreadable = || EngineError::Wrong("the records cannot be read".to_owned());
    let ping = inbound.ping.as_ref().ok_or_else(unreadable)?;
    let sent: Vec<Sent> = serde_json::from_slice(body).map_err(|_| unreadable())?;
    let lines: Vec<Zeroizing<String>> = sent.iter().map(|sent| sent.line(inbound, ping)).collect();
    let key = hex::encode(house.random());
    let sender = Sender { client: &who.client, exchange: &inbound.exchange, key: &key };
    let received = submit_lines(house, sender, &lines).await?;
    wake();
    let (began, intake) = (Instant::now(), received.intake);
    while wait && began.elapsed() < WAITS {
        let state = house.intake(&intake).await?.state;
        if is_told(&state) || matches!(state, Intake::Rejected { .. } | Intake::Cancelled | Intake::Undone) {
            break;
        }
        tokio::time::sleep(LOOKS).await;
    }
    let told = outcomes(house, &intake, 0, usize::MAX - 1).await?;
    if told.records.is_empty()
        && wait
        && !matches!(told.row.state, Intake::Rejected { .. } | Intake::Cancelled | Intake::Undone)
    {
        let pending = sent.iter().enumerate().map(|(at, sent)| {
            json!({ "record": at + 1, "external_id": sent.external_id, "outcome": "waiting", "id": null, "errors": [] })
        });
        return said(&told, pending.collect());
    }
    said(&told, records(&told, inbound, ping))
}

async fn status(house: &House, who: &Caller, exchange: &AnyExchange, transaction: &str) -> Answered {
    let (name, _, _) = exchange.names();
    let gone = || EngineError::Unknown { what: "transaction", name: "of that id".to_owned(), help: "" };
    let AnyExchange::Accepts(read) = exchange else {
        let told = house.store.told_to(&format!("an-{transaction}")).await?;
        let own = told == Some((Some(who.name()), name.to_owned()));
        let body =
            json!({ "intake": format!("an-{transaction}"), "state": "acknowledged", "violations": [], "records": [] });
        return if own { Ok((Answer::Told { sealed: false }, body.to_string().into_bytes())) } else { Err(gone()) };
    };
    let id = format!("in-{transaction}");
    let row =
        house.store.intake(&id).await?.filter(|row| row.partner == who.partner && row.versions.exchange.0 == name);
    if row.is_none() {
        return Err(gone());
    }
    house.permit(&who.name(), Action::ShowIntakes, &house.of_both(name, &who.partner)).await?;
    let told = outcomes(house, &id, 0, usize::MAX - 1).await?;
    let inbound = &read.value;
    let ping = inbound.ping.as_ref().ok_or_else(gone)?;
    said(&told, records(&told, inbound, ping))
}

fn records(told: &Told, inbound: &Inbound, ping: &InboundPing) -> Vec<Value> {
    let one = |record: &RecordTold| {
        let error = |error: &ErrorTold| {
            let field = error.field.strip_prefix("record.").unwrap_or(&error.field);
            json!({ "field": ping.called(inbound, field), "code": error.code.as_str(), "message": error.message })
        };
        json!({
            "record": record.record, "external_id": record.external_id.as_ref().map(|id| id.expose()),
            "outcome": outcome(record.outcome), "id": record.stored.as_ref().map(|id| id.expose()),
            "errors": record.errors.iter().map(error).collect::<Vec<_>>(),
        })
    };
    told.records.iter().map(one).collect()
}

fn outcome(outcome: RecordOutcome) -> Value {
    serde_json::to_value(outcome).unwrap_or(Value::Null)
}

fn said(told: &Told, records: Vec<Value>) -> Answered {
    let violations = match &told.row.state {
        Intake::Rejected { violations } => violations.as_slice(),
        _ => &[],
    };
    let body = json!({
        "intake": told.row.id, "state": told.row.state.name(), "records": records,
        "violations": violations.iter().map(|one| json!({ "code": one.code.as_str(), "detail": one.code.explain() })).collect::<Vec<_>>(),
    });
    Ok((Answer::Told { sealed: false }, body.to_string().into_bytes()))
}
