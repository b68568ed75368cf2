//! `causeway partner client`: which programs of partners may ask over the network?

use std::path::{Path, PathBuf};

use causeway_engine::command::{
    AddedClient, NewPingClient, add_client, add_ping_client, lift_hold, revoke_client, rotate_client_key,
};
use causeway_engine::{EngineError, House};
use causeway_model::permission::Action;
use clap::Subcommand;

use crate::verb::officer::again;
use crate::verb::page::Page;

/// Programs of partners.
#[derive(Subcommand)]
pub enum Client {
    /// Lets a program ask, as its partner signed it with `causeway-open client new`. Of one that may already, what is signed counts from
    /// now on.
    Add {
        #[command(flatten)]
        signed: Signed,
    },
    /// Lets a program ask that was written for PING's own API and cannot sign: makes its secrets and prints them, once.
    AddPing {
        /// What it is called from now on: its user and its client id.
        name: String,
        /// The partner.
        #[arg(long)]
        partner: String,
        /// The id by which the partner is known there: `PNR-1363`.
        #[arg(long)]
        partner_id: String,
        /// An exchange that it may be about; again for each.
        #[arg(long = "exchange", required = true)]
        exchanges: Vec<String>,
    },
    /// Takes in a program's next keys, signed likewise. It may do no more than before.
    RotateKey {
        #[command(flatten)]
        signed: Signed,
    },
    /// Ends at once, and for good, what a program may ask.
    Revoke {
        /// The program.
        name: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Lets a program ask about single people again that seemed to be guessing.
    Lift {
        /// The program.
        name: String,
        /// The exchange under which it asked.
        #[arg(long)]
        exchange: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Shows a program: whose it is, what it may be about, its keys.
    Show {
        /// The program.
        name: String,
    },
    /// Lists programs.
    List(Page),
}

/// What the partner signed.
#[derive(clap::Args)]
pub struct Signed {
    /// The registration, `client.json`.
    registration: PathBuf,
    /// Its signature; `REGISTRATION.sig` when left out.
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
}

impl Signed {
    fn read(&self) -> Result<(Vec<u8>, Vec<u8>), EngineError> {
        let read = |path: &Path| std::fs::read(path).map_err(EngineError::file("read", path));
        let beside = || {
            let mut name = self.registration.clone().into_os_string();
            name.push(".sig");
            PathBuf::from(name)
        };
        Ok((read(&self.registration)?, read(&self.signature.clone().unwrap_or_else(beside))?))
    }
}

impl Client {
    pub(super) async fn run(&self, house: &House, actor: &str) -> Result<(), EngineError> {
        match self {
            Self::Add { signed } => {
                let (json, signature) = signed.read()?;
                tell(&add_client(house, actor, &json, &signature).await?);
            }
            Self::AddPing { name, partner, partner_id, exchanges } => {
                let (name, partner, partner_id) = (name.clone(), partner.clone(), partner_id.clone());
                let new = NewPingClient { name, partner, partner_id, exchanges: exchanges.clone() };
                let made = add_ping_client(house, actor, &new).await?;
                println!("client {} of {} may ask as {}", new.name, new.partner, new.partner_id);
                println!("username: {}\nclient_id: {}", new.name, new.name);
                println!("password: {}", made.password.as_str());
                println!("subscription key: {}", made.subscription_key.as_str());
                println!("Hand both over by two ways. They are not shown again: who loses one gets another client.");
            }
            Self::RotateKey { signed } => {
                let (json, signature) = signed.read()?;
                tell(&rotate_client_key(house, actor, &json, &signature).await?);
            }
            Self::Revoke { name, reason } => {
                let saved = revoke_client(house, actor, name, reason).await?;
                println!("client {name} may ask nothing any more{}", again(saved));
            }
            Self::Lift { name, exchange, reason } => {
                lift_hold(house, actor, name, exchange, reason).await?;
                println!("client {name} may ask about single people under {exchange} again");
            }
            Self::Show { name } => show(house, actor, name).await?,
            Self::List(page) => {
                let found = house.store.clients_after(page.after(), page.asked()).await?;
                let (clients, end) = page.cut(found, |client| client.name.clone());
                for client in clients {
                    let thing = house.of_partner(&client.name, &client.partner);
                    if house.sees(actor, Action::ShowPartner, &thing).await? {
                        let revoked = if client.revoked_at.is_some() { "  revoked" } else { "" };
                        println!("{}  {}  {}{revoked}", client.name, client.partner, client.acts_as);
                    }
                }
                end.tell();
            }
        }
        Ok(())
    }
}

async fn show(house: &House, actor: &str, name: &str) -> Result<(), EngineError> {
    let client = house.client(name).await?;
    house.may_see(actor, Action::ShowPartner, &house.of_partner(name, &client.partner)).await?;
    println!("{name}: of {}, acts as {}", client.partner, client.acts_as);
    match client.revoked_at {
        Some(at) => println!("revoked at {at}"),
        None => println!("brought in by {} at {}", client.added_by, client.added_at),
    }
    println!("may be about: {}", client.scopes.join(", "));
    for hold in house.store.holds().await?.iter().filter(|hold| hold.client == format!("client/{name}")) {
        println!(
            "asks about nobody under {} since {}: its questions were nearly the same",
            hold.exchange, hold.held_at
        );
    }
    for key in house.store.client_keys(name).await? {
        let ends = match key.ends_at {
            Some(at) if !key.counts(house.now()) => format!(", ended {at}"),
            Some(at) => format!(", until {at}"),
            None => String::new(),
        };
        println!("{} {}{ends}", key.usage, key.thumbprint);
    }
    Ok(())
}

fn tell(added: &AddedClient) {
    let AddedClient { client, partner, acts_as, keys, again } = added;
    let again = if *again { ": already so, nothing changed" } else { "" };
    println!("client {client} of {partner} acts as {acts_as}{again}");
    keys.iter().for_each(|key| println!("  key {key}"));
}
