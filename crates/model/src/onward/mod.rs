//! To whom may data never go, to whom only by permission, and who may lift a denial for one transfer?

mod exceptional;

pub use exceptional::{Consent, Exception, consent_reason, consent_text, release_exceptionally};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arrangement::{Arrangement, Onward};
use crate::{Code, Refused, Violation};

/// Whoever would receive data after the partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnwardRecipient {
    /// Name.
    pub name: String,
    /// Country whose law binds it (ISO 3166 alpha-3), or `INT`.
    pub jurisdiction: String,
    /// Country where it would keep the data, ISO 3166 alpha-3.
    pub hosting_country: String,
}

/// The operation's written permission for one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenPermission {
    /// For whom.
    pub recipient: String,
    /// Under which arrangement.
    pub arrangement: String,
    /// Who gave it.
    pub given_by: String,
    /// Last day on which it holds.
    #[schemars(with = "String")]
    pub valid_until: Date,
}

/// Whether the partner may pass data of `arrangement` on to `recipient` on `today`.
///
/// The country of origin is denied whatever the rule and whatever permission there is.
pub fn may_pass_on(
    arrangement: &Arrangement,
    recipient: &OnwardRecipient,
    permissions: &[WrittenPermission],
    today: Date,
) -> Result<(), Refused> {
    let mut violations = origin_violations(arrangement, recipient);
    let processor = arrangement.processors.iter().any(|party| {
        party.name == recipient.name
            && party.jurisdiction == recipient.jurisdiction
            && party.hosting_country == recipient.hosting_country
    });
    let permitted = permissions.iter().any(|permission| {
        permission.recipient == recipient.name
            && permission.arrangement == arrangement.arrangement
            && today <= permission.valid_until
    });
    let refusal = match arrangement.onward {
        Onward::None => Some("nothing may be passed on"),
        Onward::ProcessorsOnly if !processor => Some("only to a named processor, bound and hosting where it was named"),
        Onward::WrittenPermission if !processor && !permitted => Some("only with written permission that holds today"),
        _ => None,
    };
    if let Some(rule) = refusal {
        violations.push(Violation::new(Code::OnwardNotAgreed, &recipient.name, rule));
    }
    Refused::unless_empty(violations)
}

fn origin_violations(arrangement: &Arrangement, recipient: &OnwardRecipient) -> Vec<Violation> {
    let mut places = vec![("is bound", &recipient.jurisdiction), ("would keep data", &recipient.hosting_country)];
    places.retain(|(_, country)| arrangement.countries_of_origin.contains(country));
    let violation = |(how, country): (&str, &String)| {
        let detail = format!("`{}` {how} there, and people covered come from there", recipient.name);
        Violation::new(Code::CountryOfOrigin, country, detail)
    };
    places.into_iter().map(violation).collect()
}

#[cfg(test)]
mod tests;
