//! What is to be told that no change of ours tells of: what is late, what ends, what is no longer as it was?

use std::collections::{BTreeMap, BTreeSet};

use causeway_model::alert::{Alert, AlertKind, To};
use causeway_store::Saved;
use causeway_store::query::Overdue;
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan as _};

use super::settings::Settings;
use crate::command::held_back;
use crate::error::EngineError;
use crate::house::House;
use crate::lookout::receipts_due;

/// So many are read at once.
const PAGE: u32 = 500;

/// A receipt that stays out is told of so often: once a week.
const REMINDERS: i64 = 4;

/// How long what was found is remembered: a day later everything is asked of the database once more.
pub(super) const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// What this process knows, so that the database is not asked again and again.
#[derive(Default)]
pub(super) struct Known {
    /// What was found and posted.
    posted: BTreeSet<(AlertKind, To, String, String)>,
    /// Whose a version of an arrangement is: that never changes.
    partners: BTreeMap<(String, u32), String>,
}

/// Posts what is found. What cannot be looked at keeps nothing else from being told.
///
/// # Errors
/// The last thing that could not be looked at, after everything else was posted.
pub(super) async fn look(house: &House, settings: &Settings, known: &mut Known) -> Result<(), EngineError> {
    let mut look = Look { house, settings, known, held: BTreeMap::new(), trouble: None };
    for outcome in [look.overdue().await, look.ending_arrangements().await, look.ending_keys().await] {
        look.note(outcome);
    }
    look.trouble.map_or(Ok(()), Err)
}

struct Look<'l> {
    house: &'l House,
    settings: &'l Settings,
    known: &'l mut Known,
    /// Whether nothing may go to a partner now.
    held: BTreeMap<String, bool>,
    trouble: Option<EngineError>,
}

impl Look<'_> {
    fn note(&mut self, outcome: Result<(), EngineError>) {
        self.trouble = outcome.err().or(self.trouble.take());
    }

    async fn post(&mut self, alert: Alert) -> Result<(), EngineError> {
        let key = (alert.kind, alert.to.clone(), alert.subject.clone(), alert.occasion.clone());
        if !self.known.posted.contains(&key) {
            self.house.store.outbox().post(&alert, self.house.now()).await?;
            self.known.posted.insert(key);
        }
        Ok(())
    }

    /// Tells a partner the same as our own people; later, where nothing may go there now.
    async fn post_theirs(&mut self, alert: Alert, partner: &str) -> Result<(), EngineError> {
        let held = match self.held.get(partner) {
            Some(held) => *held,
            None => held_back(self.house, partner).await?.is_some(),
        };
        self.held.insert(partner.to_owned(), held);
        if held {
            return Ok(());
        }
        self.post(Alert { to: To::Partner(partner.to_owned()), ..alert }).await
    }

    /// Tells our own people of something under an arrangement, whatever is wrong with its text, and its partner.
    async fn post_under(&mut self, alert: Alert, name: &str, version: u32) -> Result<(), EngineError> {
        self.post(alert.clone()).await?;
        let key = (name.to_owned(), version);
        let partner = match self.known.partners.get(&key) {
            Some(partner) => partner.clone(),
            None => self.house.arrangement_version(name, version).await?.value.partner,
        };
        self.known.partners.insert(key, partner.clone());
        self.post_theirs(alert, &partner).await
    }

    async fn overdue(&mut self) -> Result<(), EngineError> {
        let due = receipts_due(self.settings, self.house.now());
        let mut last: Option<Overdue> = None;
        loop {
            let page = self.house.store.overdue_receipts(due, last.as_ref(), PAGE).await?;
            for late in &page {
                let weeks = due.duration_since(late.arrived_at).as_hours() / (7 * 24);
                let (name, version) = &late.arrangement;
                let alert = Alert::new(AlertKind::ReceiptOverdue, To::Staff, &late.transfer);
                let alert = alert.with("package", &late.package).with("exchange", &late.exchange);
                let alert = alert.at(format!("week-{}", weeks.clamp(0, REMINDERS - 1)));
                let told = self.post_under(alert, name, *version).await;
                self.note(told);
            }
            match page.into_iter().nth(PAGE as usize - 1) {
                Some(late) => last = Some(late),
                None => return Ok(()),
            }
        }
    }

    /// The last day that is told of today.
    fn soon(&self) -> Date {
        self.house.today().saturating_add(i64::from(self.settings.ends_within_days).days())
    }

    async fn ending_arrangements(&mut self) -> Result<(), EngineError> {
        for life in self.house.store.arrangements_ending_by(self.soon()).await? {
            let until = life.state.terms().valid.until;
            if until < self.house.today() {
                continue;
            }
            let alert = Alert::new(AlertKind::ArrangementExpires, To::Staff, &life.arrangement);
            let alert = alert.with("version", life.version.to_string()).with("until", until.to_string());
            let alert = alert.at(format!("{}-{until}", life.version));
            let told = self.post_under(alert, &life.arrangement, life.version).await;
            self.note(told);
        }
        Ok(())
    }

    async fn ending_keys(&mut self) -> Result<(), EngineError> {
        for partner in self.house.store.partners().await? {
            let told = self.ending_keys_of(&partner.name).await;
            self.note(told);
        }
        Ok(())
    }

    async fn ending_keys_of(&mut self, partner: &str) -> Result<(), EngineError> {
        let (today, soon) = (self.house.today(), self.soon());
        let Some(life) = self.house.store.partner_life(partner).await? else { return Ok(()) };
        for key in life.state.keys().iter().filter(|key| key.is_usable()) {
            let Some(until) = key.retires_on.filter(|until| *until >= today && *until <= soon) else { continue };
            let alert = Alert::new(AlertKind::KeyExpires, To::Staff, &key.key).with("partner", partner);
            let alert = alert.with("until", until.to_string()).at(until.to_string());
            self.post(alert.clone()).await?;
            self.post_theirs(alert, partner).await?;
        }
        Ok(())
    }
}

/// Tells that the stores are no longer as the catalogue in use says, once a day as long as it is so. `codes` are those of what was
/// found.
pub async fn drifted(house: &House, catalogue: &str, version: u32, codes: &[&str]) -> Result<Saved, EngineError> {
    let alert = Alert::new(AlertKind::SchemaDrift, To::Staff, catalogue).with("version", version.to_string());
    let alert = alert.with("found", codes.join("/")).at(house.today().to_string());
    Ok(house.store.outbox().post(&alert, house.now()).await?)
}
