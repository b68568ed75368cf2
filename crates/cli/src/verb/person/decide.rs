//! How does an officer record what a person decided? The person's key comes from a file, never from the command line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use causeway_engine::command::{Asked, Recorded, record_decision, record_decisions};
use causeway_engine::drive::send_notices;
use causeway_engine::query::private_text;
use causeway_engine::rights::Whose;
use causeway_engine::{EngineError, House};
use causeway_model::rights::{Assent, Child, Consent, Decision, Kind, Reason, Scope};
use clap::Args;
use jiff::civil::Date;

use super::super::{Ended, Place};
use crate::connectors::AllConnectors;
use crate::say::plain;

/// Whose decision it is, and who says why.
#[derive(Args)]
pub struct Common {
    /// The entity whose records are people; the catalogue's unless said.
    #[arg(long)]
    entity: Option<String>,
    /// File with the person's key, one line, or `-` for the standard input. Never on the command line, where others see it.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// Why it is recorded: stands in the ledger.
    #[arg(long)]
    reason: String,
    /// Why, as a word: person-asked, guardian-asked, found-wrong, duplicate-found, no-longer-needed, legal-order.
    #[arg(long, value_name = "CODE", default_value = "person-asked")]
    code: Reason,
    /// From which day it is true; today unless said.
    #[arg(long, value_name = "DAY")]
    effective: Option<Date>,
}

/// For which purpose and recipient.
#[derive(Args)]
pub struct For {
    /// The purpose's code; every purpose unless said.
    #[arg(long)]
    purpose: Option<String>,
    /// The recipient; every one unless said.
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
}

/// How consent was asked for.
#[derive(Args)]
pub struct How {
    /// Version of the text that was read out.
    #[arg(long, value_name = "VERSION")]
    text_version: Option<String>,
    /// Its language, like `sw`.
    #[arg(long)]
    language: Option<String>,
    /// Who asked: a name of the house.
    #[arg(long, value_name = "NAME")]
    asked_by: Option<String>,
    /// For a child: what it said: given, too-young, refused.
    #[arg(long, requires = "best_interests")]
    assent: Option<Assent>,
    /// For a child: where the note on its best interests lies.
    #[arg(long, value_name = "REFERENCE", requires = "assent")]
    best_interests: Option<String>,
}

impl For {
    pub(super) fn scope(&self) -> Scope {
        Scope { purpose: self.purpose.clone(), partner: self.partner.clone() }
    }
}

impl How {
    /// What was said of it; nothing where nothing was.
    pub(super) fn consent(&self) -> Result<Option<Consent>, EngineError> {
        let child = self.assent.zip(self.best_interests.clone());
        let child = child.map(|(assent, best_interests)| Child { assent, best_interests });
        match (&self.text_version, &self.language, &self.asked_by) {
            (Some(text), Some(language), Some(by)) => Ok(Some(Consent {
                text_version: text.clone(),
                language: language.clone(),
                asked_by: by.clone(),
                child,
            })),
            (None, None, None) if child.is_none() => Ok(None),
            _ => Err(EngineError::Wrong("say --text-version, --language and --asked-by together".to_owned())),
        }
    }
}

impl Common {
    /// Records the decision and sends what it has to be told.
    pub(super) async fn decide(
        &self,
        place: &Place,
        kind: Kind,
        scope: Scope,
        consent: Option<Consent>,
        into: Option<&PathBuf>,
    ) -> Ended {
        let key = private_text(&self.key_file)?;
        let other = into.map(|file| private_text(file)).transpose()?;
        let house = place.beside().await?;
        let whose = Whose::find(&house, self.entity.as_deref(), &key).await?;
        let into = match &other {
            Some(key) => Some(Whose::find(&house, self.entity.as_deref(), key).await?),
            None => None,
        };
        let effective = self.effective.unwrap_or(house.today());
        let decision = Decision { kind, scope, effective, reason: self.code, consent };
        let asked = Asked { whose, into, decision, reason: self.reason.clone() };
        let recorded = record_decision(&house, &place.actor, &asked).await?;
        say(kind, &recorded);
        send(&house, place).await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Records every line of a file.
pub(super) async fn file(place: &Place, path: &Path, entity: Option<&str>) -> Ended {
    let text = private_text(path)?;
    let house = place.beside().await?;
    let said = |line: usize, kind: Kind, came: &Recorded| {
        print!("{line}: ");
        say(kind, came);
    };
    let recorded = record_decisions(&house, &place.actor, entity, &text, said).await;
    let sent = match &recorded {
        Ok(()) | Err(EngineError::Line { .. }) => send(&house, place).await,
        Err(_) => Ok(()),
    };
    recorded.and(sent).map(|()| ExitCode::SUCCESS)
}

fn say(kind: Kind, recorded: &Recorded) {
    match (recorded.again, recorded.carried_on) {
        (true, _) => println!("{kind} was recorded before: nothing was changed"),
        (false, 0) => println!("{kind} is recorded"),
        (false, asked) => println!("{kind} was recorded before; packages that are asked only now: {asked}"),
    }
    if recorded.nowhere {
        println!("  no package that was sealed holds this person: check the key");
    }
    if recorded.into_nowhere {
        println!("  no package that was sealed holds the record under which the person goes on: check its key");
    }
    for told in &recorded.told {
        let of = if told.what == kind.as_str() { String::new() } else { format!(" ({})", told.what) };
        println!(
            "  {} is told of {} by {}: notice {}{of}, to act by {}",
            plain(&told.partner),
            if told.packages == 1 { "a package".to_owned() } else { format!("{} packages", told.packages) },
            plain(&told.exchange),
            told.notice,
            told.act_by
        );
        if told.without_reference > 0 {
            println!(
                "  in {} of them nothing that was sent points to one person: settle with the partner by hand who is meant",
                told.without_reference
            );
        }
        if told.under_another > 0 {
            println!(
                "  in {} of them the person is under a record that was merged: settle with the partner by hand which one",
                told.under_another
            );
        }
    }
    if recorded.erased > 0 {
        println!("  our own copies that hold the person are erased: {}", recorded.erased);
    }
    for why in &recorded.not_erased {
        println!("  NOT ERASED yet, `causeway work` tries again: {}", plain(why));
    }
    for transfer in &recorded.recalled {
        println!("  the package of transfer {transfer} is called back: request it again");
    }
    for (transfer, why) in &recorded.unasked {
        println!(
            "  NOT KNOWN whether the package of transfer {transfer} holds the person, its partner is not told: {}",
            plain(why)
        );
    }
    if !recorded.unasked.is_empty() {
        println!("  bring back what is missing, then run the same command again: it asks them");
    }
}

/// Sends the notices at once. What cannot be sent now is sent by whoever works.
async fn send(house: &House, place: &Place) -> Result<(), EngineError> {
    for sent in send_notices(house, &AllConnectors, &place.actor).await? {
        match &sent.held {
            None => println!("notice {} is sent", sent.notice),
            Some(why) => println!("notice {} waits: {}", sent.notice, plain(why)),
        }
    }
    Ok(())
}
