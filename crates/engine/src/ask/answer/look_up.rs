//! What is a program told about one person?

use std::time::{Duration, Instant};

use causeway_model::permission::Action;
use causeway_model::{Code, Violation};
use zeroize::Zeroizing;

use super::online::{key, meant, theirs, told};
use super::{Answer, Answered};
use crate::ask::LookUpAsked;
use crate::drive::answer::{Known, Looked, Place, Teller, Waiting, patience};
use crate::house::House;
use crate::token::Caller;

/// What is no match is told at the next multiple of this after the question came.
const NO_AT: Duration = Duration::from_millis(25);

/// What is told of somebody who is not found, whyever.
const NO: &str = r#"{"found":false}"#;

/// Answers whoever showed this token, and certificate, a moment ago and might ask; nothing where it was not so, or is no more.
pub(super) async fn again(
    house: &House,
    teller: &Teller,
    shown: (&str, Option<&str>),
    exchange: &str,
    asked: &LookUpAsked,
) -> Option<Answered> {
    let place = Place::of(shown, exchange);
    let known = teller.lately.get(&place)?;
    match answer(house, teller, (&known, &place), exchange, asked).await {
        Ok((Answer::NobodyKnown, _)) => {
            teller.lately.forget(&place);
            None
        }
        answered => Some(answered),
    }
}

/// Answers a caller, if it may ask.
pub(super) async fn first(
    house: &House,
    teller: &Teller,
    (who, shown): (&Caller, (&str, Option<&str>)),
    exchange: &str,
    asked: &LookUpAsked,
) -> Answered {
    let since = Instant::now();
    meant(house, who, Action::AskPerson, exchange).await?;
    house.permit(&who.name(), Action::AskPerson, &house.of_both(exchange, &who.partner)).await?;
    let known = Known { who: who.clone(), key: key(house, who).await? };
    let place = Place::of(shown, exchange);
    let known = teller.lately.put(place.clone(), since, known);
    answer(house, teller, (&known, &place), exchange, asked).await
}

async fn answer(
    house: &House,
    teller: &Teller,
    (known, place): (&Known, &Place),
    exchange: &str,
    asked: &LookUpAsked,
) -> Answered {
    let began = Instant::now();
    let who = &known.who;
    let waiting = Waiting {
        client: who.name(),
        token: place.token.clone(),
        given: asked.by.0.clone(),
        sealed_to: known.key.as_ref().map(|(thumbprint, _)| thumbprint.clone()),
        until: patience(),
    };
    let Some((looked, answering)) = teller.look_up(exchange, &who.partner, waiting).await? else {
        return Ok((Answer::Busy, Vec::new()));
    };
    let found = |body: String| told(house, who, answering, known.key.as_ref(), Zeroizing::new(body.into_bytes()));
    let refused = |violations| Ok((Answer::Refused { violations }, Vec::new()));
    let answered = match looked {
        Looked::Found(None) => return found(r#"{"found":true}"#.to_owned()),
        Looked::Found(Some(record)) => return found(format!(r#"{{"found":true,"record":{}}}"#, record.expose())),
        Looked::No => found(NO.to_owned()),
        Looked::TooOften(seconds) => Ok((Answer::Wait { seconds: u64::from(seconds) }, Vec::new())),
        Looked::Held => {
            let detail = "its questions were nearly the same: the operation must lift this";
            refused(vec![Violation::new(Code::NotPermitted, exchange, detail)])
        }
        Looked::NobodyKnown => Ok((Answer::NobodyKnown, Vec::new())),
        Looked::NotThere => theirs(house, who, exchange).await.map(|()| (Answer::NotThere, Vec::new())),
        Looked::NotShown(violations) => refused(violations),
        Looked::Failed(why) => Ok((Answer::Failed { why }, Vec::new())),
    };
    // Whatever is no match is told at the same times, so that none of it can be told from a no by how long it took.
    let parts = began.elapsed().as_nanos().div_ceil(NO_AT.as_nanos());
    let at = NO_AT.saturating_mul(u32::try_from(parts).unwrap_or(u32::MAX));
    tokio::time::sleep_until(tokio::time::Instant::from_std(began + at)).await;
    answered
}
