//! `causeway notice list | show | retry | test`: who is told of what, and how far has it come?

use std::process::ExitCode;

use causeway_engine::House;
use causeway_engine::command::{retry_notice, try_notice};
use causeway_model::permission::Action;
use causeway_store::Saved;
use causeway_store::query::{DispatchRow, DispatchState, NoticeFilter, NoticeRow};
use clap::{Args, Subcommand};

use super::{Ended, Place};
use crate::say::plain;

/// Notices.
#[derive(Subcommand)]
pub enum Notice {
    /// Lists notices, the newest first.
    List(List),
    /// Shows a notice and each of its ways.
    Show {
        /// The notice.
        notice: String,
    },
    /// Tries again what was given up, or what no way was for.
    Retry {
        /// The notice.
        notice: String,
    },
    /// Posts a notice that says nothing on one way of `[notices]`, to see whether it arrives.
    Test {
        /// The way, as `causeway.toml` calls it.
        way: String,
    },
}

/// Which notices.
#[derive(Args)]
pub struct List {
    /// Only those of which something is not confirmed: it waits, was given up, or nobody is told.
    #[arg(long)]
    unsent: bool,
    /// How many are shown at most, 1000 at most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

impl Notice {
    /// Does it.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        match self {
            Self::List(list) => list.run(&house, &place.actor).await?,
            Self::Show { notice } => show(&house, &place.actor, notice).await?,
            Self::Retry { notice } => match retry_notice(&house, &place.actor, notice).await? {
                Saved::New => println!("notice {notice} is tried again by whoever works"),
                Saved::Already => println!("nothing of notice {notice} was given up"),
            },
            Self::Test { way } => {
                try_notice(&house, &place.actor, way).await?;
                println!(
                    "a trial is posted for `{way}`: whoever works sends it; `causeway notice list` tells how it went"
                );
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(&self, house: &House, actor: &str) -> Result<(), causeway_engine::EngineError> {
        let which = if self.unsent { NoticeFilter::Unsent } else { NoticeFilter::All };
        let mut shown = 0;
        for notice in house.store.notices(which, self.limit).await? {
            if !house.sees(actor, Action::ShowNotices, &house.of_notice(&notice.id, &notice.to)).await? {
                continue;
            }
            let ways = house.store.dispatches(&notice.id).await?;
            let line = format!(
                "{}  {:<19} {:<24} {}  {}  {}",
                notice.id,
                notice.kind.as_str(),
                notice.to.to_string(),
                notice.posted_at,
                notice.subject,
                summary(&notice, &ways)
            );
            println!("{}", plain(&line));
            shown += 1;
        }
        println!("{shown} notices");
        Ok(())
    }
}

/// How far it has come, in a word or two.
pub fn summary(notice: &NoticeRow, ways: &[DispatchRow]) -> String {
    if notice.addressed_at.is_none() {
        return "waits for a worker".to_owned();
    }
    if ways.is_empty() {
        return "told to nobody".to_owned();
    }
    let count = |state| ways.iter().filter(|way| way.state == state).count();
    let of = |state, word: &str| (count(state) > 0).then(|| format!("{} {word}", count(state)));
    let all =
        [of(DispatchState::Sent, "told"), of(DispatchState::Waiting, "waiting"), of(DispatchState::Dead, "given up")];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

async fn show(house: &House, actor: &str, id: &str) -> Result<(), causeway_engine::EngineError> {
    let notice = house.notice(id).await?;
    house.may_see(actor, Action::ShowNotices, &house.of_notice(id, &notice.to)).await?;
    println!("notice {id}: {} to {}, posted at {}", notice.kind, plain(&notice.to.to_string()), notice.posted_at);
    println!("  subject: {}", plain(&notice.subject));
    notice.ids.iter().for_each(|(what, id)| println!("  {what}: {}", plain(id)));
    let ways = house.store.dispatches(id).await?;
    if ways.is_empty() {
        println!("  {}", summary(&notice, &ways));
    }
    for way in ways {
        let why = way.why.as_deref().map(|why| format!(": {}", plain(why))).unwrap_or_default();
        let how = match (way.state, way.ended_at) {
            (DispatchState::Sent, Some(at)) => format!("told at {at}"),
            (DispatchState::Dead, Some(at)) => format!("given up at {at}{why}"),
            _ if way.tries > 0 => format!("waits until {}{why}", way.not_before),
            _ => "waits".to_owned(),
        };
        println!("  by {}, {} tries: {how}", way.route, way.tries);
    }
    Ok(())
}
