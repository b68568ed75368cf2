//! How is it written down who was left out, sealed to the operation?

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use causeway_flow::FlowError;
use causeway_flow::enforce::Sink;
use causeway_package::report::ReportWriter;

use crate::house::House;

pub(super) type Finish = Box<dyn FnOnce() -> Result<(), FlowError>>;

/// A sink that seals report lines to the operation, and what ends the report.
pub(super) fn report_sink(path: &Path, house: &House) -> Result<(Sink, Finish), FlowError> {
    let failed = |error: causeway_package::PackageError| FlowError::Write { what: "report", detail: error.to_string() };
    let writer = Rc::new(RefCell::new(Some(ReportWriter::create(path, house.keys.recipient()).map_err(failed)?)));
    // CRASH: a report without its end, in a room that recovery clears.
    (house.surroundings.probe)("prepare-report-begun");
    let shared = Rc::clone(&writer);
    let sink: Sink = Box::new(move |line| match shared.borrow_mut().as_mut() {
        Some(writer) => writer.line(line).map_err(failed),
        None => Ok(()),
    });
    let finish: Finish = Box::new(move || match writer.borrow_mut().take() {
        Some(writer) => writer.finish().map(|_| ()).map_err(failed),
        None => Ok(()),
    });
    Ok((sink, finish))
}

pub(super) fn rename(from: &Path, to: &Path) -> Result<(), FlowError> {
    std::fs::rename(from, to).map_err(|error| FlowError::Write { what: "report", detail: error.kind().to_string() })
}
