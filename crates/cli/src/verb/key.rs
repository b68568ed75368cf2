//! `causeway key`: whose data does a compromised key expose, and whom must we tell?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_engine::command::{
    acknowledge_pseudonyms, check_exposed, expose_key, give_up_pseudonyms, rotate_pseudonyms,
};
use causeway_engine::letter::{exposure_text, notices};
use causeway_engine::query::private_text;
use causeway_package::key::Recipient;
use clap::Subcommand;

use super::person::{Format, json};
use super::receipt::beside;
use super::{Ended, Place};
use crate::connectors::AllConnectors;

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
    /// Changes the pseudonyms that a partner gets for a purpose: it is told old and new ones, and gets new ones from its receipt on.
    RotatePseudonyms {
        /// The partner.
        #[arg(long, value_name = "NAME")]
        partner: String,
        /// The purpose's code.
        #[arg(long, value_name = "CODE")]
        purpose: String,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Takes back a change that the partner will not acknowledge.
        #[arg(long)]
        give_up: bool,
    },
    /// Adds the partner's receipt of the package that told it of new pseudonyms: from then on they are used.
    AcceptPseudonyms {
        /// The receipt.
        receipt: PathBuf,
        /// Its signature; the receipt's name with `.sig` unless said.
        #[arg(long)]
        signature: Option<PathBuf>,
    },
}

impl Key {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let (fingerprint, check, entity, out, recipient, format) = match self {
            Key::Exposure { fingerprint, check, entity, out, recipient, format } => {
                (fingerprint, check, entity, out, recipient, format)
            }
            Key::RotatePseudonyms { partner, purpose, reason, give_up: true } => {
                return give_up(place, (partner, purpose), reason).await;
            }
            Key::RotatePseudonyms { partner, purpose, reason, give_up: false } => {
                return change(place, (partner, purpose), reason).await;
            }
            Key::AcceptPseudonyms { receipt, signature } => return accept(place, receipt, signature.as_ref()).await,
        };
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

async fn change(place: &Place, whose: (&str, &str), reason: &str) -> Ended {
    let house = place.beside().await?;
    let told = rotate_pseudonyms(&house, &AllConnectors, &place.actor, whose, reason).await?;
    println!("{} pseudonyms change, in package {}", told.pairs, told.package);
    match told.delivered {
        Ok(()) => println!("the partner is told; packages carry the new ones from its receipt on"),
        Err(why) => println!("the partner is not told yet: {}; the same command sends it", crate::say::plain(&why)),
    }
    println!("keep the secret in `{}` as you keep the other keys", house.home.rotated_secrets().display());
    Ok(ExitCode::SUCCESS)
}

async fn give_up(place: &Place, whose: (&str, &str), reason: &str) -> Ended {
    let house = place.beside().await?;
    let package = give_up_pseudonyms(&house, &place.actor, whose, reason).await?;
    println!("package {package} is given up: packages go on with the old pseudonyms, and another change may be begun");
    Ok(ExitCode::SUCCESS)
}

async fn accept(place: &Place, receipt: &PathBuf, signature: Option<&PathBuf>) -> Ended {
    let found = signature.cloned().unwrap_or_else(|| beside(receipt));
    let json = std::fs::read(receipt).map_err(EngineError::file("read", receipt))?;
    let signature = std::fs::read(&found).map_err(EngineError::file("read", found))?;
    let house = place.beside().await?;
    let came = acknowledge_pseudonyms(&house, &AllConnectors, &place.actor, &json, &signature).await?;
    let again = if came.again { ", as before" } else { "" };
    let (partner, purpose) = (crate::say::plain(&came.partner), crate::say::plain(&came.purpose));
    println!("{partner} knows {} new pseudonyms for {purpose}{again}", came.pairs);
    if came.rest > 0 {
        println!("  it is told of {} more: of people whom it got since", came.rest);
    }
    Ok(ExitCode::SUCCESS)
}
