//! What is to be told that no change of ours tells of: what is late, what ends, what is no longer as it was?

use std::collections::BTreeSet;

use causeway_model::alert::{Alert, AlertKind, To};
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
pub(super) type Known = BTreeSet<(AlertKind, To, String, String)>;

/// Posts what is found. What cannot be looked at keeps nothing else from being told.
pub(super) async fn look(house: &House, known: &mut Known) -> Result<(), EngineError> {
    let looked = [overdue(house).await, ending_arrangements(house).await, ending_keys(house).await];
    let (mut found, mut trouble) = (Vec::new(), Ok(()));
    for outcome in looked {
        match outcome {
            Ok(alerts) => found.extend(alerts),
            Err(error) => trouble = Err(error),
        }
    }
    for alert in found {
        let key = (alert.kind, alert.to.clone(), alert.subject.clone(), alert.occasion.clone());
        if !known.contains(&key) {
            house.store.outbox().post(&alert, house.now()).await?;
            known.insert(key);
        }
    }
    trouble
}

fn both(alert: Alert, partner: &str) -> [Alert; 2] {
    let theirs = Alert { to: To::Partner(partner.to_owned()), ..alert.clone() };
    [alert, theirs]
}

async fn overdue(house: &House) -> Result<Vec<Alert>, EngineError> {
    let due = receipts_due(&house.home, house.now());
    let mut alerts = Vec::new();
    for late in house.store.newest_overdue_receipts(due, MOST).await? {
        let weeks = due.duration_since(late.arrived_at).as_hours() / (7 * 24);
        let (name, version) = &late.arrangement;
        let arrangement = house.arrangement_version(name, *version).await?.value;
        let alert = Alert::new(AlertKind::ReceiptOverdue, To::Staff, late.transfer);
        let alert = alert.with("package", late.package).with("exchange", late.exchange);
        let alert = alert.at(format!("week-{}", weeks.clamp(0, REMINDERS - 1)));
        alerts.extend(both(alert, &arrangement.partner));
    }
    Ok(alerts)
}

async fn ending_arrangements(house: &House) -> Result<Vec<Alert>, EngineError> {
    let soon = house.today().saturating_add(i64::from(house.home.config().alerts.ends_within_days).days());
    let mut alerts = Vec::new();
    for life in house.store.arrangements_ending_by(soon).await? {
        let until = life.state.terms().valid.until;
        if until < house.today() {
            continue;
        }
        let arrangement = house.arrangement_version(&life.arrangement, life.version).await?.value;
        let alert = Alert::new(AlertKind::ArrangementExpires, To::Staff, life.arrangement);
        let alert = alert.with("version", life.version.to_string()).with("until", until.to_string());
        alerts.extend(both(alert.at(format!("{}-{until}", life.version)), &arrangement.partner));
    }
    Ok(alerts)
}

async fn ending_keys(house: &House) -> Result<Vec<Alert>, EngineError> {
    let today = house.today();
    let soon = today.saturating_add(i64::from(house.home.config().alerts.ends_within_days).days());
    let mut alerts = Vec::new();
    for partner in house.store.partners().await? {
        let Some(life) = house.store.partner_life(&partner.name).await? else { continue };
        for key in life.state.keys().iter().filter(|key| key.is_usable()) {
            let Some(until) = key.retires_on.filter(|until| *until >= today && *until <= soon) else { continue };
            let alert = Alert::new(AlertKind::KeyExpires, To::Staff, &key.key).with("partner", &partner.name);
            let alert = alert.with("until", until.to_string()).at(until.to_string());
            alerts.extend(both(alert, &partner.name));
        }
    }
    Ok(alerts)
}

/// Tells that the stores are no longer as the catalogue in use says, once a day as long as it is so. `codes` are those of what was
/// found.
pub async fn drifted(house: &House, catalogue: &str, version: u32, codes: &[&str]) -> Result<Saved, EngineError> {
    let alert = Alert::new(AlertKind::SchemaDrift, To::Staff, catalogue).with("version", version.to_string());
    let alert = alert.with("found", codes.join("/")).at(house.today().to_string());
    Ok(house.store.outbox().post(&alert, house.now()).await?)
}

/// How long what was found is remembered: a day later everything is asked of the database once more.
pub(super) const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
