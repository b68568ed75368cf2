//! By which documents is an intake read? By the versions that were in use when it came, until somebody has it read once more.

use causeway_flow::accept::{Checks, Mapped};
use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::Catalogue;
use causeway_model::inbound::Inbound;
use causeway_store::change::{DocumentKind, IntakeVersions};

use crate::documents::{AnyExchange, Read};
use crate::error::EngineError;
use crate::house::House;

/// The documents of an intake.
pub(crate) struct Pinned {
    pub(crate) inbound: Inbound,
    pub(crate) catalogue: Catalogue,
}

impl Pinned {
    /// Reads them.
    pub(crate) async fn of(house: &House, versions: &IntakeVersions) -> Result<Self, EngineError> {
        let text = async |kind, (name, version): &(String, u32)| -> Result<String, EngineError> {
            let found = house.store.document(kind, name, *version).await?;
            let found = found.ok_or_else(|| EngineError::Unknown {
                what: "version of document",
                name: format!("{name} version {version}"),
                help: "an intake is read by it: bring the database back from a backup",
            })?;
            Ok(found.text)
        };
        let name = &versions.exchange.0;
        let inbound = match AnyExchange::text(name, text(DocumentKind::Exchange, &versions.exchange).await?)? {
            AnyExchange::Accepts(read) => read.value,
            AnyExchange::Provides(_) => {
                return Err(EngineError::Wrong(format!("exchange `{name}` provides: nothing comes in by it")));
            }
        };
        let catalogue = text(DocumentKind::Catalogue, &versions.catalogue).await?;
        Ok(Self { inbound, catalogue: Read::<Catalogue>::text(&versions.catalogue.0, catalogue)?.value })
    }

    /// What a record must be, and where it stands.
    pub(crate) fn ready(&self) -> Result<(Checks, Mapped), EngineError> {
        let refused = |violations| {
            EngineError::Wrong(format!(
                "exchange `{}` does not fit the catalogue: {}",
                self.inbound.exchange,
                causeway_model::Refused { violations }
            ))
        };
        let checks = Checks::compile(&self.inbound, &self.catalogue).map_err(refused)?;
        let mapped = Mapped::compile(&self.inbound, &checks).map_err(refused)?;
        Ok((checks, mapped))
    }
}

/// The versions now in use of an exchange that accepts, with its newest text and terms.
pub(crate) async fn versions_in_use(
    house: &House,
    exchange: &str,
) -> Result<(Inbound, Arrangement, IntakeVersions), EngineError> {
    let inbound = house.inbound(exchange).await?;
    let terms = house.terms(&inbound.arrangement).await?.value;
    let catalogue = house.catalogue().await?;
    let versions = IntakeVersions {
        exchange: (inbound.exchange.clone(), inbound.version),
        arrangement: (terms.arrangement.clone(), terms.version),
        catalogue: (catalogue.catalogue, catalogue.version),
    };
    Ok((inbound, terms, versions))
}
