//! Is no file of a folder removed that was not read, whatever its partner lays there meanwhile and whoever dies?

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::scene::{Scene, record};

fn inbox(scene: &Scene) -> PathBuf {
    let inbox = scene.street.home().join("inbox/lantern-relief");
    fs::create_dir_all(&inbox).unwrap();
    inbox
}

fn left(inbox: &PathBuf) -> Vec<String> {
    fs::read_dir(inbox).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_next_file_under_the_same_name_is_the_next_one_taken() {
    let scene = Scene::new();
    let inbox = inbox(&scene);
    let [first, next] =
        [1, 2].map(|number| scene.envelope(number, &[record(&format!("m{number}"), 10, 2 * number as usize)]));
    fs::copy(&first, inbox.join("numbers")).unwrap();
    let script = scene.street.home().join("meanwhile.sh");
    fs::write(&script, format!("cp {} {1}/n.part; mv {1}/n.part {1}/numbers\n", next.display(), inbox.display()))
        .unwrap();
    // It is laid there when the first is kept, and not removed yet.
    let at = format!("intake-received={}", script.display());
    let worked = scene.street.command(&["work", "--until-idle"]).env("CAUSEWAY_RUN_AT", at).output().unwrap();
    assert!(worked.status.success(), "{}", String::from_utf8_lossy(&worked.stderr));
    scene.work();
    let tables = scene.tables();
    for of in [2, 4] {
        assert!(tables[of].contains(&format!("INVENTED{of:03}|ACC")), "{tables:?}");
    }
    assert!(left(&inbox).is_empty(), "{:?}", left(&inbox));
}

/// The mark that only a file of a folder passes.
pub const CLAIMED: [&str; 1] = ["intake-file-claimed"];

#[test]
fn dying_with_a_file_in_hand_loses_none() {
    let scene = Scene::new();
    let inbox = inbox(&scene);
    for (number, mark) in (1..).zip([CLAIMED[0], "intake-body-kept", "intake-received"]) {
        let envelope = scene.envelope(number, &[record(&format!("m{number}"), 10, number as usize)]);
        fs::copy(&envelope, inbox.join("numbers")).unwrap();
        let died = scene.street.command(&["work", "--until-idle"]).env("CAUSEWAY_CRASH_AT", mark).output().unwrap();
        assert_eq!(died.status.code(), None, "{mark} is not passed: {}", String::from_utf8_lossy(&died.stderr));
        scene.work();
        assert!(scene.tables()[number as usize].contains("|ACC"), "{mark}");
        assert!(left(&inbox).is_empty(), "{mark}: {:?}", left(&inbox));
    }
    let listed = scene.street.good(&["intake", "list"]).unwrap();
    assert!(listed.ends_with("3 intakes\n"), "{listed}");
}

#[test]
fn nothing_is_claimed_where_others_write() {
    let scene = Scene::new();
    let (inbox, envelope) = (inbox(&scene), scene.envelope(1, &[record("a", 10, 1)]));
    fs::copy(envelope, inbox.join("numbers")).unwrap();
    let taken = inbox.join(".taken");
    fs::create_dir(&taken).unwrap();
    fs::set_permissions(&taken, fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(taken.join("theirs"), "none of ours").unwrap();
    let worked = scene.street.run(&["work", "--until-idle"]).unwrap();
    assert!(worked.err.contains("can be written by others"), "{}{}", worked.out, worked.err);
    assert!(inbox.join("numbers").exists());
}
