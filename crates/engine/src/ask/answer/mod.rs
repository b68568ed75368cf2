//! What is a partner's program told? Everything is asked of the same commands and queries, and the same table, as its people are.

mod account;
mod agreed;
mod intakes;
mod look_up;
mod online;
pub(super) mod ping;
pub mod said;
mod signed;
mod told;
mod transfers;
mod uploads;

use std::sync::Arc;

use causeway_model::{Code, Refused, Violation};
use causeway_store::StoreError;
use serde::Serialize;

use super::{Answer, Call, KeysAsked, Page, SandboxAsked, SignedDocument, Status, TransferAsked};
use crate::drive::answer::Teller;
use crate::drive::{Wanted, end_taking};
use crate::error::EngineError;
use crate::house::House;
use crate::token::{Caller, Unknown, caller};

/// The scope of what is about the partner itself.
const ACCOUNT: &str = "account";

/// No part of a list is longer.
const MOST: u32 = 200;

/// What came of a call: an answer, and the body behind it.
type Answered = Result<(Answer, Vec<u8>), EngineError>;

/// Answers a call, if somebody is known to call; and what is to be entered in the ledger once that was said.
pub(super) async fn call(
    house: &House,
    teller: &Arc<Teller>,
    shown: (&str, Option<&str>),
    (call, body): (Call, &[u8]),
) -> ((Answer, Vec<u8>), Option<Attempt>) {
    let lately = match &call {
        Call::LookUp { exchange, asked } => look_up::again(house, teller, shown, exchange, asked).await,
        _ => None,
    };
    let answered = match lately {
        Some(answered) => answered,
        None => match caller(house, shown.0, shown.1).await {
            Ok(Ok(who)) => one(house, teller, (&who, shown), call, body).await,
            Ok(Err(Unknown::NoToken)) => Ok((Answer::NobodyKnown, Vec::new())),
            Ok(Err(Unknown::Held(why))) => Ok((Answer::Refused { violations: vec![why] }, Vec::new())),
            Err(error) => Err(error),
        },
    };
    match answered {
        Err(EngineError::Others { actor, what, name }) => {
            ((Answer::NotThere, Vec::new()), Some(Attempt { actor, what, name }))
        }
        answered => (answered.unwrap_or_else(|error| (failed(error), Vec::new())), None),
    }
}

async fn one(
    house: &House,
    teller: &Arc<Teller>,
    (who, shown): (&Caller, (&str, Option<&str>)),
    call: Call,
    body: &[u8],
) -> Answered {
    match call {
        Call::Me => account::me(house, who).await,
        Call::Arrangements { page } => agreed::arrangements(house, who, &page).await,
        Call::Arrangement { name } => agreed::arrangement(house, who, &name).await,
        Call::Exchanges { page } => agreed::exchanges(house, who, &page).await,
        Call::Exchange { name } => agreed::exchange(house, who, &name).await,
        Call::Schema { name } => agreed::schema(house, who, &name).await,
        Call::Sample { name } => agreed::sample(house, who, &name).await,
        Call::RunSandbox { name, asked } => agreed::sandbox(house, who, &name, &asked).await,
        Call::RequestTransfer { exchange, key, asked } => transfers::request(house, who, &exchange, &key, asked).await,
        Call::Rows { exchange, asked } => online::rows(house, teller, who, &exchange, asked).await,
        Call::LookUp { exchange, asked } => look_up::first(house, teller, (who, shown), &exchange, &asked).await,
        Call::Transfers { exchange, page } => transfers::list(house, who, exchange, &page).await,
        Call::Transfer { id } => transfers::show(house, who, &id).await,
        Call::WithdrawTransfer { id } => transfers::withdraw(house, who, &id).await,
        Call::SubmitRecords { exchange, key } => intakes::submit(house, who, &exchange, &key, body).await,
        Call::Intakes { exchange, page } => intakes::list(house, who, exchange, &page).await,
        Call::Intake { id } => intakes::show(house, who, &id).await,
        Call::CancelIntake { id } => intakes::cancel(house, who, &id).await,
        Call::Outcomes { id, page } => intakes::outcomes(house, who, &id, &page).await,
        Call::Acknowledgement { id } => intakes::acknowledgement(house, who, &id).await,
        Call::BeginUpload { exchange, size, is_last } => {
            uploads::begin(house, who, &exchange, size, (body, is_last)).await
        }
        Call::Upload { id } => uploads::show(house, who, &id).await,
        Call::AppendUpload { id, from, is_last } => uploads::append(house, who, &id, from, (body, is_last)).await,
        Call::EndUpload { id } => uploads::end(house, who, &id).await,
        Call::Manifest { package } => transfers::manifest(house, who, &package).await,
        Call::TakePart { package, part } => transfers::take(house, who, &package, &part).await,
        Call::BeginPart { package, part, first_byte, bytes } => {
            transfers::begin_part(house, who, Wanted { package: &package, part: &part, first_byte, bytes }).await
        }
        Call::Receipt { package, signed } => signed::receipt(house, who, &package, &signed).await,
        Call::Notices { page } => told::notices(house, who, &page).await,
        Call::Notice { id } => told::notice(house, who, &id).await,
        Call::TakeNotice { id } => told::take(house, who, &id).await,
        Call::AnswerNotice { id, signed } => signed::answer(house, who, &id, &signed).await,
        Call::Certify { signed } => signed::certify(house, who, &signed).await,
        Call::Events { page } => told::events(house, who, &page).await,
        Call::ReplayEvent { id } => told::replay(house, who, &id).await,
        Call::Keys => account::keys(house, who).await,
        Call::RotateKey { asked } => account::rotate_key(house, who, &asked).await,
        Call::ClientKeys => account::client_keys(house, who).await,
        Call::RotateClientKey { signed } => signed::client_keys(house, who, &signed).await,
    }
}

/// What is shown.
fn shown(body: &impl Serialize) -> Answered {
    with(Status::Shown, None, None, body)
}

fn with(status: Status, location: Option<String>, progress: Option<String>, body: &impl Serialize) -> Answered {
    let body = serde_json::to_vec(body).map_err(|_| EngineError::Wrong("an answer cannot be written".to_owned()))?;
    Ok((Answer::Said { status, location, progress }, body))
}

/// Refuses a call about what the token is not for; the attempt stands in the ledger.
async fn demand(house: &House, who: &Caller, what: &str, scope: &str) -> Result<(), EngineError> {
    match who.demand(scope) {
        Ok(()) => Ok(()),
        Err(why) => Err(house.deny(&who.name(), what, scope, why.into()).await),
    }
}

/// Refuses, in the words of what is not there, a thing of another partner's. The attempt is entered once that was said, so that it takes no
/// longer than what is not there.
fn own(who: &Caller, what: &'static str, name: &str, partner: &str) -> Result<(), EngineError> {
    match who.partner == partner {
        true => Ok(()),
        false => Err(EngineError::Others { actor: who.name(), what, name: name.to_owned() }),
    }
}

/// An attempt on another partner's thing, which is still to be entered in the ledger.
pub(super) struct Attempt {
    actor: String,
    what: &'static str,
    name: String,
}

impl Attempt {
    /// Enters it. Where the database does not answer there is no ledger either.
    pub(super) async fn enter(self, house: &House) {
        let refused = Refused::one(Code::NotPermitted, &self.name, "it is another partner's");
        let _denied = house.deny(&self.actor, self.what, &self.name, refused).await;
    }
}

/// How many entries of a list are asked for.
fn limit(page: &Page) -> usize {
    page.limit.clamp(1, MOST) as usize
}

/// A part of a list, of entries that were read one more than are asked for.
fn part<R, T>(page: &Page, mut found: Vec<R>, key: impl Fn(&R) -> String, show: impl Fn(R) -> T) -> said::List<T> {
    let most = limit(page);
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).map(key);
    said::List { items: found.into_iter().map(show).collect(), next }
}

/// What comes of being told how much was handed over.
pub(super) async fn given(house: &House, taking: &str, bytes: u64) -> Answer {
    end_taking(house, taking, bytes).await.map_or_else(failed, |()| Answer::Done)
}

/// Why a call came to nothing, as far as the partner is told; what is the house's own stands in the log.
fn failed(error: EngineError) -> Answer {
    match error {
        EngineError::Denied { violations, .. }
        | EngineError::Refused { violations, .. }
        | EngineError::NotShown { violations, .. }
        | EngineError::Lapsed { violations, .. } => Answer::Refused { violations },
        EngineError::Held { violation, .. } => Answer::Refused { violations: vec![*violation] },
        EngineError::Unknown { .. } | EngineError::Others { .. } => Answer::NotThere,
        EngineError::NotProven(detail) => Answer::Wrong { code: "not-proven".to_owned(), detail },
        EngineError::Package(error) if error.is_verification() => {
            Answer::Wrong { code: "not-proven".to_owned(), detail: error.to_string() }
        }
        EngineError::Wrong(detail) => Answer::Wrong { code: "makes-no-sense".to_owned(), detail },
        EngineError::Store(StoreError::NotFound { .. }) => Answer::NotThere,
        EngineError::Store(StoreError::Taken { .. }) => {
            let detail = "a key, a certificate or a name of it is taken".to_owned();
            Answer::Wrong { code: "taken".to_owned(), detail }
        }
        EngineError::Store(StoreError::ReceiptReplayed { .. } | StoreError::ReceiptUnproven { .. }) => {
            let detail = "the package has its receipt already, and this one differs, or proves nothing".to_owned();
            Answer::Wrong { code: "not-proven".to_owned(), detail }
        }
        EngineError::Store(StoreError::Impossible { transfer, .. }) => {
            let detail = "it has come too far, or has ended";
            Answer::Refused { violations: vec![Violation::new(Code::WrongState, transfer, detail)] }
        }
        EngineError::Store(StoreError::Conflict { .. } | StoreError::ChangedMeanwhile { .. }) => {
            let detail = "somebody else changed it meanwhile: look at it again";
            Answer::Refused { violations: vec![Violation::new(Code::ChangedMeanwhile, "it", detail)] }
        }
        error => Answer::Failed { why: error.to_string() },
    }
}
