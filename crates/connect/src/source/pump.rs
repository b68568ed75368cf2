//! How do records, whatever they are read from, become batches at the pace that is allowed?

use std::sync::Arc;
use std::time::Duration;

use causeway_flow::Batch;
use causeway_flow::source::{BatchStream, Decoder, Scan, SourceError, Watch};
use causeway_model::Code;

use super::handoff::{Handoff, Sender, cancelled};
use super::pace::Brakes;

/// Records of one scan, read one after the other.
pub(crate) trait Rows {
    /// Pushes the cells of the next record; false after the last.
    fn next(&mut self, decoder: &mut Decoder) -> Result<bool, SourceError>;

    /// After the last of `rows` records: was that really everything?
    fn finish(&mut self, rows: u64) -> Result<(), SourceError>;

    /// Told when the reading pauses (`true`) because of us, and when it goes on: our own waiting is not the source's time.
    fn pausing(&mut self, _paused: bool) {}
}

/// What one reading is bound by.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) origin: String,
    pub(crate) watch: Watch,
    pub(crate) brakes: Arc<Brakes>,
    /// When the source's window closes, on the pace's clock.
    pub(crate) closes: Option<Duration>,
}

impl Run {
    fn check(&self) -> Result<(), SourceError> {
        if self.watch.is_cancelled() {
            return Err(cancelled(&self.origin));
        }
        self.brakes.still_open(self.closes)
    }
}

/// Reads `rows` to their end and hands them over; whatever goes wrong is handed over too, as the last thing.
pub(crate) fn pump(rows: &mut dyn Rows, scan: &Scan, run: &Run, out: &Sender) {
    match pump_all(rows, scan, run, out) {
        Ok(true) => out.whole(),
        Ok(false) => {}
        Err(error) => {
            out.send(Err(error));
        }
    }
}

/// Whether everything was read and taken; false when nobody wanted the rest.
fn pump_all(rows: &mut dyn Rows, scan: &Scan, run: &Run, out: &Sender) -> Result<bool, SourceError> {
    let most = run.brakes.batch_rows();
    let mut decoder = Decoder::new(scan);
    let (mut total, mut waiting) = (0, 0);
    run.check()?;
    loop {
        let more = rows.next(&mut decoder)?;
        if more {
            total += 1;
            waiting = decoder.end_row();
        }
        if waiting >= most || decoder.is_full() || (!more && waiting > 0) {
            let batch = decoder.take()?;
            rows.pausing(true);
            run.brakes.take(waiting, &run.watch, &|| out.is_closed());
            run.check()?;
            if !out.send(Ok(batch)) {
                return Ok(false);
            }
            rows.pausing(false);
            waiting = 0;
        }
        if !more {
            rows.finish(total)?;
            return Ok(true);
        }
    }
}

/// Reads `rows` to their end, here and now; `most` of them.
pub(crate) fn collect(rows: &mut dyn Rows, scan: &Scan, run: &Run, most: usize) -> Result<Vec<Batch>, SourceError> {
    let together = run.brakes.batch_rows();
    let mut decoder = Decoder::new(scan);
    let (mut total, mut waiting, mut batches) = (0, 0, Vec::new());
    run.check()?;
    loop {
        let more = rows.next(&mut decoder)?;
        if more {
            total += 1;
            waiting = decoder.end_row();
        }
        if total > most {
            let detail = format!("more than {most} rows belong to a few keys");
            return Err(SourceError::new(Code::SourceLimit, &run.origin, detail));
        }
        if waiting >= together || decoder.is_full() || (!more && waiting > 0) {
            batches.push(decoder.take()?);
            run.brakes.take(waiting, &run.watch, &|| false);
            run.check()?;
            waiting = 0;
        }
        if !more {
            rows.finish(total as u64)?;
            return Ok(batches);
        }
    }
}

/// Reads on a thread of its own.
pub(crate) fn on_own_thread(mut rows: Box<dyn Rows + Send>, scan: Scan, run: Run) -> Result<BatchStream, SourceError> {
    let (out, stream) = Handoff::pair(&run.origin, &run.watch);
    let origin = run.origin.clone();
    let thread = std::thread::Builder::new().name("source-file".to_owned());
    let spawned = thread.spawn(move || pump(rows.as_mut(), &scan, &run, &out));
    spawned.map_err(|error| no_thread(&origin, &error))?;
    Ok(Box::new(stream))
}

/// The error of a system that gives no more threads.
pub(crate) fn no_thread(origin: &str, error: &std::io::Error) -> SourceError {
    SourceError::new(Code::SourceUnreachable, origin, format!("no thread to read it with: {}", error.kind()))
}
