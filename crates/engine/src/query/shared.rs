//! What left in a package, under which terms, made by which documents?

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use causeway_flow::plan::Plan;
use causeway_flow::transform::Pseudonyms;
use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::Exchange;
use causeway_model::{ElementRef, Form};
use causeway_package::disclosure::SealedSet;
use causeway_store::change::{DocumentKind, PackageContent, SharedElement};
use causeway_store::query::SentPackage;
use jiff::Timestamp;
use serde::Serialize;

use crate::documents::Read;
use crate::drive::disclosure_of;
use crate::error::EngineError;
use crate::house::House;

/// An element of which something left.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Element {
    /// The element, as documents write it.
    pub element: ElementRef,
    /// What it is, in the words of the catalogue.
    pub label: String,
    /// The form in which it left.
    pub form: Form,
}

/// Reads documents as they were, each once.
pub(crate) struct Archive<'h> {
    house: &'h House,
    arrangements: BTreeMap<(String, u32), Arc<Arrangement>>,
    catalogues: BTreeMap<(String, u32), Arc<Catalogue>>,
    exchanges: BTreeMap<(String, u32), Arc<Exchange>>,
}

impl<'h> Archive<'h> {
    pub(crate) fn new(house: &'h House) -> Self {
        Self { house, arrangements: BTreeMap::new(), catalogues: BTreeMap::new(), exchanges: BTreeMap::new() }
    }

    /// The arrangement under which a package was made, in that version.
    pub(crate) async fn arrangement(&mut self, sent: &SentPackage) -> Result<Arc<Arrangement>, EngineError> {
        let key = (sent.arrangement.clone(), sent.arrangement_version);
        if let Some(known) = self.arrangements.get(&key) {
            return Ok(Arc::clone(known));
        }
        let read = Arc::new(self.house.arrangement_version(&key.0, key.1).await?.value);
        self.arrangements.insert(key, Arc::clone(&read));
        Ok(read)
    }

    /// A version of a catalogue.
    pub(crate) async fn catalogue(&mut self, name: &str, version: u32) -> Result<Arc<Catalogue>, EngineError> {
        let key = (name.to_owned(), version);
        if let Some(known) = self.catalogues.get(&key) {
            return Ok(Arc::clone(known));
        }
        let text = self.text(DocumentKind::Catalogue, name, version).await?;
        let read = Arc::new(Read::<Catalogue>::text(name, text)?.value);
        self.catalogues.insert(key, Arc::clone(&read));
        Ok(read)
    }

    /// A version of an exchange.
    pub(crate) async fn exchange(&mut self, name: &str, version: u32) -> Result<Arc<Exchange>, EngineError> {
        let key = (name.to_owned(), version);
        if let Some(known) = self.exchanges.get(&key) {
            return Ok(Arc::clone(known));
        }
        let text = self.text(DocumentKind::Exchange, name, version).await?;
        let read = Arc::new(Read::<Exchange>::text(name, text)?.value);
        self.exchanges.insert(key, Arc::clone(&read));
        Ok(read)
    }

    async fn text(&self, kind: DocumentKind, name: &str, version: u32) -> Result<String, EngineError> {
        let found = self.house.store.document(kind, name, version).await?;
        let found = found.ok_or_else(|| EngineError::Unknown {
            what: "version of document",
            name: format!("{name} version {version}"),
            help: "it was in use when a package was made: bring the database back from a backup",
        })?;
        Ok(found.text)
    }

    /// What left in a package. For one of an older program it is worked out from the documents that were in use when it was
    /// sealed, as the plan of then would have been.
    pub(crate) async fn content(&mut self, sent: &SentPackage) -> Result<PackageContent, EngineError> {
        if let Some(content) = &sent.content {
            return Ok(content.clone());
        }
        let (catalogue, catalogue_version) =
            self.newest(DocumentKind::Catalogue, None, sent.sealed_at).await?.ok_or_else(|| unknown(sent))?;
        let exchange = self.newest(DocumentKind::Exchange, Some(&sent.exchange), sent.sealed_at).await?;
        let exchange_version = exchange.map_or(sent.exchange_version, |(_, version)| version);
        let read = self.catalogue(&catalogue, catalogue_version).await?;
        let exchange = self.exchange(&sent.exchange, exchange_version).await?;
        let arrangement = self.arrangement(sent).await?;
        let keys = &self.house.keys.pseudonym_root;
        let pseudonyms = Pseudonyms::new(keys, &arrangement.partner, &arrangement.purpose.code);
        let explained = Plan::explain(&arrangement, &exchange, &read, &pseudonyms);
        let subject = read.subject().filter(|_| !explained.outputs.is_empty()).ok_or_else(|| unknown(sent))?;
        let elements = explained.outputs.iter().flat_map(|(_, lineage)| &lineage.0);
        let elements =
            elements.map(|(element, form)| SharedElement { element: element.clone(), form: *form }).collect();
        Ok(PackageContent {
            subject: subject.name.clone(),
            people: 0,
            exchange_version,
            catalogue,
            catalogue_version,
            elements,
        })
    }

    /// The newest version of a document that was in use at a moment.
    async fn newest(
        &self,
        kind: DocumentKind,
        name: Option<&str>,
        at: Timestamp,
    ) -> Result<Option<(String, u32)>, EngineError> {
        let listed = self.house.store.documents(kind).await?.into_iter();
        let listed = listed.filter(|one| name.is_none_or(|name| one.name == name) && one.imported_at <= at);
        let newest = listed.max_by_key(|one| (one.imported_at, one.version));
        Ok(newest.map(|one| (one.name, one.version)))
    }

    /// The elements of a package in the words of its catalogue.
    pub(crate) async fn elements(&mut self, content: &PackageContent) -> Result<Vec<Element>, EngineError> {
        let catalogue = self.catalogue(&content.catalogue, content.catalogue_version).await?;
        let labelled = |shared: &SharedElement| Element {
            label: label(&catalogue, &shared.element),
            element: shared.element.clone(),
            form: shared.form,
        };
        Ok(content.elements.iter().map(labelled).collect())
    }
}

/// What leaves in a package that is being sealed.
pub(crate) fn content(
    exchange: &Exchange,
    catalogue: &Catalogue,
    people: u64,
    elements: BTreeSet<(ElementRef, Form)>,
) -> PackageContent {
    PackageContent {
        subject: catalogue.subject().map_or_else(String::new, |subject| subject.name.clone()),
        people,
        exchange_version: exchange.version,
        catalogue: catalogue.catalogue.clone(),
        catalogue_version: catalogue.version,
        elements: elements.into_iter().map(|(element, form)| SharedElement { element, form }).collect(),
    }
}

/// Where a package's disclosure set stands, and how many people must be in it.
pub(crate) fn sealed_set(house: &House, sent: &SentPackage) -> SealedSet {
    let path = disclosure_of(house, &sent.transfer, sent.attempt_token.as_deref());
    SealedSet { path, people: sent.content.as_ref().map(|content| content.people) }
}

/// Every set can be asked or none is: an answer from some of them would be silently short.
pub(crate) fn whole<T>(asked: Result<T, causeway_package::PackageError>) -> Result<T, EngineError> {
    asked.map_err(|error| EngineError::NotProven(format!("no answer is given, it would not be whole: {error}")))
}

/// Reads a file that its owner alone may read, or the standard input where it is `-`.
pub fn private_text(path: &Path) -> Result<zeroize::Zeroizing<String>, EngineError> {
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;
    let mut text = zeroize::Zeroizing::new(String::new());
    if path == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).map_err(EngineError::file("read", path))?;
        return Ok(text);
    }
    let mut file = std::fs::File::open(path).map_err(EngineError::file("read", path))?;
    let mode = file.metadata().map_err(EngineError::file("read", path))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(EngineError::Wrong(format!("`{}` can be read by others: run `chmod 600` on it", path.display())));
    }
    file.read_to_string(&mut text).map_err(EngineError::file("read", path))?;
    Ok(text)
}

/// What an element is, in the words of the catalogue; of another entity than people, with what that is.
fn label(catalogue: &Catalogue, of: &ElementRef) -> String {
    let entity = catalogue.entity(&of.entity);
    let element = entity.and_then(|entity| entity.element(&of.element));
    let said = |text: Option<&str>, name: &str| {
        text.map(str::trim).filter(|text| !text.is_empty()).map_or_else(|| name.replace('_', " "), str::to_owned)
    };
    let own = said(element.map(|element| element.description.as_str()), &of.element);
    match entity.filter(|entity| entity.subject.is_none()) {
        Some(entity) => format!("{own} ({})", said(Some(&entity.description), &entity.name)),
        None => own,
    }
}

fn unknown(sent: &SentPackage) -> EngineError {
    EngineError::NotProven(format!(
        "no answer is given, it would not be whole: what left in package `{}` of transfer `{}` cannot be worked out from \
         the documents that were in use then",
        sent.package, sent.transfer
    ))
}
