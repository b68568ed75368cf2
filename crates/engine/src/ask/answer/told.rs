//! What was the partner told: of people's decisions by sealed notices, of everything else by alerts?

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_model::permission::Action;
use causeway_store::Saved;
use causeway_store::query::{AlertFilter, AlertRow, NoticeRow};

use super::agreed::scope_of;
use super::{ACCOUNT, Answered, Page, Status, demand, limit, own, part, said, shown, with};
use crate::command::replay_alert;
use crate::drive::{lies_ready, take_notice};
use crate::error::EngineError;
use crate::house::House;
use crate::token::Caller;

/// A notice to the caller's partner that was sent, and that the token is for.
pub(super) async fn of_caller(house: &House, who: &Caller, action: Action, id: &str) -> Result<NoticeRow, EngineError> {
    let unknown = || EngineError::Unknown { what: "notice", name: id.to_owned(), help: "" };
    let row = house.store.notice(id).await?.ok_or_else(unknown)?;
    own(who, "notice", id, &row.partner)?;
    // One that was not sent is not there yet, for whoever is to be told, unless it lies ready.
    if row.sent_at.is_none() && !lies_ready(house, &row).await {
        return Err(unknown());
    }
    demand(house, who, action.as_str(), &scope_of(&row.exchange)).await?;
    Ok(row)
}

/// Notices that were sent, the oldest first.
pub(super) async fn notices(house: &House, who: &Caller, page: &Page) -> Answered {
    // Who answers a notice may see which there are.
    house.permit(&who.name(), Action::AcceptAnswer, &house.of_both("notices", &who.partner)).await?;
    let mut sent = Vec::new();
    for row in house.store.notices(Some(&who.partner)).await? {
        if who.is_for(&scope_of(&row.exchange)) && (row.sent_at.is_some() || lies_ready(house, &row).await) {
            sent.push(row);
        }
    }
    let behind: Vec<NoticeRow> = match &page.after {
        None => sent,
        Some(after) => sent.into_iter().skip_while(|row| row.id != *after).skip(1).collect(),
    };
    shown(&part(page, behind, |row| row.id.clone(), |row| about(&row)))
}

/// One notice.
pub(super) async fn notice(house: &House, who: &Caller, id: &str) -> Answered {
    let row = of_caller(house, who, Action::AcceptAnswer, id).await?;
    house.permit(&who.name(), Action::AcceptAnswer, &house.of_both(id, &who.partner)).await?;
    shown(&about(&row))
}

/// One that lies ready, sealed to the partner.
pub(super) async fn take(house: &House, who: &Caller, id: &str) -> Answered {
    let row = of_caller(house, who, Action::AcceptAnswer, id).await?;
    house.permit(&who.name(), Action::AcceptAnswer, &house.of_both(id, &who.partner)).await?;
    let sealed = match lies_ready(house, &row).await {
        true => take_notice(house, &who.name(), &row).await?,
        false => None,
    };
    let gone = || EngineError::Unknown { what: "notice", name: id.to_owned(), help: "" };
    let sealed = sealed.ok_or_else(gone)?;
    shown(&said::NoticeTaken {
        notice: row.id,
        document: String::from_utf8(sealed.manifest).map_err(|_| gone())?,
        signature: STANDARD.encode(&sealed.signature),
        part: STANDARD.encode(&sealed.part),
    })
}

fn about(row: &NoticeRow) -> said::NoticeShown {
    let waits = if row.sent_at.is_some() { "sent" } else { "ready" };
    let settled = row.answers.iter().find(|answer| answer.outcome != "received").or(row.answers.last());
    said::NoticeShown {
        notice: row.id.clone(),
        exchange: row.exchange.clone(),
        wants_certificate: row.wants_certificate,
        act_by: row.act_by.to_string(),
        sent_at: row.sent_at.map(|at| at.to_string()),
        state: settled.map_or(waits, |answer| answer.outcome.as_str()).to_owned(),
    }
}

/// What the partner was told by mail and webhook, the newest first.
pub(super) async fn events(house: &House, who: &Caller, page: &Page) -> Answered {
    demand(house, who, Action::ShowAlerts.as_str(), ACCOUNT).await?;
    let behind = match &page.after {
        None => None,
        Some(id) => {
            let alert = house.alert(id).await?;
            own(who, "alert", id, alert.to.partner().unwrap_or_default())?;
            Some(alert)
        }
    };
    let most = limit(page) + 1;
    let (mut found, mut last): (Vec<AlertRow>, _) = (Vec::new(), behind);
    loop {
        let rows = house.store.alerts(AlertFilter::All, last.as_ref(), super::MOST).await?;
        let is_last = rows.len() < super::MOST as usize;
        last = rows.last().cloned();
        for row in rows.into_iter().filter(|row| row.to.partner() == Some(&who.partner)) {
            if house.sees(&who.name(), Action::ShowAlerts, &house.of_alert(&row.id, &row.to)).await? {
                found.push(row);
            }
        }
        if is_last || found.len() >= most {
            break;
        }
    }
    let show = |row: AlertRow| said::EventShown {
        event: row.id,
        kind: row.kind.as_str().to_owned(),
        subject: row.subject,
        ids: row.ids,
        posted_at: row.posted_at.to_string(),
    };
    shown(&part(page, found, |row| row.id.clone(), show))
}

/// Sends one once more, by the partner's ways.
pub(super) async fn replay(house: &House, who: &Caller, id: &str) -> Answered {
    demand(house, who, Action::ShowAlerts.as_str(), ACCOUNT).await?;
    let alert = house.alert(id).await?;
    own(who, "alert", id, alert.to.partner().unwrap_or_default())?;
    let saved = replay_alert(house, &who.name(), id).await?;
    with(Status::Begun, None, None, &said::Replayed { event: id.to_owned(), again: saved == Saved::Already })
}
