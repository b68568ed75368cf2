//! `causeway transfer`: how is an exchange executed?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::command::{
    Decided, Manner, Released, Requested, approve_transfer, expire_arrangements, may_carry_on, refuse_transfer,
    release_exceptionally, request_transfer, withdraw_transfer,
};
use causeway_engine::drive::{self, Prepared};
use causeway_engine::{EngineError, House};
use causeway_flow::source::Watch;
use causeway_model::Value;
use causeway_model::request::{Place as Somewhere, TransferRequest};
use clap::{Args, Subcommand};

use super::progress::{Progress, Told};
use super::{Ended, Place, private_key};
use crate::connectors::AllConnectors;

/// Transfers.
#[derive(Subcommand)]
pub enum Transfer {
    /// Requests a transfer of an exchange and carries it to delivery; carries on what was cut off first.
    Run {
        /// Identifier of the exchange.
        exchange: String,
        /// Says that fewer records than last time, or none, are right.
        #[arg(long)]
        expect_fewer: bool,
        /// Memory to stay within, in mebibytes; the configuration's unless said.
        #[arg(long, value_name = "MEBIBYTES", value_parser = clap::value_parser!(u32).range(1..))]
        memory: Option<u32>,
        /// How progress is told on standard error.
        #[arg(long, value_enum, default_value_t = Told::Text)]
        progress: Told,
    },
    /// Requests a transfer and leaves it there: for approval, or for `transfer resume` to carry out.
    Request(Ask),
    /// Approves a requested transfer with an officer's key, where the exchange asks for it.
    Approve {
        /// The transfer.
        transfer: String,
        /// Who approves.
        #[arg(long)]
        officer: String,
        /// The officer's private key file.
        #[arg(long)]
        key: PathBuf,
    },
    /// Consents, as representative or data protection officer, to release one transfer against a rule that denies it.
    ReleaseExceptionally {
        /// The transfer, requested with `--exceptionally`.
        transfer: String,
        /// Why; both must give the same reason, word for word.
        #[arg(long)]
        reason: String,
        /// Who consents.
        #[arg(long)]
        officer: String,
        /// The officer's private key file.
        #[arg(long)]
        key: PathBuf,
    },
    /// Refuses a requested transfer.
    Refuse {
        /// The transfer.
        transfer: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Takes a request back.
    Withdraw {
        /// The transfer.
        transfer: String,
    },
    /// Carries on every transfer that was cut off, held back, or approved.
    Resume,
}

/// What is asked for.
#[derive(Args)]
pub struct Ask {
    /// Identifier of the exchange.
    exchange: String,
    /// The distribution or reporting cycle that it serves: `2026-05`, `round-3`.
    #[arg(long)]
    cycle: Option<String>,
    /// Only people there: a path of the population's and codes of places, `household.settlement=K1,K2`.
    #[arg(long, value_name = "PATH=CODES")]
    place: Option<String>,
    /// The day as of which people are wanted.
    #[arg(long)]
    cut_off: Option<jiff::civil::Date>,
    /// A note for whoever approves it. Never a person's data.
    #[arg(long)]
    note: Option<String>,
    /// Says that fewer records than last time, or none, are right.
    #[arg(long)]
    expect_fewer: bool,
    /// Asks for a release against the rule on onward transfer or on the country of origin: it takes two consents.
    #[arg(long)]
    exceptionally: bool,
}

impl Ask {
    fn manner(&self) -> Manner {
        Manner { expect_fewer: self.expect_fewer, exceptionally: self.exceptionally }
    }

    fn asked(&self) -> Result<TransferRequest, EngineError> {
        let place = self.place.as_deref().map(|text| {
            let parts = text.split_once('=').filter(|(path, codes)| !path.is_empty() && !codes.is_empty());
            let wrong = || EngineError::Wrong(format!("`{text}` is no place: write `PATH=CODE,CODE`"));
            let (element, codes) = parts.ok_or_else(wrong)?;
            let values = codes.split(',').map(|code| Value::Text(code.to_owned())).collect();
            Ok::<_, EngineError>(Somewhere { element: element.to_owned(), values })
        });
        Ok(TransferRequest {
            exchange: self.exchange.clone(),
            cycle: self.cycle.clone(),
            place: place.transpose()?,
            cut_off: self.cut_off,
            note: self.note.clone(),
        })
    }
}

impl Transfer {
    fn told(&self) -> Told {
        match self {
            Transfer::Run { progress, .. } => *progress,
            _ => Told::Text,
        }
    }

    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        match self {
            Transfer::Run { .. } | Transfer::Resume => self.work(place).await,
            // A decision waits for nobody who works.
            _ => self.decide(place, &place.beside().await?).await,
        }
    }

    async fn decide(&self, place: &Place, house: &House) -> Ended {
        let said = |transfer: &str, decided: Decided, what: &str| match decided {
            Decided::Now => println!("transfer {transfer} {what}"),
            Decided::Already => println!("transfer {transfer} {what} already"),
        };
        match self {
            Transfer::Request(ask) => {
                let asked = request_transfer(house, &place.actor, ask.asked()?, ask.manner()).await?;
                println!("transfer {} requested", asked.transfer);
                next(&asked);
            }
            Transfer::Approve { transfer, officer, key } => {
                let decided = approve_transfer(house, officer, &private_key(key)?, transfer).await?;
                said(transfer, decided, "approved");
                println!("`causeway transfer resume` carries it out");
            }
            Transfer::ReleaseExceptionally { transfer, reason, officer, key } => {
                match release_exceptionally(house, officer, &private_key(key)?, transfer, reason).await? {
                    Released::Half => println!("{officer} has consented; the other office must too"),
                    Released::Whole => {
                        println!("transfer {transfer} is released exceptionally");
                        println!("`causeway transfer resume` carries it out");
                    }
                }
            }
            Transfer::Refuse { transfer, reason } => {
                said(transfer, refuse_transfer(house, &place.actor, transfer, reason).await?, "refused");
            }
            Transfer::Withdraw { transfer } => {
                said(transfer, withdraw_transfer(house, &place.actor, transfer).await?, "withdrawn");
            }
            Transfer::Run { .. } | Transfer::Resume => {}
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn work(&self, place: &Place) -> Ended {
        let mut house = place.house().await?;
        if let Transfer::Run { memory: Some(mebibytes), .. } = self {
            house.memory_mebibytes = *mebibytes;
        }
        let recovered = drive::recover(&house).await?;
        if recovered.destroyed > 0 {
            println!("cleared {} unfinished packages", recovered.destroyed);
        }
        for name in expire_arrangements(&house).await? {
            println!("arrangement {name} has expired");
        }
        for id in &recovered.waiting {
            println!("transfer {id} waits for people: see `causeway status`");
        }
        let (mut resumed, mut ended, mut held) = (Vec::new(), None, 0_usize);
        for row in house.store.unfinished_transfers().await? {
            let id = &row.id;
            if recovered.waiting.contains(id) {
                continue;
            }
            may_carry_on(&house, &place.actor, id).await?;
            println!("carrying on transfer {id}");
            match carry(&house, place, id, self.told()).await {
                Ok(()) => resumed.push(row.exchange.clone()),
                Err(error @ EngineError::Lapsed { .. }) => ended = Some(crate::say::failed(&error)),
                // Others need not wait for what is stopped, nor for a partner that may not receive now.
                Err(error @ (EngineError::Held { .. } | EngineError::Denied { .. })) => {
                    ended = Some(crate::say::failed(&error));
                    held += 1;
                }
                Err(error) => return Err(error),
            }
        }
        match self {
            Transfer::Resume => {
                let back = if held > 0 { format!(", {held} held back") } else { String::new() };
                println!("{} transfers carried on{back}", resumed.len());
                return Ok(ended.unwrap_or(ExitCode::SUCCESS));
            }
            Transfer::Run { exchange, .. } if resumed.contains(exchange) => {
                println!("the transfer of `{exchange}` that was cut off is delivered; run again for another");
            }
            Transfer::Run { exchange, expect_fewer, .. } => {
                let asked =
                    TransferRequest { exchange: exchange.clone(), cycle: None, place: None, cut_off: None, note: None };
                let manner = Manner { expect_fewer: *expect_fewer, exceptionally: false };
                let asked = request_transfer(&house, &place.actor, asked, manner).await?;
                let id = asked.transfer.clone();
                if asked.awaits_approval {
                    println!("transfer {id} requested");
                    next(&asked);
                    return Ok(ExitCode::SUCCESS);
                }
                carry(&house, place, &id, self.told()).await?;
                #[cfg(feature = "test-hooks")]
                crate::hooks::leak(&house, &place.actor, &id).await?;
            }
            _ => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What comes after a request.
fn next(asked: &Requested) {
    if !asked.denied.is_empty() {
        println!("rules deny it:");
        asked.denied.iter().for_each(|violation| println!("  {}", crate::say::plain(&violation.to_string())));
        println!("it waits for both consents: `causeway transfer release-exceptionally {}`", asked.transfer);
    } else if asked.awaits_approval {
        println!("it waits for an officer: `causeway transfer approve {} --officer NAME --key FILE`", asked.transfer);
    } else {
        println!("`causeway transfer resume` carries it out");
    }
}

async fn carry(house: &House, place: &Place, id: &str, told: Told) -> Result<(), EngineError> {
    let watch = Watch::default();
    let progress = Progress::start(&watch, told);
    let stop = watch.clone();
    let cancel = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    let outcome = drive::run(house, &AllConnectors, &place.actor, id, &watch).await;
    cancel.abort();
    progress.stop();
    let Prepared { package, clearance } = outcome?;
    if let Some(clearance) = clearance {
        let withheld: u64 = clearance.withheld.values().sum();
        println!("released {}, withheld {withheld}, quarantined {}", clearance.released, clearance.quarantined);
        for (code, count) in &clearance.withheld {
            println!("  withheld     {count:>6}  {code}");
        }
        for ((subject, code), count) in &clearance.faults {
            println!("  quarantined  {count:>6}  {subject}: {code}");
        }
        for (element, count) in &clearance.conflicts {
            println!("  conflicts    {count:>6}  {element}: two origins disagree, the first was taken");
        }
        for ((field, kind), count) in &clearance.substitutions {
            println!("  substituted  {count:>6}  {field}: {kind}");
        }
    }
    let spilled = watch.bytes_spilled();
    if spilled > 0 {
        println!("spilled: {spilled} bytes, encrypted");
    }
    let exchange = house.store.transfer(id).await?.map(|row| row.exchange).unwrap_or_default();
    let causeway_model::exchange::Delivery::Folder { path } = house.exchange(&exchange).await?.deliver;
    println!("transfer {id} delivered: {}", house.home.root().join(path).join(package).display());
    Ok(())
}
