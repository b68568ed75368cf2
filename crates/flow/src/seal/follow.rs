//! Of what is cleared, which records go into a delta, and whom does it disclose?

use arrow::record_batch::RecordBatch;
use causeway_model::{Code, Violation};
use causeway_package::PackageWriter;
use causeway_package::delta::{
    Base, BaseRef, Compared, Comparison, RemovalReason, Removed, StateKey, Unnamed, Verdict,
};
use causeway_package::disclosure::{DisclosureSet, EntityPseudonyms};
use causeway_package::seal::Leads;
use jiff::civil::Date;

use super::stage::packaging;
use crate::enforce::PersonKeys;
use crate::error::FlowError;

/// What a package follows: the state that the partner confirmed last, or none where it is full.
pub struct Following<'s> {
    /// The keys of the exchange's states.
    pub key: &'s StateKey,
    /// The outputs that name a record.
    pub fields: Vec<String>,
    /// Where they stand among all of them.
    pub places: Vec<usize>,
    /// What records are compared with; nobody, where it is full.
    pub compared_with: Base,
    /// What that is called; none, where it is full.
    pub base: Option<BaseRef>,
    /// Until when the partner may go on with what it has begun for who is gone, where that is agreed.
    pub grace_until: Option<Date>,
}

/// A batch, and who is in its records where that is told record by record.
pub(super) type Given = (RecordBatch, Option<PersonKeys>);

/// A comparison on its way through the records.
pub(super) struct Follower {
    comparison: Comparison,
    pseudonyms: EntityPseudonyms,
    disclosed: DisclosureSet,
    stayed: DisclosureSet,
}

impl Follower {
    /// Begins; `expected` are about how many records come.
    pub(super) fn begin(following: &mut Following<'_>, pseudonyms: EntityPseudonyms, expected: usize) -> Self {
        let base = std::mem::take(&mut following.compared_with);
        let expected = if following.base.is_none() { expected } else { 0 };
        let comparison = Comparison::new(following.key, following.places.clone(), base, expected);
        Self { comparison, pseudonyms, disclosed: DisclosureSet::new(), stayed: DisclosureSet::new() }
    }

    /// Whether a record goes into the package, and its digest then.
    pub(super) fn takes(
        &mut self,
        canonical: &[u8],
        record: usize,
        people: Option<&PersonKeys>,
    ) -> Result<Option<[u8; 32]>, FlowError> {
        let judged = self.comparison.judge(canonical).map_err(unnamed)?;
        let stays = judged.verdict == Verdict::Same;
        // A delta discloses whose records are in it, not everybody whose record stayed as it was: they are in its state.
        let set = if stays { &mut self.stayed } else { &mut self.disclosed };
        let people = people.into_iter().flat_map(|people| people.of_record(record));
        people.for_each(|key| set.add(self.pseudonyms.pseudonym(key)));
        Ok((!stays).then_some(judged.value))
    }

    /// What it came to: the state, who is disclosed, and who stays as they were.
    pub(super) fn end(self) -> Result<(Compared, DisclosureSet, DisclosureSet), FlowError> {
        Ok((self.comparison.finish().map_err(unnamed)?, self.disclosed, self.stayed))
    }
}

impl Following<'_> {
    /// Says in the package where it leads and who is gone.
    pub(super) fn lead(self, writer: &mut PackageWriter, compared: &Compared) -> Result<(), FlowError> {
        let removed = compared.removed.iter().map(|tag| Removed {
            record: hex::encode(tag),
            reason: RemovalReason::NoLongerShared,
            grace_until: self.grace_until,
        });
        let Self { key, fields, base, .. } = self;
        let leads = Leads { key, fields, base, state: compared.state.clone() };
        writer.lead_to(leads, removed).map_err(packaging)
    }
}

fn unnamed(why: Unnamed) -> FlowError {
    FlowError::refuse(Violation::new(Code::DeltaKey, "delta/key", why.to_string()))
}
