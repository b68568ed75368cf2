//! How is an envelope opened that anybody could have sent?
//!
//! In this order, and nothing later is looked at where something earlier refuses: its size; a manifest of at most 64 KiB; the
//! signature; partner, exchange and environment; a number above the newest opened; sizes and digests of the sealed parts; each age header;
//! decryption; then, while it is read, a window of at most 8 MiB and never more than the stated size.

use std::io::{self, BufRead, Read};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::manifest::{INBOUND_TYPE, InboundManifest, InboundPart, MANIFEST_MAX, Total};
use super::{EnvelopeFault, Source, header};
use crate::environment::Environment;
use crate::error::{PackageError, json_place};
use crate::key::{Identities, SIGNATURE_SIZE, VerifyingKey};
use crate::stream::{Closed, decrypt, windowed};

/// Most bytes of the line that an envelope begins with.
const LINE: u64 = 32;

/// How much an exchange takes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of an envelope.
    pub file: u64,
    /// Bytes of its records.
    pub plain: u64,
}

/// What an envelope must be to be opened.
#[derive(Debug)]
pub struct Expected<'e> {
    /// The exchange for which it came.
    pub exchange: &'e str,
    /// The partner whose it is.
    pub partner: &'e str,
    /// The partner's current signing keys.
    pub keys: &'e [VerifyingKey],
    /// For what the installation is.
    pub environment: Environment,
    /// The highest number that was opened of the partner and the exchange; 0 where none was.
    pub newest: u64,
    /// How much the exchange takes.
    pub limits: Limits,
}

/// What an envelope says of itself, before anybody believes it: to find the keys by which it is verified.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// The exchange.
    pub exchange: String,
    /// The partner.
    pub partner: String,
    /// The partner's number of it.
    pub number: u64,
}

/// An envelope that a partner signed and that the operation can open. Made by [`open`] alone.
pub struct Envelope {
    manifest: InboundManifest,
    source: Source,
    /// Where the first part begins.
    begins: u64,
}

/// What an envelope says of itself; nothing of it is proven.
///
/// # Errors
/// It is no envelope.
pub fn claims(source: &Source) -> Result<Claims, PackageError> {
    let (bytes, _, _) = head(source)?;
    let claims = serde_json::from_slice(&bytes);
    Ok(claims.map_err(|error| EnvelopeFault::malformed(format!("its manifest is {}", json_place(&error))))?)
}

/// Opens an envelope.
///
/// # Errors
/// [`PackageError::Envelope`] with the first limit that it does not keep.
pub fn open(source: Source, expected: &Expected<'_>, identities: &Identities) -> Result<Envelope, PackageError> {
    let size = source.size().map_err(unread)?;
    too_large("the file", size, expected.limits.file)?;
    let (bytes, signature, begins) = head(&source)?;
    // INVARIANT (nothing unsigned is unpacked): a manifest is read as one, and a part looked at, only after its signature.
    let Some(key) = expected.keys.iter().find(|key| key.verifies(&bytes, &signature)) else {
        return Err(EnvelopeFault::Signature.into());
    };
    let manifest = InboundManifest::parse(&bytes)?;
    let own = (key.environment(), expected.environment);
    let said = [
        ("partner", manifest.partner.as_str(), expected.partner),
        ("exchange", manifest.exchange.as_str(), expected.exchange),
        ("environment", manifest.environment.as_str(), own.0.as_str()),
        ("environment", manifest.environment.as_str(), own.1.as_str()),
    ];
    for (what, found, expected) in said {
        if found != expected {
            let (found, expected) = (found.to_owned(), expected.to_owned());
            return Err(EnvelopeFault::OfOther { what, found, expected }.into());
        }
    }
    if manifest.number <= expected.newest {
        return Err(EnvelopeFault::NotAbove { found: manifest.number, newest: expected.newest }.into());
    }
    if begins.checked_add(manifest.total(Total::Sealed)) != Some(size) {
        let problem = "the sizes that it states are not those of the file";
        return Err(EnvelopeFault::malformed(problem).into());
    }
    too_large("records", manifest.total(Total::Plain), expected.limits.plain)?;
    let envelope = Envelope { manifest, source, begins };
    envelope.check_digests()?;
    for (at, (begins, part)) in envelope.placed().enumerate() {
        let mut sealed = envelope.source.piece(begins, part.size).map_err(unread)?;
        header::check(&mut sealed, at + 1)?;
    }
    // A key that does not fit is told before anything is read.
    for at in 0..envelope.manifest.parts.len() {
        envelope.decrypted(at, identities)?;
    }
    Ok(envelope)
}

impl Envelope {
    /// What the partner signed.
    #[must_use]
    pub fn manifest(&self) -> &InboundManifest {
        &self.manifest
    }

    /// The records, decrypted while they are read; as often as it takes.
    ///
    /// # Errors
    /// The file is not there any more, or the key does not fit.
    pub fn records(&self, identities: &Identities) -> Result<Records, PackageError> {
        let opened = (0..self.manifest.parts.len()).map(|at| self.decrypted(at, identities));
        let mut parts = opened.collect::<Result<Vec<_>, _>>()?;
        parts.reverse();
        Ok(Records { parts, declared: self.manifest.parts.clone(), at: 0, open: None })
    }

    /// Each part with where it begins.
    fn placed(&self) -> impl Iterator<Item = (u64, &InboundPart)> {
        let mut at = self.begins;
        self.manifest.parts.iter().map(move |part| {
            let begins = at;
            at = at.saturating_add(part.size);
            (begins, part)
        })
    }

    fn check_digests(&self) -> Result<(), PackageError> {
        for (at, (begins, part)) in self.placed().enumerate() {
            let mut hash = Hashed(Sha256::new());
            let mut sealed = self.source.piece(begins, part.size).map_err(unread)?;
            let read = io::copy(&mut sealed, &mut hash).map_err(unread)?;
            if read != part.size || hex::encode(hash.0.finalize()) != part.sha256 {
                let problem = "its SHA-256 is another";
                return Err(EnvelopeFault::Altered { part: at + 1, problem }.into());
            }
        }
        Ok(())
    }

    fn decrypted(&self, at: usize, identities: &Identities) -> Result<Box<dyn Read + Send>, PackageError> {
        let Some((begins, part)) = self.placed().nth(at) else { return Ok(Box::new(io::empty())) };
        let sealed = self.source.piece(begins, part.size).map_err(unread)?;
        let fault = |closed| match closed {
            Closed::NoKey => EnvelopeFault::WrongKey { part: at + 1 },
            Closed::Damaged(error) => EnvelopeFault::Unreadable { part: at + 1, problem: error.kind().to_string() },
        };
        Ok(windowed(decrypt(sealed, identities).map_err(fault)?).map_err(fault)?)
    }
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope(number {} of {})", self.manifest.number, self.manifest.exchange)
    }
}

/// The records of an envelope. An error of reading holds the [`EnvelopeFault`]; what was read before it is not to be believed.
pub struct Records {
    /// What is not begun yet, the last part first.
    parts: Vec<Box<dyn Read + Send>>,
    declared: Vec<InboundPart>,
    at: usize,
    open: Option<(Box<dyn Read + Send>, Sha256, u64)>,
}

impl Records {
    fn unreadable(&self, problem: &str) -> io::Error {
        io::Error::other(EnvelopeFault::Unreadable { part: self.at + 1, problem: problem.to_owned() })
    }
}

impl Read for Records {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some((mut open, mut hash, size)) = self.open.take() else {
                let Some(next) = self.parts.pop() else { return Ok(0) };
                self.open = Some((next, Sha256::new(), 0));
                continue;
            };
            let Some(declared) = self.declared.get(self.at) else { return Ok(0) };
            // One byte more than was stated is asked for: whoever has it unpacks to more.
            let room = usize::try_from(declared.plain_size - size).unwrap_or(usize::MAX).saturating_add(1);
            let room = room.min(buffer.len());
            let read = match open.read(buffer.get_mut(..room).unwrap_or_default()) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    self.open = Some((open, hash, size));
                    return Err(error);
                }
                Err(error) => return Err(self.unreadable(&error.kind().to_string())),
            };
            let size = size + read as u64;
            if size > declared.plain_size {
                return Err(self.unreadable("it unpacks to more than was signed"));
            }
            if read > 0 {
                hash.update(buffer.get(..read).unwrap_or_default());
                self.open = Some((open, hash, size));
                return Ok(read);
            }
            if buffer.is_empty() {
                self.open = Some((open, hash, size));
                return Ok(0);
            }
            if size != declared.plain_size || hex::encode(hash.finalize()) != declared.plain_sha256 {
                return Err(self.unreadable("it unpacks to something else than was signed"));
            }
            self.at += 1;
        }
    }
}

struct Hashed(Sha256);

impl io::Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Manifest, signature, and where the parts begin.
fn head(source: &Source) -> Result<(Vec<u8>, Vec<u8>, u64), PackageError> {
    let most = LINE + (MANIFEST_MAX + SIGNATURE_SIZE) as u64;
    let mut file = source.piece(0, most).map_err(unread)?;
    let mut line = Vec::new();
    (&mut file).take(LINE).read_until(b'\n', &mut line).map_err(unread)?;
    let text = std::str::from_utf8(&line).unwrap_or_default();
    let length = text.strip_prefix(INBOUND_TYPE).and_then(|rest| rest.strip_prefix(' ')?.strip_suffix('\n'));
    let digits = length.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0'));
    let length = digits.and_then(|digits| digits.parse::<usize>().ok()).filter(|length| *length <= MANIFEST_MAX);
    let Some(length) = length else {
        let problem = "it does not begin with that word and a length of at most 65536";
        return Err(EnvelopeFault::malformed(problem).into());
    };
    let (mut manifest, mut signature) = (vec![0; length], vec![0; SIGNATURE_SIZE]);
    let whole = file.read_exact(&mut manifest).and_then(|()| file.read_exact(&mut signature));
    whole.map_err(|_| EnvelopeFault::malformed("it ends within its manifest"))?;
    Ok((manifest, signature, (line.len() + length + SIGNATURE_SIZE) as u64))
}

fn too_large(what: &'static str, found: u64, allowed: u64) -> Result<(), EnvelopeFault> {
    if found > allowed { Err(EnvelopeFault::TooLarge { what, found, allowed }) } else { Ok(()) }
}

fn unread(source: io::Error) -> PackageError {
    PackageError::Io { doing: "read", path: "envelope".into(), source }
}
