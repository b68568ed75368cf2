//! May real people's data pass here, or invented people's only?

use crate::named::named;
use crate::{Code, Refused, Violation};

named! {
    /// For what an installation, an exchange or a key is meant. It is bound into keys and manifests.
    Environment, "environment" {
        /// For real people's data.
        Production = "production",
        /// For invented people: integration, sandboxes, tests.
        Test = "test",
    }
}

named! {
    /// Whose data would pass.
    DataKind, "kind of data" {
        /// Real people's.
        Real = "real",
        /// Invented people's.
        Synthetic = "synthetic",
    }
}

impl Environment {
    /// Whose data belong in it.
    pub const fn data(self) -> DataKind {
        match self {
            Environment::Production => DataKind::Real,
            Environment::Test => DataKind::Synthetic,
        }
    }
}

/// Everything that has an environment on the way of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// The installation's.
    pub installation: Environment,
    /// The exchange's: a sandbox twin is for tests, in a production installation too.
    pub exchange: Environment,
    /// That of the key that seals or signs.
    pub key: Environment,
    /// Whether the partner takes invented people only.
    pub partner_is_synthetic_only: bool,
}

/// Whether data of that kind may pass; every reason why not.
///
/// Real data need production throughout. Invented people stay out of production exchanges, where they could be taken
/// for real ones.
pub fn may_pass(data: DataKind, around: &Surroundings) -> Result<(), Refused> {
    let mut violations = Vec::new();
    match data {
        DataKind::Real => {
            let places = [("installation", around.installation), ("exchange", around.exchange), ("key", around.key)];
            for (place, _) in places.iter().filter(|(_, environment)| *environment != Environment::Production) {
                let detail = format!("the {place} is for tests, and the data are real");
                violations.push(Violation::new(Code::TestEnvironment, *place, detail));
            }
            if around.partner_is_synthetic_only {
                let detail = "it is registered for invented people only, and the data are real";
                violations.push(Violation::new(Code::SyntheticOnlyPartner, "partner", detail));
            }
        }
        DataKind::Synthetic if around.exchange == Environment::Production => {
            let detail = "the exchange is for real people, and these are invented";
            violations.push(Violation::new(Code::SyntheticInProduction, "exchange", detail));
        }
        DataKind::Synthetic if around.key == Environment::Production => {
            let detail = "the key is for real people's packages, and these are invented";
            violations.push(Violation::new(Code::SyntheticInProduction, "key", detail));
        }
        DataKind::Synthetic => {}
    }
    Refused::unless_empty(violations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_data_pass_only_where_everything_is_production() {
        let mut passed = 0;
        for bits in 0_u8..16 {
            let environment = |bit: u8| if bits & bit == 0 { Environment::Production } else { Environment::Test };
            let around = Surroundings {
                installation: environment(1),
                exchange: environment(2),
                key: environment(4),
                partner_is_synthetic_only: bits & 8 != 0,
            };
            let real = may_pass(DataKind::Real, &around);
            passed += u32::from(real.is_ok());
            let codes = real.map_err(|refused| refused.codes()).err().unwrap_or_default();
            assert_eq!(codes.contains(&Code::SyntheticOnlyPartner), bits & 8 != 0, "{around:?}");
            assert_eq!(codes.iter().filter(|c| **c == Code::TestEnvironment).count() as u32, (bits & 7).count_ones());
            let invented = may_pass(DataKind::Synthetic, &around);
            assert_eq!(invented.is_ok(), bits & 6 == 6, "{around:?}");
            if let Err(refused) = invented {
                assert_eq!(refused.codes(), [Code::SyntheticInProduction]);
            }
        }
        assert_eq!(passed, 1);
    }
}
