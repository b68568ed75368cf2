//! `causeway assessment`: was the impact on people thought about, and by whom?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::command::{approve_assessment, assessments, assessments_after, figures, import_assessment};
use causeway_model::assessment::{Reason, due};
use causeway_model::permission::Action;
use clap::Subcommand;

use super::officer::again;
use super::page::Page;
use super::{Ended, Place};

/// Impact assessments.
#[derive(Subcommand)]
pub enum Assessment {
    /// Brings in an assessment that you wrote (`causeway schema assessment`).
    Import {
        /// The document.
        file: PathBuf,
    },
    /// Approves an assessment, as a data protection officer who did not write it.
    Approve {
        /// Its name.
        name: String,
    },
    /// Lists assessments; of an arrangement also why one is due.
    List {
        /// The arrangement; all of them unless said.
        arrangement: Option<String>,
        #[command(flatten)]
        page: Page,
    },
}

impl Assessment {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        // People decide beside whoever works: nobody waits for a running transfer to end.
        let house = place.beside().await?;
        match self {
            Assessment::Import { file } => {
                let (found, saved) = import_assessment(&house, &place.actor, file).await?;
                println!(
                    "assessment {} of {}, until {}{}",
                    found.assessment,
                    found.arrangement,
                    found.valid_until,
                    again(saved)
                );
            }
            Assessment::Approve { name } => {
                let saved = approve_assessment(&house, &place.actor, name).await?;
                println!("assessment {name} is approved{}", again(saved));
            }
            Assessment::List { arrangement, page } => {
                let name = arrangement.as_deref().unwrap_or("the assessments");
                house.may_see(&place.actor, Action::ShowAssessment, &house.own(name)).await?;
                let mut found = match arrangement {
                    Some(name) => assessments(&house, name).await?,
                    None => assessments_after(&house, page.after(), page.asked()).await?,
                };
                found.retain(|found| page.after().is_none_or(|after| found.assessment.as_str() > after));
                let (found, end) = page.cut(found, |found| found.assessment.clone());
                for found in found {
                    let approved =
                        found.approved_by.map_or("not approved".to_owned(), |by| format!("approved by {by}"));
                    let covers: Vec<&str> = found.covers.iter().map(|reason| Reason::as_str(*reason)).collect();
                    println!(
                        "{} of {}: written by {}, {approved}, until {}, covers {} up to {} records",
                        found.assessment,
                        found.arrangement,
                        found.written_by,
                        found.valid_until,
                        covers.join(", "),
                        found.covers_records
                    );
                }
                end.tell();
                if let Some(name) = arrangement {
                    let terms = house.terms(name).await?.value;
                    let due = due(&figures(&house, &terms, None).await?, &house.thresholds().await?.values);
                    due.iter().for_each(|due| println!("due: {due}"));
                    if due.is_empty() {
                        println!("none is due");
                    }
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
