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

    /// Whether a text names the person: by the key in whatever spelling. A short key, which is part of too much else, must stand there
    /// as words of its own.
    pub(crate) fn is_named_in(&self, text: &str) -> bool {
        names(text, &self.key, self.key_type == ValueType::Integer)
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

/// Letters and digits from which on a key is looked for within words, and across them.
const LONG: usize = 8;

fn names(text: &str, key: &str, is_number: bool) -> bool {
    let words = |text: &str| -> Vec<Zeroizing<String>> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(|word| Zeroizing::new(word.to_lowercase())).collect()
    };
    let join =
        |words: &[Zeroizing<String>]| Zeroizing::new(words.iter().flat_map(|word| word.chars()).collect::<String>());
    let wanted = join(&words(key));
    if wanted.is_empty() {
        return text.contains(key);
    }
    let words = words(text);
    if wanted.chars().count() >= LONG {
        return join(&words).contains(wanted.as_str());
    }
    // Words in a row that are the key together.
    let is_it = |run: &[Zeroizing<String>]| {
        let run = join(run);
        *run == *wanted || (is_number && run.trim_start_matches('0') == wanted.as_str())
    };
    (1..=LONG).any(|length| words.windows(length).any(is_it))
}

impl std::fmt::Debug for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Whose({}, hidden)", self.entity)
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_key_is_found_in_whatever_spelling_and_a_short_one_only_as_words() {
        let uuid = "4f2a9c01-77aa-4000-8000-00000000abcd";
        for text in [
            "it is 4F2A9C01-77AA-4000-8000-00000000ABCD",
            "person4f2a9c0177aa4000800000000000abcd!",
            "{4f2a9c01 77aa 4000 8000 0000 0000 abcd}",
        ] {
            assert!(names(text, uuid, false), "{text}");
        }
        assert!(!names("file 4f2a9c01-77aa at the desk", uuid, false));
        for (text, is_named) in [
            ("asked on 27 May at 17:07", true),
            ("asked on 27 May at 17:57", false),
            ("number 007", true),
            ("of 70 people, file 77", false),
        ] {
            assert_eq!(names(text, "7", true), is_named, "{text}");
        }
        assert!(names("it is KE/12", "KE-12", false) && names("ke 12", "KE-12", false));
        assert!(!names("lake 123", "KE-12", false) && names("it is --", "--", false));
    }
}
