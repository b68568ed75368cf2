//! When is an arrangement in force? Only this module can say so.

use std::collections::BTreeSet;
use std::ops::Deref;

use super::Arrangement;
use crate::{Code, Violation};

/// Officers whose approval an arrangement needs.
pub const OFFICERS_NEEDED: usize = 2;

/// An arrangement that two different officers signed and whose validity covers the day of the transfer.
#[derive(Clone, Debug)]
pub struct InForce(Arrangement);

impl InForce {
    /// `signed` are the officers whose signatures over exactly this document were verified; `today` is a day in UTC.
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
        if let Some(violation) = arrangement.origin_violations().into_iter().next() {
            return Err(violation);
        }
        Ok(Self(arrangement))
    }
}

impl Deref for InForce {
    type Target = Arrangement;

    fn deref(&self) -> &Arrangement {
        &self.0
    }
}
