//! What is to be told that no change of ours tells of: what is late, what ends, what is no longer as it was?

use std::collections::BTreeSet;

use causeway_model::notice::{Notice, NoticeKind, To};
use causeway_store::Saved;
use jiff::{SignedDuration, ToSpan as _};

use crate::error::EngineError;
use crate::house::House;
use crate::lookout::receipts_due;

/// So many are looked at: those that became late last, so that each is once among them.
const MOST: u32 = 500;

/// A receipt that stays out is told of so often: once a week.
const REMINDERS: i64 = 4;

/// What was found and posted by this process, so that the database is not asked to refuse it again and again.
pub(super) type Known = BTreeSet<(NoticeKind, To, String, String)>;

/// Posts what is found. What cannot be looked at keeps nothing else from being told.
pub(super) async fn look(house: &House, known: &mut Known) -> Result<(), EngineError> {
    let looked = [overdue(house).await, ending_arrangements(house).await, ending_keys(house).await];
    let (mut found, mut trouble) = (Vec::new(), Ok(()));
    for outcome in looked {
        match outcome {
            Ok(notices) => found.extend(notices),
            Err(error) => trouble = Err(error),
        }
    }
    for notice in found {
        let key = (notice.kind, notice.to.clone(), notice.subject.clone(), notice.occasion.clone());
        if !known.contains(&key) {
            house.store.outbox().post(&notice, house.now()).await?;
            known.insert(key);
        }
    }
    trouble
}

fn both(notice: Notice, partner: &str) -> [Notice; 2] {
    let theirs = Notice { to: To::Partner(partner.to_owned()), ..notice.clone() };
    [notice, theirs]
}

async fn overdue(house: &House) -> Result<Vec<Notice>, EngineError> {
    let due = receipts_due(&house.home, house.now());
    let mut notices = Vec::new();
    for late in house.store.newest_overdue_receipts(due, MOST).await? {
        let weeks = due.duration_since(late.arrived_at).as_hours() / (7 * 24);
        let (name, version) = &late.arrangement;
        let arrangement = house.arrangement_version(name, *version).await?.value;
        let notice = Notice::new(NoticeKind::ReceiptOverdue, To::Staff, late.transfer);
        let notice = notice.with("package", late.package).with("exchange", late.exchange);
        let notice = notice.at(format!("week-{}", weeks.clamp(0, REMINDERS - 1)));
        notices.extend(both(notice, &arrangement.partner));
    }
    Ok(notices)
}

async fn ending_arrangements(house: &House) -> Result<Vec<Notice>, EngineError> {
    let soon = house.today().saturating_add(i64::from(house.home.config().notices.ends_within_days).days());
    let mut notices = Vec::new();
    for life in house.store.arrangements_ending_by(soon).await? {
        let until = life.state.terms().valid.until;
        if until < house.today() {
            continue;
        }
        let arrangement = house.arrangement_version(&life.arrangement, life.version).await?.value;
        let notice = Notice::new(NoticeKind::ArrangementExpires, To::Staff, life.arrangement);
        let notice = notice.with("version", life.version.to_string()).with("until", until.to_string());
        notices.extend(both(notice.at(format!("{}-{until}", life.version)), &arrangement.partner));
    }
    Ok(notices)
}

async fn ending_keys(house: &House) -> Result<Vec<Notice>, EngineError> {
    let today = house.today();
    let soon = today.saturating_add(i64::from(house.home.config().notices.ends_within_days).days());
    let mut notices = Vec::new();
    for partner in house.store.partners().await? {
        let Some(life) = house.store.partner_life(&partner.name).await? else { continue };
        for key in life.state.keys().iter().filter(|key| key.is_usable()) {
            let Some(until) = key.retires_on.filter(|until| *until >= today && *until <= soon) else { continue };
            let notice = Notice::new(NoticeKind::KeyExpires, To::Staff, &key.key).with("partner", &partner.name);
            let notice = notice.with("until", until.to_string()).at(until.to_string());
            notices.extend(both(notice, &partner.name));
        }
    }
    Ok(notices)
}

/// Tells that the stores are no longer as the catalogue in use says, once a day as long as it is so. `codes` are those of what was
/// found.
pub async fn drifted(house: &House, catalogue: &str, version: u32, codes: &[&str]) -> Result<Saved, EngineError> {
    let notice = Notice::new(NoticeKind::SchemaDrift, To::Staff, catalogue).with("version", version.to_string());
    let notice = notice.with("found", codes.join("/")).at(house.today().to_string());
    Ok(house.store.outbox().post(&notice, house.now()).await?)
}

/// How long what was found is remembered: a day later everything is asked of the database once more.
pub(super) const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
