//! **opened** proves that a sealed body is its partner's and as it was signed.
//!
//! In: the body as it came, and what it must be. Out: [`Opened`]. Guarantees: signature, partner, exchange and number were
//! asked before anything was decrypted; what is read from it is what was signed, or an error. Refuses when: see
//! [`causeway_package::inbound::EnvelopeFault`]. Ledger event: `intake-opened`.

use std::fs::File;
use std::io::{self, Cursor, Read};

use causeway_model::{Code, Violation};
use causeway_package::PackageError;
use causeway_package::inbound::{Envelope, EnvelopeFault, Expected, Source, open, unsealed};
use causeway_package::key::Identities;

/// A body that was opened. There is no other way to one than the functions here.
#[derive(Debug)]
pub struct Opened(Body);

#[derive(Debug)]
enum Body {
    /// As the partner sealed and signed it.
    Envelope(Box<Envelope>),
    /// As it was sealed when it was received: whoever sent it was known by a token then.
    OnReceipt {
        source: Source,
        /// Bytes of plain text that the exchange takes.
        most: u64,
    },
}

impl Opened {
    /// Opens what came in an envelope.
    ///
    /// # Errors
    /// The first limit that it does not keep.
    pub fn envelope(source: Source, expected: &Expected<'_>, identities: &Identities) -> Result<Self, Unopened> {
        Ok(Self(Body::Envelope(Box::new(open(source, expected, identities)?))))
    }

    /// Opens what was sealed to the operation when it was received.
    ///
    /// # Errors
    /// It cannot be decrypted.
    pub fn on_receipt(source: Source, most: u64, identities: &Identities) -> Result<Self, Unopened> {
        let opened = Self(Body::OnReceipt { source, most });
        opened.read(identities)?;
        Ok(opened)
    }

    /// The partner's number of it, where it came in an envelope.
    pub fn number(&self) -> Option<u64> {
        match &self.0 {
            Body::Envelope(envelope) => Some(envelope.manifest().number),
            Body::OnReceipt { .. } => None,
        }
    }

    /// The records in plain text, decrypted while they are read; as often as it takes.
    ///
    /// # Errors
    /// The body is not there any more.
    pub fn read(&self, identities: &Identities) -> Result<Box<dyn Read + Send>, Unopened> {
        match &self.0 {
            Body::Envelope(envelope) => Ok(Box::new(envelope.records(identities)?)),
            Body::OnReceipt { source, most } => {
                let sealed: Box<dyn Read + Send> = match source {
                    Source::File(path) => Box::new(File::open(path).map_err(|source| PackageError::Io {
                        doing: "read",
                        path: path.clone(),
                        source,
                    })?),
                    Source::Bytes(bytes) => Box::new(Cursor::new(bytes.clone())),
                };
                Ok(Box::new(AtMost { plain: unsealed(sealed, identities)?, left: *most }))
            }
        }
    }
}

/// Why a body was not opened.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Unopened(#[from] PackageError);

impl Unopened {
    /// The reason for which it is rejected; none where it was the machine that failed.
    pub fn violation(&self) -> Option<Violation> {
        match &self.0 {
            PackageError::Envelope(fault) => Some(violation(fault)),
            PackageError::PartUnreadable { .. } | PackageError::WrongKey { .. } => {
                Some(Violation::new(Code::EnvelopeAltered, "the body", self.to_string()))
            }
            _ => None,
        }
    }
}

/// The reason code of an envelope's fault.
pub(super) fn violation(fault: &EnvelopeFault) -> Violation {
    let code = Code::ALL.iter().copied().find(|code| code.as_str() == fault.code());
    Violation::new(code.unwrap_or(Code::EnvelopeMalformed), "the envelope", fault.to_string())
}

/// Plain text of which there is no more than was said.
struct AtMost {
    plain: Box<dyn Read + Send>,
    left: u64,
}

impl Read for AtMost {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.plain.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other("it unpacks to more than the exchange takes")),
        }
        Ok(read)
    }
}
