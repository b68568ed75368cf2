//! How long does this house keep a sealed package, and until when may the partner keep what was in it?

use jiff::ToSpan;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Days after the partner's receipt, unless the arrangement says another number: time to settle what is unclear.
pub const AFTER_RECEIPT: u16 = 7;

/// How long a sealed package is kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// Days after the partner's receipt was accepted.
    pub after_receipt_days: u16,
    /// Days after it was sealed at the latest, receipt or not.
    pub at_most_days: u16,
}

impl Keep {
    /// What two levels agree together: the least of each.
    pub fn and(self, other: Self) -> Self {
        Self {
            after_receipt_days: self.after_receipt_days.min(other.after_receipt_days),
            at_most_days: self.at_most_days.min(other.at_most_days),
        }
    }
}

/// What decides when a package goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The day on which it was sealed.
    pub sealed: Date,
    /// The day on which its receipt was accepted.
    pub receipted: Option<Date>,
    /// Whether it was never delivered and never will be.
    pub for_nobody: bool,
    /// The day by which the partner erases what was in it.
    pub partner_until: Date,
}

/// The first day on which a package is not kept any more. Never later than the partner may keep what was in it: whoever asks a partner to
/// erase has no copy left itself.
pub fn due(package: Sealed, keep: Option<Keep>) -> Date {
    let Sealed { sealed, receipted, for_nobody, partner_until } = package;
    if for_nobody {
        return sealed;
    }
    let after = keep.map_or(AFTER_RECEIPT, |keep| keep.after_receipt_days);
    let by_receipt = receipted.map(|day| day.saturating_add(i32::from(after).days()));
    let at_most = keep.map(|keep| sealed.saturating_add(i32::from(keep.at_most_days).days()));
    [by_receipt, at_most].into_iter().flatten().fold(partner_until, Date::min)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_package_goes_after_its_receipt_after_its_days_or_with_the_partners_copy() {
        let sealed = date(2026, 5, 4);
        let package = Sealed { sealed, receipted: None, for_nobody: false, partner_until: date(2026, 8, 2) };
        assert_eq!(due(package, None), date(2026, 8, 2));
        let receipted = Sealed { receipted: Some(date(2026, 5, 6)), ..package };
        assert_eq!(due(receipted, None), date(2026, 5, 13));
        let keep = Keep { after_receipt_days: 0, at_most_days: 30 };
        assert_eq!(due(receipted, Some(keep)), date(2026, 5, 6));
        assert_eq!(due(package, Some(keep)), date(2026, 6, 3));
        let long = Keep { after_receipt_days: 900, at_most_days: 900 };
        assert_eq!(due(receipted, Some(long)), date(2026, 8, 2), "never longer than the partner may");
        assert_eq!(due(Sealed { for_nobody: true, ..package }, None), sealed);
    }
}
