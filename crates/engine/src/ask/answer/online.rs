//! What is a program told about people, at once? Sealed to its own key, unless the exchange says otherwise.

use causeway_model::exchange::Answering;
use causeway_model::permission::Action;
use causeway_package::Entropy;
use causeway_package::answer::AnswerKey;
use serde_json::json;
use zeroize::Zeroizing;

use super::agreed::scope_of;
use super::{Answer, Answered, demand, own};
use crate::ask::RowsAsked;
use crate::drive::answer::{Asker, Page, Teller, no_key, rows as tell_rows};
use crate::error::EngineError;
use crate::house::House;
use crate::token::Caller;

/// Records, page by page.
pub(super) async fn rows(house: &House, teller: &Teller, who: &Caller, exchange: &str, asked: RowsAsked) -> Answered {
    let Some((page, key)) = page(house, teller, who, exchange, asked).await? else {
        return Ok((Answer::Busy, Vec::new()));
    };
    let head = json!({ "answer": page.answer, "records": page.records, "rows": page.count, "next": page.next });
    told(house, who, page.answering, key.as_ref(), with_data(&head, &page.rows))
}

/// What is said of a page, with its rows as `data`.
pub(super) fn with_data(head: &serde_json::Value, rows: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut body = Zeroizing::new(head.to_string().into_bytes());
    body.pop();
    body.extend_from_slice(b",\"data\":");
    body.extend_from_slice(rows);
    body.push(b'}');
    body
}

/// A page, and the key to which the program has its answers sealed; none where too many read.
pub(super) async fn page(
    house: &House,
    teller: &Teller,
    who: &Caller,
    exchange: &str,
    asked: RowsAsked,
) -> Result<Option<(Page, Option<(String, AnswerKey)>)>, EngineError> {
    let name = who.name();
    meant(house, who, Action::FetchRows, exchange).await?;
    house.permit(&name, Action::FetchRows, &house.of_both(exchange, &who.partner)).await?;
    let key = key(house, who).await?;
    let page = match asked.cursor {
        Some(_) if !asked.parameters.is_empty() => {
            return Err(EngineError::Wrong(
                "a cursor goes on with what was asked for: leave `parameters` out".to_owned(),
            ));
        }
        Some(cursor) => teller.further(&who.client, exchange, &cursor)?,
        None => {
            let Some(_seat) = teller.seat(&who.client) else { return Ok(None) };
            let asker = Asker { name: &name, partner: &who.partner, key: key.clone() };
            let told = tell_rows(house, teller.connectors(), &asker, exchange, &asked.parameters.0).await?;
            teller.first(&who.client, exchange, told)?
        }
    };
    Ok(Some((page, key)))
}

/// Refuses a call about an exchange that the token is not for: first, where it is another partner's, as one that is not there.
pub(super) async fn meant(house: &House, who: &Caller, action: Action, exchange: &str) -> Result<(), EngineError> {
    let scope = scope_of(exchange);
    if action == Action::FetchRows || !who.is_for(&scope) {
        theirs(house, who, exchange).await?;
    }
    demand(house, who, action.as_str(), &scope).await
}

/// Refuses, as one that is not there, an exchange of another partner; the attempt stands in the ledger.
pub(super) async fn theirs(house: &House, who: &Caller, exchange: &str) -> Result<(), EngineError> {
    let document = house.any_exchange(exchange).await?;
    let terms = house.terms(document.names().2).await?;
    own(who, "exchange", exchange, &terms.value.partner)
}

/// The key of a program that answers are sealed to: the newest that counts.
pub(super) async fn key(house: &House, who: &Caller) -> Result<Option<(String, AnswerKey)>, EngineError> {
    let now = house.now();
    let keys = house.store.client_keys(&who.client).await?;
    let Some(row) = keys.into_iter().rev().find(|key| key.usage == "enc" && key.counts(now)) else { return Ok(None) };
    let damaged = || EngineError::Wrong(format!("key {} of {} cannot be sealed to", row.thumbprint, who.name()));
    let mut jwk: serde_json::Value = serde_json::from_str(&row.jwk).map_err(|_| damaged())?;
    if let Some(members) = jwk.as_object_mut() {
        members.entry("kid").or_insert_with(|| row.thumbprint.clone().into());
    }
    let key = AnswerKey::parse(&jwk).map_err(|_| damaged())?;
    Ok(Some((row.thumbprint, key)))
}

pub(super) fn told(
    house: &House,
    who: &Caller,
    answering: Answering,
    key: Option<&(String, AnswerKey)>,
    body: Zeroizing<Vec<u8>>,
) -> Answered {
    match (answering, key) {
        (Answering::Plain, _) => Ok((Answer::Told { sealed: false }, body.to_vec())),
        (Answering::Sealed, Some((_, key))) => {
            let sealed = key.seal(&body, &Entropy::new(house.random()));
            Ok((Answer::Told { sealed: true }, sealed.into_bytes()))
        }
        (Answering::Sealed, None) => Ok((Answer::Refused { violations: vec![no_key(&who.name())] }, Vec::new())),
    }
}
