//! How fast is the gateway, and is it right? `cargo xtask bench` runs one workload on live databases, checks what a partner
//! opens, and holds the cost to its targets.
//!
//! Without anything but this repository it invents its own people. Where the optional shared benchmark lies beside it,
//! `--compare` runs the peers in turn with the gateway on the same databases. docs/guides/benchmark.md explains the figures.

mod deltas;
mod helper;
mod installation;
mod measure;
mod online;
mod options;
mod report;
mod shared;
mod stores;
mod targets;

use std::fs;
use std::path::Path;

use installation::Installation;
use measure::{Cost, cost};
use options::{Options, Size};
use shared::{Peer, Shared};
use stores::{Own, Stores};

use crate::{Outcome, test};

/// What was measured of one population.
pub struct Measured {
    size: Size,
    ours: Vec<Cost>,
    peers: Vec<(&'static str, Vec<Cost>)>,
    /// How often each table was read in one run.
    reads: Vec<(String, f64)>,
    /// Bytes of the package.
    package: u64,
    /// What the gateway tells of memory that did not suffice.
    spilled: Vec<String>,
    /// The same people as deltas.
    deltas: Vec<Cost>,
}

/// Measures what the arguments say.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    let options = Options::read(arguments)?;
    test::tools()?;
    let shared = options.compare.then(|| Shared::find(root, options.peers.as_deref())).transpose()?;
    let built = helper::build(root, options.binary.as_deref())?;
    let cache = options.cache.clone().unwrap_or_else(|| built.target.join("bench"));
    let own = if shared.is_some() { None } else { Some(Own::start(&std::path::absolute(cache)?)?) };

    let mut all = Vec::new();
    for size in &options.sizes {
        let (stores, peers) = match (&shared, &own) {
            (Some(shared), _) => (Stores::shared(shared, size)?, shared.peers(size, options.variant, options.format)),
            (None, Some(own)) => (own.stores(&built.helper, size)?, Vec::new()),
            (None, None) => return Err("there are no servers to measure on".into()),
        };
        if options.online {
            online::measure(root, &built, &options, size, &stores, shared.as_ref())?;
            continue;
        }
        let measured = one(root, &built, &options, size, &stores, &peers)?;
        report::print(&options, &measured);
        all.push(measured);
    }
    if options.online { Ok(()) } else { report::judge(&options, &all) }
}

/// Measures one population: a run to warm up, then as many as asked for, everybody in turn.
fn one(
    root: &Path,
    built: &helper::Built,
    options: &Options,
    size: &Size,
    stores: &Stores,
    peers: &[Peer],
) -> Outcome<Measured> {
    let Options { variant, format, .. } = *options;
    let home = Installation::make(root, &built.causeway, stores, variant, format, options.memory, false)?;
    let expected = stores.expected(variant);
    if expected.is_none() {
        println!(
            "nobody worked out the answer for {} / {}: rows are only compared with the peers'",
            size.label,
            variant.label()
        );
    }
    let mut measured = Measured {
        size: size.clone(),
        ours: Vec::new(),
        peers: peers.iter().map(|peer| (peer.name, Vec::new())).collect(),
        reads: Vec::new(),
        package: 0,
        spilled: Vec::new(),
        deltas: Vec::new(),
    };
    let mut answer = expected;
    for round in 0..=options.runs {
        let counted = if round == 0 { Some((stores.rows()?, stores.read()?)) } else { None };
        let (spent, output) = cost(&home.transfer(), &stores.servers)?;
        let sent = Installation::delivered(&output)?;
        if let Some((rows, before)) = counted {
            measured.reads = often(&rows, &before, &stores.read()?);
            measured.spilled = spilled(&output);
            measured.package = bytes(&sent.package)?;
        }
        if round == 0 || round == options.runs {
            let (folder, files) = home.open(&sent.package)?;
            let found = built.helper.check(&files)?;
            drop(folder);
            if answer.is_some_and(|answer| answer != found) || found.rows != sent.counts[0] {
                let should = answer.map(|answer| answer.to_string()).unwrap_or_default();
                return Err(format!("WRONG: the partner opens {found}, which should be {should}").into());
            }
            answer = Some(found);
        }
        fs::remove_dir_all(&sent.package)?;
        show(round, "causeway", &spent);
        if round > 0 {
            measured.ours.push(spent);
        }
        for (peer, (_, costs)) in peers.iter().zip(&mut measured.peers) {
            let (spent, output) = cost(&peer.command, &stores.servers)?;
            if !output.status.success() {
                let complained = String::from_utf8_lossy(&output.stderr).into_owned();
                return Err(format!("peer {} ended with {}: {complained}", peer.name, output.status).into());
            }
            show(round, peer.name, &spent);
            if round == 0 {
                let found = built.helper.check(std::slice::from_ref(&peer.output));
                match found {
                    Ok(found) if Some(found) == answer => {}
                    Ok(found) => return Err(format!("peer {} gives another answer: {found}", peer.name).into()),
                    Err(error) => println!("peer {}: its {} cannot be checked: {error}", peer.name, format.label()),
                }
            } else {
                costs.push(spent);
            }
        }
    }
    if let Some(answer) = answer {
        println!("right: {answer}");
    }
    if options.deltas {
        measured.deltas = deltas::measure(root, built, options, stores, answer)?;
    }
    Ok(measured)
}

fn show(round: usize, who: &str, cost: &Cost) {
    let round = if round == 0 { "warm".to_owned() } else { format!("run {round}") };
    println!("{round:6} {who:20} wall {:6.2} s  cpu {:6.2} s  memory {:5.0} MB", cost.wall, cost.total(), cost.memory);
}

/// How often each table was read between two counts.
fn often(rows: &[(String, f64)], before: &[(String, f64)], after: &[(String, f64)]) -> Vec<(String, f64)> {
    let of = |all: &[(String, f64)], table: &str| {
        all.iter().find(|(name, _)| name == table).map(|(_, number)| *number).unwrap_or_default()
    };
    rows.iter().map(|(table, rows)| (table.clone(), (of(after, table) - of(before, table)) / rows.max(1.0))).collect()
}

/// Lines in which the gateway tells that it used encrypted temporary files.
fn spilled(output: &std::process::Output) -> Vec<String> {
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    said.lines().filter(|line| line.contains("spill")).map(|line| line.trim().to_owned()).collect()
}

fn bytes(folder: &Path) -> Outcome<u64> {
    let mut all = 0;
    for entry in fs::read_dir(folder)? {
        all += entry?.metadata()?.len();
    }
    Ok(all)
}
