//! `causeway arrangement`: how do terms come into force, change, and end?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::command::{
    Drafted, Moved, activate_arrangement, draft_arrangement, expire_arrangements, in_force, propose_arrangement,
    resume_arrangement, sign_arrangement, suspend_arrangement, terminate_arrangement,
};
use causeway_engine::documents::{Read, lines, sha256_hex};
use causeway_engine::{EngineError, House};
use causeway_model::arrangement::{self as model, State, difference, warning_of};
use causeway_model::permission::Action;
use causeway_store::Saved;
use clap::{Args, Subcommand};
use jiff::ToSpan as _;

use super::page::Page;
use super::{Ended, Place, private_key};

/// Arrangements.
#[derive(Subcommand)]
pub enum Arrangement {
    /// Checks an arrangement file against the catalogue in use.
    Check {
        /// The arrangement file.
        file: PathBuf,
    },
    /// Brings in the text of an arrangement: exactly what the parties will sign.
    Draft {
        /// The arrangement file.
        file: PathBuf,
        /// The enquiry that it follows; it agrees nothing that was not assessed there.
        #[arg(long, value_name = "NAME")]
        enquiry: Option<String>,
    },
    /// Brings in the next version of an arrangement that was in force, and names everything that it changes.
    Amend {
        /// The arrangement file.
        file: PathBuf,
    },
    /// Lays the newest draft before the parties.
    Propose {
        /// Its identifier.
        name: String,
    },
    /// Signs an arrangement for the party that the officer works for.
    Sign(Sign),
    /// Brings the newest version that every party signed into force; the one before it is superseded.
    Activate {
        /// Its identifier.
        name: String,
    },
    /// Takes an arrangement out of force for now. Transfers under way lapse.
    Suspend {
        /// Its identifier.
        name: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Brings a suspended arrangement back into force.
    Resume {
        /// Its identifier.
        name: String,
    },
    /// Ends an arrangement for good. Transfers under way lapse.
    Terminate {
        /// Its identifier.
        name: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Says where every version stands, who signed, what happened, and whether data may go.
    Show {
        /// Its identifier.
        name: String,
    },
    /// Lists every version of every arrangement.
    List(Page),
    /// Says what one version changes against another.
    Diff {
        /// Its identifier.
        name: String,
        /// The earlier version; the one in force unless said.
        #[arg(long)]
        from: Option<u32>,
        /// The later version; the newest unless said.
        #[arg(long)]
        to: Option<u32>,
    },
    /// Says which arrangements end within 90, 30 or 7 days.
    Warnings,
}

/// A signature.
#[derive(Args)]
pub struct Sign {
    /// Identifier of the arrangement.
    name: String,
    /// Who signs.
    #[arg(long)]
    officer: String,
    /// The officer's private key file.
    #[arg(long)]
    key: PathBuf,
    /// The version; the newest that waits for signatures unless said.
    #[arg(long)]
    version: Option<u32>,
}

impl Arrangement {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        // People decide beside whoever works: nobody waits for a running transfer to end.
        let house = place.beside().await?;
        let actor = place.actor.as_str();
        match self {
            Arrangement::Check { file } => {
                let read: Read<model::Arrangement> = Read::file(file)?;
                let findings = read.value.check(&house.catalogue().await?);
                lines(&read.document, &findings).iter().for_each(|line| println!("{}", crate::say::plain(line)));
                println!("{} findings", findings.len());
                return Ok(if findings.has_errors() { ExitCode::from(2) } else { ExitCode::SUCCESS });
            }
            Arrangement::Draft { file, enquiry } => {
                drafted(draft_arrangement(&house, actor, file, enquiry.as_deref()).await?, false);
            }
            Arrangement::Amend { file } => drafted(draft_arrangement(&house, actor, file, None).await?, true),
            Arrangement::Propose { name } => tell(name, propose_arrangement(&house, actor, name).await?),
            Arrangement::Sign(sign) => {
                let Sign { name, officer, key, version } = sign;
                let key = private_key(key)?;
                let (version, party, moved) = sign_arrangement(&house, officer, name, *version, &key).await?;
                println!("{name} version {version} is signed by {officer} for {party}");
                let missing = match &moved {
                    Moved::Now(state) | Moved::Already(state) => state.missing_signatures(&[].into()),
                };
                missing.iter().for_each(|violation| println!("  waits for {}", violation.subject));
                tell(name, (version, moved));
            }
            Arrangement::Activate { name } => tell(name, activate_arrangement(&house, actor, name).await?),
            Arrangement::Suspend { name, reason } => {
                tell(name, suspend_arrangement(&house, actor, name, reason).await?)
            }
            Arrangement::Resume { name } => tell(name, resume_arrangement(&house, actor, name).await?),
            Arrangement::Terminate { name, reason } => {
                tell(name, terminate_arrangement(&house, actor, name, reason).await?);
            }
            Arrangement::Show { name } => {
                may_see(&house, actor, name).await?;
                show(&house, name).await?;
            }
            Arrangement::List(page) => list(&house, actor, page).await?,
            Arrangement::Diff { name, from, to } => {
                may_see(&house, actor, name).await?;
                diff(&house, name, *from, *to).await?;
            }
            Arrangement::Warnings => warnings(&house).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn drafted(drafted: Drafted, amends: bool) {
    let Drafted { read, saved, amends: changed } = drafted;
    let (name, version) = (&read.value.arrangement, read.value.version);
    println!("arrangement {name} version {version}, sha256 {}", sha256_hex(&read.text));
    if saved == Saved::Already {
        println!("already so, nothing changed");
        return;
    }
    match changed {
        Some((from, changes)) => {
            println!("against version {from}:");
            changes.iter().for_each(|change| println!("  {}", crate::say::plain(&change.to_string())));
        }
        None if amends => println!("no version of it was ever in force: it is a draft like any"),
        None => {}
    }
    println!(
        "not in force until it is proposed, signed by every party and activated: `causeway arrangement propose {name}`"
    );
}

fn tell(name: &str, (version, moved): (u32, Moved<State>)) {
    match moved {
        Moved::Now(state) => println!("{name} version {version} is {state}"),
        Moved::Already(state) => println!("{name} version {version} is {state}: already so, nothing changed"),
    }
}

async fn show(house: &House, name: &str) -> Result<(), EngineError> {
    let read = house.terms(name).await?;
    println!("{name}: {} ({} with {})", read.value.title, house.operation(), read.value.partner);
    for life in house.store.arrangement_lives(name).await? {
        let valid = life.state.terms().valid;
        println!("version {}: {}, {} to {}", life.version, life.state, valid.from, valid.until);
        for signed in house.store.arrangement_signatures(name, life.version).await? {
            println!("  signed by {} for {} on {}", signed.officer, signed.party, signed.signed_at);
        }
    }
    for event in house.store.arrangement_events(name).await? {
        println!("  {}  version {}  {} by {}", event.happened_at, event.version, event.event, event.actor);
    }
    match in_force(house, name).await? {
        Ok(standing) => {
            let levels: Vec<&str> = standing.frequencies.iter().map(|(level, _)| level.as_str()).collect();
            println!("in force: {}", levels.join(", under it "));
        }
        Err(refused) => {
            for violation in refused.violations {
                println!("nothing may go: {}", crate::say::plain(&violation.to_string()));
            }
        }
    }
    Ok(())
}

async fn may_see(house: &House, actor: &str, name: &str) -> Result<(), EngineError> {
    let partner = house.terms(name).await?.value.partner;
    house.may_see(actor, Action::ShowArrangement, &house.of_both(name, &partner)).await
}

async fn list(house: &House, actor: &str, page: &Page) -> Result<(), EngineError> {
    // The operation's own people see every arrangement; a partner's people are shown theirs.
    let own = house.is_own_staff(actor).await?;
    for name in expire_arrangements(house).await? {
        println!("{name} has expired");
    }
    let after = page.after().map(version);
    let found = house.store.arrangement_lives_after(after, page.asked()).await?;
    let (lives, end) = page.cut(found, |life| format!("{}:{}", life.arrangement, life.version));
    for life in lives {
        if !own {
            let partner = house.arrangement_version(&life.arrangement, life.version).await?.value.partner;
            let thing = house.of_both(&life.arrangement, &partner);
            if !house.sees(actor, Action::ShowArrangement, &thing).await? {
                continue;
            }
        }
        let valid = life.state.terms().valid;
        println!("{} version {}  {}  {} to {}", life.arrangement, life.version, life.state, valid.from, valid.until);
    }
    end.tell();
    Ok(())
}

/// `NAME:VERSION` is one version; a name alone stands for the last one that there can be.
fn version(text: &str) -> (&str, u32) {
    let named = text.rsplit_once(':').and_then(|(name, version)| Some((name, version.parse().ok()?)));
    named.unwrap_or((text, u32::MAX))
}

async fn diff(house: &House, name: &str, from: Option<u32>, to: Option<u32>) -> Result<(), EngineError> {
    let newest = house.arrangement(name).await?.value.version;
    let from = match from {
        Some(version) => version,
        None => house.newest_in_force(name).await?.map_or(newest.saturating_sub(1).max(1), |life| life.version),
    };
    let old = house.arrangement_version(name, from).await?.value;
    let new = house.arrangement_version(name, to.unwrap_or(newest)).await?.value;
    println!("{name} version {} against version {}", new.version, old.version);
    let changes = difference(&old, &new);
    changes.iter().for_each(|change| println!("  {}", crate::say::plain(&change.to_string())));
    let wider = changes.iter().filter(|change| change.may_widen()).count();
    println!("{} changes, {wider} by which more may leave", changes.len());
    Ok(())
}

async fn warnings(house: &House) -> Result<(), EngineError> {
    for name in expire_arrangements(house).await? {
        println!("{name} has expired");
    }
    let days = house.thresholds().await?.warning_days;
    let mut count = 0;
    let last = days.iter().copied().max().unwrap_or_default();
    let until = house.today().saturating_add(i64::from(last).days());
    for life in house.store.arrangements_ending_by(until).await? {
        let until = life.state.terms().valid.until;
        if let Some(days) = warning_of(&days, until, house.today()) {
            count += 1;
            println!(
                "{} version {} ends on {until}, within {days} days: have it amended",
                life.arrangement, life.version
            );
        }
    }
    println!("{count} arrangements end within {last} days");
    attestations(house, &days).await
}

/// Attestations that end soon: data stop on the day after.
async fn attestations(house: &House, days: &[u16]) -> Result<(), EngineError> {
    for partner in house.store.partners().await? {
        for one in house.store.attestations(&partner.name).await? {
            let Some(within) = warning_of(days, one.valid_until, house.today()) else { continue };
            let (kind, until) = (one.kind, one.valid_until);
            println!("{kind} of {} ends on {until}, within {within} days: have it attested anew", partner.name);
        }
    }
    Ok(())
}
