//! When is an arrangement in force? Only this module can say so.

use std::collections::BTreeSet;
use std::ops::Deref;

use jiff::Timestamp;

use super::{Arrangement, Kind, State};
use crate::onward::Exception;
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
        let refuse = |detail: String| Refused::one(Code::NotInForce, &terms.arrangement, detail);
        let known = state.terms();
        if !matches!(state, State::InForce { .. }) {
            return Err(refuse(format!("version {} is {}", known.version, state.name())));
        }
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
