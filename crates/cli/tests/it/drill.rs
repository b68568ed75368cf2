//! Does an installation whose machine is lost go on elsewhere, and is yesterday's copy refused until somebody accepts the loss?
//!
//! On SQLite and on PostgreSQL: a transfer receipted, one delivered, one cut off in the middle of its delivery; then a backup, and
//! the data directory and the database are wrecked.

use std::fs;
use std::path::{Path, PathBuf};

use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::server::postgres;
use causeway_testkit::street::{Delivered, Street};
use causeway_testkit::throw_away;

use crate::copied::{Copy, Leaf, Original, leaves_of, on_server};
use crate::governance::place::{Kind, examples, new_database};

const BINARY: &str = env!("CARGO_BIN_EXE_causeway");

fn set_up(street: &Street) {
    street.people(&Spec::of(60).plant(Plant::none())).unwrap();
    street.set_up_with(&["lantern-relief"], &["food"], &[("food-people", "exchange-people.yaml")]).unwrap();
}

/// What is known of the lost installation.
struct Lost {
    copy: Copy,
    receipted: PathBuf,
    delivered: Delivered,
    yesterday: PathBuf,
    today: PathBuf,
    /// Its data folder and database as they were yesterday.
    older: PathBuf,
    older_database: Option<String>,
    leaves: Vec<Leaf>,
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn lost(original: &Original) -> Lost {
    let copy = original.copy();
    let street = &copy.street;
    let [yesterday, today, older] = ["yesterday.backup", "today.backup", "older"].map(|name| copy.folder().join(name));
    let first = street.transfer("food-people").unwrap();
    let receipted = street.sign_receipt(&first.package, "accepted").unwrap();
    street.good(&["receipt", "add", &text(&receipted)]).unwrap();
    street.good(&["backup", &text(&yesterday)]).unwrap();
    let copied = std::process::Command::new("cp").arg("-a").arg(street.home().join("data")).arg(&older).status();
    assert!(copied.unwrap().success());
    let older_database = copy.database.as_ref().map(|name| {
        let older = format!("{name}_older");
        let make = format!("CREATE DATABASE {older} OWNER causeway TEMPLATE {name}");
        postgres().sql("postgres", &make).unwrap();
        older
    });
    let delivered = street.transfer("food-people").unwrap();
    let mut cut = street.command(&["transfer", "run", "food-people"]);
    let cut = cut.env("CAUSEWAY_CRASH_AT", "deliver-part-sent").output().unwrap();
    assert_eq!(cut.status.code(), None, "killed");
    street.good(&["backup", &text(&today)]).unwrap();
    let leaves = copy.leaves();
    Lost { receipted, delivered, yesterday, today, older, older_database, leaves, copy }
}

impl Lost {
    /// The machine goes: every file of the data folder is overwritten and removed, the database dropped and made anew, empty.
    fn wreck(&self) {
        let data = self.copy.street.home().join("data");
        let wrecked = "find . -type f -exec sh -c 'printf garbage > \"$1\"' _ {} \\;";
        let shell = |script: &str| {
            let ended = std::process::Command::new("sh").args(["-euc", script]).current_dir(&data).output().unwrap();
            assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        };
        shell(wrecked);
        if self.copy.database.is_none() {
            let refused = self.copy.street.run(&["transfer", "run", "food-people"]).unwrap();
            assert_ne!(refused.code, Some(0), "what is no database is not written over: {}", refused.out);
        }
        shell("find . -type f -delete");
        if let Some(name) = &self.copy.database {
            postgres().sql("postgres", &format!("DROP DATABASE {name}")).unwrap();
            postgres().sql("postgres", &format!("CREATE DATABASE {name} OWNER causeway")).unwrap();
        }
    }

    /// A new installation with the keys and the configuration that were kept elsewhere, empty.
    fn elsewhere(&self, folder: &Path) -> Street {
        let home = folder.join("home");
        fs::create_dir(&home).unwrap();
        let mut street = Street::new(BINARY, &home, examples());
        if self.copy.database.is_some() {
            street = on_server(street, &new_database(), &folder.join("password"));
        }
        street.people(&Spec::of(60).plant(Plant::none())).unwrap();
        street.init().unwrap();
        fs::remove_dir_all(home.join("keys")).unwrap();
        // The partner is the same one, with what it was sent; officers keep their keys.
        for kept in ["keys", "partner", "officers", "outbox"] {
            let from = self.copy.street.home().join(kept);
            assert!(std::process::Command::new("cp").arg("-a").arg(from).arg(&home).status().unwrap().success());
        }
        street
    }
}

fn receipted(street: &Street, sent: &Delivered) -> PathBuf {
    let receipt = street.sign_receipt(&sent.package, "accepted").unwrap();
    assert!(street.good(&["receipt", "add", &text(&receipt)]).unwrap().contains("accepted"));
    receipt
}

fn drill(kind: Kind) {
    let original = Original::new(kind, set_up);
    let lost = lost(&original);
    lost.wreck();
    // What is there now is not taken for a new beginning, by no command.
    for line in [&["status"][..], &["transfer", "run", "food-people"], &["stop", "all", "--reason", "a test"]] {
        let refused = lost.copy.street.run(line).unwrap();
        assert_eq!(refused.code, Some(3), "{line:?}: {}{}", refused.out, refused.err);
        assert!(refused.err.contains("causeway restore"), "{}", refused.err);
    }

    // Elsewhere, with today's backup: nothing is lost.
    let dir = throw_away::directory().unwrap();
    let there = lost.elsewhere(dir.path());
    let cut = dir.path().join("cut.backup");
    let bytes = fs::read(&lost.today).unwrap();
    fs::write(&cut, &bytes[..bytes.len() - 40]).unwrap();
    assert_ne!(there.run(&["restore", &text(&cut)]).unwrap().code, Some(0));
    let nobody = there.run(&["--as", "representative", "restore", &text(&lost.today)]).unwrap();
    assert!(nobody.code == Some(4) && nobody.err.contains("not-permitted"), "{}", nobody.err);
    let said = there.good(&["restore", &text(&lost.today)]).unwrap();
    assert!(said.contains("ledger is whole") && !said.contains("lost"), "{said}");
    let leaves = leaves_of(&there);
    assert_eq!(leaves[..lost.leaves.len()], lost.leaves[..], "the ledger goes on where it was");
    assert_eq!(leaves.last().unwrap().event, "backup-restored");
    there.good(&["ledger", "verify", "--against", &text(&lost.receipted)]).unwrap();
    let states = there.good(&["status"]).unwrap();
    for state in ["receipted", "delivered", "delivering"] {
        assert!(states.contains(state), "{state}: {states}");
    }
    // The delivery that was cut off is carried on: the same package, whose part that is there is not sent again.
    let resumed = there.good(&["transfer", "resume"]).unwrap();
    let carried = causeway_testkit::street::delivered(&resumed.replace("1 transfers carried on\n", "")).unwrap();
    there.open(&carried.package, &dir.path().join("opened")).unwrap();
    let sealed: Vec<Leaf> = leaves_of(&there).into_iter().filter(|leaf| leaf.event == "transfer-sealed").collect();
    assert_eq!(sealed.len(), 3, "nothing was sealed a second time");
    // Receipts of before and of now, and one that is there already.
    let again = there.good(&["receipt", "add", &text(&lost.receipted)]).unwrap();
    assert!(again.contains("as before"), "{again}");
    receipted(&there, &lost.delivered);
    receipted(&there, &carried);
    let next = there.transfer("food-people").unwrap();
    let receipt = receipted(&there, &next);
    there.good(&["ledger", "verify", "--against", &text(&receipt)]).unwrap();
    let sealed: Vec<Leaf> = leaves_of(&there).into_iter().filter(|leaf| leaf.event == "transfer-sealed").collect();
    let numbers: Vec<_> = sealed.iter().map(|leaf| leaf.body["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4], "the partner sees no gap and no number twice");

    yesterdays(&lost);
}

/// With yesterday's backup, and with yesterday's files put back.
fn yesterdays(lost: &Lost) {
    let dir = throw_away::directory().unwrap();
    let there = lost.elsewhere(dir.path());
    let refused = there.run(&["restore", &text(&lost.yesterday)]).unwrap();
    assert_eq!(refused.code, Some(3), "{}", refused.err);
    let accept = refused.err.split('`').find(|word| word.starts_with("--accept-loss ")).unwrap().to_owned();
    let count: u64 = accept.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(count > 5, "{accept}");
    // Nothing was restored: what is there is still refused.
    assert_eq!(there.run(&["status"]).unwrap().code, Some(3));
    let with = |accepted: u64, by: &str| {
        let accepted = accepted.to_string();
        there.run(&["restore", &text(&lost.yesterday), "--accept-loss", &accepted, "--loss-accepted-by", by]).unwrap()
    };
    for (accepted, by) in
        [(count - 1, "representative"), (count + 1, "representative"), (count, "registration"), (count, "stranger")]
    {
        let refused = with(accepted, by);
        assert_ne!(refused.code, Some(0), "{accepted} by {by}: {}", refused.out);
    }
    let back = with(count, "representative");
    assert_eq!(back.code, Some(0), "{}", back.err);
    assert!(back.out.contains(&format!("{count} ledger entries are lost; the ledger tells it")), "{}", back.out);
    let leaves = leaves_of(&there);
    let told = leaves.iter().find(|leaf| leaf.event == "backup-restored").unwrap();
    assert_eq!(told.body["loss_accepted_by"], "representative", "{told:?}");
    there.good(&["ledger", "verify", "--against", &text(&lost.receipted)]).unwrap();
    let sent = there.transfer("food-people").unwrap();
    receipted(&there, &sent);

    // Yesterday's data folder and database put back under today's keys: no command starts, and each says what to do.
    let home = lost.copy.street.home();
    fs::remove_dir_all(home.join("data")).unwrap();
    assert!(
        std::process::Command::new("cp").arg("-a").arg(&lost.older).arg(home.join("data")).status().unwrap().success()
    );
    if let (Some(name), Some(older)) = (&lost.copy.database, &lost.older_database) {
        postgres().sql("postgres", &format!("DROP DATABASE {name}")).unwrap();
        postgres().sql("postgres", &format!("CREATE DATABASE {name} OWNER causeway TEMPLATE {older}")).unwrap();
    }
    for line in [&["status"][..], &["transfer", "run", "food-people"], &["ledger", "verify"], &["partner", "list"]] {
        let refused = lost.copy.street.run(line).unwrap();
        assert_eq!(refused.code, Some(3), "{line:?}: {}", refused.out);
        let said = &refused.err;
        assert!(said.contains("rolled back or replaced") && said.contains("`causeway restore`"), "{said}");
    }
}

#[test]
fn on_sqlite() {
    drill(Kind::Sqlite);
}

#[test]
fn on_postgres() {
    drill(Kind::Postgres);
}
