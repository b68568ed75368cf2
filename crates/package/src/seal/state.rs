//! How does a package say to which state it leads, and who is gone on the way there?

use super::PackageWriter;
use crate::delta::{BaseRef, Delta, DeltaKind, Removed, StateDigest, StateKey};
use crate::error::PackageError;
use crate::inner::InnerPart;
use crate::manifest::PartRef;
use crate::stream::{SealedFile, SealingStream};

/// The state that a package leads to.
#[derive(Debug)]
pub struct Leads<'k> {
    /// The keys of the exchange's states.
    pub key: &'k StateKey,
    /// The fields that name a record.
    pub fields: Vec<String>,
    /// What it starts from; none where it is full.
    pub base: Option<BaseRef>,
    /// Where it leads.
    pub state: StateDigest,
}

impl PackageWriter {
    /// Digests records under the key of the exchange's states, not under one of this package. Before the first record.
    pub fn keyed_by(&mut self, key: &StateKey) {
        self.digest = key.digest();
        self.digest_key = key.digest_key();
    }

    /// After the last record: where it leads, and who is gone. Of a full package, `removed` is not looked at.
    ///
    /// # Errors
    /// The disk refuses; the package is then given up.
    pub fn lead_to(&mut self, leads: Leads<'_>, removed: impl Iterator<Item = Removed>) -> Result<(), PackageError> {
        self.attempt(|writer| {
            if writer.closed.is_empty() {
                writer.part()?;
            }
            writer.close()?;
            let (kind, gone) = match &leads.base {
                None => (DeltaKind::Full, None),
                Some(_) => (DeltaKind::Delta, Some(writer.gone(removed)?)),
            };
            let (outer, inner) = gone.unzip();
            let Leads { key, fields, base, state } = leads;
            let tag_key = key.tag_key();
            writer.state = Some((Delta { kind, key: fields, tag_key, base, state, removed: inner }, outer));
            Ok(())
        })
    }

    /// Writes the part that names who is gone.
    fn gone(&mut self, removed: impl Iterator<Item = Removed>) -> Result<(PartRef, InnerPart), PackageError> {
        let name = self.part_name(self.closed.len() as u64 + 1);
        let path = self.dir.join(&name);
        let mut stream = SealingStream::create(&path, &self.spec.recipients, self.spec.compression)?;
        let mut records = 0;
        for line in removed {
            let mut line = serde_json::to_vec(&line).map_err(|_| PackageError::malformed("removed", "no JSON"))?;
            line.push(b'\n');
            stream.write(&line)?;
            records += 1;
        }
        let SealedFile { sha256, size, plain_sha256, plain_size } = stream.finish()?;
        let inner = InnerPart { name: name.clone(), records, size: plain_size, sha256: plain_sha256 };
        Ok((PartRef { name, sha256, size }, inner))
    }
}
