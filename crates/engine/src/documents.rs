//! How are governance documents read, checked and frozen?

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::{Catalogue, CodeEntry};
use causeway_model::document::{Document, Findings};
use causeway_model::exchange::Exchange;
use causeway_model::inbound::Inbound;
use causeway_store::change::DocumentKind;
use sha2::{Digest, Sha256};

use crate::error::EngineError;
use crate::house::House;

/// A document with its text and the findings of its own check.
pub struct Read<T> {
    /// Positions, for findings.
    pub document: Document,
    /// The text.
    pub text: String,
    /// The document itself.
    pub value: T,
}

/// A document of the kind `exchange`, whichever way it goes.
pub enum AnyExchange {
    /// Something leaves by it.
    Provides(Read<Exchange>),
    /// Something comes in by it.
    Accepts(Read<Inbound>),
}

impl AnyExchange {
    /// Reads a document file.
    pub fn file(path: &Path) -> Result<Self, EngineError> {
        let text = std::fs::read_to_string(path).map_err(EngineError::file("read", path))?;
        Self::text(&path.display().to_string(), text)
    }

    /// Reads a document's text: which way it goes is asked before anything else.
    pub fn text(name: &str, text: String) -> Result<Self, EngineError> {
        let document = Document::parse(name, &text)?;
        Ok(match Inbound::is_inbound(&document) {
            true => Self::Accepts(Read::parsed(document, text)?),
            false => Self::Provides(Read::parsed(document, text)?),
        })
    }

    /// Its name, its version and the arrangement that it stands under.
    pub fn names(&self) -> (&str, u32, &str) {
        match self {
            Self::Provides(read) => (&read.value.exchange, read.value.version, &read.value.arrangement),
            Self::Accepts(read) => (&read.value.exchange, read.value.version, &read.value.arrangement),
        }
    }

    /// Its version.
    pub fn version(&self) -> u32 {
        self.names().1
    }

    /// Whether something comes in by it.
    pub fn accepts(&self) -> bool {
        matches!(self, Self::Accepts(_))
    }

    /// Its positions.
    pub fn document(&self) -> &Document {
        match self {
            Self::Provides(read) => &read.document,
            Self::Accepts(read) => &read.document,
        }
    }

    /// Its text.
    pub fn into_text(self) -> String {
        match self {
            Self::Provides(read) => read.text,
            Self::Accepts(read) => read.text,
        }
    }

    /// The text, as it stands.
    pub fn as_text(&self) -> &str {
        match self {
            Self::Provides(read) => &read.text,
            Self::Accepts(read) => &read.text,
        }
    }

    /// What leaves by it, if anything does.
    pub fn provided(self) -> Option<Exchange> {
        match self {
            Self::Provides(read) => Some(read.value),
            Self::Accepts(_) => None,
        }
    }
}

impl<T: serde::de::DeserializeOwned> Read<T> {
    /// Reads a document file.
    pub fn file(path: &Path) -> Result<Self, EngineError> {
        let text = std::fs::read_to_string(path).map_err(EngineError::file("read", path))?;
        Self::text(&path.display().to_string(), text)
    }

    /// Reads a document's text.
    pub fn text(name: &str, text: String) -> Result<Self, EngineError> {
        Self::parsed(Document::parse(name, &text)?, text)
    }

    fn parsed(document: Document, text: String) -> Result<Self, EngineError> {
        let value = document.read()?;
        Ok(Self { document, text, value })
    }

    /// Refuses if a finding is an error.
    pub fn refuse_errors(&self, findings: &Findings) -> Result<(), EngineError> {
        if !findings.has_errors() {
            return Ok(());
        }
        let errors =
            findings.iter().filter(|finding| finding.severity == causeway_model::document::Severity::Error).count();
        Err(EngineError::Findings {
            name: self.document.name().to_owned(),
            errors,
            lines: lines(&self.document, findings),
        })
    }
}

/// Findings as lines of text: file, line, column, severity, message, help.
pub fn lines(document: &Document, findings: &Findings) -> Vec<String> {
    let located = findings.located(document);
    let line = |(at, finding): (causeway_model::document::Position, &causeway_model::document::Finding)| {
        let severity = format!("{:?}", finding.severity).to_lowercase();
        format!(
            "{}:{}:{}: {severity} [{}] {}\n    {}",
            document.name(),
            at.line,
            at.column,
            finding.code,
            finding.message,
            finding.help
        )
    };
    located.into_iter().map(line).collect()
}

/// Reads a catalogue and the code list files beside it.
pub fn read_catalogue(path: &Path) -> Result<Read<Catalogue>, EngineError> {
    let mut read: Read<Catalogue> = Read::file(path)?;
    let base = path.parent().unwrap_or(Path::new("."));
    for list in &mut read.value.code_lists {
        let Some(file) = &list.file else { continue };
        let path = base.join(&file.path);
        let mut reader = csv::Reader::from_path(&path)
            .map_err(|_| EngineError::Wrong(format!("code list `{}`: cannot read `{}`", list.name, path.display())))?;
        let headers =
            reader.headers().map_err(|_| EngineError::Wrong(format!("`{}` has no header", path.display())))?.clone();
        let column = |name: &str| {
            headers
                .iter()
                .position(|header| header == name)
                .ok_or_else(|| EngineError::Wrong(format!("`{}` has no column `{name}`", path.display())))
        };
        let code = column(&file.code)?;
        let label = file.label.as_deref().map(column).transpose()?;
        let others: BTreeMap<&String, usize> = file
            .equivalents
            .iter()
            .map(|(name, header)| Ok((name, column(header)?)))
            .collect::<Result<_, EngineError>>()?;
        for record in reader.records() {
            let record = record.map_err(|_| EngineError::Wrong(format!("`{}` is no CSV file", path.display())))?;
            let cell = |at: usize| record.get(at).unwrap_or_default().trim().to_owned();
            if cell(code).is_empty() {
                continue;
            }
            let equivalents = others
                .iter()
                .map(|(name, at)| ((*name).clone(), cell(*at)))
                .filter(|(_, value)| !value.is_empty())
                .collect();
            list.codes.push(CodeEntry { code: cell(code), label: label.map(cell).unwrap_or_default(), equivalents });
        }
        list.file = None;
    }
    Ok(read)
}

/// SHA-256 of a text, in hexadecimal.
pub fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

impl House {
    /// The catalogue in use: the latest that was imported.
    pub async fn catalogue(&self) -> Result<Catalogue, EngineError> {
        let newest = self
            .store
            .documents(DocumentKind::Catalogue)
            .await?
            .into_iter()
            .max_by_key(|listing| (listing.imported_at, listing.version));
        let newest = newest.ok_or(EngineError::Unknown {
            what: "catalogue",
            name: "-".to_owned(),
            help: "import one with `causeway catalogue import`",
        })?;
        let document = self.store.document(DocumentKind::Catalogue, &newest.name, newest.version).await?;
        let document = document.ok_or(EngineError::Unknown {
            what: "catalogue",
            name: newest.name.clone(),
            help: "import it again",
        })?;
        Ok(Read::<Catalogue>::text(&newest.name, document.text)?.value)
    }

    /// The latest version of an arrangement, with its text.
    pub async fn arrangement(&self, name: &str) -> Result<Read<Arrangement>, EngineError> {
        let found = self.store.latest_document(DocumentKind::Arrangement, name).await?;
        let found = found.ok_or_else(|| EngineError::Unknown {
            what: "arrangement",
            name: name.to_owned(),
            help: "draft it with `causeway arrangement draft`",
        })?;
        Read::text(name, found.text)
    }

    /// The latest version of an exchange, whichever way it goes.
    pub async fn any_exchange(&self, name: &str) -> Result<AnyExchange, EngineError> {
        let found = self.store.latest_document(DocumentKind::Exchange, name).await?;
        let found = found.ok_or_else(|| EngineError::Unknown {
            what: "exchange",
            name: name.to_owned(),
            help: "import it with `causeway exchange import`",
        })?;
        AnyExchange::text(name, found.text)
    }

    /// The latest version of an exchange by which something leaves.
    pub async fn exchange(&self, name: &str) -> Result<Exchange, EngineError> {
        match self.any_exchange(name).await? {
            AnyExchange::Provides(read) => Ok(read.value),
            AnyExchange::Accepts(_) => {
                Err(EngineError::Wrong(format!("exchange `{name}` accepts: nothing leaves by it")))
            }
        }
    }

    /// The latest version of an exchange by which something comes in.
    pub async fn inbound(&self, name: &str) -> Result<Inbound, EngineError> {
        match self.any_exchange(name).await? {
            AnyExchange::Accepts(read) => Ok(read.value),
            AnyExchange::Provides(_) => Err(EngineError::Wrong(format!(
                "exchange `{name}` provides: nothing comes in by it, and its document does not say `direction: accept`"
            ))),
        }
    }

    /// The exchanges in use, whichever way they go.
    pub(crate) async fn all_exchanges(&self) -> Result<Vec<(String, AnyExchange)>, EngineError> {
        let listed = self.store.documents(DocumentKind::Exchange).await?;
        let names: BTreeSet<String> = listed.into_iter().map(|one| one.name).collect();
        let mut found = Vec::new();
        for name in names {
            let exchange = self.any_exchange(&name).await?;
            found.push((name, exchange));
        }
        Ok(found)
    }

    /// The names of the exchanges in use by which something leaves.
    pub async fn providing(&self) -> Result<Vec<String>, EngineError> {
        let all = self.all_exchanges().await?.into_iter();
        Ok(all.filter(|(_, exchange)| !exchange.accepts()).map(|(name, _)| name).collect())
    }

    /// The exchanges in use by which something comes in, by name.
    pub async fn accepting(&self) -> Result<Vec<(String, Inbound)>, EngineError> {
        let accepts = |(name, exchange)| match exchange {
            AnyExchange::Accepts(read) => Some((name, read.value)),
            AnyExchange::Provides(_) => None,
        };
        Ok(self.all_exchanges().await?.into_iter().filter_map(accepts).collect())
    }
}
