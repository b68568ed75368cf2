//! What do the parties agree on people's decisions?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Days in which the partner acts, unless the arrangement says another number.
pub const NOTICE_DAYS: u16 = 14;

/// What the parties agree on people's decisions. The least comes first in each list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RightsTerms {
    /// Where consent must be recorded, where consent is the basis.
    pub consent: ConsentFrom,
    /// What becomes of a person who says that something is wrong, until that is decided.
    pub contested: OnContested,
    /// Days in which the partner acts on a notice.
    pub notice_days: u16,
    /// Whether notices say the reason code.
    pub reasons: bool,
    /// Days for which the partner goes on serving the person after a change of status.
    pub grace_days: u16,
}

/// Where consent must be recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentFrom {
    /// In the register of decisions, whatever the source says.
    Register,
    /// In the source, unless it was withdrawn in the register.
    #[default]
    Source,
}

/// What becomes of a person whose data are contested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnContested {
    /// Is left out.
    #[default]
    Withhold,
    /// Is shared; those who have the person are told.
    Share,
}

impl Default for RightsTerms {
    fn default() -> Self {
        Self {
            consent: ConsentFrom::default(),
            contested: OnContested::default(),
            notice_days: NOTICE_DAYS,
            reasons: false,
            grace_days: 0,
        }
    }
}

impl RightsTerms {
    /// Whether nothing else than usual is agreed.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// What two levels agree together: the least of each.
    pub fn and(self, other: Self) -> Self {
        Self {
            consent: self.consent.min(other.consent),
            contested: self.contested.min(other.contested),
            notice_days: self.notice_days.min(other.notice_days),
            reasons: self.reasons && other.reasons,
            grace_days: self.grace_days.min(other.grace_days),
        }
    }
}
