//! Has every item of governance a transcript of the command line, and does every command that changes something ask the
//! table of permissions?
//!
//! Transcripts are walked on both databases by the tests (`crates/cli/tests/it/governance/mod.rs`); here it is looked whether
//! they are there at all, so that an item cannot be forgotten without anybody noticing.

use std::collections::BTreeSet;

use causeway_model::permission::Action;

use super::{Finding, World};
use crate::Outcome;

const TRANSCRIPTS: &str = "crates/cli/tests/it/governance/";
const COMMANDS: &str = "crates/engine/src/command/";

/// Items of governance, and where their transcripts may be: a folder, or one file of a folder by the beginning of its path. One
/// must be there. A folder that is not named here is unknown.
const ITEMS: &[(&str, &[&str])] = &[
    ("1 operations, partners, people, roles", &["people", "partners"]),
    ("2 from enquiry to arrangement", &["arrangements", "enquiries"]),
    ("3 impact assessments", &["assessments"]),
    ("4 requests", &["requests"]),
    ("5 onward rule and country of origin", &["onward", "requests/04-released-exceptionally"]),
    ("6 the switch", &["switch"]),
    ("7 configuration as code", &["configuration"]),
    ("7 exchanges for another operation", &["cloning"]),
    ("8 test and production", &["environment", "sandbox"]),
    ("9 the store, backup and restore", &["store"]),
    ("10 the public register", &["register"]),
    ("exchanges that run by themselves", &["schedules"]),
    ("exchanges that are sent as what differs", &["deltas"]),
    ("who received what about a person", &["persons"]),
    ("who is told of what", &["alerts"]),
    ("what people decide", &["rights"]),
    ("what is kept, and pseudonyms that change", &["retention"]),
    ("bad input", &["bad_input"]),
];

/// What nobody commands: the clock and other commands do it.
const BY_NOBODY: &[&str] = &["lapse.rs"];

/// Where something may be saved besides: what commands ask for is carried out, and what is asked for is entered.
const CARRIED_OUT: &[&str] = &[
    "crates/engine/src/drive/",
    "crates/engine/src/backup/",
    "crates/engine/src/register/",
    // Under the authority of whoever brought the schedule into use, which is asked there.
    "crates/engine/src/schedule/handle.rs",
    // Under `SubmitRecords`, which whoever brings something in is asked for; or under the authority of whoever brought the exchange
    // into use that names the folder.
    "crates/engine/src/intake/receive.rs",
    "crates/engine/src/house.rs",
    "crates/engine/src/actor.rs",
    // Who could not prove itself asks nobody.
    "crates/engine/src/ask/desk.rs",
    // A leak on purpose, in test builds alone.
    "crates/cli/src/hooks.rs",
];

/// Looks at the transcripts and at the commands.
pub fn check(world: &World<'_>) -> Outcome<Vec<Finding>> {
    let files = || world.files.iter().map(|file| (file.path.as_str(), file.text()));
    let transcripts: Vec<(&str, &str)> = files().filter_map(|(path, text)| Some((transcript(path)?, text))).collect();
    let mut found = missing(&transcripts, ITEMS);
    for (path, text) in files() {
        if let Some(name) = path.strip_prefix(COMMANDS)
            && !BY_NOBODY.contains(&name)
        {
            found.extend(unasked(path, text));
        }
        found.extend(elsewhere(path, text));
    }
    Ok(found)
}

/// The path of a transcript below the folder of all.
fn transcript(path: &str) -> Option<&str> {
    let below = path.strip_prefix(TRANSCRIPTS)?;
    (below.contains('/') && below.ends_with(".md")).then_some(below)
}

fn missing(transcripts: &[(&str, &str)], items: &[(&str, &[&str])]) -> Vec<Finding> {
    let walked: Vec<&str> = transcripts.iter().filter(|(_, text)| commands(text)).map(|(path, _)| *path).collect();
    // One file of a folder that is another item's does not count for the folder's own.
    let apart = |path: &str| {
        items.iter().flat_map(|(_, places)| *places).any(|place| is_file(place) && path.starts_with(place))
    };
    let is_at = |path: &str, place: &str| match is_file(place) {
        true => path.starts_with(place),
        false => path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/')) && !apart(path),
    };
    let mut found = Vec::new();
    for (item, places) in items {
        if !places.iter().any(|place| walked.iter().any(|path| is_at(path, place))) {
            let place = format!("{TRANSCRIPTS}{}/", places.first().copied().unwrap_or_default());
            let what = format!("item {item} has no transcript");
            found.push(Finding::new(place, what, "write one that runs its commands"));
        }
    }
    let known: BTreeSet<&str> = items.iter().flat_map(|(_, places)| places.iter().map(|place| first(place))).collect();
    let there: BTreeSet<&str> = walked.iter().map(|path| first(path)).collect();
    for folder in there.difference(&known) {
        let what = "these transcripts belong to no item".to_owned();
        found.push(Finding::new(format!("{TRANSCRIPTS}{folder}/"), what, "name the folder in `check/governance.rs`"));
    }
    found
}

/// Whether a place is the beginning of a file's path, not a folder.
fn is_file(place: &str) -> bool {
    place.contains('/')
}

/// The folder that a path begins with.
fn first(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// Whether a transcript runs a command of ours inside a block that is walked.
fn commands(text: &str) -> bool {
    let mut inside = false;
    text.lines().any(|line| {
        inside = if inside { line != "```" } else { line == "```console" };
        inside && line.starts_with("$ ") && (line.contains("causeway ") || line.starts_with("$ as "))
    })
}

/// A command that saves something names an action of the table, which is then asked or asked by what it calls.
fn unasked(path: &str, text: &str) -> Vec<Finding> {
    let product = text.split("#[cfg(test)]").next().unwrap_or_default();
    let names: BTreeSet<&str> = product
        .split("Action::")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default())
        .filter(|name| name.starts_with(char::is_uppercase))
        .collect();
    let known: BTreeSet<String> = Action::ALL.iter().map(|action| format!("{action:?}")).collect();
    let saves = product.contains(".stamp()") || product.contains(".record(");
    let mut found = Vec::new();
    if saves && names.iter().all(|name| !known.contains(*name)) {
        let what = "it changes something, and asks for no action of the permission table";
        found.push(Finding::new(
            path,
            what,
            "ask before it changes anything; add the action to the table where it lacks",
        ));
    }
    found
}

/// Something that is saved where nobody asks for permission.
fn elsewhere(path: &str, text: &str) -> Option<Finding> {
    let ours = path.starts_with("crates/engine/src/") || path.starts_with("crates/cli/src/");
    let product = text.split("#[cfg(test)]").next().unwrap_or_default();
    let saves = product.contains(".stamp()") || product.contains("Changed::new(") || product.contains(".record(");
    if !ours || !saves || path.starts_with(COMMANDS) || CARRIED_OUT.iter().any(|place| path.starts_with(place)) {
        return None;
    }
    let what = "it changes something outside of the commands, where permission is asked";
    Some(Finding::new(path, what, format!("move it into a file of `{COMMANDS}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_without_a_command_in_a_walked_block_is_found() {
        let items: &[(&str, &[&str])] =
            &[("1 people", &["people"]), ("2 terms", &["terms", "frameworks"]), ("3 stop", &["stop"])];
        let transcripts = [
            ("people/01-a.md", "# People\n\n```console\n$ causeway officer add\n```\n"),
            ("terms/01-b.md", "$ causeway approve\n\n```text\n$ causeway approve\n```\n"),
            ("other/01-c.md", "```console\n$ as bo catalogue import\n```\n"),
        ];
        let found = missing(&transcripts, items);
        let said: Vec<String> = found.iter().map(|finding| format!("{}: {}", finding.place, finding.what)).collect();
        assert_eq!(
            said,
            [
                "crates/cli/tests/it/governance/terms/: item 2 terms has no transcript",
                "crates/cli/tests/it/governance/stop/: item 3 stop has no transcript",
                "crates/cli/tests/it/governance/other/: these transcripts belong to no item",
            ]
        );
        assert_eq!(
            transcript("crates/cli/tests/it/governance/people/01-an-officer.md"),
            Some("people/01-an-officer.md")
        );
        assert_eq!(transcript("crates/cli/tests/it/governance/prelude.sh"), None);
    }

    #[test]
    fn every_item_of_the_ten_is_demanded_and_none_can_lose_its_transcripts() {
        let numbers: BTreeSet<&str> = ITEMS
            .iter()
            .filter_map(|(item, _)| item.split(' ').next())
            .filter(|number| number.parse::<u8>().is_ok())
            .collect();
        assert_eq!(numbers, (1..=10).map(|n| n.to_string()).collect::<Vec<_>>().iter().map(String::as_str).collect());
        // One transcript in every place: nothing is missing. Without the places of one item, that item is, whichever.
        let walked = "```console\n$ causeway status\n```\n";
        let path = |place: &str| if place.contains('/') { format!("{place}.md") } else { format!("{place}/01.md") };
        let all: Vec<(usize, String)> = ITEMS
            .iter()
            .enumerate()
            .flat_map(|(item, (_, places))| places.iter().map(move |place| (item, path(place))))
            .collect();
        let without = |item: Option<usize>| -> Vec<String> {
            let kept = all.iter().filter(|(of, _)| Some(*of) != item).map(|(_, path)| (path.as_str(), walked));
            missing(&kept.collect::<Vec<_>>(), ITEMS).into_iter().map(|finding| finding.what).collect()
        };
        assert_eq!(without(None), [""; 0]);
        for (place, (item, _)) in ITEMS.iter().enumerate() {
            assert_eq!(without(Some(place)), [format!("item {item} has no transcript")]);
        }
    }

    #[test]
    fn what_is_saved_outside_of_the_commands_is_found() {
        let saves = "house.store.stop(Changed::new(change, event), house.stamp()).await?;";
        for path in ["crates/cli/src/verb/stop.rs", "crates/engine/src/query/census.rs"] {
            assert!(elsewhere(path, saves).is_some(), "{path}");
        }
        for path in ["crates/engine/src/command/stop.rs", "crates/engine/src/drive/deliver.rs", "crates/store/src/x.rs"]
        {
            assert!(elsewhere(path, saves).is_none(), "{path}");
        }
        assert!(elsewhere("crates/cli/src/verb/status.rs", "house.store.transfers(&filter).await?").is_none());
    }

    #[test]
    fn a_command_that_saves_and_asks_nothing_is_found() {
        let asks = "ask(house, name, Action::Stop, &thing).await?; house.store.stop(change, house.stamp()).await?;";
        assert!(unasked("stop.rs", asks).is_empty());
        assert!(unasked("show.rs", "house.store.transfers().await?").is_empty());
        let invented = asks.replace("Action::Stop", "Action::StopEverythingAtOnce");
        for wrong in [invented.as_str(), "house.record(actor, \"event\", subject, body).await?;"] {
            assert_eq!(unasked("stop.rs", wrong).len(), 1, "{wrong}");
        }
        assert_eq!(unasked("stop.rs", "stamp(house.stamp())\n#[cfg(test)]\nmod tests { Action::Stop }").len(), 1);
    }
}
