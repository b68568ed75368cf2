//! Does the size of a part hide how many people are in it?

use causeway_package::inner::Compression;

use crate::support::{ALL, House};

/// Bytes of a sealed part after age's header, whose length is random.
fn payload(house: &House, people: usize, compression: Compression, seed: u8) -> usize {
    let sealed = house.seal_people(people, compression, u64::MAX, seed);
    let bytes = std::fs::read(sealed.dir.join(&sealed.manifest.parts[1].name)).unwrap();
    let mac = bytes.windows(5).position(|window| window == b"\n--- ").unwrap() + 1;
    bytes.len() - mac - bytes[mac..].iter().position(|byte| *byte == b'\n').unwrap()
}

#[test]
fn one_person_and_twenty_look_alike_and_so_do_near_sizes() {
    let house = House::new();
    for (at, compression) in [Compression::Zstd, Compression::Gzip].into_iter().enumerate() {
        let seed = 100 * at as u8;
        let one = payload(&house, 1, compression, seed);
        assert_eq!(one, payload(&house, 20, compression, seed + 1), "{compression:?}");
        // Larger data: across a range of sizes only few different ones are seen, and they are Padmé's.
        let mut seen: Vec<usize> =
            (0..12).map(|step| payload(&house, 9000 + 40 * step, compression, seed + 2 + step as u8)).collect();
        seen.dedup();
        assert!(seen.len() <= 3, "{compression:?}: {seen:?}");
        assert!(seen[0] > one);
    }
}

#[test]
fn without_compression_the_size_shows_as_the_guide_says() {
    let house = House::new();
    assert_ne!(payload(&house, 1, Compression::None, 1), payload(&house, 20, Compression::None, 2));
}

#[test]
fn the_inner_manifest_fills_whole_buckets() {
    let house = House::new();
    for (seed, compression) in ALL.into_iter().enumerate() {
        let sealed = house.seal_people(2, compression, 1000, seed as u8);
        let opened = house.open(&sealed.dir, &house.folder(&format!("out-{seed}"))).unwrap();
        assert_eq!(std::fs::metadata(&opened.inner_file).unwrap().len() % 4096, 0);
    }
}
