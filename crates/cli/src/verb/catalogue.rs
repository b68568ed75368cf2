//! `causeway catalogue`: is what we declare what the stores have?

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use causeway_connect::catalogue_check::{check_against_sources, least_privilege};
use causeway_engine::alert::drifted;
use causeway_engine::command::import_catalogue;
use causeway_engine::documents::{AnyExchange, lines, read_catalogue};
use causeway_engine::{EngineError, House};
use causeway_flow::plan::Plan;
use causeway_flow::transform::Pseudonyms;
use causeway_model::document::Findings;
use causeway_model::permission::Action;
use causeway_model::{ElementRef, catalogue as model};
use causeway_store::Saved;
use causeway_store::change::{DocumentKind, StagedKind};
use clap::Subcommand;

use super::{Ended, PerhapsBy, Place};

/// The catalogue.
#[derive(Subcommand)]
pub enum Catalogue {
    /// Checks a catalogue file, connects to its sources and compares. Exit 2 when something is wrong.
    Check {
        /// The catalogue file.
        file: PathBuf,
        /// Prints the least rights that the exchanges imported here need.
        #[arg(long)]
        grants: bool,
    },
    /// Imports a catalogue file as the one in use.
    Import {
        /// The catalogue file.
        file: PathBuf,
        #[command(flatten)]
        by: PerhapsBy,
    },
}

impl Catalogue {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        match self {
            Catalogue::Check { file, grants } => {
                house.may_see(&place.actor, Action::InspectSources, &house.own("the sources")).await?;
                let read = read_catalogue(file)?;
                let mut findings = read.value.check();
                let needed = needed(&house, &read.value).await?;
                if !findings.has_errors() {
                    let found = check_against_sources(&read.value, &house.home.sources(), &needed, house.now());
                    tell_of_drift(&house, &read.value, &found).await?;
                    findings.extend(found);
                }
                for line in lines(&read.document, &findings) {
                    println!("{}", crate::say::plain(&line));
                }
                if *grants {
                    println!("\n{}", least_privilege(&read.value, &needed));
                }
                let errors = findings.has_errors();
                println!("{} findings{}", findings.len(), if errors { ", with errors" } else { "" });
                Ok(if errors { ExitCode::from(2) } else { ExitCode::SUCCESS })
            }
            Catalogue::Import { file, by: PerhapsBy { officer: Some(officer), key: Some(key) } } => {
                super::configuration::stage_one(&house, officer, key, StagedKind::Catalogue, file).await
            }
            Catalogue::Import { file, .. } => {
                let (read, _) = import_catalogue(&house, &place.actor, file).await?;
                println!(
                    "catalogue {} version {}: {} sources, {} entities",
                    read.value.catalogue,
                    read.value.version,
                    read.value.sources.len(),
                    read.value.entities.len()
                );
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// What a store has that the catalogue says otherwise: not what a catalogue's writer has wrong.
const DRIFT: &[&str] = &["column-missing", "column-unreadable", "column-retyped", "column-recollated", "code-unknown"];

/// Somebody is told where the catalogue in use says otherwise than the stores.
async fn tell_of_drift(house: &House, checked: &model::Catalogue, found: &Findings) -> Result<(), EngineError> {
    let drift: Vec<&str> =
        DRIFT.iter().copied().filter(|code| found.iter().any(|finding| finding.code == *code)).collect();
    if drift.is_empty() {
        return Ok(());
    }
    // A draft that does not fit yet concerns its writer only.
    let as_json = |catalogue: &model::Catalogue| serde_json::to_value(catalogue).ok();
    let in_use = house.catalogue().await.ok().as_ref().and_then(as_json);
    if in_use.is_some_and(|in_use| as_json(checked) == Some(in_use))
        && drifted(house, &checked.catalogue, checked.version, &drift).await? == Saved::New
    {
        println!("it is the catalogue in use: whoever models exchanges is told");
    }
    Ok(())
}

/// Elements that the exchanges imported here read.
async fn needed(house: &House, catalogue: &model::Catalogue) -> Result<BTreeSet<ElementRef>, EngineError> {
    let mut needed = BTreeSet::new();
    for listing in house.store.documents(DocumentKind::Exchange).await? {
        let Some(document) = house.store.document(DocumentKind::Exchange, &listing.name, listing.version).await? else {
            continue;
        };
        // What comes in reads no source.
        let Some(exchange) = AnyExchange::text(&listing.name, document.text)?.provided() else { continue };
        let arrangement = house.arrangement(&exchange.arrangement).await?.value;
        let pseudonyms = Pseudonyms::new(&[0; 32], &arrangement.partner, &arrangement.purpose.code);
        let explained = Plan::explain(&arrangement, &exchange, catalogue, &pseudonyms);
        for entity in &catalogue.entities {
            for element in &entity.elements {
                let read = element.from.iter().any(|origin| {
                    let table = entity.table(&origin.table);
                    let columns =
                        table.and_then(|table| explained.reads.0.get(&(table.source.clone(), table.table.clone())));
                    columns.is_some_and(|columns| columns.contains(&origin.column))
                });
                if read {
                    needed.insert(ElementRef::new(&entity.name, &element.name));
                }
            }
        }
    }
    Ok(needed)
}
