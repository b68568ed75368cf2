//! How do cleared records become a sealed package, in one streaming pass?

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};

use arrow::compute::BatchCoalescer;
use arrow::record_batch::RecordBatch;
use causeway_model::exchange::{Audience, Compression, Exchange, FormatKind};
use causeway_model::{ElementRef, Form};
use causeway_package::delta::Compared;
use causeway_package::disclosure::{DisclosureKey, DisclosureSet};
use causeway_package::inner::{self, ArrangementRef, InnerFacts, Source};
use causeway_package::key::{Recipient, SigningKey};
use causeway_package::{Entropy, PackageError, PackageWriter, SealedPackage, Spec};

use super::follow::{Follower, Given};
use super::{EncodeError, Encoder, Following};
use crate::enforce::{Clearance, Cleared, PersonKeys};
use crate::error::FlowError;
use crate::plan::{OutputType, Plan};

const MEBIBYTE: u64 = 1 << 20;

/// Records that are encoded together.
///
/// INVARIANT (the partner cannot see whom we withheld): parts and row groups of Parquet end after a batch, so batches are
/// cut anew here. As they came, their sizes would tell how many of each were left out.
const RECORDS_TOGETHER: usize = 1_024;

/// Batches that may wait to be encoded.
const WAITING: usize = 2;

/// People for whom room is made at once in the disclosure set, whatever a source says of itself.
const MOST_EXPECTED: u64 = 20_000_000;

/// What seals a package: keys, people who may open it, and what the partner is told of it.
pub struct Sealing<'s> {
    /// Folder in which the package is made.
    pub staging: &'s Path,
    /// The exchange.
    pub exchange: &'s Exchange,
    /// The moment of sealing.
    pub now: jiff::Timestamp,
    /// The partner's keys.
    pub recipients: Vec<Recipient>,
    /// The operation's package key.
    pub signing_key: &'s SigningKey,
    /// Randomness of this package.
    pub entropy: Entropy,
    /// The operation's key for disclosure sets.
    pub disclosure_key: &'s DisclosureKey,
    /// Entity of the people in the disclosure set.
    pub subject: &'s str,
    /// Identifier of the transfer.
    pub transfer: String,
    /// Number of this transfer within the exchange.
    pub sequence: u64,
    /// The arrangement.
    pub arrangement: ArrangementRef,
    /// Day by which the partner erases the data.
    pub purge_by: jiff::civil::Date,
    /// Newest ledger checkpoint.
    pub checkpoint: String,
    /// Snapshots of the sources.
    pub sources: Vec<Source>,
    /// Seconds between the first and the last of them.
    pub snapshot_spread_s: u64,
    /// What it follows, where the exchange is sent as states.
    pub following: Option<Following<'s>>,
}

/// A package sealed to the partner, what it holds and whom.
///
/// INVARIANT (two seals): made only from [`Cleared`] that ended in a [`Clearance`].
pub struct Sealed {
    /// The package.
    pub package: SealedPackage,
    /// What it comes to.
    pub clearance: Clearance,
    /// Who is in it, as the operation's pseudonyms; to be sealed before anything is delivered.
    pub disclosed: DisclosureSet,
    /// Who is in its state and not in it, where the exchange is sent as states: to be asked about until it is sealed for good.
    pub stayed: Option<DisclosureSet>,
    /// What of them is in it: each element with the form in which it leaves.
    pub elements: BTreeSet<(ElementRef, Form)>,
    /// The state that it leads to, where the exchange is sent as states.
    pub state: Option<Compared>,
}

/// Seals cleared records. On any error the unfinished package is destroyed.
pub fn seal(mut cleared: Cleared, plan: &Plan, mut sealing: Sealing<'_>) -> Result<Sealed, FlowError> {
    let exchange = sealing.exchange;
    let mut encoder = Encoder::new(exchange.format, cleared.schema()).map_err(encoding)?;
    let part_size = u64::from(exchange.package.part_mebibytes) * MEBIBYTE;
    let spec = Spec {
        created: sealing.now,
        recipients: sealing.recipients,
        compression: compression(exchange.package.compression),
        part_size: (!encoder.parts_are_files()).then_some(part_size),
    };
    let mut writer = PackageWriter::create(sealing.staging, spec, sealing.entropy).map_err(packaging)?;
    let expected = cleared.expected().unwrap_or(0).min(MOST_EXPECTED) as usize;
    let pseudonyms = sealing.disclosure_key.of(sealing.subject);
    let follower = sealing.following.as_mut().map(|following| {
        writer.keyed_by(following.key);
        Follower::begin(following, sealing.disclosure_key.of(sealing.subject), expected)
    });
    let by_record = follower.is_some();
    let mut disclosed = if by_record { DisclosureSet::new() } else { DisclosureSet::expecting(expected) };
    let even = encoder.parts_are_files().then(|| BatchCoalescer::new(cleared.schema(), RECORDS_TOGETHER));
    let mut bytes = Vec::new();
    encoder.begin_part(&mut bytes).map_err(encoding)?;
    let sealer = Sealer { encoder, writer, part_size, bytes, canonical: Vec::new(), even, follower };
    // Encoding, compressing and encrypting go on beside reading and transforming.
    let sealed = std::thread::scope(|threads| {
        let (batches, taken) = sync_channel::<Given>(WAITING);
        let packing = std::thread::Builder::new().name("seal".to_owned()).spawn_scoped(threads, || sealer.all(taken));
        let packing =
            packing.map_err(|error| FlowError::Write { what: "package", detail: error.kind().to_string() })?;
        let mut given = || {
            while let Some(batch) = cleared.next_batch()? {
                let people = cleared.take_disclosed();
                if !by_record {
                    people.iter().for_each(|key| disclosed.add(pseudonyms.pseudonym(key)));
                }
                // A packer that has stopped tells why when it is joined.
                if batches.send((batch, by_record.then_some(people))).is_err() {
                    break;
                }
            }
            Ok(())
        };
        let given = given();
        drop(batches);
        // The last part is still being packed.
        disclosed.sort();
        let packed = packing.join().map_err(|_| FlowError::Internal {
            place: "seal",
            detail: "packing stopped without saying why".to_owned(),
        })?;
        given.and(packed)
    });
    let (mut writer, followed) = sealed?;
    let clearance = cleared.clearance()?;
    let (state, stayed) = match (followed.map(Follower::end).transpose()?, sealing.following) {
        (Some((compared, of_records, stayed)), Some(following)) => {
            following.lead(&mut writer, &compared)?;
            disclosed = of_records;
            (Some(compared), Some(stayed))
        }
        _ => (None, None),
    };
    let about = InnerFacts {
        transfer: sealing.transfer,
        exchange: exchange.exchange.clone(),
        sequence: sealing.sequence,
        arrangement: sealing.arrangement,
        format: match exchange.format.kind {
            FormatKind::Csv => inner::Format::Csv,
            FormatKind::JsonLines => inner::Format::Jsonl,
            FormatKind::Parquet => inner::Format::Parquet,
        },
        audience: match exchange.format.audience {
            Audience::People => inner::Audience::People,
            Audience::Machine => inner::Audience::Machine,
        },
        fields: fields(plan),
        purge_by: sealing.purge_by,
        checkpoint: sealing.checkpoint,
        sources: sealing.sources,
        snapshot_spread_s: sealing.snapshot_spread_s,
    };
    let package = writer.finish(about, sealing.signing_key).map_err(packaging)?;
    Ok(Sealed { package, clearance, disclosed, stayed, elements: elements(plan), state })
}

/// Encodes records into the package.
struct Sealer {
    encoder: Encoder,
    writer: PackageWriter,
    part_size: u64,
    bytes: Vec<u8>,
    canonical: Vec<u8>,
    /// Cuts batches anew, where parts or row groups end with a batch.
    even: Option<BatchCoalescer>,
    /// Which records are taken, where the exchange is sent as states.
    follower: Option<Follower>,
}

impl Sealer {
    /// Encodes everything that comes, and ends the last part.
    fn all(mut self, batches: Receiver<Given>) -> Result<(PackageWriter, Option<Follower>), FlowError> {
        for (batch, people) in batches {
            let Some(even) = &mut self.even else {
                self.add(&batch, people.as_ref())?;
                continue;
            };
            even.push_batch(batch).map_err(FlowError::internal("seal"))?;
            self.add_even()?;
        }
        if let Some(even) = &mut self.even {
            even.finish_buffered_batch().map_err(FlowError::internal("seal"))?;
        }
        self.add_even()?;
        self.end_part()?;
        Ok((self.writer, self.follower))
    }

    fn add_even(&mut self) -> Result<(), FlowError> {
        while let Some(batch) = self.even.as_mut().and_then(BatchCoalescer::next_completed_batch) {
            self.add(&batch, None)?;
        }
        Ok(())
    }

    fn add(&mut self, batch: &RecordBatch, people: Option<&PersonKeys>) -> Result<(), FlowError> {
        let Self { encoder, writer, bytes, canonical, follower, .. } = self;
        let cells = encoder.cells(batch).map_err(encoding)?;
        if encoder.parts_are_files() {
            encoder.batch(&cells, bytes).map_err(encoding)?;
        }
        for (at, record) in cells.records().enumerate() {
            canonical.clear();
            record.canonical(canonical);
            let followed = match follower {
                None => None,
                Some(follower) => match follower.takes(canonical, at, people)? {
                    None => continue,
                    taken => taken,
                },
            };
            if !encoder.parts_are_files() {
                encoder.record(record, canonical, bytes).map_err(encoding)?;
            }
            writer.write(bytes).map_err(packaging)?;
            bytes.clear();
            match followed {
                Some(value) => writer.end_judged(&value),
                None => writer.end_record(canonical),
            }
            .map_err(packaging)?;
        }
        if encoder.parts_are_files() && encoder.part_size() >= self.part_size {
            self.end_part()?;
            self.encoder.begin_part(&mut self.bytes).map_err(encoding)?;
        }
        Ok(())
    }

    fn end_part(&mut self) -> Result<(), FlowError> {
        self.encoder.end_part(&mut self.bytes).map_err(encoding)?;
        self.writer.write(&self.bytes).map_err(packaging)?;
        self.bytes.clear();
        self.writer.close_part().map_err(packaging)
    }
}

/// Each element of which something leaves, with its form.
pub(crate) fn elements(plan: &Plan) -> BTreeSet<(ElementRef, Form)> {
    plan.lineage().iter().flat_map(|(_, lineage)| lineage.0.iter().cloned()).collect()
}

/// What the partner is told of each output: name, type, meaning, elements and forms.
fn fields(plan: &Plan) -> Vec<inner::Field> {
    let origins = |name: &str| {
        let nested = format!("{name}.");
        let own = plan.lineage().iter().filter(|(output, _)| output == name || output.starts_with(&nested));
        let mut origins: Vec<inner::Origin> = own
            .flat_map(|(_, lineage)| &lineage.0)
            .map(|(element, form)| inner::Origin { element: element.to_string(), form: form.to_string() })
            .collect();
        origins.sort_by(|a, b| (&a.element, &a.form).cmp(&(&b.element, &b.form)));
        origins.dedup();
        origins
    };
    let field = |field: &crate::plan::PlannedField| inner::Field {
        name: field.name.clone(),
        kind: kind(&field.output),
        description: field.description.clone(),
        from: origins(&field.name),
    };
    plan.fields().iter().map(field).collect()
}

/// Type of an output, in the words of the catalogue: `list(text)`, `records(type code(documents), number text)`.
fn kind(output: &OutputType) -> String {
    match output {
        OutputType::One(value_type) => value_type.to_string(),
        OutputType::List(value_type) => format!("list({value_type})"),
        OutputType::Records(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, output)| format!("{name} {}", kind(output))).collect();
            format!("records({})", members.join(", "))
        }
    }
}

fn compression(compression: Compression) -> inner::Compression {
    match compression {
        Compression::Zstd => inner::Compression::Zstd,
        Compression::Gzip => inner::Compression::Gzip,
        Compression::None => inner::Compression::None,
    }
}

fn encoding(error: EncodeError) -> FlowError {
    FlowError::Write { what: "records", detail: error.to_string() }
}

pub(super) fn packaging(error: PackageError) -> FlowError {
    FlowError::Write { what: "package", detail: error.to_string() }
}
