//! What did a command cost: time, processor, memory, and the processor of the database servers that it asked?
//!
//! The command and everything it waits for is counted by GNU time; the servers from `/proc`, children that ended included.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use crate::Outcome;

/// The servers whose processor time counts.
#[derive(Clone, Copy, Debug)]
pub struct Servers {
    /// PostgreSQL's first process.
    pub postgres: u32,
    /// MariaDB's process.
    pub mariadb: u32,
    /// Ticks of the clock in a second.
    pub ticks: f64,
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// Seconds from beginning to end.
    pub wall: f64,
    /// Processor seconds of the command and its children.
    pub client: f64,
    /// Processor seconds of PostgreSQL.
    pub postgres: f64,
    /// Processor seconds of MariaDB.
    pub mariadb: f64,
    /// Most memory that one process held, in mebibytes.
    pub memory: f64,
    /// Processor seconds of everything else on this machine: what disturbed the run.
    pub others: f64,
}

impl Cost {
    /// Processor seconds of all that worked for the run.
    pub fn total(&self) -> f64 {
        self.client + self.databases()
    }

    /// Processor seconds of the databases.
    pub fn databases(&self) -> f64 {
        self.postgres + self.mariadb
    }
}

/// Ticks of the clock in a second.
pub fn ticks() -> Outcome<f64> {
    Ok(crate::shell::output(Command::new("getconf").arg("CLK_TCK"))?.trim().parse()?)
}

/// Runs a command to its end and counts; its output with the cost.
pub fn cost(command: &Command, servers: &Servers) -> Outcome<(Cost, Output)> {
    let report = tempfile::NamedTempFile::new()?;
    let mut timed = Command::new("time");
    timed.args(["--format", "%e %U %S %M", "--output"]).arg(report.path());
    timed.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    let children = children(servers.postgres).len();
    let before = (postgres(servers), process(servers.mariadb) / servers.ticks, busy(servers)?);
    let output = timed.stdin(Stdio::null()).output().map_err(|error| format!("`time` cannot be started: {error}"))?;
    settle(servers, children);
    let after = (postgres(servers), process(servers.mariadb) / servers.ticks, busy(servers)?);

    let [wall, user, system, memory] = numbers(report.path())?;
    let client = user + system;
    let (postgres, mariadb) = (after.0 - before.0, after.1 - before.1);
    let others = (after.2 - before.2 - client - postgres - mariadb).max(0.0);
    Ok((Cost { wall, client, postgres, mariadb, memory: memory / 1024.0, others }, output))
}

/// The cost whose every figure is the median of these.
pub fn median(costs: &[Cost]) -> Cost {
    let of = |figure: fn(&Cost) -> f64| {
        let mut all: Vec<f64> = costs.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        let (low, high) = (all.len().saturating_sub(1) / 2, all.len() / 2);
        let at = |place: usize| all.get(place).copied().unwrap_or_default();
        f64::midpoint(at(low), at(high))
    };
    Cost {
        wall: of(|cost| cost.wall),
        client: of(|cost| cost.client),
        postgres: of(|cost| cost.postgres),
        mariadb: of(|cost| cost.mariadb),
        memory: of(|cost| cost.memory),
        others: of(|cost| cost.others),
    }
}

/// Waits until the server's processes for our connections have ended: their time counts only then.
fn settle(servers: &Servers, before: usize) {
    for _ in 0..200 {
        if children(servers.postgres).len() <= before {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn postgres(servers: &Servers) -> f64 {
    let all = std::iter::once(servers.postgres).chain(children(servers.postgres));
    all.map(process).sum::<f64>() / servers.ticks
}

/// Processes that a process began and that go on.
pub fn children(pid: u32) -> Vec<u32> {
    let listed = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// Ticks that a process and its ended children worked.
pub fn process(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold blanks. Behind it: state, parent, … and at 11 to 14 the four times.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    rest.split_whitespace().skip(11).take(4).filter_map(|word| word.parse::<f64>().ok()).sum()
}

/// Processor seconds that this machine was not idle.
fn busy(servers: &Servers) -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let times: Vec<f64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|word| word.parse().ok())
        .collect();
    let idle: f64 = times.iter().skip(3).take(2).sum();
    Ok((times.iter().sum::<f64>() - idle) / servers.ticks)
}

/// The last line of what `time` wrote; a line before it tells when the command failed.
fn numbers(report: &Path) -> Outcome<[f64; 4]> {
    let text = fs::read_to_string(report)?;
    let last = text.lines().next_back().unwrap_or_default();
    let all: Vec<f64> = last.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    all.try_into().map_err(|_| format!("`time` said `{}`", text.trim()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_of_each_figure() {
        let cost = |wall, memory| Cost { wall, memory, ..Cost::default() };
        let of_three = median(&[cost(3.0, 1.0), cost(1.0, 9.0), cost(2.0, 5.0)]);
        assert_eq!((of_three.wall, of_three.memory), (2.0, 5.0));
        assert_eq!(median(&[cost(1.0, 0.0), cost(2.0, 0.0)]).wall, 1.5);
    }

    #[test]
    fn work_is_counted() {
        let servers = Servers { postgres: std::process::id(), mariadb: std::process::id(), ticks: ticks().unwrap() };
        let mut command = Command::new("sh");
        command
            .args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo $WORD; exit 3"])
            .env("WORD", "done");
        let (cost, output) = super::cost(&command, &servers).unwrap();
        assert_eq!((output.stdout.as_slice(), output.status.code()), (b"done\n".as_slice(), Some(3)));
        assert!(cost.client > 0.02 && cost.wall >= 0.02 && cost.memory > 0.5, "{cost:?}");
    }
}
