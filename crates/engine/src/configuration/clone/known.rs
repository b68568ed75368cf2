//! Which names in an exchange does a catalogue not know? The same walk that a clone takes, asking instead of replacing.

use causeway_model::catalogue::Catalogue;
use causeway_model::document::Findings;
use causeway_model::exchange::Exchange;

use super::walk::Walk;
use super::{EXCHANGE, Identifier};

/// Every element, entity and vocabulary that the exchange names and the catalogue does not have, where it stands.
pub(crate) fn unknown_names(exchange: &Exchange, catalogue: &Catalogue) -> Findings {
    let mut findings = Findings::default();
    let mut namer = |kind: Identifier, whole: &str, name: &str, site: &super::Site| {
        let scope = whole.strip_suffix(name).and_then(|scope| scope.strip_suffix('.')).unwrap_or_default();
        let known = match kind {
            Identifier::Entity => catalogue.entity(name).is_some(),
            Identifier::Element => catalogue.entity(scope).is_some_and(|entity| entity.element(name).is_some()),
            Identifier::Code => catalogue.code_list(scope).is_some_and(|list| list.contains(name)),
            Identifier::Vocabulary => catalogue
                .code_lists
                .iter()
                .any(|list| list.codes.iter().any(|code| code.equivalents.contains_key(name))),
            _ => true,
        };
        if !known {
            let message = format!("there is no {} `{whole}` in the catalogue", kind.word());
            findings.error(
                "unknown-name",
                site.pointer.as_str(),
                message,
                "name one that is there, or bring it in with it",
            );
        }
        name.to_owned()
    };
    let mut walk = Walk { before: catalogue, namer: &mut namer, file: EXCHANGE };
    walk.exchange(&mut exchange.clone());
    findings
}
