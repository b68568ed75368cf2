//! How is a partner invited: by flags, by its profile, or by its file in an exported configuration?

use std::path::PathBuf;

use causeway_engine::command::{PartnerKeys, add_partner};
use causeway_engine::configuration::partner_file;
use causeway_engine::documents::Read;
use causeway_engine::{EngineError, House};
use causeway_model::partner::Profile;
use causeway_package::key::{Recipient, VerifyingKey};
use clap::Args;

use super::super::officer::again;
use super::super::public_key;
use super::age_recipient;

/// A partner to be invited.
#[derive(Args)]
pub struct Add {
    /// Short name, as arrangements write it.
    name: String,
    /// Full name.
    #[arg(long, required_unless_present_any = ["profile", "document"])]
    title: Option<String>,
    /// Country whose law binds it (ISO 3166 alpha-3), or `INT`.
    #[arg(long, value_name = "COUNTRY", required_unless_present_any = ["profile", "document"])]
    jurisdiction: Option<String>,
    /// Country where it keeps data, ISO 3166 alpha-3.
    #[arg(long, value_name = "COUNTRY", required_unless_present_any = ["profile", "document"])]
    hosting_country: Option<String>,
    /// All that in a document, with who handles data for it (`causeway schema partner`).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["title", "jurisdiction", "hosting_country", "document"])]
    profile: Option<PathBuf>,
    /// All that and its keys from the partner's file in an exported configuration; nothing of it counts as proven.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["title", "jurisdiction", "hosting_country", "recipient", "signing_key"])]
    document: Option<PathBuf>,
    /// Only invented people may go to it, until two people say otherwise (`admit-real-data`).
    #[arg(long)]
    synthetic_only: bool,
    /// File with the age recipient (`age1…`).
    #[arg(long, required_unless_present = "document")]
    recipient: Option<PathBuf>,
    /// Fingerprint of the recipient, as the partner told it by another way; at `verify`, unless it is known already.
    #[arg(long)]
    recipient_fingerprint: Option<String>,
    /// File with the public key that receipts are signed with.
    #[arg(long, required_unless_present = "document")]
    signing_key: Option<PathBuf>,
    /// Fingerprint of that key, as the partner told it by another way; at `verify`, unless it is known already.
    #[arg(long)]
    signing_fingerprint: Option<String>,
}

impl Add {
    /// Invites it.
    pub(super) async fn run(&self, house: &House, actor: &str) -> Result<(), EngineError> {
        let name = &self.name;
        let (mut profile, recipient, signing) = match &self.document {
            Some(file) => {
                let read = partner_file(file)?;
                (read.profile, Recipient::parse(&read.recipient)?, VerifyingKey::from_pem(&read.signing)?)
            }
            None => {
                let missing =
                    || EngineError::Wrong("say with which keys: --recipient FILE --signing-key FILE".to_owned());
                let (recipient, signing) = (self.recipient.as_ref(), self.signing_key.as_ref());
                let recipient = age_recipient(recipient.ok_or_else(missing)?)?;
                (self.profile()?, recipient, public_key(signing.ok_or_else(missing)?)?)
            }
        };
        profile.synthetic_only |= self.synthetic_only;
        if profile.partner != *name {
            return Err(EngineError::Wrong(format!("the document is of `{}`, not of `{name}`", profile.partner)));
        }
        if let Some(finding) = profile.check().iter().next() {
            return Err(EngineError::Wrong(format!("{}: {}", finding.message, finding.help)));
        }
        let keys = PartnerKeys {
            recipient: &recipient,
            recipient_confirmed: self.recipient_fingerprint.as_deref(),
            signing: &signing,
            signing_confirmed: self.signing_fingerprint.as_deref(),
        };
        let told = [&self.recipient_fingerprint, &self.signing_fingerprint];
        let confirmed = told.iter().filter(|told| told.is_some()).count();
        let only = if profile.synthetic_only { ", for invented people only" } else { "" };
        let (state, saved) = add_partner(house, actor, profile, keys).await?;
        println!("partner {name} is {state}, {confirmed} of 2 keys confirmed{only}{}", again(saved));
        Ok(())
    }

    fn profile(&self) -> Result<Profile, EngineError> {
        let Some(file) = &self.profile else {
            return Ok(Profile {
                partner: self.name.clone(),
                title: self.title.clone().unwrap_or_default(),
                jurisdiction: self.jurisdiction.clone().unwrap_or_default(),
                hosting_country: self.hosting_country.clone().unwrap_or_default(),
                synthetic_only: false,
                recipients: Vec::new(),
            });
        };
        let read: Read<Profile> = Read::file(file)?;
        read.refuse_errors(&read.value.check())?;
        Ok(read.value)
    }
}
