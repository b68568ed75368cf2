//! What does a run need, and how does it walk the street: source, aggregate, transform, enforce, seal?

use std::path::PathBuf;

use causeway_flow::enforce::{Expectation, Reporter};
use causeway_flow::plan::Plan;
use causeway_flow::seal::{Sealed, Sealing};
use causeway_flow::source::{Source, Watch};
use causeway_flow::transform::Pseudonyms;
use causeway_flow::{FlowError, aggregate, enforce, seal, source, transform};
use causeway_model::arrangement::InForce;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::Exchange;
use causeway_model::{Code, Violation};
use causeway_package::Entropy;
use causeway_package::delta::Base;
use causeway_package::inner::{ArrangementRef, Source as SourceFact};
use causeway_package::key::Recipient;
use jiff::civil::Date;

use super::following::Chosen;
use super::heed::Heeded;
use super::report::{rename, report_sink};
use super::report_path;
use super::room::REPORT;
use crate::house::House;

/// Everything that one run needs, decided before anything is read.
pub(super) struct Run<'h> {
    pub(super) house: &'h House,
    pub(super) id: &'h str,
    pub(super) token: &'h str,
    /// Where nothing but this run's is in the making.
    pub(super) room: PathBuf,
    pub(super) arrangement: InForce,
    pub(super) digest: String,
    pub(super) exchange: Exchange,
    pub(super) catalogue: Catalogue,
    pub(super) expectation: Expectation,
    /// Until when the partner may keep what leaves.
    pub(super) purge_by: Date,
    pub(super) sequence: u64,
    pub(super) checkpoint: String,
    pub(super) recipient: Recipient,
    /// Its fingerprint.
    pub(super) sealed_to: String,
    /// Where the exchange is sent as states: from which it starts.
    pub(super) chosen: Option<Chosen>,
    /// What people decided.
    pub(super) heeded: Heeded,
    pub(super) pseudonyms: Pseudonyms,
    /// How often any had changed before these were looked up.
    pub(super) pseudonyms_seen: u64,
}

impl Run<'_> {
    /// Walks it, to a package in the room that nobody knows of.
    pub(super) fn walk(&self, sources: &[Box<dyn Source>], watch: &Watch, base: Base) -> Result<Sealed, FlowError> {
        let house = self.house;
        let plan = Plan::compile(&self.arrangement, &self.exchange, &self.catalogue, &self.pseudonyms)
            .map_err(FlowError::Refused)?;
        let mut extract = source::extract(&plan, sources, &|| house.now(), watch)?;
        let spread_s = extract.spread_s();
        if let Some(most) = self.exchange.snapshot_spread_s
            && spread_s > u64::from(most)
        {
            let detail =
                format!("the sources were held still within {spread_s} s of one another; the exchange allows {most} s");
            return Err(FlowError::refuse(Violation::new(Code::SnapshotSpread, &self.exchange.exchange, detail)));
        }
        let snapshots = extract.snapshots();
        let report = self.room.join(REPORT);
        let _ = std::fs::remove_file(&report);
        let (sink, finish) = report_sink(&report, house)?;
        let memory = house.memory(self.room.clone());
        let bundle =
            aggregate::aggregate(&mut extract, &plan, Reporter::new(sink), self.heeded.register(house), &memory)?;
        let draft = transform::transform(bundle, &plan);
        let cleared = enforce::enforce(draft, &plan, self.expectation, watch.clone());
        let sources = snapshots
            .into_iter()
            .map(|(name, info)| SourceFact { name, snapshot: info.kind, taken_at: info.taken_at })
            .collect();
        let sealing = Sealing {
            staging: &self.room,
            exchange: &self.exchange,
            now: house.now(),
            recipients: vec![self.recipient.clone()],
            signing_key: &house.keys.package,
            entropy: Entropy::new(house.random()),
            disclosure_key: &house.keys.disclosure(),
            subject: self.catalogue.subject().map_or("", |subject| subject.name.as_str()),
            transfer: self.id.to_owned(),
            sequence: self.sequence,
            arrangement: ArrangementRef {
                id: self.arrangement.arrangement.clone(),
                version: self.arrangement.version,
                digest: self.digest.clone(),
            },
            purge_by: self.purge_by,
            checkpoint: self.checkpoint.clone(),
            sources,
            snapshot_spread_s: spread_s,
            following: self.chosen.as_ref().map(|chosen| chosen.following(house, base)),
        };
        let sealed = seal::seal(cleared, &plan, sealing);
        // The report tells why, whether or not anything is released.
        if let Err(error) = finish().and_then(|()| rename(&report, &report_path(house, self.id, self.token))) {
            // Nothing is released while the operation cannot be told who was left out.
            if let Ok(sealed) = sealed {
                let _ = std::fs::remove_dir_all(&sealed.package.dir);
            }
            return Err(error);
        }
        // CRASH: the report of an attempt that came to nothing stands: the next attempt removes it.
        (house.surroundings.probe)("prepare-report-kept");
        sealed
    }
}
