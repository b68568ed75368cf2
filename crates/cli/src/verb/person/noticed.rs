//! Who was told, who has answered, and who is late?

use std::path::PathBuf;
use std::process::ExitCode;

use causeway_engine::EngineError;
use causeway_engine::command::accept_answer;
use causeway_engine::query::notices;

use super::super::receipt::beside;
use super::super::{Ended, Place};
use crate::say::plain;

/// Lists notices.
pub(super) async fn list(place: &Place, partner: Option<&str>, overdue: bool) -> Ended {
    let house = place.beside().await?;
    let listed = notices(&house, &place.actor, partner, overdue).await?;
    for one in &listed {
        let notice = &one.notice;
        println!(
            "{}  {:<17}  {}  {}  {}, to act by {}{}",
            notice.id,
            notice.what,
            plain(&notice.partner),
            plain(&notice.exchange),
            one.stands(),
            notice.act_by,
            if one.overdue { ": OVERDUE" } else { "" }
        );
    }
    if listed.is_empty() {
        println!("{}", if overdue { "no partner is late" } else { "no partner was told anything" });
    }
    Ok(ExitCode::SUCCESS)
}

/// Adds a partner's answer.
pub(super) async fn answer(place: &Place, file: &PathBuf, signature: Option<&PathBuf>) -> Ended {
    let found = signature.cloned().unwrap_or_else(|| beside(file));
    let json = std::fs::read(file).map_err(EngineError::file("read", file))?;
    let signature = std::fs::read(&found).map_err(EngineError::file("read", found))?;
    let house = place.beside().await?;
    let came = accept_answer(&house, &place.actor, &json, &signature).await?;
    let deleted =
        came.deleted.map_or_else(String::new, |records| format!(", {records} records certified to be deleted"));
    let again = if came.again { ", as before" } else { "" };
    println!("notice {}: {} says {}{deleted}{again}", came.notice, plain(&came.partner), came.outcome);
    Ok(ExitCode::SUCCESS)
}
