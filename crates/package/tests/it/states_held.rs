//! Which states does a partner hold on to, of whom, and what may it remove?

use std::fs;

use causeway_package::delta::{Applied, Signed, held::Held};
use causeway_package::key::SigningKey;
use causeway_package::{Environment, PackageError};
use jiff::civil::date;

use crate::states::{Sender, files, first, second};

/// As a partner does to be rid of somebody: whole states may go, and where one of them was needed, a full package follows.
#[test]
fn older_states_may_be_removed_by_hand() {
    let mut sender = Sender::new();
    let states = sender.house.folder("states");
    let full = sender.send(1, None, &first());
    sender.apply(&full.dir, &states).unwrap();
    let delta = sender.send(2, Some(1), &second());
    sender.apply(&delta.dir, &states).unwrap();
    files(&states).iter().filter(|name| name.contains("-00000001.")).for_each(|name| {
        fs::remove_file(states.join(name)).unwrap();
    });
    assert!(files(&states).iter().all(|name| !fs::read_to_string(states.join(name)).unwrap().contains("ልብ")));
    let next = sender.send(3, Some(2), &first());
    sender.apply(&next.dir, &states).unwrap();
    let on_what_is_gone = sender.send(4, Some(1), &second());
    let refused = sender.apply(&on_what_is_gone.dir, &states);
    assert!(matches!(refused, Err(PackageError::OtherBase { base: 1, .. })), "{refused:?}");
    let full = sender.send(5, None, &second());
    sender.apply(&full.dir, &states).unwrap();
}

/// Where everything is sent whole, nothing else tells that an older state is done with.
#[test]
fn states_whose_day_is_over_are_forgotten_but_for_the_base() {
    let mut sender = Sender::new();
    let states = sender.house.folder("states");
    let held = || Held::read(&states).unwrap().newest().map(|newest| (newest.sequence(), files(&states).len()));
    for (sequence, made, gone) in [(1, 1, 10), (2, 4, 14), (3, 9, 19)] {
        sender.days = (date(2026, 5, made), date(2026, 5, gone));
        let full = sender.send(sequence, None, &first());
        sender.apply(&full.dir, &states).unwrap();
    }
    assert_eq!(held(), Some((3, 1 + 3 * 2)), "no day is over");
    sender.days = (date(2026, 5, 14), date(2026, 5, 24));
    let full = sender.send(4, None, &first());
    sender.apply(&full.dir, &states).unwrap();
    let kept: Vec<String> = files(&states).into_iter().filter(|name| name.ends_with(".json")).collect();
    assert_eq!(kept, ["state-00000003.json", "state-00000004.json"]);
    // A base is needed as long as something builds on it.
    sender.days = (date(2026, 5, 24), date(2026, 6, 3));
    let delta = sender.send(5, Some(4), &second());
    sender.apply(&delta.dir, &states).unwrap();
    let kept: Vec<String> = files(&states).into_iter().filter(|name| name.ends_with(".json")).collect();
    assert_eq!(kept, ["state-00000004.json", "state-00000005.json"]);
}

#[test]
fn states_of_another_sender_exchange_or_environment_are_not_gone_on_from() {
    let mut sender = Sender::new();
    let states = sender.house.folder("states");
    let full = sender.send(1, None, &first());
    sender.apply(&full.dir, &states).unwrap();
    let differs = |refused: Result<Applied, PackageError>| match refused {
        Err(PackageError::OtherStates { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    sender.exchange = "shelter-per-person";
    let other = sender.send(2, None, &first());
    assert_eq!(differs(sender.apply(&other.dir, &states)), "exchange");
    (sender.exchange, sender.environment) = ("food-per-person", Environment::Test);
    let invented = sender.send(2, None, &first());
    assert_eq!(differs(sender.apply(&invented.dir, &states)), "environment");
    // Of invented people in a folder of their own: the files say so.
    let twins = sender.house.folder("twins");
    sender.apply(&invented.dir, &twins).unwrap();
    let delta = sender.send(3, Some(2), &second());
    assert_eq!(sender.apply(&delta.dir, &twins).unwrap().data, twins.join("SYNTHETIC-state-00000003.csv"));
    let marked = files(&twins).into_iter().filter(|name| name.starts_with("SYNTHETIC-")).count();
    assert_eq!(marked, 3, "two states and the changes: {:?}", files(&twins));
    let keys = sender.house.key_files();
    fs::write(&keys.sender, sender.house.sender_key().meant_for(Environment::Test).to_pem().unwrap()).unwrap();
    let mut again = std::process::Command::new(env!("CARGO_BIN_EXE_causeway-open"));
    again.arg("apply").arg(&delta.dir).arg("--sender").arg(&keys.sender).arg("--identity").arg(&keys.identity);
    let said = again.args(["--environment", "test"]).arg("--states").arg(&twins).output().unwrap();
    let shown = String::from_utf8_lossy(&said.stdout);
    assert!(shown.contains("SYNTHETIC: nobody in it exists"), "{shown}{}", String::from_utf8_lossy(&said.stderr));
    // Another key, whoever has it: only knowingly.
    sender.environment = Environment::Production;
    sender.house.sender = SigningKey::from_seed(&[3; 32]);
    let moved = sender.send(4, None, &first());
    assert_eq!(differs(sender.apply(&moved.dir, &states)), "sender key");
    sender.apply_signed(Signed::ByAnother, &moved.dir, &states).unwrap();
    let next = sender.send(5, Some(4), &second());
    sender.apply(&next.dir, &states).unwrap();
}
