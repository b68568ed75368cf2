//! How is what was measured told, and when does a benchmark fail?

use super::Measured;
use super::deltas::MOST;
use super::measure::{Cost, median};
use super::options::Options;
use super::targets::{Best, GROWTH, ONCE, judge as held};
use crate::Outcome;

/// Prints the table of a population.
pub fn print(options: &Options, measured: &Measured) {
    let memory = options.memory.map(|mebibytes| format!(" · budget {mebibytes} MB")).unwrap_or_default();
    println!(
        "\n{} people · variant {} · {}{memory} · medians of {} after one to warm up · package {:.1} MB",
        measured.size.label,
        options.variant.label(),
        options.format.label(),
        options.runs,
        measured.package as f64 / 1e6,
    );
    println!(
        "{:20} {:>8} {:>8} {:>8} {:>9} {:>8} {:>9} {:>8}",
        "", "wall s", "cpu s", "client", "postgres", "mariadb", "memory MB", "others"
    );
    let ours = median(&measured.ours);
    line("causeway", &ours);
    let peers: Vec<(&str, Cost)> = measured.peers.iter().map(|(name, costs)| (*name, median(costs))).collect();
    for (name, cost) in &peers {
        line(name, cost);
    }
    if !measured.deltas.is_empty() {
        line("as deltas", &median(&measured.deltas));
    }
    if let Some(best) = best(measured) {
        let (cpu, wall, databases) = best.ratios(&ours);
        println!("against the best peer: cpu {cpu:.2} ×, wall {wall:.2} ×, databases' cpu {databases:.2} ×");
    }
    let reads: Vec<String> = measured.reads.iter().map(|(table, times)| format!("{table} {times:.2} ×")).collect();
    println!("rows read: {}", reads.join(", "));
    for line in &measured.spilled {
        println!("{line}");
    }
}

fn line(name: &str, cost: &Cost) {
    println!(
        "{name:20} {:8.2} {:8.2} {:8.2} {:9.2} {:8.2} {:9.0} {:8.2}",
        cost.wall,
        cost.total(),
        cost.client,
        cost.postgres,
        cost.mariadb,
        cost.memory,
        cost.others
    );
}

fn best(measured: &Measured) -> Option<Best> {
    Best::of(&measured.peers.iter().map(|(_, costs)| median(costs)).collect::<Vec<_>>())
}

/// Holds everything to its targets; an error names what was missed.
pub fn judge(options: &Options, all: &[Measured]) -> Outcome {
    let mut missed = Vec::new();
    let mut told = |size: &str, line: String, holds: bool| {
        println!("{} {size:6} {line}", if holds { "holds " } else { "MISSED" });
        if !holds {
            missed.push(format!("{size} {line}"));
        }
    };
    println!();
    for measured in all {
        let (size, ours) = (&measured.size, median(&measured.ours));
        for judged in held(size.people, options.variant, options.format, &ours, best(measured).as_ref()) {
            told(&size.label, judged.line, judged.holds);
        }
        if !measured.deltas.is_empty() {
            let times = median(&measured.deltas).total() / ours.total();
            told(
                &size.label,
                format!("deltas: {times:.2} × the cpu of everything, at most {MOST:.2} ×"),
                times <= MOST,
            );
        }
        for (table, times) in &measured.reads {
            if *times > ONCE {
                told(&size.label, format!("{table} was read {times:.2} ×, at most once"), false);
            }
        }
    }
    for pair in all.windows(2) {
        let [smaller, larger] = pair else { continue };
        let people = larger.size.people as f64 / smaller.size.people as f64;
        let growth = median(&larger.ours).wall / median(&smaller.ours).wall / people;
        let line = format!("from {}: time grows {growth:.2} × as people do, at most {GROWTH:.2} ×", smaller.size.label);
        told(&larger.size.label, line, growth <= GROWTH);
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("missed: {}", missed.join("; ")).into()) }
}
