//! `causeway transfer`: how is an exchange executed?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::command::{
    Decided, Manner, Released, Requested, approve_transfer, cancel_transfer, expire_arrangements, may_carry_on,
    refuse_transfer, release_exceptionally, request_transfer, settle_dispute, withdraw_transfer,
};
use causeway_engine::drive::{self, Lease, Prepared};
use causeway_engine::{EngineError, House};
use causeway_flow::enforce::Clearance;
use causeway_model::Value;
use causeway_model::request::{Place as Somewhere, TransferRequest};
use causeway_model::transfer::Transfer as State;
use causeway_store::StoreError;
use clap::{Args, Subcommand};

use super::progress::{Progress, Told};
use super::{Ended, Place, private_key};
use crate::connectors::AllConnectors;
use crate::say::plain;

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
    /// Stops one transfer for good, before anything of it leaves.
    Cancel {
        /// The transfer.
        transfer: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Settles that a partner confirmed another state than was sent; the next transfer of the exchange is full.
    Settle {
        /// The transfer whose receipt says so.
        transfer: String,
        /// What was found out.
        #[arg(long)]
        reason: String,
    },
    /// Tells where a transfer stands and all that happened to it.
    Show {
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
            Transfer::Cancel { transfer, reason } => {
                said(transfer, cancel_transfer(house, &place.actor, transfer, reason).await?, "cancelled");
            }
            Transfer::Settle { transfer, reason } => {
                said(transfer, settle_dispute(house, &place.actor, transfer, reason).await?, "settled");
            }
            Transfer::Show { transfer } => return super::history::show(place, house, transfer).await,
            Transfer::Run { .. } | Transfer::Resume => {}
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn work(&self, place: &Place) -> Ended {
        let mut house = match place.house().await {
            // On SQLite one process works, and does this too.
            Err(EngineError::Store(StoreError::Locked { .. })) => return self.have_done(place).await,
            opened => opened?,
        };
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
            if recovered.waiting.contains(id) || row.awaits_partner() {
                continue;
            }
            may_carry_on(&house, &place.actor, id).await?;
            let lease = match Lease::take(&house, id).await {
                Err(EngineError::Store(StoreError::Leased { worker, .. })) => {
                    println!("transfer {id} is in the hands of {worker}");
                    continue;
                }
                taken => taken?,
            };
            println!("carrying on transfer {id}");
            match carry(&house, place, lease, self.told()).await {
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
                let asked = request_transfer(&house, &place.actor, bare(exchange), manner(*expect_fewer)).await?;
                let id = asked.transfer.clone();
                if asked.awaits_approval {
                    println!("transfer {id} requested");
                    next(&asked);
                    return Ok(ExitCode::SUCCESS);
                }
                match Lease::take(&house, &id).await {
                    // Another worker found it first.
                    Err(EngineError::Store(StoreError::Leased { .. })) => follow(&house, &id).await?,
                    lease => carry(&house, place, lease?, self.told()).await?,
                }
                #[cfg(feature = "test-hooks")]
                crate::hooks::leak(&house, &place.actor, &id).await?;
            }
            _ => {}
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Leaves the work to the process that is at work here.
    async fn have_done(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        if let Transfer::Run { memory: Some(_), .. } = self {
            let detail = "`--memory` is for a run of one's own: the process at work here keeps to its configuration";
            return Err(EngineError::Wrong(format!("{detail}; leave it out, or end that process")));
        }
        let Transfer::Run { exchange, expect_fewer, .. } = self else {
            println!("another process is at work here and carries on what was cut off: see `causeway status`");
            return Ok(ExitCode::SUCCESS);
        };
        let asked = request_transfer(&house, &place.actor, bare(exchange), manner(*expect_fewer)).await?;
        println!("transfer {} requested", asked.transfer);
        if asked.awaits_approval {
            next(&asked);
            return Ok(ExitCode::SUCCESS);
        }
        follow(&house, &asked.transfer).await.map(|()| ExitCode::SUCCESS)
    }
}

fn manner(expect_fewer: bool) -> Manner {
    Manner { expect_fewer, exceptionally: false }
}

fn bare(exchange: &str) -> TransferRequest {
    TransferRequest { exchange: exchange.to_owned(), cycle: None, place: None, cut_off: None, note: None }
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

async fn carry(house: &House, place: &Place, lease: Lease, told: Told) -> Result<(), EngineError> {
    let (id, watch) = (lease.transfer().to_owned(), lease.watch().clone());
    let progress = Progress::start(&watch, told);
    let stop = watch.clone();
    let cancel = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    let outcome = drive::run(house, &AllConnectors, &place.actor, &lease).await;
    cancel.abort();
    progress.stop();
    lease.end(house, &outcome).await?;
    let Prepared { package, clearance, sent } = outcome?;
    if let Some(clearance) = clearance {
        tell(&clearance, sent.as_ref().map(|sent| sent.released));
    }
    if let Some(sent) = sent {
        println!("sent as {}", sent.said);
    }
    let spilled = watch.bytes_spilled();
    if spilled > 0 {
        println!("spilled: {spilled} bytes, encrypted");
    }
    delivered(house, &id, &package).await
}

/// Follows a transfer that another process carries out, until it has ended one way or the other.
async fn follow(house: &House, id: &str) -> Result<(), EngineError> {
    println!("another process carries it out; ending this command does not end the transfer");
    let mut said = String::new();
    loop {
        let Some(row) = house.store.transfer(id).await? else { return Ok(()) };
        let lease = house.store.lease(id).await?;
        let why = lease.filter(|lease| lease.ended.is_some()).and_then(|lease| lease.why);
        let says = why.map_or_else(|| row.state.to_string(), |why| format!("{}: {}", row.state, plain(&why)));
        if says != said {
            println!("  {says}");
            said = says;
        }
        if let (true, Some(package)) = (row.awaits_partner(), row.state.package()) {
            return delivered(house, id, package).await;
        }
        match row.state {
            State::Refused { violations } => return Err(EngineError::Refused { transfer: id.to_owned(), violations }),
            State::Delivered { package } | State::Receipted { package } | State::Disputed { package } => {
                return delivered(house, id, &package).await;
            }
            state if !state.is_unfinished() => {
                return Err(EngineError::Wrong(format!("transfer {id} is {state}: see `causeway transfer show {id}`")));
            }
            _ => tokio::time::sleep(std::time::Duration::from_millis(300)).await,
        }
    }
}

/// What was cleared; beside it how many records are in the package, where they are not the whole state.
fn tell(clearance: &Clearance, in_package: Option<u64>) {
    let withheld: u64 = clearance.withheld.values().sum();
    let state = in_package.map(|_| format!(", state {}", clearance.released)).unwrap_or_default();
    let released = in_package.unwrap_or(clearance.released);
    println!("released {released}, withheld {withheld}, quarantined {}{state}", clearance.quarantined);
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

async fn delivered(house: &House, id: &str, package: &str) -> Result<(), EngineError> {
    let row = house.transfer(id).await?;
    if row.awaits_partner() {
        println!("transfer {id} is ready: its partner takes package {package} over the API");
        return Ok(());
    }
    if let Some(path) = house.exchange(&row.exchange).await?.deliver.folder() {
        println!("transfer {id} delivered: {}", house.home.root().join(path).join(package).display());
    }
    Ok(())
}
