//! Whose decision is it? The person's key is known while the command runs, and at rest nowhere in clear.

use causeway_model::ValueType;
use causeway_model::catalogue::Catalogue;
use causeway_package::disclosure::Pseudonym;
use zeroize::Zeroizing;

use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::House;
use crate::query::canonical;

/// A person whose record is known by its key. Cannot be printed.
pub struct Whose {
    /// The entity of people.
    pub(crate) entity: String,
    /// The element that is its key, and the type of it.
    pub(crate) key_element: String,
    pub(crate) key_type: ValueType,
    /// The key, as packages write it.
    pub(crate) key: Zeroizing<String>,
    /// The person's keyed pseudonym, as disclosure sets hold it.
    pub(crate) pseudonym: Pseudonym,
}

impl Whose {
    /// The person of that key, of the entity named or of the catalogue's people.
    ///
    /// # Errors
    /// There is no such entity of people, or the key can be none of it.
    pub async fn find(house: &House, entity: Option<&str>, key: &str) -> Result<Self, EngineError> {
        Self::of(house, &house.catalogue().await?, entity, key)
    }

    pub(crate) fn of(
        house: &House,
        catalogue: &Catalogue,
        entity: Option<&str>,
        key: &str,
    ) -> Result<Self, EngineError> {
        let found = match entity {
            Some(name) => catalogue.entity(name).filter(|entity| entity.subject.is_some()),
            None => catalogue.subject(),
        };
        let found = found.ok_or_else(|| EngineError::Unknown {
            what: "entity of people",
            name: entity.unwrap_or("-").to_owned(),
            help: "take the one that the catalogue calls a `subject`",
        })?;
        let key = canonical(found, key)?;
        let element = found.key.first().cloned().unwrap_or_default();
        let kind = found.element(&element).map_or(ValueType::Text, |element| element.value_type.clone());
        let pseudonym = house.keys.disclosure().pseudonym(&found.name, key.as_bytes());
        Ok(Self { entity: found.name.clone(), key_element: element, key_type: kind, key, pseudonym })
    }

    /// As the ledger names the person: SHA-256 of the keyed pseudonym.
    pub(crate) fn in_ledger(&self) -> String {
        sha256_hex(&self.stored())
    }

    /// As the register names the person.
    pub(crate) fn stored(&self) -> String {
        hex::encode(self.pseudonym)
    }
}

impl std::fmt::Debug for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Whose({}, hidden)", self.entity)
    }
}
