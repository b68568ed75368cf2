//! Does every record that a format can carry come back exactly?

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use causeway_model::exchange::{Audience, Format, FormatKind};
use proptest::prelude::*;

use super::batches::{flat_batch, nested_batch, without_empties};
use super::{back, format, parts};

/// Cuts a batch in two, writes each as a part, reads both, joins what came.
fn round(batch: &RecordBatch, at: usize, format: Format) -> RecordBatch {
    let at = at % (batch.num_rows() + 1);
    let halves = [batch.slice(0, at), batch.slice(at, batch.num_rows() - at)];
    let read = back(&parts(&halves, format), batch, format).unwrap();
    concat_batches(&batch.schema(), &read).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn csv_for_machines(batch in flat_batch(), at: usize) {
        let read = round(&batch, at, format(FormatKind::Csv, Audience::Machine));
        prop_assert_eq!(read, without_empties(&batch));
    }

    #[test]
    fn csv_for_people(batch in flat_batch(), at: usize) {
        let read = round(&batch, at, format(FormatKind::Csv, Audience::People));
        prop_assert_eq!(read, without_empties(&batch));
    }

    #[test]
    fn json_lines(batch in nested_batch(), at: usize) {
        prop_assert_eq!(round(&batch, at, format(FormatKind::JsonLines, Audience::Machine)), batch);
    }

    #[test]
    fn the_audience_alters_no_json(batch in nested_batch()) {
        let batches = std::slice::from_ref(&batch);
        let [people, machine] = [Audience::People, Audience::Machine]
            .map(|audience| parts(batches, format(FormatKind::JsonLines, audience)));
        prop_assert_eq!(people, machine);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn parquet(batch in nested_batch(), at: usize) {
        prop_assert_eq!(round(&batch, at, format(FormatKind::Parquet, Audience::Machine)), batch.clone());
        prop_assert_eq!(round(&batch, at, format(FormatKind::Parquet, Audience::People)), batch);
    }
}
