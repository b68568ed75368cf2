//! How does a partner's file come in pieces?

use causeway_model::permission::Action;
use causeway_model::{Code, Violation};
use causeway_store::upload::Upload;

use super::agreed::{of_caller_too, scope_of};
use super::{Answer, Answered, demand, intakes, own, said};
use crate::error::EngineError;
use crate::house::House;
use crate::intake::upload::{self, Grown, Piece};
use crate::token::Caller;

/// Begins an upload, with its first piece.
pub(super) async fn begin(
    house: &House,
    who: &Caller,
    exchange: &str,
    size: Option<u64>,
    (bytes, is_last): (&[u8], bool),
) -> Answered {
    of_caller_too(house, who, Action::SubmitRecords, exchange).await?;
    let begun = upload::begin(house, &who.client, exchange, size).await?;
    let piece = Piece { from: 0, bytes, is_last };
    match upload::append(house, &who.client, &begun.id, piece).await {
        Ok(grown) => answered(house, &begun.id, grown, true).await,
        Err(error) => {
            // Nobody knows of it: it keeps no place.
            upload::end(house, &begun.id).await?;
            Err(error)
        }
    }
}

/// How much of it is here.
pub(super) async fn show(house: &House, who: &Caller, id: &str) -> Answered {
    let found = of_caller(house, who, id).await?;
    house.permit(&who.name(), Action::SubmitRecords, &house.of_both(id, &who.partner)).await?;
    let (upload, received, is_whole) = (found.id, found.received, found.intake.is_some());
    Ok((Answer::Upload { begun: false, upload, received, is_whole }, Vec::new()))
}

/// Its next piece.
pub(super) async fn append(
    house: &House,
    who: &Caller,
    id: &str,
    from: u64,
    (bytes, is_last): (&[u8], bool),
) -> Answered {
    of_caller(house, who, id).await?;
    let grown = upload::append(house, &who.client, id, Piece { from, bytes, is_last }).await?;
    answered(house, id, grown, false).await
}

/// Gives it up: its bytes go. One that is an intake by now is taken back as one.
pub(super) async fn end(house: &House, who: &Caller, id: &str) -> Answered {
    let found = of_caller(house, who, id).await?;
    house.permit(&who.name(), Action::SubmitRecords, &house.of_both(id, &who.partner)).await?;
    if found.intake.is_none() && upload::end(house, id).await? {
        return Ok((Answer::Done, Vec::new()));
    }
    let detail = "it is whole and was taken in: take the intake back";
    Ok((Answer::Refused { violations: vec![Violation::new(Code::WrongState, id, detail)] }, Vec::new()))
}

async fn of_caller(house: &House, who: &Caller, id: &str) -> Result<Upload, EngineError> {
    let found = upload::upload(house, id).await?;
    own(who, "upload", id, &found.partner)?;
    demand(house, who, Action::SubmitRecords.as_str(), &scope_of(&found.exchange)).await?;
    Ok(found)
}

async fn answered(house: &House, id: &str, grown: Grown, begun: bool) -> Answered {
    match grown {
        Grown::Became(received) => intakes::begun(house, &received.intake).await,
        Grown::Elsewhere(received) => Ok((Answer::Elsewhere { received }, Vec::new())),
        Grown::To(received) => {
            let upload = id.to_owned();
            let shown = said::UploadShown { upload: upload.clone(), received };
            let body = serde_json::to_vec(&shown).unwrap_or_default();
            Ok((Answer::Upload { begun, upload, received, is_whole: false }, body))
        }
    }
}
