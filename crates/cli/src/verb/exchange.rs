//! `causeway exchange`: what would leave, and does the arrangement agree?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use causeway_engine::command::{clone_apply, clone_exchange, import_exchange, preview_real};
use causeway_engine::documents::{AnyExchange, Read, lines};
use causeway_engine::query::{self, Counted, Warning};
use causeway_engine::{EngineError, House};
use causeway_flow::accept::check_rules;
use causeway_flow::plan::Plan;
use causeway_flow::preview::Shown;
use causeway_flow::transform::Pseudonyms;
use causeway_model::exchange as model;
use causeway_model::inbound::Inbound;
use causeway_model::permission::Action;
use causeway_store::change::StagedKind;
use clap::Subcommand;

use super::{Ended, PerhapsBy, Place, schedule};
use crate::connectors::AllConnectors;
use crate::say::plain;

/// Exchanges.
#[derive(Subcommand)]
pub enum Exchange {
    /// Explains every output of an exchange file against its arrangement. Exit 4 when something may not leave.
    Check {
        /// The exchange file.
        file: PathBuf,
        /// Does not read the sources to count the people who are covered.
        #[arg(long)]
        no_count: bool,
    },
    /// Explains what a transfer would read: statements, order, expected rows. Reads no records.
    Explain {
        /// Identifier of an imported exchange, or an exchange file (`.yaml`, `.yml`, `.json`).
        exchange: String,
    },
    /// Imports an exchange file.
    Import {
        /// The exchange file.
        file: PathBuf,
        #[command(flatten)]
        by: PerhapsBy,
    },
    /// Shows when an exchange runs by itself: what comes, in its zone and in UTC, with cycle and cut-off day, and what was last.
    Schedule {
        /// Identifier of an imported exchange.
        exchange: String,
        /// How many occurrences.
        #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=1000))]
        next: u16,
    },
    /// Lets an exchange not run by itself for now. Whoever asks by hand still may.
    Pause {
        /// Identifier of the exchange.
        exchange: String,
        /// Why, in a few words.
        #[arg(long)]
        reason: String,
    },
    /// Lets a paused exchange run by itself again. What was due meanwhile stays skipped.
    Unpause {
        /// Identifier of the exchange.
        exchange: String,
    },
    /// Handles what schedules ask for, once.
    #[cfg(feature = "test-hooks")]
    #[command(hide = true)]
    Tick,
    /// Drafts an exchange for another operation: its documents, and a mapping that lists every identifier in them.
    Clone {
        /// Identifier of the exchange.
        exchange: String,
        /// A new folder for the draft.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// The operation that it is for.
        #[arg(long)]
        operation: String,
    },
    /// Makes a draft's documents with every identifier as the mapping calls it. Exit 2 while one is not mapped.
    CloneApply {
        /// Folder of the draft.
        dir: PathBuf,
        /// The mapping file, filled in.
        #[arg(long, value_name = "FILE")]
        mapping: PathBuf,
        /// A new folder for the documents.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Shows what would leave, on invented people; with `--real` on a few real ones, masked.
    Preview {
        /// Identifier of an imported exchange, or an exchange file (`.yaml`, `.yml`, `.json`).
        exchange: String,
        /// How many invented records, 1000 at most.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
        records: u16,
        /// Another seed invents other people.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Shows so many real records instead, 20 at most, masked. Needs `--reason`; both stand in the ledger.
        #[arg(long, value_name = "N", requires = "reason", conflicts_with_all = ["records", "seed"])]
        real: Option<usize>,
        /// Why real records are looked at.
        #[arg(long, requires = "real")]
        reason: Option<String>,
    },
}

impl Exchange {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        // A draft is worked on where no installation is.
        if let Exchange::CloneApply { dir, mapping, out } = self {
            clone_apply(dir, mapping, out)?;
            println!(
                "documents of version 1 in {}: import catalogue, arrangement and exchange, in this order",
                out.display()
            );
            return Ok(ExitCode::SUCCESS);
        }
        // Whoever pauses waits for nobody.
        match self {
            Exchange::Schedule { exchange, next } => return schedule::show(place, exchange, *next).await,
            Exchange::Pause { exchange, reason } => return schedule::pause(place, exchange, reason).await,
            Exchange::Unpause { exchange } => return schedule::unpause(place, exchange).await,
            #[cfg(feature = "test-hooks")]
            Exchange::Tick => return schedule::tick(place).await,
            _ => {}
        }
        let house = place.beside().await?;
        match self {
            Exchange::Clone { exchange, to, operation } => {
                let cloned = clone_exchange(&house, &place.actor, exchange, to, operation).await?;
                println!("draft of {exchange} for `{operation}` in {}", to.display());
                println!(
                    "{} identifiers to be mapped in {}, {} known",
                    cloned.open,
                    to.join("mapping.yaml").display(),
                    cloned.known
                );
                Ok(ExitCode::SUCCESS)
            }
            Exchange::Check { file, no_count } => {
                if !no_count {
                    house.may_see(&place.actor, Action::CountPeople, &house.own("the people of an exchange")).await?;
                }
                check(&house, file, *no_count).await
            }
            Exchange::Explain { exchange } => explain(&house, exchange).await,
            Exchange::Import { file, by: PerhapsBy { officer: Some(officer), key: Some(key) } } => {
                super::configuration::stage_one(&house, officer, key, StagedKind::Exchange, file).await
            }
            Exchange::Import { file, .. } => {
                let (read, _) = import_exchange(&house, &place.actor, file).await?;
                let (name, version, arrangement) = read.names();
                println!("exchange {name} version {version} under {arrangement}");
                Ok(ExitCode::SUCCESS)
            }
            Exchange::Preview { exchange, real: Some(records), reason, .. } => {
                let reason = reason.as_deref().unwrap_or_default();
                let shown = preview_real(&house, &AllConnectors, &place.actor, exchange, *records, reason).await?;
                print(&shown);
                println!("{} real records, masked; the look and its reason stand in the ledger", shown.records.len());
                Ok(ExitCode::SUCCESS)
            }
            Exchange::Preview { exchange, records, seed, .. } => {
                let document = document(&house, exchange).await?;
                let shown = query::rehearse(&house, &document, usize::from(*records), *seed).await?;
                print(&shown);
                println!("{} invented records of {records}; none of these people exists", shown.records.len());
                for (subject, code, count) in &shown.census.faults {
                    println!("  not shown    {count:>6}  {}: {code}", plain(subject));
                }
                if shown.records.is_empty() {
                    println!("nobody invented is inside the population and can be transformed: try another --seed");
                }
                Ok(ExitCode::SUCCESS)
            }
            // Done above.
            _ => Ok(ExitCode::SUCCESS),
        }
    }
}

async fn explain(house: &House, exchange: &str) -> Ended {
    let exchange = document(house, exchange).await?;
    let catalogue = house.catalogue().await?;
    let arrangement = house.arrangement(&exchange.arrangement).await?.value;
    let pseudonyms = Pseudonyms::new(&house.keys.pseudonym_root, &arrangement.partner, &arrangement.purpose.code);
    let explained = Plan::explain(&arrangement, &exchange, &catalogue, &pseudonyms);
    for (name, lineage) in &explained.outputs {
        let made: Vec<String> = lineage.0.iter().map(|(element, form)| format!("{element} as {form}")).collect();
        println!("{name:<28} {}", if made.is_empty() { "nothing of a person".to_owned() } else { made.join(", ") });
    }
    let found = query::explain(house, &AllConnectors, &exchange).await?;
    for (source, kind) in &found.snapshots {
        println!("source {source}: held still by {kind}");
    }
    for (at, reading) in found.readings.iter().enumerate() {
        let table = reading.table.as_ref().map_or_else(String::new, |table| format!(", table {table}"));
        let rows = reading.rows.map_or_else(|| "unknown".to_owned(), |rows| format!("about {rows}"));
        println!("{}. {}{table}: {}, rows: {rows}", at + 1, reading.source, reading.part);
        if let Some(statement) = &reading.statement {
            println!("   {}", plain(statement));
        }
    }
    let delivery = match &exchange.deliver {
        model::Delivery::Folder { path } => format!("into the folder {path}"),
        model::Delivery::Api => "it stays here until the partner's program takes it over the API".to_owned(),
        model::Delivery::Online(_) => "none: who asks is answered over the API".to_owned(),
    };
    println!("delivery: {}", plain(&delivery));
    println!("memory: {} MiB for what is looked up; past that, encrypted partitions", found.related_mebibytes);
    Ok(ExitCode::SUCCESS)
}

async fn check(house: &House, file: &Path, no_count: bool) -> Ended {
    let read = match AnyExchange::file(file)? {
        AnyExchange::Provides(read) => read,
        AnyExchange::Accepts(read) => return check_accepting(house, &read).await,
    };
    let catalogue = house.catalogue().await?;
    let mut findings = read.value.check(&catalogue);
    if !findings.has_errors() && read.value.schedule.is_some() {
        findings.extend(causeway_engine::schedule::too_frequent(house, &read.value).await?);
    }
    lines(&read.document, &findings).iter().for_each(|line| println!("{}", plain(line)));
    if findings.has_errors() {
        return Ok(ExitCode::from(2));
    }
    let arrangement = house.arrangement(&read.value.arrangement).await?.value;
    let pseudonyms = Pseudonyms::new(&house.keys.pseudonym_root, &arrangement.partner, &arrangement.purpose.code);
    let explained = Plan::explain(&arrangement, &read.value, &catalogue, &pseudonyms);
    for (name, lineage) in &explained.outputs {
        let made: Vec<String> = lineage.0.iter().map(|(element, form)| format!("{element} as {form}")).collect();
        println!("{name:<28} {}", if made.is_empty() { "nothing of a person".to_owned() } else { made.join(", ") });
    }
    for (element, how) in &explained.selection.0 {
        println!("records: {how} {element}");
    }
    let mut warnings = query::several_bands(&explained);
    warnings.extend(query::joinable(house, &arrangement, &catalogue, &explained).await?);
    if explained.violations.is_empty() && !no_count {
        match query::census(house, &AllConnectors, &read.value).await? {
            Counted::Not(why) => println!("people: not counted: {}", plain(&why)),
            Counted::People(census) => match query::small_population(&read.value.exchange, &census) {
                Some(warning) => warnings.push(warning),
                None => println!("people: {} are covered", census.people),
            },
        }
    }
    warn(&warnings);
    for violation in &explained.violations {
        println!("refused: {violation}\n    help: {}", violation.code.help());
    }
    let (outputs, refused) = (explained.outputs.len(), explained.violations.len());
    println!("{outputs} outputs, {refused} reasons to refuse, {} warnings", warnings.len());
    Ok(if explained.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(4) })
}

/// What comes in by it, and whether the arrangement accepts that.
async fn check_accepting(house: &House, read: &Read<Inbound>) -> Ended {
    let inbound = &read.value;
    let mut findings = inbound.check(&house.catalogue().await?);
    findings.extend(check_rules(inbound));
    lines(&read.document, &findings).iter().for_each(|line| println!("{}", plain(line)));
    if findings.has_errors() {
        return Ok(ExitCode::from(2));
    }
    for (_, field) in inbound.values() {
        let brings = field.element.as_ref().map_or_else(|| "nothing of a person".to_owned(), ToString::to_string);
        println!("{:<28} {brings}", field.name);
    }
    let terms = house.arrangement(&inbound.arrangement).await?.value;
    let beyond = inbound.beyond(&terms);
    for (_, violation) in &beyond {
        println!("refused: {violation}\n    help: {}", violation.code.help());
    }
    println!("{} fields, {} reasons to refuse", inbound.values().len(), beyond.len());
    Ok(if beyond.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(4) })
}

fn warn(warnings: &[Warning]) {
    for Warning { code, subject, message, help } in warnings {
        println!("warning [{code}] {}: {}\n    help: {help}", plain(subject), plain(message));
    }
}

/// An exchange file, or an imported exchange.
async fn document(house: &House, named: &str) -> Result<model::Exchange, EngineError> {
    let path = Path::new(named);
    let is_file =
        path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known));
    if !is_file {
        return house.exchange(named).await;
    }
    let AnyExchange::Provides(read) = AnyExchange::file(path)? else {
        return Err(EngineError::Wrong(format!("`{}` accepts: nothing leaves by it", path.display())));
    };
    read.refuse_errors(&read.value.check(&house.catalogue().await?))?;
    Ok(read.value)
}

/// Records as blocks of output and value.
fn print(shown: &Shown) {
    for (number, record) in shown.records.iter().enumerate() {
        println!("record {}", number + 1);
        for (name, value) in record {
            println!("  {name:<26} {}", value.as_ref().map_or_else(|| "-".to_owned(), |value| cell(value.expose())));
        }
    }
    for violation in &shown.refused {
        println!("a transfer of these would be refused: {}", plain(&violation.to_string()));
    }
}

/// A value on one line, without what a terminal would obey or what turns the direction of text.
fn cell(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if breaks(c) || turns(c) { '\u{fffd}' } else { c }).collect()
}
