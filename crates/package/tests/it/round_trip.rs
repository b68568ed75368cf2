//! Does everything that was sealed come out again, for every compression, number of parts and recipient?

use causeway_package::inner::{Audience, Compression, Format};
use causeway_package::key::{Identities, Identity};
use causeway_package::{Entropy, Limits, PackageError, PackageWriter, canonical, read_inner, verify};
use proptest::prelude::*;

use crate::support::{ALL, House, facts, people_csv};

#[test]
fn every_compression_and_number_of_parts_comes_back() {
    let house = House::new();
    for (at, compression) in ALL.into_iter().enumerate() {
        for (step, (people, part_size)) in [(0, 1000), (1, 1000), (700, 9000), (700, u64::MAX)].into_iter().enumerate()
        {
            let seed = (10 * at + step) as u8;
            let sealed = house.seal_people(people, compression, part_size, seed);
            let out = house.folder(&format!("out-{seed}"));
            let opened = house.open(&sealed.dir, &out).unwrap();
            assert_eq!(std::fs::read_to_string(&opened.data[0]).unwrap(), people_csv(people));
            assert_eq!(opened.inner.released, people as u64);
            assert_eq!(opened.inner.record_digest.value, sealed.record_digest);
            assert_eq!(opened.manifest_sha256, sealed.manifest_sha256);
            assert_eq!(sealed.manifest.parts.len() > 2, people == 700 && part_size == 9000, "{people} {part_size}");
            let mut data = std::io::BufReader::new(std::fs::File::open(&opened.data[0]).unwrap());
            let digest = canonical::digest_of_file(&mut data, &opened.inner).unwrap().unwrap();
            assert_eq!(digest.to_hex(), sealed.record_digest);
        }
    }
}

#[test]
fn each_of_several_recipients_opens_and_nobody_else() {
    let house = House::new();
    let others = [Identity::generate(), Identity::generate()];
    let mut spec = house.spec(Compression::Zstd, 500);
    spec.recipients.extend(others.iter().map(Identity::recipient));
    let mut writer = PackageWriter::create(house.dir.path(), spec, Entropy::new([9; 32])).unwrap();
    for number in 0..40 {
        writer.write(format!("{{\"name\":\"Nobody {number}\"}}\n").as_bytes()).unwrap();
        writer.end_record(format!("Nobody {number}\u{1f}\u{1f}").as_bytes()).unwrap();
    }
    let sealed = writer.finish(facts(Format::Jsonl), &house.sender).unwrap();
    assert_eq!(sealed.manifest.recipients.len(), 3);
    for identity in others.into_iter().chain([house.identity()]) {
        let out = house.folder(&identity.recipient().key_id());
        // An old key tried first does not disturb.
        let identities = Identities::new(vec![Identity::generate(), identity]);
        let opened =
            causeway_package::open(&sealed.dir, &identities, &house.sender_key(), &out, &Limits::default()).unwrap();
        assert_eq!(std::fs::read_to_string(&opened.data[0]).unwrap().lines().count(), 40);
        let mut data = std::io::BufReader::new(std::fs::File::open(&opened.data[0]).unwrap());
        let digest = canonical::digest_of_file(&mut data, &opened.inner).unwrap().unwrap();
        assert_eq!(digest.to_hex(), sealed.record_digest);
    }
    let stranger = Identities::new(vec![Identity::generate()]);
    let error = read_inner(&sealed.dir, &stranger, &house.sender_key()).unwrap_err();
    assert!(matches!(error, PackageError::WrongKey { .. }));
    let text = error.to_string();
    assert!(text.contains(&house.recipient().key_id()) && text.contains(&stranger.key_ids()), "{text}");
}

#[test]
fn parquet_parts_stay_whole_files() {
    let house = House::new();
    let mut spec = house.spec(Compression::None, 0);
    spec.part_size = None;
    let mut writer = PackageWriter::create(house.dir.path(), spec, Entropy::new([3; 32])).unwrap();
    let files: [&[u8]; 2] = [b"PAR1 first, standing in for a file PAR1", b"PAR1 second PAR1"];
    for file in files {
        writer.end_record(b"one").unwrap();
        writer.end_record(b"two").unwrap();
        writer.write(file).unwrap();
        writer.close_part().unwrap();
    }
    let sealed = writer.finish(facts(Format::Parquet), &house.sender).unwrap();
    let out = house.folder("out");
    let opened = house.open(&sealed.dir, &out).unwrap();
    assert_eq!(opened.data.iter().map(|path| std::fs::read(path).unwrap()).collect::<Vec<_>>(), files);
    assert_eq!((sealed.released, opened.inner.parts[1].records), (4, 2));
}

#[test]
fn batches_of_records_are_counted_in_the_part_that_holds_their_bytes() {
    let house = House::new();
    let mut writer = house.writer(Compression::Zstd, 100, 1);
    for batch in 0..7 {
        let lines: Vec<String> =
            (0..batch + 1).map(|number| format!("{{\"name\":\"Nobody {batch} {number}\"}}\n")).collect();
        // A record in two pieces first: no part ends between them.
        let (start, rest) = lines[0].split_at(5);
        for piece in [start, rest, &lines[1..].concat()] {
            writer.write(piece.as_bytes()).unwrap();
        }
        lines.iter().for_each(|line| writer.end_record(line.as_bytes()).unwrap());
    }
    let sealed = writer.finish(facts(Format::Jsonl), &house.sender).unwrap();
    // Opening counts again, part by part.
    let opened = house.open(&sealed.dir, &house.folder("out")).unwrap();
    let records: Vec<u64> = opened.inner.parts.iter().map(|part| part.records).collect();
    assert!(records.len() > 3 && records.iter().sum::<u64>() == 28, "{records:?}");
}

#[test]
fn nothing_is_overwritten_and_nothing_is_left_beside() {
    let house = House::new();
    let sealed = house.seal_people(3, Compression::Zstd, 1000, 1);
    let out = house.folder("out");
    std::fs::write(out.join("data.csv"), "mine").unwrap();
    let error = house.open(&sealed.dir, &out).unwrap_err();
    assert!(matches!(&error, PackageError::OutputExists { path } if path.ends_with("data.csv")), "{error}");
    assert_eq!(std::fs::read_to_string(out.join("data.csv")).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
}

#[test]
fn a_spreadsheet_file_is_opened_but_its_digest_is_left_to_who_can_undo_it() {
    let house = House::new();
    let mut writer = house.writer(Compression::Gzip, 1000, 1);
    writer.write(b"name\r\n'=1+1\r\n").unwrap();
    writer.end_record(b"=1+1").unwrap();
    let mut about = facts(Format::Csv);
    about.audience = Audience::People;
    let sealed = writer.finish(about, &house.sender).unwrap();
    let opened = house.open(&sealed.dir, &house.folder("out")).unwrap();
    let mut data = std::io::BufReader::new(std::fs::File::open(&opened.data[0]).unwrap());
    assert!(canonical::digest_of_file(&mut data, &opened.inner).unwrap().is_none());
}

#[test]
fn verifying_needs_no_secret_key() {
    let house = House::new();
    let sealed = house.seal_people(30, Compression::Zstd, 1000, 1);
    let verified = verify(&sealed.dir, &house.sender_key()).unwrap();
    assert_eq!(verified.manifest, sealed.manifest);
    assert_eq!(verified.manifest.created.to_string(), "2026-05-04T10:20:30Z", "to the second");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_bytes_come_back(
        records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 0..30),
        part_size in 1_u64..20_000,
        which in 0_usize..3,
    ) {
        let house = House::new();
        let mut spec = house.spec(ALL[which], part_size);
        spec.part_size = Some(part_size);
        let mut writer = PackageWriter::create(house.dir.path(), spec, Entropy::new([5; 32])).unwrap();
        for record in &records {
            writer.write(record).unwrap();
            writer.end_record(record).unwrap();
        }
        // Parquet is the format whose bytes are not looked at; its parts are read back in order.
        let sealed = writer.finish(facts(Format::Parquet), &house.sender).unwrap();
        let opened = house.open(&sealed.dir, &house.folder("out")).unwrap();
        let back: Vec<u8> = opened.data.iter().flat_map(|path| std::fs::read(path).unwrap()).collect();
        prop_assert_eq!(back, records.concat());
        prop_assert_eq!(opened.inner.released, records.len() as u64);
        prop_assert_eq!(sealed.plain_size, records.concat().len() as u64);
    }
}
