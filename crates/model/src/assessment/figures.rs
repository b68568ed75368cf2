//! What was really moved under an arrangement, what is scheduled, and how sensitive is it?

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::arrangement::{Arrangement, Biometrics, Released};
use crate::catalogue::Catalogue;
use crate::{ElementRef, Form};

/// Days that are looked back and ahead.
pub const WINDOW_DAYS: u32 = 365;

/// Transfers that are planned: by a schedule, or by requests that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// When the last of them will be, as far as the next 365 days are looked at.
    pub last: Timestamp,
    /// How many.
    pub transfers: u32,
    /// Records that each is expected to release: as many as the last one did, or the people covered, or the row cap.
    pub records_each: u64,
}

/// The figures from which it is decided whether an assessment is due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Transfers made in the last 365 days.
    pub transfers_moved: u32,
    /// Records that they released.
    pub records_moved: u64,
    /// Transfers scheduled in the next 365 days.
    pub transfers_scheduled: u32,
    /// Records that they are expected to release.
    pub records_scheduled: u64,
    /// Days from the first of all these to the last.
    pub span_days: u32,
    /// Highest sensitivity of an element that may leave as more than its presence.
    pub highest_sensitivity: u8,
    /// The elements that have it.
    pub most_sensitive: BTreeSet<ElementRef>,
    /// Whether biometric templates or images may leave.
    pub templates: bool,
}

/// Gathers the figures of an arrangement. `released` may go back further: what is older than 365 days is left out; what
/// is dated after `now` counts, so that a clock set back makes nothing small.
pub fn gather(
    arrangement: &Arrangement,
    catalogue: &Catalogue,
    released: &[Released],
    scheduled: &[Scheduled],
    now: Timestamp,
) -> Figures {
    let since = crate::arrangement::days_before(now, WINDOW_DAYS);
    let recent = || released.iter().filter(|one| one.at > since);
    let planned = || scheduled.iter().filter(|plan| plan.transfers > 0);
    let transfers_scheduled = planned().fold(0_u32, |sum, plan| sum.saturating_add(plan.transfers));
    let each = |plan: &Scheduled| plan.records_each.saturating_mul(u64::from(plan.transfers));
    // A plan that has not begun begins now.
    let first = recent().map(|one| one.at).chain(planned().map(|_| now)).min();
    let last = recent().map(|one| one.at).chain(planned().map(|plan| plan.last)).max();
    let span = first.zip(last).map_or(0, |(first, last)| last.duration_since(first).as_hours() / 24);
    let mut figures = Figures {
        transfers_moved: u32::try_from(recent().count()).unwrap_or(u32::MAX),
        records_moved: recent().fold(0, |sum, one| sum.saturating_add(one.records)),
        transfers_scheduled,
        records_scheduled: planned().fold(0, |sum, plan| sum.saturating_add(each(plan))),
        span_days: u32::try_from(span).unwrap_or(0),
        templates: arrangement.biometrics == Biometrics::Templates,
        ..Figures::default()
    };
    for item in arrangement.elements.iter().filter(|item| item.form != Form::Presence) {
        let entity = catalogue.entity(&item.element.entity);
        let known = entity.and_then(|entity| entity.element(&item.element.element));
        // What the catalogue does not know is taken for the most sensitive.
        let sensitivity = known.map_or(4, |element| element.sensitivity);
        if sensitivity > figures.highest_sensitivity {
            figures.highest_sensitivity = sensitivity;
            figures.most_sensitive.clear();
        }
        if sensitivity == figures.highest_sensitivity {
            figures.most_sensitive.insert(item.element.clone());
        }
    }
    figures
}
