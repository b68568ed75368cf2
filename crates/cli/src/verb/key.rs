//! `causeway key`: whose data does a compromised key expose, and whom must we tell?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_engine::command::{check_exposed, expose_key};
use causeway_engine::letter::{exposure_text, notices};
use causeway_engine::query::private_text;
use causeway_package::key::Recipient;
use clap::Subcommand;

use super::person::{Format, json};
use super::{Ended, Place};

/// What keys give away.
#[derive(Subcommand)]
pub enum Key {
    /// Says what a key exposes that others may have: packages, elements, forms, how many people; with draft notices.
    Exposure {
        /// Fingerprint of a partner's recipient, or of our package key.
        fingerprint: String,
        /// File with keys of people, one a line, or `-`: who of them is exposed? Needs `--out` and `--recipient`.
        #[arg(long, value_name = "FILE", requires_all = ["out", "recipient"])]
        check: Option<PathBuf>,
        /// The entity whose records those people are; the catalogue's people unless said.
        #[arg(long, requires = "check")]
        entity: Option<String>,
        /// New file for those who are exposed, a JSON text a line, compressed and sealed: `age -d -i … | zstd -d`.
        #[arg(long, value_name = "FILE", requires = "check")]
        out: Option<PathBuf>,
        /// File with the age recipient that may read it.
        #[arg(long, value_name = "FILE", requires = "check")]
        recipient: Option<PathBuf>,
        /// Words with drafts of notices, or JSON.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

impl Key {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let Key::Exposure { fingerprint, check, entity, out, recipient, format } = self;
        let house = place.beside().await?;
        if let (Some(check), Some(out), Some(recipient)) = (check, out, recipient) {
            let text = std::fs::read_to_string(recipient).map_err(EngineError::file("read", recipient))?;
            let recipient = Recipient::from_file_text(&text)?;
            let list = private_text(check)?;
            let (list, to) = ((entity.as_deref(), list.as_str()), (out.as_path(), &recipient));
            let checked = check_exposed(&house, &place.actor, fingerprint, list, to).await?;
            println!("{} of {} people are exposed: {}", checked.exposed, checked.people, out.display());
            if checked.not_compared > 0 {
                println!("{} packages hold people of another entity: check them with --entity", checked.not_compared);
            }
            return Ok(ExitCode::SUCCESS);
        }
        let found = expose_key(&house, &place.actor, fingerprint).await?;
        match format {
            Format::Text => {
                let notices = notices(&found);
                println!("{}", crate::say::plain(&exposure_text(&found)));
                println!("\n--- draft to {} ---\n{}", notices.owner_title, crate::say::plain(&notices.to_owner));
                println!(
                    "\n--- draft to the data protection officer ---\n{}",
                    crate::say::plain(&notices.to_protection)
                );
            }
            Format::Json => {
                println!("{}", json(&serde_json::json!({ "exposure": found, "notices": notices(&found) }))?)
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
