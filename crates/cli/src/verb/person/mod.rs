//! `causeway person`: what left this house about one person, what did the person decide, and who was told?

mod decide;
mod noticed;

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_engine::command::trace_disclosures;
use causeway_engine::letter::{Language, letter};
use causeway_engine::query::private_text;
use causeway_model::rights::{Kind, Scope};
use clap::{Subcommand, ValueEnum};

use super::{Ended, Place};

/// What a person may ask.
#[derive(Subcommand)]
pub enum Person {
    /// Who received what about a person, in which form, when, for what. The question and its reason stand in the ledger, the person
    /// does not.
    Disclosures {
        /// The entity whose records are people, as the catalogue calls it.
        #[arg(long)]
        entity: String,
        /// File with the person's key, one line, or `-` for the standard input. Never on the command line, where others see it.
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
        /// Why it is asked.
        #[arg(long)]
        reason: String,
        /// Plain words for the person, or JSON for a counsellor's tools.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        /// Language of the text.
        #[arg(long, default_value = "en")]
        language: Language,
    },
    /// Records that a person consents to one purpose and recipient, or takes consent back.
    Consent {
        /// The person consents.
        #[arg(long, conflicts_with = "withdrawn", required_unless_present = "withdrawn")]
        given: bool,
        /// The person takes consent back.
        #[arg(long)]
        withdrawn: bool,
        #[command(flatten)]
        to: decide::For,
        #[command(flatten)]
        how: decide::How,
        #[command(flatten)]
        common: decide::Common,
    },
    /// Records that a person objects.
    Object {
        /// The person objects no more.
        #[arg(long)]
        lifted: bool,
        #[command(flatten)]
        to: decide::For,
        #[command(flatten)]
        common: decide::Common,
    },
    /// Records that something about a person was wrong and is mended at its source.
    Correct {
        #[command(flatten)]
        common: decide::Common,
    },
    /// Records that a person says that something is wrong.
    Contest {
        /// What was contested is decided.
        #[arg(long)]
        resolved: bool,
        #[command(flatten)]
        common: decide::Common,
    },
    /// Records that a record is another one's person: it goes on under the other.
    Merge {
        /// File with the key of the record under which the person goes on.
        #[arg(long, value_name = "FILE")]
        into_key_file: PathBuf,
        #[command(flatten)]
        common: decide::Common,
    },
    /// Records that a person is to be erased, and asks every partner that has the person for a certificate.
    Erase {
        #[command(flatten)]
        common: decide::Common,
    },
    /// Records many decisions, one a line as JSON; nothing while any line is wrong.
    Record {
        /// The file, which its owner alone may read, or `-`.
        file: PathBuf,
        /// The entity whose records are people; the catalogue's unless said.
        #[arg(long)]
        entity: Option<String>,
    },
    /// Which partners were told, what they answered, and who is late.
    Notices {
        /// Only of this partner.
        #[arg(long, value_name = "NAME")]
        partner: Option<String>,
        /// Only those whose day is over.
        #[arg(long)]
        overdue: bool,
    },
    /// Adds a partner's signed answer to a notice.
    Answer {
        /// The answer.
        answer: PathBuf,
        /// Its signature; the answer's name with `.sig` unless said.
        #[arg(long)]
        signature: Option<PathBuf>,
    },
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Sentences.
    Text,
    /// JSON.
    Json,
}

impl Person {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let when = |is: bool, one: Kind, other: Kind| if is { one } else { other };
        let (entity, key_file, reason, format, language) = match self {
            Person::Disclosures { entity, key_file, reason, format, language } => {
                (entity, key_file, reason, format, language)
            }
            Person::Consent { given, withdrawn: _, to, how, common } => {
                let kind = when(*given, Kind::ConsentGiven, Kind::ConsentWithdrawn);
                return common.decide(place, kind, to.scope(), how.consent()?, None).await;
            }
            Person::Object { lifted, to, common } => {
                let kind = when(*lifted, Kind::ObjectionLifted, Kind::Objection);
                return common.decide(place, kind, to.scope(), None, None).await;
            }
            Person::Correct { common } => {
                return common.decide(place, Kind::Correction, Scope::default(), None, None).await;
            }
            Person::Contest { resolved, common } => {
                let kind = when(*resolved, Kind::ContestResolved, Kind::Contested);
                return common.decide(place, kind, Scope::default(), None, None).await;
            }
            Person::Merge { into_key_file, common } => {
                return common.decide(place, Kind::Merge, Scope::default(), None, Some(into_key_file)).await;
            }
            Person::Erase { common } => {
                return common.decide(place, Kind::Erasure, Scope::default(), None, None).await;
            }
            Person::Record { file, entity } => return decide::file(place, file, entity.as_deref()).await,
            Person::Notices { partner, overdue } => return noticed::list(place, partner.as_deref(), *overdue).await,
            Person::Answer { answer, signature } => return noticed::answer(place, answer, signature.as_ref()).await,
        };
        let key = private_text(key_file)?;
        let house = place.beside().await?;
        let found = trace_disclosures(&house, &place.actor, entity, &key, reason).await?;
        let text = match format {
            Format::Text => letter(&found, *language, house.home.config().contact.as_deref())?,
            Format::Json => json(&found)?,
        };
        println!("{}", crate::say::plain(text.trim_end()));
        Ok(ExitCode::SUCCESS)
    }
}

/// An answer as JSON, for people to read too.
pub fn json(answer: &impl serde::Serialize) -> Result<String, EngineError> {
    serde_json::to_string_pretty(answer).map_err(|error| EngineError::Wrong(format!("the answer is no JSON: {error}")))
}
