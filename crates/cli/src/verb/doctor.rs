//! `causeway doctor`: what is wrong, and what is to be done?

use std::os::unix::fs::PermissionsExt;
use std::process::ExitCode;

use causeway_engine::{Connectors, EngineError, House, LOW_DISK, free_bytes, source_allowed};
use causeway_store::query::TransferFilter;
use jiff::ToSpan as _;

use super::{Ended, Place};
use crate::connectors::AllConnectors;

/// An arrangement that ends within so many days is to be seen to now.
const SOON: i64 = 30;

/// Looks at sources, clock, disk, expiry, swap and permissions. Exit 5 when something is wrong.
pub async fn run(place: &Place) -> Ended {
    let house = place.beside().await?;
    let mut troubles = 0;
    let mut tell = |good: bool, what: String, help: &str| {
        if good {
            println!("ok    {what}");
        } else {
            troubles += 1;
            println!("WRONG {what}\n      {help}");
        }
    };
    clock(&house, &mut tell).await?;
    database(&house, &mut tell).await?;
    for folder in [house.home.keys(), house.home.data()] {
        let mode = std::fs::metadata(&folder).map_err(EngineError::file("read", &folder))?.permissions().mode() & 0o777;
        tell(
            mode & 0o077 == 0,
            format!("{} has mode {mode:o}", folder.display()),
            "run `chmod 700` on it: nobody else may look in",
        );
    }
    let swaps = std::fs::read_to_string("/proc/swaps").unwrap_or_default();
    let plain = swaps.lines().skip(1).any(|line| !line.starts_with("/dev/dm-") && !line.starts_with("/dev/zram"));
    tell(
        !plain,
        "swap is off or encrypted".to_owned(),
        "turn swap off or encrypt it: memory with personal data could be written to disk",
    );
    if let Some(free) = free_bytes(&house.home.data()) {
        tell(
            free > LOW_DISK,
            format!("{} MiB free for packages", free >> 20),
            "free some space before the next transfer",
        );
    }
    let alerts = &house.home.config().alerts;
    let ways = alerts.mail.len() + alerts.webhook.len();
    match alerts.check() {
        Ok(()) => tell(true, format!("{ways} ways by which people are told of what waits or failed"), ""),
        Err(error) => tell(false, error.to_string(), "mend it in `causeway.toml`: until then nobody is told"),
    }
    sources(&house, &mut tell).await;
    let ending = house.store.arrangements_ending_by(house.today().saturating_add(SOON.days())).await?;
    for life in &ending {
        let what = format!("arrangement {} holds until {}", life.arrangement, life.state.terms().valid.until);
        tell(false, what, "have it amended before it ends");
    }
    if ending.is_empty() {
        tell(true, format!("no arrangement ends within {SOON} days"), "");
    }
    println!("{troubles} troubles");
    Ok(if troubles == 0 { ExitCode::SUCCESS } else { ExitCode::from(5) })
}

async fn clock(house: &House, tell: &mut impl FnMut(bool, String, &str)) -> Result<(), EngineError> {
    let mut newest = jiff::Timestamp::UNIX_EPOCH;
    let filter = TransferFilter { limit: Some(1), ..TransferFilter::default() };
    for row in house.store.transfers(&filter).await? {
        newest = newest.max(row.updated_at);
    }
    tell(
        house.now() >= newest,
        format!("the clock says {}", house.now()),
        "the clock is behind the newest transfer: set it right, validity depends on it",
    );
    Ok(())
}

/// A server whose clock differs by more is set wrong, or ours is.
const CLOCK_MS: i64 = 5_000;

async fn database(house: &House, tell: &mut impl FnMut(bool, String, &str)) -> Result<(), EngineError> {
    let facts = house.store.facts(house.now()).await?;
    let (kind, version) = (facts.kind.name(), &facts.version);
    tell(true, format!("the database is {kind} {version}, schema {} of {}", facts.schema, facts.known_schema), "");
    if let Some(encrypted) = facts.is_encrypted {
        let what = if encrypted { "encrypted" } else { "in the clear, on this machine" };
        tell(true, format!("the connection to it is {what}"), "");
    }
    if !facts.is_durable {
        let help = "a commit would not outlive a power cut: set `fsync` and `full_page_writes` on in the server";
        tell(false, "the database server does not write to disk what it has committed".to_owned(), help);
    }
    if let Some(ahead) = facts.clock_ahead_ms {
        let help = "set both clocks by one time server: what the database's administrators see is dated by its clock";
        tell(ahead.abs() <= CLOCK_MS, format!("the database server's clock is {ahead} ms ahead of ours"), help);
    }
    Ok(())
}

async fn sources(house: &House, tell: &mut impl FnMut(bool, String, &str)) {
    let catalogue = match house.catalogue().await {
        Ok(catalogue) => catalogue,
        Err(error) => return tell(false, error.to_string(), "import a catalogue"),
    };
    for source in &catalogue.sources {
        if let Err(foreign) = source_allowed(house.environment(), source) {
            tell(false, foreign.to_string(), foreign.code.help());
            continue;
        }
        let opened = AllConnectors.open(source, &house.home.sources());
        let held = opened
            .and_then(|opened| opened.snapshot(house.now(), &causeway_flow::source::Watch::default()).map(|_| ()));
        match held {
            Ok(()) => tell(true, format!("source {} can be read", source.name), ""),
            Err(error) => tell(false, error.to_string(), error.code.help()),
        }
    }
}
