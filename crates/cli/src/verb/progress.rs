//! How far is a transfer, for people and for programs?

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use causeway_flow::source::Watch;
use clap::ValueEnum;
use serde_json::json;

/// How progress is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Told {
    /// A line for people.
    Text,
    /// A JSON object a line, once a second.
    Json,
    /// Not at all.
    None,
}

/// Tells how far a transfer is, while it runs.
pub struct Progress {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins to tell.
    pub fn start(watch: &Watch, told: Told) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let (teller, flag) = (Teller { watch: watch.clone(), begun: Instant::now() }, Arc::clone(&done));
        let thread = std::thread::spawn(move || teller.tell(told, &flag));
        Self { done, thread: Some(thread) }
    }

    /// Tells a last time, and stops.
    pub fn stop(mut self) {
        self.done.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

struct Teller {
    watch: Watch,
    begun: Instant,
}

impl Teller {
    fn tell(&self, told: Told, done: &AtomicBool) {
        let terminal = std::io::stderr().is_terminal();
        let every = if told == Told::Text && terminal { Duration::from_millis(200) } else { Duration::from_secs(1) };
        let (mut last, mut open) = (false, false);
        while !last {
            std::thread::park_timeout(every);
            // What is told after this was noticed is all that there was.
            last = done.load(Ordering::Acquire);
            match told {
                Told::None => {}
                Told::Json => eprintln!("{}", self.json()),
                // Nothing is read yet, or it was refused before anything was.
                Told::Text if self.watch.reading().0.is_empty() => {}
                Told::Text if terminal => {
                    eprint!("\r\x1b[K{}", self.text());
                    open = true;
                }
                Told::Text => eprintln!("{}", self.text()),
            }
        }
        if open {
            eprintln!();
        }
    }

    fn text(&self) -> String {
        let (read, released) = self.watch.counts();
        let (stage, _) = self.watch.reading();
        let memory = memory_mebibytes().map_or_else(String::new, |memory| format!(", {memory} MiB"));
        let left = self.left_s().map_or_else(String::new, |left| format!(", about {left} s left"));
        let rate = self.rate(read);
        format!("  {stage}: {read} rows read ({rate}/s), {released} records released{memory}{left}")
    }

    fn json(&self) -> serde_json::Value {
        let (read, released) = self.watch.counts();
        let (stage, tables) = self.watch.reading();
        let table = |progress: &causeway_flow::source::TableProgress| json!({ "read": progress.read, "expected": progress.expected });
        let tables: serde_json::Map<String, serde_json::Value> =
            tables.iter().map(|(name, progress)| (name.clone(), table(progress))).collect();
        json!({
            "stage": stage, "seconds": self.begun.elapsed().as_secs(), "rows_read": read, "rows_per_second": self.rate(read),
            "records_released": released, "sources": tables, "memory_mebibytes": memory_mebibytes(), "seconds_left": self.left_s(),
            "spilled_bytes": self.watch.bytes_spilled(),
        })
    }

    fn rate(&self, read: u64) -> u64 {
        let milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        read.saturating_mul(1_000) / milliseconds
    }

    /// Seconds that are left at the rate so far, where every source said how many rows it has.
    fn left_s(&self) -> Option<u64> {
        let (_, tables) = self.watch.reading();
        let expected: u64 = tables.values().map(|progress| progress.expected).sum::<Option<u64>>()?;
        let (read, _) = self.watch.counts();
        let left = expected.checked_sub(read).filter(|_| read > 0)?;
        Some(left / self.rate(read).max(1))
    }
}

/// Memory that this process has resident, where the system tells.
fn memory_mebibytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes / 1_024)
}
