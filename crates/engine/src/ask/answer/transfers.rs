//! How is a transfer asked for, where does it stand, and what was sealed?

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_model::permission::Action;
use causeway_model::request::{State, TransferRequest};
use causeway_model::transfer::Transfer;
use causeway_model::{Code, Violation};
use causeway_package::manifest::{MANIFEST_FILE, SIGNATURE_FILE};
use causeway_store::query::{TransferFilter, TransferRow};

use super::agreed::{of_caller, scope_of};
use super::{Answer, Answered, Page, Status, TransferAsked, demand, limit, own, part, said, shown, with};
use crate::command::{Manner, request_transfer_as, withdraw_transfer};
use crate::documents::sha256_hex;
use crate::drive::{Wanted, begin_taking, manifest_of};
use crate::error::EngineError;
use crate::house::House;
use crate::query::transfers_seen;
use crate::standing::{Halted, under_way};
use crate::token::Caller;

/// Asks for a transfer. The id is made from the program and its key, so that a repetition finds its own row.
pub(super) async fn request(house: &House, who: &Caller, exchange: &str, key: &str, asked: TransferAsked) -> Answered {
    of_caller(house, who, Action::RequestTransfer, exchange).await?;
    let digest = sha256_hex(&format!("{}:{};{key}", who.client.len(), who.client));
    let id = format!("tr-{}", digest.get(..20).unwrap_or(&digest));
    let TransferAsked { cycle, place, cut_off, note, expect_fewer } = asked;
    let asked = TransferRequest { exchange: exchange.to_owned(), cycle, place, cut_off, note };
    if let Some(answer) = before(house, &id, &asked, expect_fewer).await? {
        return answer;
    }
    let manner = Manner { expect_fewer, exceptionally: false };
    match request_transfer_as(house, &who.name(), &id, asked.clone(), manner).await {
        Ok(_) => begun(house, &id).await,
        // Somebody was faster with the same key.
        Err(error @ EngineError::Store(_)) => match before(house, &id, &asked, expect_fewer).await? {
            Some(answer) => answer,
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// What was answered before to the same question under this key; another question under it is refused.
async fn before(
    house: &House,
    id: &str,
    asked: &TransferRequest,
    expect_fewer: bool,
) -> Result<Option<Answered>, EngineError> {
    let (Some(row), Some(request)) = (house.store.transfer(id).await?, house.store.request(id).await?) else {
        return Ok(None);
    };
    if request.asked != *asked || row.expect_fewer != expect_fewer {
        let detail = "something else was asked for with this `Idempotency-Key`: take another".to_owned();
        return Ok(Some(Ok((Answer::Wrong { code: "idempotency-key-used".to_owned(), detail }, Vec::new()))));
    }
    if let State::Refused { violations, .. } = request.state {
        return Ok(Some(Err(EngineError::Refused { transfer: id.to_owned(), violations })));
    }
    Ok(Some(begun(house, id).await))
}

async fn begun(house: &House, id: &str) -> Answered {
    let row = house.transfer(id).await?;
    let about = about(house, &row).await?;
    with(Status::Begun, Some(format!("/transfers/{id}")), Some(about.state.clone()), &about)
}

/// Where transfers stand that the token is for, the newest first.
pub(super) async fn list(house: &House, who: &Caller, exchange: Option<String>, page: &Page) -> Answered {
    if let Some(name) = &exchange {
        of_caller(house, who, Action::ShowTransfers, name).await?;
    }
    if let Some(after) = &page.after {
        // A place in a list is one of the caller's own.
        of_caller_too(house, who, after).await?;
    }
    let (mut found, mut after): (Vec<TransferRow>, _) = (Vec::new(), page.after.clone());
    let most = limit(page) + 1;
    loop {
        let limit = u32::try_from(most).ok();
        let filter = TransferFilter { exchange: exchange.clone(), after: after.clone(), limit, ..Default::default() };
        let seen = transfers_seen(house, &who.name(), filter).await?;
        let is_last = seen.len() < most;
        after = seen.last().map(|row| row.id.clone());
        found.extend(seen.into_iter().filter(|row| who.is_for(&scope_of(&row.exchange))));
        if is_last || found.len() >= most {
            break;
        }
    }
    found.truncate(most);
    let mut shows = Vec::new();
    for row in found {
        shows.push(about(house, &row).await?);
    }
    shown(&part(page, shows, |one| one.transfer.clone(), |one| one))
}

/// A transfer that is the caller's partner's, and that the token is for.
async fn of_caller_too(house: &House, who: &Caller, id: &str) -> Result<TransferRow, EngineError> {
    let row = house.transfer(id).await?;
    let partner = house.arrangement_version(&row.arrangement, row.arrangement_version).await?.value.partner;
    own(who, "transfer", id, &partner)?;
    demand(house, who, Action::ShowTransfers.as_str(), &scope_of(&row.exchange)).await?;
    Ok(row)
}

/// Where one stands.
pub(super) async fn show(house: &House, who: &Caller, id: &str) -> Answered {
    let row = of_caller_too(house, who, id).await?;
    house.permit(&who.name(), Action::ShowTransfers, &house.of_both(id, &who.partner)).await?;
    let about = about(house, &row).await?;
    if !row.state.is_unfinished() || row.awaits_partner() {
        return shown(&about);
    }
    with(Status::Begun, Some(format!("/transfers/{id}")), Some(about.state.clone()), &about)
}

/// What a partner is told of a transfer: neither why it was refused nor how many were left out.
async fn about(house: &House, row: &TransferRow) -> Result<said::TransferShown, EngineError> {
    let is_there = has_arrived(row) || row.awaits_partner();
    let request = house.store.request(&row.id).await?;
    let stands = request.map(|request| request.state);
    let state = match &stands {
        Some(State::Withdrawn) => "withdrawn",
        _ => row.state.name(),
    };
    Ok(said::TransferShown {
        transfer: row.id.clone(),
        exchange: row.exchange.clone(),
        state: state.to_owned(),
        awaits_approval: matches!(stands, Some(State::AwaitingApproval { .. })),
        awaits_partner: row.awaits_partner(),
        requested_at: row.requested_at.to_string(),
        updated_at: row.updated_at.to_string(),
        sequence: row.sequence.filter(|_| is_there),
        package: row.state.package().filter(|_| is_there).map(str::to_owned),
    })
}

/// Takes a request back.
pub(super) async fn withdraw(house: &House, who: &Caller, id: &str) -> Answered {
    of_caller_too(house, who, id).await?;
    withdraw_transfer(house, &who.name(), id).await?;
    shown(&about(house, &house.transfer(id).await?).await?)
}

fn has_arrived(row: &TransferRow) -> bool {
    matches!(row.state, Transfer::Delivered { .. } | Transfer::Receipted { .. } | Transfer::Disputed { .. })
}

fn no_package(package: &str) -> EngineError {
    EngineError::Unknown { what: "package", name: package.to_owned(), help: "" }
}

/// The transfer of a package of the caller's partner.
pub(super) async fn of_partner(house: &House, who: &Caller, package: &str) -> Result<TransferRow, EngineError> {
    let held = house.store.package(package).await?.ok_or_else(|| no_package(package))?;
    of_caller_too(house, who, &held.transfer).await
}

/// The same of one that has arrived or lies ready.
pub(super) async fn there(house: &House, who: &Caller, package: &str) -> Result<TransferRow, EngineError> {
    let row = of_partner(house, who, package).await?;
    if has_arrived(&row) || row.awaits_partner() { Ok(row) } else { Err(no_package(package)) }
}

/// The same of one that may be taken now: one that lies ready and is for nobody any more is not there.
async fn to_be_taken(house: &House, who: &Caller, package: &str, action: Action) -> Result<TransferRow, EngineError> {
    let row = there(house, who, package).await?;
    house.permit(&who.name(), action, &house.of_both(&row.id, &who.partner)).await?;
    // INVARIANT (a stop holds): whoever calls is held back with its partner; the rest is looked up here, and again every second.
    match under_way(house, &row).await?.err().filter(|_| row.awaits_partner()) {
        None => Ok(row),
        Some(Halted::Lapses(_)) => Err(no_package(package)),
        Some(Halted::Waits(refused)) => Err(house.deny(&who.name(), action.as_str(), package, refused).await),
    }
}

/// A package's manifest, as long as the package is kept here.
pub(super) async fn manifest(house: &House, who: &Caller, package: &str) -> Answered {
    to_be_taken(house, who, package, Action::ShowTransfers).await?;
    let folder = house.home.packages().join(package);
    let document = std::fs::read_to_string(folder.join(MANIFEST_FILE)).map_err(|_| no_package(package))?;
    let signature = std::fs::read(folder.join(SIGNATURE_FILE)).map_err(|_| no_package(package))?;
    let signature = STANDARD.encode(signature);
    shown(&said::ManifestShown { package: package.to_owned(), document, signature })
}

/// A part of a package that may be sent, at this moment: its transfer, its digest and its size.
async fn may_take(
    house: &House,
    who: &Caller,
    package: &str,
    part: &str,
) -> Result<(TransferRow, String, u64), EngineError> {
    let action = Action::TakePackage;
    let row = to_be_taken(house, who, package, action).await?;
    if let Some(key) = house.store.sealed_to(package).await?
        && house.store.key_is_revoked(&key).await?
    {
        let why = Violation::new(Code::KeyRevoked, package, "the key that it is sealed to was revoked");
        return Err(house.deny(&who.name(), action.as_str(), package, why.into()).await);
    }
    let unknown = || EngineError::Unknown { what: "part", name: part.to_owned(), help: "" };
    let found = manifest_of(house, package)?.parts.into_iter().find(|one| one.name == part).ok_or_else(unknown)?;
    Ok((row, found.sha256, found.size))
}

/// Whether a part of a package may be sent, at this moment.
pub(super) async fn take(house: &House, who: &Caller, package: &str, part: &str) -> Answered {
    let (_, sha256, size) = may_take(house, who, package, part).await?;
    Ok((Answer::Part { sha256, size }, Vec::new()))
}

/// Bytes of a part are about to be sent: what that is about is committed first.
pub(super) async fn begin_part(house: &House, who: &Caller, wanted: Wanted<'_>) -> Answered {
    let (row, _, size) = may_take(house, who, wanted.package, wanted.part).await?;
    if wanted.bytes == 0 || wanted.first_byte.checked_add(wanted.bytes).is_none_or(|end| end > size) {
        return Err(EngineError::Wrong("there are no such bytes".to_owned()));
    }
    let taking = begin_taking(house, &who.client, &row, wanted).await?;
    Ok((Answer::Begun { taking }, Vec::new()))
}
