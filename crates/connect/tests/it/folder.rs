//! Does a package appear whole or not at all, however often its delivery dies, and is nothing sent twice?

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use causeway_connect::deliver::folder::{DeliverError, Stop, deliver, no_probe};
use sha2::{Digest, Sha256};

const ID: &str = "0123456789abcdef0123456789abcdef";

/// A package of three parts; what is in them does not matter to a courier.
fn package(dir: &Path) -> PathBuf {
    let path = dir.join("package");
    fs::create_dir_all(&path).unwrap();
    let mut parts = Vec::new();
    for number in 0..3_u8 {
        let bytes = vec![number; 100_000 + usize::from(number)];
        let name = format!("{number:032x}.age");
        fs::write(path.join(&name), &bytes).unwrap();
        parts.push(
            serde_json::json!({ "name": name, "sha256": hex::encode(Sha256::digest(&bytes)), "size": bytes.len() }),
        );
    }
    fs::write(path.join("manifest.json"), serde_json::json!({ "package": ID, "parts": parts }).to_string()).unwrap();
    fs::write(path.join("manifest.sig"), "invented signature").unwrap();
    path
}

fn setting() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let package = package(dir.path());
    let target = dir.path().join("partner");
    fs::create_dir(&target).unwrap();
    (dir, package, target)
}

fn same(one: &Path, other: &Path) -> bool {
    let names = |path: &Path| {
        let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    names(one) == names(other)
        && names(one).iter().all(|n| fs::read(one.join(n)).unwrap() == fs::read(other.join(n)).unwrap())
}

#[test]
fn a_package_is_delivered_once_and_found_there_afterwards() {
    let (_dir, package, target) = setting();
    let first = deliver(&package, &target, ID, &no_probe).unwrap();
    assert_eq!((first.already, first.sent, first.kept), (false, 3, 0));
    assert!(same(&package, &target.join(ID)) && fs::read_dir(&target).unwrap().count() == 1);
    for entry in fs::read_dir(target.join(ID)).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & !0o640, 0, "{mode:o}");
    }
    let second = deliver(&package, &target, ID, &no_probe).unwrap();
    assert_eq!((second.already, second.sent, second.kept), (true, 0, 3));
}

#[test]
fn a_delivery_that_dies_at_any_mark_shows_nothing_half_and_goes_on() {
    let passed = RefCell::new(Vec::new());
    let (_dir, package, target) = setting();
    deliver(&package, &target, ID, &|name| {
        passed.borrow_mut().push(name);
        Ok(())
    })
    .unwrap();
    let marks = passed.into_inner();
    assert!(marks.len() >= 10, "{marks:?}");
    for dies_at in 0..marks.len() {
        let (_dir, package, target) = setting();
        let count = RefCell::new(0);
        let died = deliver(&package, &target, ID, &|_| {
            let here = count.replace_with(|count| *count + 1);
            if here == dies_at { Err(Stop) } else { Ok(()) }
        });
        assert!(matches!(died, Err(DeliverError::Stopped(name)) if name == marks[dies_at]), "{died:?}");
        // What the partner sees is the whole package or none.
        if target.join(ID).exists() {
            assert!(same(&package, &target.join(ID)), "{}", marks[dies_at]);
        }
        let complete = marks[..=dies_at].iter().filter(|name| **name == "deliver-part-sent").count();
        let again = deliver(&package, &target, ID, &no_probe).unwrap();
        // One that was being read back when the next could not be copied still gets its name.
        let kept = if marks[dies_at] == "deliver-part-sent" { complete..=complete } else { complete..=complete + 1 };
        assert!(kept.contains(&again.kept), "{}: {again:?}", marks[dies_at]);
        assert_eq!(again.kept + again.sent, 3, "{}: {again:?}", marks[dies_at]);
        assert!(same(&package, &target.join(ID)));
        assert_eq!(fs::read_dir(&target).unwrap().count(), 1, "nothing hidden is left");
    }
}

#[test]
fn what_lies_in_the_way_is_replaced_when_hidden_and_refused_when_named() {
    let (_dir, package, target) = setting();
    let incoming = target.join(format!(".incoming-{ID}"));
    fs::create_dir(&incoming).unwrap();
    fs::write(incoming.join(format!("{:032x}.age", 0)), vec![9; 100_000]).unwrap();
    fs::write(incoming.join("foreign"), "not ours").unwrap();
    let delivered = deliver(&package, &target, ID, &no_probe).unwrap();
    assert_eq!((delivered.sent, delivered.kept), (3, 0), "a part of the right size and the wrong bytes is sent again");
    assert!(same(&package, &target.join(ID)));

    fs::write(target.join(ID).join("one-more"), "").unwrap();
    assert!(matches!(deliver(&package, &target, ID, &no_probe), Err(DeliverError::Differs { .. })));
    fs::remove_file(target.join(ID).join("one-more")).unwrap();
    fs::write(target.join(ID).join("manifest.sig"), "another signature!").unwrap();
    assert!(matches!(deliver(&package, &target, ID, &no_probe), Err(DeliverError::Differs { .. })));
}

#[test]
fn a_package_that_is_not_whole_is_not_delivered() {
    let (_dir, package, target) = setting();
    let part = package.join(format!("{:032x}.age", 1));
    let mut bytes = fs::read(&part).unwrap();
    bytes[50] ^= 1;
    fs::write(&part, bytes).unwrap();
    assert!(matches!(deliver(&package, &target, ID, &no_probe), Err(DeliverError::NotWhole { .. })));
    assert!(!target.join(ID).exists());
    fs::remove_file(&part).unwrap();
    assert!(matches!(deliver(&package, &target, ID, &no_probe), Err(DeliverError::Io { action: "read", .. })));
    for id in ["", "..", "a/b", ".incoming"] {
        assert!(matches!(deliver(&package, &target, id, &no_probe), Err(DeliverError::BadName(_))), "{id}");
    }
    let hostile = serde_json::json!({ "parts": [{ "name": "../../escape", "sha256": "", "size": 0 }] });
    fs::write(package.join("manifest.json"), hostile.to_string()).unwrap();
    assert!(matches!(deliver(&package, &target, ID, &no_probe), Err(DeliverError::NotWhole { .. })));
}

#[test]
fn a_full_disk_is_an_error_and_the_rest_follows_once_there_is_room() {
    let (dir, package, target) = setting();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=180k", "tmpfs"])
        .arg(&target)
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        println!("skipped: no small file system can be mounted here");
        return;
    }
    let full = deliver(&package, &target, ID, &no_probe);
    let seen = target.join(ID).exists();
    let grown = std::process::Command::new("mount").args(["-o", "remount,size=2m"]).arg(&target).status().unwrap();
    let after = deliver(&package, &target, ID, &no_probe);
    let whole = same(&package, &target.join(ID));
    std::process::Command::new("umount").arg(&target).status().unwrap();
    drop(dir);
    assert!(
        matches!(&full, Err(DeliverError::Io { error, .. }) if error.kind() == std::io::ErrorKind::StorageFull),
        "{full:?}"
    );
    assert!(!seen && grown.success() && whole);
    assert_eq!(after.unwrap().kept, 1);
}
