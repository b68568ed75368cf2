//! How does a partner put records into an envelope?

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::EnvelopeFault;
use super::manifest::{INBOUND_TYPE, InboundManifest, InboundPart, MANIFEST_MAX};
use crate::error::PackageError;
use crate::files::{Unfinished, create_private, publish, refuse_existing, with_suffix};
use crate::inner::Compression;
use crate::key::{Recipient, SigningKey};
use crate::manifest::to_json;
use crate::stream::SealingStream;

/// Bytes of records in a part, unless said otherwise.
const PART: u64 = 256 << 20;

/// What is sent, by whom, to whom.
#[derive(Debug)]
pub struct Submission<'s> {
    /// The exchange.
    pub exchange: &'s str,
    /// The partner, by its registered name.
    pub partner: &'s str,
    /// Its number of this file, above every one before.
    pub number: u64,
    /// When it is made.
    pub created: Timestamp,
    /// The operation's recipient.
    pub recipient: &'s Recipient,
    /// The partner's signing key.
    pub key: &'s SigningKey,
    /// Bytes of records in a part; 256 MiB unless said.
    pub part_size: Option<u64>,
}

/// An envelope that was made.
#[derive(Clone, Debug)]
pub struct Posted {
    /// What was signed.
    pub manifest: InboundManifest,
    /// Bytes of the file.
    pub size: u64,
}

/// Puts a file of records into an envelope at `out`, where nothing may be yet. Nothing is left there when it fails.
///
/// # Errors
/// Keys of two environments, files that cannot be read or written.
pub fn submit(records: &Path, submission: &Submission<'_>, out: &Path) -> Result<Posted, PackageError> {
    let Submission { exchange, partner, number, created, recipient, key, part_size } = *submission;
    if recipient.environment() != key.environment() {
        return Err(PackageError::MixedEnvironments { key: key.environment(), recipient: recipient.environment() });
    }
    refuse_existing(out)?;
    let mut plain = File::open(records).map_err(PackageError::io("read", records))?;
    let part_size = part_size.unwrap_or(PART).max(1);
    let (mut parts, mut files, mut unfinished) = (Vec::new(), Vec::new(), Unfinished::default());
    loop {
        let path = with_suffix(out, &format!(".part{}.partial", parts.len() + 1));
        refuse_existing(&path)?;
        unfinished.add(path.clone());
        let mut sealing = SealingStream::create(&path, std::slice::from_ref(recipient), Compression::Zstd)?;
        let ended = fill(&mut plain, records, &mut sealing, part_size)?;
        let sealed = sealing.finish()?;
        parts.push(InboundPart {
            size: sealed.size,
            sha256: sealed.sha256,
            plain_size: sealed.plain_size,
            plain_sha256: sealed.plain_sha256,
        });
        files.push(path);
        if ended {
            break;
        }
    }
    let manifest = InboundManifest {
        kind: INBOUND_TYPE.to_owned(),
        environment: key.environment(),
        exchange: exchange.to_owned(),
        partner: partner.to_owned(),
        number,
        created,
        parts,
    };
    let bytes = to_json(&manifest, "manifest")?;
    if bytes.len() > MANIFEST_MAX {
        let problem = "its manifest has more than 64 KiB: make the parts larger";
        return Err(EnvelopeFault::malformed(problem).into());
    }
    InboundManifest::parse(&bytes)?;
    let whole = with_suffix(out, ".partial");
    refuse_existing(&whole)?;
    let mut file = create_private(&whole)?;
    unfinished.add(whole.clone());
    let mut write = || -> std::io::Result<u64> {
        writeln!(file, "{INBOUND_TYPE} {}", bytes.len())?;
        file.write_all(&bytes)?;
        file.write_all(&key.sign(&bytes))?;
        for path in &files {
            std::io::copy(&mut File::open(path)?, &mut file)?;
        }
        file.sync_all()?;
        Ok(file.metadata()?.len())
    };
    let size = write().map_err(PackageError::io("write", &whole))?;
    publish(&whole, out)?;
    Ok(Posted { manifest, size })
}

/// Seals as many records as a part holds; whether there are no more.
fn fill(plain: &mut File, path: &Path, sealing: &mut SealingStream, part_size: u64) -> Result<bool, PackageError> {
    let mut buffer = Zeroizing::new(vec![0; 64 << 10]);
    while sealing.size() < part_size {
        let room = usize::try_from(part_size - sealing.size()).unwrap_or(usize::MAX).min(buffer.len());
        let read = plain.read(buffer.get_mut(..room).unwrap_or_default()).map_err(PackageError::io("read", path))?;
        match buffer.get(..read) {
            Some([]) | None => return Ok(true),
            Some(bytes) => sealing.write(bytes)?,
        }
    }
    // A full part that is the last one is followed by none.
    let at = std::io::Seek::stream_position(plain).map_err(PackageError::io("read", path))?;
    Ok(plain.metadata().map_err(PackageError::io("read", path))?.len() <= at)
}
