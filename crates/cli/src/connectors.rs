//! Which connectors does this binary have?

use std::path::Path;

use causeway_connect::deliver::folder;
use causeway_engine::Connectors;
use causeway_flow::accept::target::Target;
use causeway_flow::accept::{Records, RecordsError};
use causeway_flow::source::{Source, SourceError};
use causeway_model::catalogue;
use causeway_model::inbound::FormatKind;

/// Every connector of `causeway_connect`.
pub struct AllConnectors;

impl Connectors for AllConnectors {
    fn open(&self, source: &catalogue::Source, base: &Path) -> Result<Box<dyn Source>, SourceError> {
        causeway_connect::source::open(source, base)
    }

    fn deliver(
        &self,
        package: &Path,
        target: &Path,
        id: &str,
        gate: &dyn Fn(&'static str) -> bool,
    ) -> Result<String, String> {
        std::fs::create_dir_all(target).map_err(|error| format!("cannot make `{}`: {error}", target.display()))?;
        let probe = |mark: &'static str| if gate(mark) { Ok(()) } else { Err(folder::Stop) };
        let delivered = folder::deliver(package, target, id, &probe).map_err(|error| error.to_string())?;
        Ok(format!("{} parts sent, {} were there", delivered.sent, delivered.kept))
    }

    fn arrived(&self, package: &Path, target: &Path, id: &str) -> Result<bool, String> {
        folder::stands_whole(package, target, id).map_err(|error| error.to_string())
    }

    fn records(
        &self,
        plain: Box<dyn std::io::Read + Send>,
        kind: FormatKind,
    ) -> Result<Box<dyn Records + Send>, RecordsError> {
        causeway_connect::records::records(plain, kind)
    }

    fn target(&self, target: &catalogue::Target, base: &Path) -> Box<dyn Target> {
        causeway_connect::target::open(target, base)
    }
}
