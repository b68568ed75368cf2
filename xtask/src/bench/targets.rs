//! What must be reached? Every target of the benchmark stands here once.

use super::measure::Cost;
use super::options::{Format, Variant};

/// A bound that a figure must not pass.
struct Target {
    /// What is held to it.
    what: &'static str,
    /// The figure, from our cost and the best of the peers.
    figure: Figure,
    unit: &'static str,
    hard: f64,
    stretch: Option<f64>,
}

/// How a figure stands to its target.
pub struct Judged {
    /// What was judged, the figure and the bounds, in words.
    pub line: String,
    /// Whether the hard bound holds.
    pub holds: bool,
}

type Figure = fn(&Cost, &Best) -> f64;

/// For each figure the lowest of the peers.
pub struct Best {
    total: f64,
    wall: f64,
    databases: f64,
}

const CPU: Figure = |ours, best| ours.total() / best.total;
const WALL: Figure = |ours, best| ours.wall / best.wall;
const DATABASES: Figure = |ours, best| ours.databases() / best.databases;
const MEMORY: Figure = |ours, _| ours.memory;

const fn times(what: &'static str, figure: Figure, hard: f64, stretch: Option<f64>) -> Target {
    Target { what, figure, unit: "×", hard, stretch }
}

const fn mebibytes(hard: f64, stretch: f64) -> Target {
    Target { what: "memory", figure: MEMORY, unit: "MB", hard, stretch: Some(stretch) }
}

/// Each source table may be read so often; the rest is for the server's own statistics.
pub const ONCE: f64 = 1.02;

/// Time from one size to the next may grow so much more than the people do.
pub const GROWTH: f64 = 1.15;

/// Targets against the best peer. They are set for a million people.
fn against_peers(variant: Variant, format: Format) -> Vec<Target> {
    let mut targets = match (variant, format) {
        (_, Format::JsonLines | Format::Parquet) => vec![times("total CPU", CPU, 0.55, Some(0.45))],
        (Variant::Everybody, Format::Csv) => {
            vec![times("total CPU", CPU, 0.45, Some(0.38)), times("wall", WALL, 0.42, Some(0.33))]
        }
        (Variant::Narrow, Format::Csv) => {
            vec![times("total CPU", CPU, 0.50, Some(0.38)), times("wall", WALL, 0.48, Some(0.36))]
        }
    };
    targets.push(times("databases' CPU", DATABASES, 0.95, None));
    targets
}

/// Holds a cost to every target that applies.
pub fn judge(people: u64, variant: Variant, format: Format, ours: &Cost, best: Option<&Best>) -> Vec<Judged> {
    let none = Best { total: 0.0, wall: 0.0, databases: 0.0 };
    let mut targets = match people {
        ..1_000_000 => Vec::new(),
        1_000_000..5_000_000 => vec![mebibytes(320.0, 260.0)],
        5_000_000.. => vec![mebibytes(512.0, 400.0)],
    };
    if best.is_some() && people >= 1_000_000 {
        targets.extend(against_peers(variant, format));
    }
    targets.iter().map(|target| target.judge(ours, best.unwrap_or(&none))).collect()
}

impl Target {
    fn judge(&self, ours: &Cost, best: &Best) -> Judged {
        let figure = (self.figure)(ours, best);
        let digits = if self.unit == "MB" { 0 } else { 2 };
        // A figure that is no number (a peer that used nothing) holds no bound.
        let holds = figure <= self.hard;
        let Self { what, unit, hard, stretch, .. } = self;
        let mut line = format!("{what:16} {figure:.digits$} {unit}, at most {hard:.digits$} {unit}");
        if let Some(stretch) = stretch {
            let reached = if figure <= *stretch { "reached" } else { "not reached" };
            line.push_str(&format!("; stretch {stretch:.digits$} {unit} {reached}"));
        }
        Judged { line, holds }
    }
}

impl Best {
    /// Of these peers; none without any.
    pub fn of(peers: &[Cost]) -> Option<Self> {
        let lowest = |figure: fn(&Cost) -> f64| peers.iter().map(figure).fold(f64::INFINITY, f64::min);
        let best =
            Self { total: lowest(Cost::total), wall: lowest(|cost| cost.wall), databases: lowest(Cost::databases) };
        (!peers.is_empty()).then_some(best)
    }

    /// Processor seconds and wall seconds of ours as parts of theirs.
    pub fn ratios(&self, ours: &Cost) -> (f64, f64, f64) {
        (CPU(ours, self), WALL(ours, self), DATABASES(ours, self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(client: f64, wall: f64, memory: f64) -> Cost {
        Cost { client, wall, memory, postgres: 1.0, ..Cost::default() }
    }

    fn missed(people: u64, variant: Variant, format: Format, ours: &Cost, peers: &[Cost]) -> Vec<bool> {
        judge(people, variant, format, ours, Best::of(peers).as_ref()).iter().map(|judged| !judged.holds).collect()
    }

    #[test]
    fn the_best_of_the_peers_counts_for_each_figure() {
        let peers = [cost(9.0, 20.0, 700.0), cost(19.0, 10.0, 700.0)];
        let ours = Cost { postgres: 0.9, ..cost(3.6, 4.1, 320.0) };
        assert_eq!(missed(1_000_000, Variant::Everybody, Format::Csv, &ours, &peers), [false; 4]);
        let slower = Cost { wall: 4.3, ..ours };
        assert_eq!(missed(1_000_000, Variant::Everybody, Format::Csv, &slower, &peers), [false, false, true, false]);
        assert_eq!(missed(1_000_000, Variant::Narrow, Format::Csv, &slower, &peers), [false; 4]);
        let hungry = Cost { memory: 321.0, postgres: 1.0, ..ours };
        assert_eq!(missed(1_000_000, Variant::Everybody, Format::Parquet, &hungry, &peers), [true, false, true]);
    }

    #[test]
    fn without_peers_or_many_people_little_is_judged() {
        let ours = cost(100.0, 100.0, 500.0);
        assert!(missed(100_000, Variant::Everybody, Format::Csv, &ours, &[ours]).is_empty());
        assert_eq!(missed(5_000_000, Variant::Everybody, Format::Csv, &ours, &[]), [false]);
    }
}
