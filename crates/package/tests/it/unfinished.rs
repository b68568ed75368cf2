//! What is left of a package that was never finished?

use causeway_package::inner::{Compression, Format};
use causeway_package::seal::{destroy_unfinished, is_finished};
use causeway_package::{Entropy, PackageError, PackageWriter, verify};

use crate::support::{House, facts};

#[test]
fn dropping_an_unfinished_writer_destroys_its_files() {
    let house = House::new();
    let mut writer = house.writer(Compression::Zstd, 10, 1);
    for _ in 0..5 {
        writer.write(b"Nobody, invented\r\n").unwrap();
        writer.end_record(b"Nobody").unwrap();
    }
    let dir = writer.dir().to_path_buf();
    assert!(std::fs::read_dir(&dir).unwrap().count() >= 5);
    drop(writer);
    assert!(!dir.exists());
}

#[test]
fn what_a_crash_leaves_is_no_package_holds_no_plaintext_and_is_destroyed() {
    let house = House::new();
    let mut writer = house.writer(Compression::None, 10, 1);
    for _ in 0..9000 {
        writer.write(b"Nobody Whoever, invented\r\n").unwrap();
    }
    writer.end_record(b"Nobody").unwrap();
    writer.write(b"Nobody Whoever, invented\r\n").unwrap();
    let dir = writer.dir().to_path_buf();
    // A crash runs no destructor.
    std::mem::forget(writer);
    assert!(!is_finished(&dir));
    assert!(matches!(verify(&dir, &house.sender_key()), Err(PackageError::Unfinished { .. })));
    for entry in std::fs::read_dir(&dir).unwrap().flatten() {
        let bytes = std::fs::read(entry.path()).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"Whoever"));
    }
    assert!(destroy_unfinished(&dir).unwrap());
    assert!(!dir.exists());
}

#[test]
fn writers_and_readers_may_live_on_their_own_threads() {
    fn sendable<T: Send>() {}
    sendable::<PackageWriter>();
    sendable::<causeway_package::report::ReportWriter>();
    sendable::<causeway_package::report::ReportReader>();
    sendable::<causeway_package::disclosure::DisclosureReader>();
}

#[test]
fn a_pipe_under_a_parts_name_does_not_hang_the_reader() {
    let house = House::new();
    let sealed = house.seal_people(2, Compression::Zstd, 1000, 1);
    let part = sealed.dir.join(&sealed.manifest.parts[1].name);
    std::fs::remove_file(&part).unwrap();
    crate::support::shell("mkfifo \"$PIPE\"", &[("PIPE", &part)]);
    assert!(matches!(verify(&sealed.dir, &house.sender_key()), Err(PackageError::PartMissing { .. })));
}

#[test]
fn a_finished_package_is_never_destroyed_as_unfinished() {
    let house = House::new();
    let sealed = house.seal_people(2, Compression::Zstd, 1000, 1);
    assert!(is_finished(&sealed.dir) && !destroy_unfinished(&sealed.dir).unwrap());
    assert!(house.open(&sealed.dir, &house.folder("out")).is_ok());
}

#[test]
fn a_foreign_file_stops_destruction_of_the_folder() {
    let house = House::new();
    let dir = house.folder("somewhere");
    std::fs::write(dir.join("data.json"), "not ours").unwrap();
    assert!(destroy_unfinished(&dir).is_err());
    assert_eq!(std::fs::read_to_string(dir.join("data.json")).unwrap(), "not ours");
}

#[test]
fn a_writer_that_failed_once_writes_no_more() {
    let house = House::new();
    let mut writer = house.writer(Compression::Zstd, 10, 1);
    // The name of the second data part is taken away by a folder of the same name.
    writer.write(b"one").unwrap();
    writer.end_record(b"one").unwrap();
    let twin = House::new();
    let mut probe = twin.writer(Compression::Zstd, 10, 1);
    for record in [b"one", b"two"] {
        probe.write(record).unwrap();
        probe.end_record(record).unwrap();
        probe.close_part().unwrap();
    }
    for entry in std::fs::read_dir(probe.dir()).unwrap().flatten() {
        let _ = std::fs::create_dir(writer.dir().join(entry.file_name()));
    }
    writer.close_part().unwrap();
    assert!(matches!(writer.write(b"two"), Err(PackageError::OutputExists { .. })));
    assert!(matches!(writer.write(b"two"), Err(PackageError::GivenUp)));
    let dir = writer.dir().to_path_buf();
    assert!(matches!(writer.finish(facts(Format::Csv), &house.sender), Err(PackageError::GivenUp)));
    assert!(!is_finished(&dir));
}

#[test]
fn a_package_for_nobody_and_the_same_entropy_twice_are_refused() {
    let house = House::new();
    let mut spec = house.spec(Compression::Zstd, 10);
    spec.recipients.clear();
    let nobody = PackageWriter::create(house.dir.path(), spec, Entropy::new([1; 32]));
    assert!(matches!(nobody, Err(PackageError::NoRecipient)));
    let first = house.writer(Compression::Zstd, 10, 1);
    let second = PackageWriter::create(house.dir.path(), house.spec(Compression::Zstd, 10), Entropy::new([1; 32]));
    assert!(matches!(second, Err(PackageError::OutputExists { .. })));
    assert!(first.dir().exists(), "the refused one destroys nothing of the first");
}
