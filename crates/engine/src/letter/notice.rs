//! How are a partner and the data protection officer told of a key that others may have? In drafts that hold ids and counts only.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::query::{Exposed, Exposure, KeyRole};

/// Drafts for people to complete and send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notices {
    /// Whom the first is for.
    pub owner_title: String,
    /// To the partner whose key it is; of our own package key, to every partner.
    pub to_owner: String,
    /// To the data protection officer.
    pub to_protection: String,
}

/// What a key exposes, for an officer to read.
pub fn exposure_text(found: &Exposure) -> String {
    let mut text = match found.role {
        KeyRole::Recipient => format!("{} of {} opens {}\n", found.fingerprint, found.owner, packages(found)),
        KeyRole::PackageSigning => format!(
            "{} signs packages of {}: it opens none, and others can sign as us with it; it signed {}\n",
            found.fingerprint,
            found.owner,
            packages(found)
        ),
    };
    if found.notices + found.crosswalks > 0 {
        let _ = writeln!(
            text,
            "besides: {} notices of what single people decided, {} packages of old and new pseudonyms",
            found.notices, found.crosswalks
        );
    }
    if found.unsure > 0 {
        let _ = writeln!(text, "of {} it is not known to which key they were sealed: they are counted", found.unsure);
    }
    let _ = writeln!(text, "{}", span(found));
    for one in &found.packages {
        let _ = writeln!(
            text,
            "{} {} {} {} version {}: {} people in {} records, {}, to be erased by {}",
            one.transfer,
            one.package,
            one.exchange,
            one.arrangement.name,
            one.arrangement.version,
            one.people,
            one.records,
            status(one),
            one.erase_by
        );
    }
    for shared in &found.elements {
        let _ = writeln!(text, "{} as {} ({})", shared.element, shared.form, shared.label);
    }
    text.trim_end().to_owned()
}

/// Drafts of what is to be sent.
pub fn notices(found: &Exposure) -> Notices {
    let what = match found.role {
        KeyRole::Recipient => format!(
            "Others may have your key {}. With it they can open {} that we sealed to it.",
            found.fingerprint,
            packages(found)
        ),
        KeyRole::PackageSigning => format!(
            "Others may have our package key {}. They can open nothing with it, but they can sign packages as ours: load \
             nothing that is signed with it from now on, and compare what you loaded with the list below.",
            found.fingerprint
        ),
    };
    let ids: Vec<&str> = found.packages.iter().map(|one| one.package.as_str()).collect();
    let list = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
    let todo = match found.role {
        KeyRole::Recipient => {
            "Please tell us by return: since when and by whom it may have been used, where copies of these packages lie \
             (mail, backups, shared folders), and that you have destroyed the key. Bring in a new key."
        }
        KeyRole::PackageSigning => "We will tell you the fingerprint of the new key by another way.",
    };
    let owner_title = match found.role {
        KeyRole::Recipient => found.owner.clone(),
        KeyRole::PackageSigning => "every partner".to_owned(),
    };
    let to_owner = format!("{what}\n{}\nPackages: {list}.\n{todo}", span(found));
    let mut by_arrangement: BTreeMap<(&str, u32), usize> = BTreeMap::new();
    for one in &found.packages {
        *by_arrangement.entry((&one.arrangement.name, one.arrangement.version)).or_default() += 1;
    }
    let under: Vec<String> =
        by_arrangement.iter().map(|((name, version), count)| format!("{name} version {version} ({count})")).collect();
    let shared: Vec<String> = found.elements.iter().map(|one| format!("{} as {}", one.element, one.form)).collect();
    let to_protection = format!(
        "On {} it was found out that others may have key {} of {}.\n{}: {}.\n{}\nUnder: {}.\nElements and forms: {}.\n\
         Packages: {list}.\nTo be decided: whether the people are told and how, whether an authority is told, and by when. \
         Whether one person is among them says `causeway person disclosures`; who of a list is, `causeway key exposure --check`.",
        found.asked_at,
        found.fingerprint,
        found.owner,
        if found.role == KeyRole::Recipient { "It opens" } else { "It opens nothing; it signed" },
        packages(found),
        span(found),
        words(&under),
        words(&shared),
    );
    Notices { owner_title, to_owner, to_protection }
}

fn packages(found: &Exposure) -> String {
    let count = found.packages.len();
    let packages = if count == 1 { "1 package".to_owned() } else { format!("{count} packages") };
    let people = if found.people == 1 { "1 person".to_owned() } else { format!("{} different people", found.people) };
    format!("{packages} about {people}")
}

/// Between which moments the packages left.
fn span(found: &Exposure) -> String {
    match (found.packages.first(), found.packages.last()) {
        (Some(first), Some(last)) => format!("They left between {} and {}.", first.began_at, last.began_at),
        _ => "Nothing left.".to_owned(),
    }
}

fn status(one: &Exposed) -> String {
    use crate::query::Status;
    let said = match one.status {
        Status::MayHaveArrived => "may have arrived",
        Status::Arrived => "arrived",
        Status::AskedAbout => "asked about, told nothing",
        Status::Confirmed => "confirmed",
        Status::Rejected => "rejected by the partner",
    };
    said.to_owned()
}

fn words(list: &[String]) -> String {
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}
