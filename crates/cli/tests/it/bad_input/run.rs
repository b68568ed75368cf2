//! A run that is stopped, meets a full disk, or finds too few people; and what the exit codes mean.

use super::*;

#[test]
fn a_cancelled_run_ends_as_refused() {
    let dir = throw_away::directory().unwrap();
    // A store that may be asked slowly only, so that there is time to cancel.
    let (street, _) = installed_with(dir.path(), |_, text| {
        text.replacen("statement_timeout_s: 60", "statement_timeout_s: 60, rows_per_second: 40", 1)
    });
    let child = street
        .command(&["transfer", "run", "food-people"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Once its sealed report is begun, it reads.
    let begun = Instant::now();
    while !entries(&street.home().join("data/staging")).iter().any(|room| room.join("report.age").exists()) {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never began to read");
        std::thread::yield_now();
    }
    let signalled = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let ended = Ended { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
    teaches("cancelled", &ended, 4, &["cancelled", "run it again when ready"]);
    nothing_half_done("cancelled", &street, &ended, "cancelled");
}

/// A folder with room for next to nothing, until it is dropped.
struct Small(PathBuf);

impl Small {
    fn mount(folder: &Path) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8k,mode=700", "causeway-test"])
            .arg(folder)
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_says_so_and_the_next_run_goes_on() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    let Some(full) = Small::mount(&street.home().join("data/staging")) else {
        println!("skipped: a small file system cannot be mounted here (it needs root)");
        return;
    };
    let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
    teaches("staging", &ended, 4, &["cannot-write", "free space"]);
    drop(full);
    nothing_half_done("staging", &street, &ended, "cannot-write");

    // The report sealed to ourselves has no room.
    let full = Small::mount(&street.home().join("data/sealed")).unwrap();
    fs::write(street.home().join("data/sealed/filler"), [0; 8192]).unwrap();
    let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
    teaches("sealed", &ended, 4, &["cannot-write", "free space"]);
    drop(full);
    nothing_half_done("sealed", &street, &ended, "cannot-write");

    // The partner's folder has no room: the package is sealed, and waits.
    let full = Small::mount(&street.home().join("outbox/lantern-relief")).unwrap();
    let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
    teaches("outbox", &ended, 5, &["could not be delivered", "transfer resume"]);
    let visible: Vec<PathBuf> = entries(&street.home().join("outbox/lantern-relief"));
    assert!(
        visible.iter().all(|path| !path.join("manifest.json").exists()),
        "a package without all its parts: {visible:?}"
    );
    assert!(ledger(&street).iter().any(|(event, _, _)| event == "delivery-failed"));
    drop(full);
    let said = street.good(&["transfer", "resume"]).unwrap();
    let sent = delivered(&said).unwrap();
    street.open(&sent.package, &dir.path().join("opened")).unwrap();
    assert_eq!(entries(&street.home().join("outbox/lantern-relief")).len(), 1);
}

#[test]
fn an_unexpectedly_small_result_needs_a_word() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    let kept = dir.path().join("kept-sources");
    copy_folder(&street.sources(), &kept);

    sql(&street.sources(), "progres.sqlite", "DELETE FROM individual");
    let empty = street.run(&["transfer", "run", "food-people"]).unwrap();
    teaches("nobody", &empty, 4, &["unexpectedly-small", "nobody would be released", "--expect-fewer"]);
    nothing_half_done("nobody", &street, &empty, "unexpectedly-small");

    copy_folder(&kept, &street.sources());
    let sent = street.transfer("food-people").unwrap();
    let receipt = street.sign_receipt(&sent.package, "accepted").unwrap();
    street.good(&["receipt", "add", &receipt.display().to_string()]).unwrap();

    // 70 % of the last receipted is enough, one person fewer is not.
    let floor = PEOPLE * 7 / 10;
    let keep = |people: u32| {
        format!(
            "DELETE FROM individual WHERE individual_id NOT IN (SELECT individual_id FROM individual ORDER BY individual_id LIMIT {people})"
        )
    };
    sql(&street.sources(), "progres.sqlite", &keep(floor));
    assert_eq!(street.transfer("food-people").unwrap().counts[0], u64::from(floor));
    sql(&street.sources(), "progres.sqlite", &keep(floor - 1));
    let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
    teaches(
        "fewer",
        &ended,
        4,
        &["unexpectedly-small", &(floor - 1).to_string(), &PEOPLE.to_string(), "--expect-fewer"],
    );
    let said = street.good(&["transfer", "run", "food-people", "--expect-fewer"]).unwrap();
    assert_eq!(delivered(&said).unwrap().counts[0], u64::from(floor - 1));
    assert!(
        ledger(&street)
            .iter()
            .any(|(event, _, body)| event == "transfer-requested" && body.contains("\"expect_fewer\":true"))
    );
}

#[test]
fn exit_codes_are_documented_where_they_are_asked_for() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    let help = street.run(&["--help"]).unwrap();
    for code in ["0 done", "2 wrong use or input", "3 a proof failed", "4 refused by a rule", "5 trouble with files"] {
        assert!(help.out.contains(code), "{code}: {}", help.out);
    }
    teaches("no installation", &street.run(&["status"]).unwrap(), 2, &["causeway init"]);
    assert_eq!(street.run(&["no-such-verb"]).unwrap().code, Some(2));
    street.good(&["init", "--operation", "kenya-example"]).unwrap();
    teaches(
        "no such file",
        &street.run(&["catalogue", "import", "/nowhere/catalogue.yaml"]).unwrap(),
        5,
        &["/nowhere/catalogue.yaml"],
    );
    teaches(
        "no such exchange",
        &street.run(&["transfer", "run", "nothing"]).unwrap(),
        2,
        &["`nothing`", "exchange import"],
    );
}

#[test]
fn sources_that_are_held_still_too_far_apart_refuse() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    let text = std::fs::read_to_string(street.example("exchange-people.yaml")).unwrap();
    let strict = dir.path().join("strict.yaml");
    // Two moments are never the same one, so that nothing may lie between them.
    std::fs::write(&strict, text.replace("version: 1", "version: 2") + "snapshot_spread_s: 0\n").unwrap();
    street.good(&["exchange", "import", &strict.display().to_string()]).unwrap();
    let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
    teaches("apart", &ended, 4, &["snapshot-spread", "the exchange allows 0 s"]);
    nothing_half_done("apart", &street, &ended, "snapshot-spread");
}
