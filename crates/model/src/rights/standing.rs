//! What holds of one person, for one purpose and recipient, after everything that was decided?

use super::{ConsentFrom, Kind, OnContested, RightsTerms};
use crate::Code;

/// What holds; of the decisions that cover one purpose and recipient, taken in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    consent: Option<bool>,
    objects: bool,
    contested: bool,
    merged: bool,
    erased: bool,
}

impl Standing {
    /// Takes the next decision.
    pub fn take(&mut self, kind: Kind) {
        match kind {
            Kind::ConsentGiven => self.consent = Some(true),
            Kind::ConsentWithdrawn => self.consent = Some(false),
            Kind::Objection => self.objects = true,
            Kind::ObjectionLifted => self.objects = false,
            Kind::Contested => self.contested = true,
            Kind::ContestResolved => self.contested = false,
            Kind::Correction => {}
            Kind::Merge => self.merged = true,
            Kind::Erasure => self.erased = true,
        }
    }

    /// Takes what a record decided that was merged into this one: whatever keeps either in keeps both in.
    pub fn inherit(&mut self, other: Standing) {
        self.objects |= other.objects;
        self.contested |= other.contested;
        self.erased |= other.erased;
        self.consent = match (self.consent, other.consent) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (own, theirs) => own.or(theirs),
        };
    }

    /// Why the person is left out, whatever the sources say; none where nothing here stands against it.
    pub fn left_out(self, terms: RightsTerms, needs_consent: bool) -> Option<Code> {
        if self.erased {
            Some(Code::PersonErased)
        } else if self.merged {
            Some(Code::RecordMerged)
        } else if self.objects {
            Some(Code::PersonObjects)
        } else if self.consent == Some(false) {
            Some(Code::ConsentWithdrawn)
        } else if self.contested && terms.contested == OnContested::Withhold {
            Some(Code::DataContested)
        } else if needs_consent && terms.consent == ConsentFrom::Register && self.consent.is_none() {
            Some(Code::NoConsent)
        } else {
            None
        }
    }
}
