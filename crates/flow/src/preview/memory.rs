//! How are invented records read as if they stood in the catalogue's sources?

use std::sync::Arc;

use causeway_model::ValueType;
use causeway_model::catalogue::Catalogue;
use jiff::civil::Date;

use super::world::World;
use crate::Batch;
use crate::source::{BatchStream, Cell, Decoder, Scan, ScanColumn, Snapshot, SnapshotInfo, Source, SourceError, Watch};

/// A source of the catalogue that holds what was invented.
struct Invented {
    name: String,
    world: Arc<World>,
}

/// Every source of the catalogue, each over the same invented world.
pub(super) fn sources(catalogue: &Catalogue, world: World) -> Vec<Box<dyn Source>> {
    let world = Arc::new(world);
    let source = |source: &causeway_model::catalogue::Source| {
        Box::new(Invented { name: source.name.clone(), world: Arc::clone(&world) }) as Box<dyn Source>
    };
    catalogue.sources.iter().map(source).collect()
}

impl Source for Invented {
    fn name(&self) -> &str {
        &self.name
    }

    fn snapshot(&self, now: jiff::Timestamp, _: &Watch) -> Result<Box<dyn Snapshot>, SourceError> {
        Ok(Box::new(Still { world: Arc::clone(&self.world), taken_at: now }))
    }
}

struct Still {
    world: Arc<World>,
    taken_at: jiff::Timestamp,
}

impl Snapshot for Still {
    fn info(&self) -> SnapshotInfo {
        SnapshotInfo { kind: "invented".to_owned(), taken_at: self.taken_at }
    }

    fn scan(&mut self, scan: &Scan) -> Result<BatchStream, SourceError> {
        let mut decoder = Decoder::new(scan);
        let mut batches: Vec<Result<Batch, SourceError>> = Vec::new();
        for record in self.world.0.get(&scan.entity).into_iter().flatten() {
            for (at, column) in scan.columns.iter().enumerate() {
                let value = record.get(&column.element.element).and_then(Option::as_deref);
                match value.map(|value| written(value, column)) {
                    None => decoder.push(at, Cell::Null),
                    Some(value) if column.value_type == ValueType::Bytes => {
                        decoder.push(at, Cell::Bytes(value.as_bytes()))
                    }
                    Some(value) => decoder.push(at, Cell::Text(value.as_bytes())),
                }
            }
            decoder.end_row();
            if decoder.is_full() {
                batches.push(decoder.take());
            }
        }
        // An empty table has columns too.
        batches.push(decoder.take());
        Ok(Box::new(batches.into_iter()))
    }
}

/// The value as this column writes it.
fn written(value: &str, column: &ScanColumn) -> String {
    let Some(format) = &column.format else { return value.to_owned() };
    let formatted = match column.value_type {
        ValueType::Date => value.parse::<Date>().ok().and_then(|date| jiff::fmt::strtime::format(format, date).ok()),
        ValueType::PartialDate => {
            let whole = format!("{value}{}", "-01".repeat(10_usize.saturating_sub(value.len()) / 3));
            whole.parse::<Date>().ok().and_then(|date| jiff::fmt::strtime::format(format, date).ok())
        }
        ValueType::Timestamp => value
            .parse::<jiff::Timestamp>()
            .ok()
            .and_then(|moment| jiff::fmt::strtime::format(format, &moment.to_zoned(jiff::tz::TimeZone::UTC)).ok()),
        _ => None,
    };
    formatted.unwrap_or_else(|| value.to_owned())
}
