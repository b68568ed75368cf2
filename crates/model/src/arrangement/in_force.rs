//! When is an arrangement in force? Only this module can say so.

use std::collections::BTreeSet;
use std::ops::Deref;

use jiff::Timestamp;

use super::{Arrangement, InFlight, Kind, State, in_flight};
use crate::onward::Exception;
use crate::transfer::Transfer;
use crate::{Code, Refused, Violation};

/// Officers whose approval an arrangement needs.
pub const OFFICERS_NEEDED: usize = 2;

/// An arrangement that two different officers signed and whose validity covers the day of the transfer.
#[derive(Clone, Debug)]
pub struct InForce(Arrangement);

impl InForce {
    /// `signed` are the officers whose signatures over exactly this document were verified; `today` is a day in UTC.
    ///
    /// Terms that this way cannot see held are refused rather than overlooked: a framework above, caps on days and volume.
    /// [`InForce::of`] takes the effective terms of a version that lives.
    pub fn new(
        arrangement: Arrangement,
        signed: &BTreeSet<String>,
        today: jiff::civil::Date,
    ) -> Result<Self, Violation> {
        let refuse = |detail: String| Err(Violation::new(Code::NotInForce, &arrangement.arrangement, detail));
        if signed.len() < OFFICERS_NEEDED {
            return refuse(format!(
                "version {} has {} of {OFFICERS_NEEDED} officers' signatures",
                arrangement.version,
                signed.len()
            ));
        }
        if !arrangement.valid.contains(today) {
            return refuse(format!("it holds from {} until {}", arrangement.valid.from, arrangement.valid.until));
        }
        if let Some(framework) = &arrangement.under {
            return refuse(format!("it stands under `{framework}`, whose terms must be taken together with it"));
        }
        if arrangement.day_cap.is_some() || arrangement.volume_cap.is_some() {
            return refuse("it has a `day_cap` or a `volume_cap`, which must be counted before it is used".to_owned());
        }
        if arrangement.kind == Kind::GlobalFramework {
            return refuse("it is a framework, and nothing leaves by it alone".to_owned());
        }
        if let Some(violation) = arrangement.origin_violations().into_iter().next() {
            return Err(violation);
        }
        Ok(Self(arrangement))
    }

    /// The effective terms of a version that lives: `state` is in force, of this version and of the text with `digest`.
    ///
    /// `terms` are the arrangement's own, or narrowed by its frameworks ([`crate::hierarchy::effective`]). The country
    /// of origin is denied unless `exception` lifts it for the transfer named.
    pub fn of(
        terms: Arrangement,
        state: &State,
        digest: &str,
        now: Timestamp,
        exception: Option<(&str, &Exception)>,
    ) -> Result<Self, Refused> {
        if !matches!(state, State::InForce { .. }) {
            let detail = format!("version {} is {}", state.terms().version, state.name());
            return Err(Refused::one(Code::NotInForce, &terms.arrangement, detail));
        }
        Self::held(terms, state, digest, now, exception)
    }

    /// The effective terms for a transfer that began under the version whose state is `began`, while `newest` is the state
    /// of the newest version that ever was in force: an amendment since lets it go on, a suspension or an end does not
    /// ([`in_flight`]).
    pub fn under_way(
        terms: Arrangement,
        began: &State,
        newest: &State,
        transfer: &Transfer,
        digest: &str,
        now: Timestamp,
        exception: Option<(&str, &Exception)>,
    ) -> Result<Self, Refused> {
        if in_flight(began, newest, transfer, now) == InFlight::Lapses {
            let of = |state: &State| format!("version {} is {}", state.terms().version, state.name());
            let until =
                |state: &State| format!("version {} held until {}", state.terms().version, state.terms().valid.until);
            let over = [began, newest].into_iter().find(|state| state.terms().valid.is_over(now)).map(until);
            return Err(Refused::one(Code::NotInForce, &terms.arrangement, over.unwrap_or_else(|| of(newest))));
        }
        Self::held(terms, began, digest, now, exception)
    }

    /// What both ways demand: the right text, its days, and that nothing goes to a country of origin.
    fn held(
        terms: Arrangement,
        state: &State,
        digest: &str,
        now: Timestamp,
        exception: Option<(&str, &Exception)>,
    ) -> Result<Self, Refused> {
        let refuse = |detail: String| Refused::one(Code::NotInForce, &terms.arrangement, detail);
        let known = state.terms();
        if known.arrangement != terms.arrangement || known.version != terms.version || known.digest != digest {
            return Err(refuse(format!("what is in force is another text or version than version {}", terms.version)));
        }
        if !known.valid.holds_at(now) || !terms.valid.holds_at(now) {
            return Err(refuse(format!("it holds from {} until {}", terms.valid.from, terms.valid.until)));
        }
        if terms.kind == Kind::GlobalFramework {
            return Err(refuse("it is a framework, and nothing leaves by it alone".to_owned()));
        }
        let mut violations = terms.origin_violations();
        if let Some((transfer, exception)) = exception {
            violations = exception.lift(transfer, violations);
        }
        Refused::unless_empty(violations)?;
        Ok(Self(terms))
    }
}

impl Deref for InForce {
    type Target = Arrangement;

    fn deref(&self) -> &Arrangement {
        &self.0
    }
}
