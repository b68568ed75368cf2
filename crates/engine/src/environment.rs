//! May real people's data pass here? What this installation, its sources, its keys and the partner say, put together.

use std::collections::BTreeSet;

use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::{Catalogue, Source, Target};
use causeway_model::environment::{DataKind, Environment, Surroundings, may_pass};
use causeway_model::partner::Profile;
use causeway_model::{Code, Refused, Violation};

use crate::error::EngineError;
use crate::house::House;

impl House {
    /// For what this installation is.
    pub fn environment(&self) -> Environment {
        self.home.config().environment
    }

    /// Why data of these sources may not go to the partner of an arrangement: installation, key, partner.
    pub(crate) async fn may_not_pass(
        &self,
        arrangement: &Arrangement,
        catalogue: &Catalogue,
    ) -> Result<Vec<Violation>, EngineError> {
        let own = self.environment();
        let real = catalogue.sources.iter().any(|source| source.data == DataKind::Real);
        let data = if real { DataKind::Real } else { DataKind::Synthetic };
        let key = match self.keys.package.environment() {
            causeway_package::Environment::Production => Environment::Production,
            causeway_package::Environment::Test => Environment::Test,
        };
        let around = Surroundings {
            installation: own,
            exchange: own,
            key,
            // Said below, of everybody who would get them, by name.
            partner_is_synthetic_only: false,
        };
        let mut found = may_pass(data, &around).err().map(|refused| refused.violations).unwrap_or_default();
        if data == DataKind::Real {
            found.extend(self.synthetic_only(arrangement).await?);
        }
        Ok(found)
    }

    /// Everybody whom an arrangement names, or the partner declares, that is registered for invented people only; whoever has
    /// the key of such a one too. In an installation for tests nobody is kept from anything: there are no real people in it.
    pub(crate) async fn synthetic_only(&self, arrangement: &Arrangement) -> Result<Vec<Violation>, EngineError> {
        if self.environment() == Environment::Test {
            return Ok(Vec::new());
        }
        let restricted = self.store.synthetic_only_partners().await?;
        if restricted.is_empty() {
            return Ok(Vec::new());
        }
        let profile: Option<Profile> = self.store.partner_life(&arrangement.partner).await?.map(|life| life.profile);
        let parties = arrangement.parties.iter().chain(&arrangement.processors).map(|party| party.name.as_str());
        let declared = profile.iter().flat_map(|profile| &profile.recipients).map(|one| one.name.as_str());
        let named: BTreeSet<&str> = parties.chain(declared).chain([arrangement.partner.as_str()]).collect();
        let own = self.store.partner(&arrangement.partner).await?.map(|partner| partner.age_recipient);
        let hit = restricted.iter().filter(|(name, key)| named.contains(name.as_str()) || Some(key) == own.as_ref());
        let detail = "it is registered for invented people only, and the data are real";
        Ok(hit.map(|(name, _)| Violation::new(Code::SyntheticOnlyPartner, name, detail)).collect())
    }

    /// Refuses a key that is not for what this installation is for.
    pub(crate) fn demand_environment(
        &self,
        what: &str,
        environment: causeway_package::Environment,
    ) -> Result<(), Refused> {
        let own = crate::keys::kept(self.environment());
        if environment == own {
            return Ok(());
        }
        let detail = format!("it is a key for `{environment}`, and this installation is for `{own}`");
        Err(Refused::one(Code::KeyEnvironment, what, detail))
    }
}

/// Whether an installation of that kind may open a source: one for tests none with real people, and the reverse.
///
/// # Errors
/// Why not.
pub fn source_allowed(environment: Environment, source: &Source) -> Result<(), Violation> {
    allowed(environment, source.data, "source", &source.name)
}

/// The same of a target: what came for a test is not written among real people, nor the reverse.
///
/// # Errors
/// Why not.
pub fn target_allowed(environment: Environment, target: &Target) -> Result<(), Violation> {
    allowed(environment, target.data, "target", &target.name)
}

fn allowed(environment: Environment, data: DataKind, what: &str, name: &str) -> Result<(), Violation> {
    if data == environment.data() {
        return Ok(());
    }
    Err(match environment {
        Environment::Test => {
            let detail = format!("the installation is for tests, and this {what} does not say `data: synthetic`");
            Violation::new(Code::TestEnvironment, name, detail)
        }
        Environment::Production => {
            let detail = format!("the {what} says `data: synthetic`, and the installation is for production");
            Violation::new(Code::SyntheticInProduction, name, detail)
        }
    })
}
