//! How do a partner's records come in, where do they stand, and what became of each?

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_model::exchange::Answering;
use causeway_model::intake::Intake;
use causeway_model::permission::Action;
use causeway_model::{Code, Violation};
use causeway_store::StoreError;
use causeway_store::query::{IntakeFilter, IntakeRow};
use zeroize::Zeroizing;

use super::agreed::{of_caller_too, scope_of};
use super::online::{key as answer_key, told};
use super::{Answer, Answered, Page, Status, demand, limit, own, part, said, shown, with};
use crate::command::cancel_intake;
use crate::error::EngineError;
use crate::house::House;
use crate::intake::{ACKNOWLEDGEMENT, RecordTold, Sender, Told, folder, is_told, outcomes as told_of, submit_json};
use crate::token::Caller;

/// Records come in. The id is made from the program and its key, so that a repetition finds its own row.
pub(super) async fn submit(house: &House, who: &Caller, exchange: &str, key: &str, body: &[u8]) -> Answered {
    of_caller_too(house, who, Action::SubmitRecords, exchange).await?;
    match submit_json(house, Sender { client: &who.client, exchange, key }, body).await {
        Ok(received) => begun(house, &received.intake).await,
        Err(EngineError::Store(StoreError::Taken { .. })) => {
            let detail = "other records came with this `Idempotency-Key`: take another".to_owned();
            Ok((Answer::Wrong { code: "idempotency-key-used".to_owned(), detail }, Vec::new()))
        }
        Err(error) => Err(error),
    }
}

/// Says of something that came in where it is found.
pub(super) async fn begun(house: &House, id: &str) -> Answered {
    on_its_way(&house.intake(id).await?)
}

fn on_its_way(row: &IntakeRow) -> Answered {
    let (location, progress) = (format!("/intakes/{}", row.id), row.state.name().to_owned());
    with(Status::Begun, Some(location), Some(progress), &about(row))
}

/// What came in for exchanges that the token is for, the newest first.
pub(super) async fn list(house: &House, who: &Caller, exchange: Option<String>, page: &Page) -> Answered {
    if let Some(name) = &exchange {
        of_caller_too(house, who, Action::ShowIntakes, name).await?;
    }
    if let Some(after) = &page.after {
        // A place in a list is one of the caller's own.
        of_caller(house, who, Action::ShowIntakes, after).await?;
    }
    house.permit(&who.name(), Action::ShowIntakes, &house.of_both("intakes", &who.partner)).await?;
    let (mut found, mut after): (Vec<IntakeRow>, _) = (Vec::new(), page.after.clone());
    let most = limit(page) + 1;
    loop {
        let (partner, limit) = (Some(who.partner.clone()), u32::try_from(most).ok());
        let filter = IntakeFilter { exchange: exchange.clone(), partner, state: None, after: after.clone(), limit };
        let seen = house.intakes(&filter).await?;
        let is_last = seen.len() < most;
        after = seen.last().map(|row| row.id.clone());
        found.extend(seen.into_iter().filter(|row| who.is_for(&scope_of(&row.versions.exchange.0))));
        if is_last || found.len() >= most {
            break;
        }
    }
    found.truncate(most);
    shown(&part(page, found, |row| row.id.clone(), |row| about(&row)))
}

/// What came in from the caller's partner, for an exchange that the token is for.
async fn of_caller(house: &House, who: &Caller, action: Action, id: &str) -> Result<IntakeRow, EngineError> {
    let row = house.intake(id).await?;
    own(who, "intake", id, &row.partner)?;
    demand(house, who, action.as_str(), &scope_of(&row.versions.exchange.0)).await?;
    Ok(row)
}

/// Where one stands.
pub(super) async fn show(house: &House, who: &Caller, id: &str) -> Answered {
    let row = of_caller(house, who, Action::ShowIntakes, id).await?;
    house.permit(&who.name(), Action::ShowIntakes, &house.of_both(id, &who.partner)).await?;
    match row.state.is_unfinished() || row.state == Intake::AwaitingReview {
        true => on_its_way(&row),
        false => shown(&about(&row)),
    }
}

/// What a partner is told of an intake.
fn about(row: &IntakeRow) -> said::IntakeShown {
    let reasons: &[Violation] = match &row.state {
        Intake::Rejected { violations } => violations,
        _ => &[],
    };
    let reason = |one: &Violation| said::ReasonShown {
        code: one.code.as_str().to_owned(),
        detail: one.detail.clone(),
        help: one.code.help().to_owned(),
    };
    said::IntakeShown {
        intake: row.id.clone(),
        exchange: row.versions.exchange.0.clone(),
        state: row.state.name().to_owned(),
        way: row.way.name().to_owned(),
        number: row.number,
        received_at: row.received_at.to_string(),
        updated_at: row.updated_at.to_string(),
        // What was undone is not there any more, whatever it came to.
        counts: row.counts.filter(|_| !matches!(row.state, Intake::Undoing | Intake::Undone)),
        reasons: reasons.iter().map(reason).collect(),
    }
}

/// Takes one back.
pub(super) async fn cancel(house: &House, who: &Caller, id: &str) -> Answered {
    of_caller(house, who, Action::CancelIntake, id).await?;
    let cancelled = cancel_intake(house, &who.name(), id, "the partner's program took it back").await;
    let row = house.intake(id).await?;
    match cancelled {
        Err(EngineError::Wrong(_)) => refused(&row, "it is being applied, or has ended"),
        Err(error) => Err(error),
        Ok(_) => shown(&about(&row)),
    }
}

fn refused(row: &IntakeRow, detail: &str) -> Answered {
    let violations = vec![Violation::new(Code::WrongState, &row.id, detail)];
    Ok((Answer::Refused { violations }, Vec::new()))
}

/// What became of its records: people's data, sealed to the program as rows are.
pub(super) async fn outcomes(house: &House, who: &Caller, id: &str, page: &Page) -> Answered {
    let row = of_caller(house, who, Action::ShowIntakes, id).await?;
    house.permit(&who.name(), Action::ShowIntakes, &house.of_both(id, &who.partner)).await?;
    let after = match &page.after {
        None => 0,
        Some(text) => text.parse().map_err(|_| EngineError::Wrong("`after` is the number of a record".to_owned()))?,
    };
    if !is_told(&row.state) {
        return refused(&row, "no outcome of its records is known in this state");
    }
    let answering = answering(house, &row).await?;
    let key = answer_key(house, who).await?;
    let told_of = told_of(house, id, after, limit(page)).await?;
    let body = serde_json::to_vec(&written(told_of));
    let body = body.map_err(|_| EngineError::Wrong("an answer cannot be written".to_owned()))?;
    told(house, who, answering, key.as_ref(), Zeroizing::new(body))
}

/// The signed word on what was applied: counts and digests, nothing of a person.
pub(super) async fn acknowledgement(house: &House, who: &Caller, id: &str) -> Answered {
    let row = of_caller(house, who, Action::ShowIntakes, id).await?;
    house.permit(&who.name(), Action::ShowIntakes, &house.of_both(id, &who.partner)).await?;
    if row.state != Intake::Acknowledged {
        return refused(&row, "nothing is acknowledged in this state");
    }
    let folder = folder(house, id);
    let gone = |_| EngineError::Unknown { what: "acknowledgement of intake", name: id.to_owned(), help: "" };
    let document = std::fs::read_to_string(folder.join(ACKNOWLEDGEMENT)).map_err(gone)?;
    let signature = std::fs::read(folder.join(format!("{ACKNOWLEDGEMENT}.sig"))).map_err(gone)?;
    shown(&said::AcknowledgementShown { intake: row.id, document, signature: STANDARD.encode(signature) })
}

/// As the exchange in use says; sealed where it does not accept any more.
async fn answering(house: &House, row: &IntakeRow) -> Result<Answering, EngineError> {
    match house.inbound(&row.versions.exchange.0).await {
        Ok(inbound) => Ok(inbound.answer),
        Err(EngineError::Wrong(_)) => Ok(Answering::Sealed),
        Err(error) => Err(error),
    }
}

fn written(told: Told) -> said::OutcomesTold {
    let next = told.records.last().filter(|_| told.more).map(|last| last.record.to_string());
    let one = |record: RecordTold| said::OutcomeTold {
        record: record.record,
        external_id: record.external_id.map(|id| id.expose().clone()),
        outcome: record.outcome.as_str().to_owned(),
        stored: record.stored.map(|stored| stored.expose().clone()),
        errors: record
            .errors
            .into_iter()
            .map(|why| said::FieldWrong {
                field: why.field,
                code: why.code.as_str().to_owned(),
                message: why.message.to_owned(),
            })
            .collect(),
    };
    let state = told.row.state.name().to_owned();
    said::OutcomesTold { intake: told.row.id, state, items: told.records.into_iter().map(one).collect(), next }
}
