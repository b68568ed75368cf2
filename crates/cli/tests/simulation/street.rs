//! How do packages leave in a history? By the real connectors, on a line that drops calls and answers when told.

use std::path::Path;

use causeway_connect::deliver::folder;
use causeway_engine::Connectors;
use causeway_flow::accept::target::Target;
use causeway_flow::accept::{Records, RecordsError};
use causeway_flow::source::{Source, SourceError};
use causeway_model::catalogue;
use causeway_model::inbound::FormatKind;

use super::stage;

/// Every connector, on a bad line.
pub struct BadLine;

impl Connectors for BadLine {
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
        if !stage::wait_at("line-called") {
            return Err("the call was dropped".to_owned());
        }
        std::fs::create_dir_all(target).map_err(|error| error.to_string())?;
        let probe = |mark: &'static str| {
            if !gate(mark) {
                return Err(folder::Stop);
            }
            // What the gate looked at is looked at by whoever directs, before anybody else runs.
            if mark != "deliver-bytes" && mark != "deliver-renamed" {
                stage::leaves(id, mark);
            }
            Ok(())
        };
        let delivered = folder::deliver(package, target, id, &probe).map_err(|error| error.to_string())?;
        if !stage::wait_at("line-answered") {
            return Err("the answer was dropped".to_owned());
        }
        Ok(format!("{} parts sent, {} were there", delivered.sent, delivered.kept))
    }

    fn arrived(&self, package: &Path, target: &Path, id: &str) -> Result<bool, String> {
        if !stage::wait_at("line-asked") {
            return Err("the call was dropped".to_owned());
        }
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
