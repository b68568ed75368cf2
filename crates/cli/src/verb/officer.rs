//! `causeway officer`: who acts here, in which roles, and with which key?

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_engine::command::{NewPerson, add_officer, revoke_officer};
use causeway_engine::configuration::officer_file;
use causeway_model::environment::Environment;
use causeway_model::permission::Role;
use causeway_package::key::{SigningKey, VerifyingKey};
use causeway_store::Saved;
use clap::Subcommand;

use super::page::Page;
use super::{Ended, Place, public_key};

/// Officers.
#[derive(Subcommand)]
pub enum Officer {
    /// Makes an officer's key pair; run by the officer, who keeps the private file.
    New {
        /// Where the private key goes; the public key goes beside it with `.pub.pem`.
        #[arg(long)]
        out: PathBuf,
        /// For installations of which kind: `production` or `test`.
        #[arg(long, default_value = "production")]
        environment: Environment,
    },
    /// Registers a person's public key and roles. The first one is a representative; a partner's first one its administrator.
    Add {
        /// Name, for the ledger.
        name: String,
        /// A role; may be given several times. See the reference of permissions.
        #[arg(long = "role", required_unless_present = "document")]
        roles: Vec<Role>,
        /// The partner for which the person works; the operation, unless said.
        #[arg(long, value_name = "NAME")]
        partner: Option<String>,
        /// The public key file.
        #[arg(long, required_unless_present = "document")]
        key: Option<PathBuf>,
        /// Roles, partner and key from the person's file in an exported configuration.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["roles", "partner", "key"])]
        document: Option<PathBuf>,
        /// Its fingerprint, as the officer told it by another way.
        #[arg(long)]
        fingerprint: String,
    },
    /// Ends what a person and that person's key may do.
    Revoke {
        /// The name.
        name: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Lists who is registered.
    List(Page),
}

impl Officer {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        match self {
            Officer::New { out, environment } => {
                let mut seed = [0; 32];
                (crate::hooks::surroundings().entropy)(&mut seed);
                let key = SigningKey::from_seed(&seed).meant_for(causeway_engine::kept(*environment));
                causeway_engine::write_secret(out, key.to_pem()?.as_bytes())?;
                let public = out.with_extension("pub.pem");
                std::fs::write(&public, key.verifying_key().to_pem()?)
                    .map_err(EngineError::file("write", public.clone()))?;
                println!("private key {} (yours alone), public key {}", out.display(), public.display());
                println!("fingerprint {}", key.verifying_key().fingerprint());
            }
            Officer::Add { name, roles, partner, key, document, fingerprint } => {
                let house = place.beside().await?;
                let (roles, partner, key) = match (document, key) {
                    (Some(file), _) => {
                        let read = officer_file(file)?;
                        if read.officer != *name {
                            let detail = format!("the document is of `{}`, not of `{name}`", read.officer);
                            return Err(EngineError::Wrong(detail));
                        }
                        (read.roles, read.partner, VerifyingKey::from_pem(&read.public_key)?)
                    }
                    (None, Some(key)) => (roles.iter().copied().collect(), partner.clone(), public_key(key)?),
                    (None, None) => return Err(EngineError::Wrong("say which key: --key FILE".to_owned())),
                };
                let person =
                    NewPerson { name, roles: &roles, partner: partner.as_deref(), key: &key, confirmed: fingerprint };
                let (fingerprint, saved) = add_officer(&house, &place.actor, person).await?;
                let of = partner.as_ref().map_or_else(String::new, |partner| format!(" of {partner}"));
                println!("officer {name}{of} ({}), key {fingerprint}{}", listed(&roles), again(saved));
            }
            Officer::Revoke { name, reason } => {
                let house = place.beside().await?;
                let saved = revoke_officer(&house, &place.actor, name, reason).await?;
                println!("officer {name} is revoked{}", again(saved));
            }
            Officer::List(page) => {
                let found = place.beside().await?.store.officers_after(page.after(), page.asked()).await?;
                let (officers, end) = page.cut(found, |officer| officer.name.clone());
                for officer in officers {
                    let of = officer.partner.map_or_else(String::new, |partner| format!(" of {partner}"));
                    let revoked = if officer.revoked_at.is_some() { ", revoked" } else { "" };
                    println!("{}{of} ({}), key {}{revoked}", officer.name, listed(&officer.roles), officer.fingerprint);
                }
                end.tell();
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn listed(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")
}

/// What is said behind something that was so before.
pub fn again(saved: Saved) -> &'static str {
    if saved == Saved::Already { ": already so, nothing changed" } else { "" }
}
