//! Does a sealed set answer for everybody in it and nobody else, whole or not at all?

use super::*;
use crate::key::{Identities, Identity};

#[test]
fn every_member_is_found_and_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let identity = Identity::generate();
    let recipient = identity.recipient();
    let identities = Identities::new(vec![identity]);
    let key = DisclosureKey::new([4; 32]);
    for people in [0_u64, 1, 2, 5000] {
        let path = dir.path().join(format!("set-{people}.age"));
        let mut set = DisclosureSet::new();
        for number in (0..people).rev().chain(0..people.min(3)) {
            set.add(key.pseudonym("individual", &number.to_be_bytes()));
        }
        assert_eq!(set.seal(&path, &recipient).unwrap(), people, "repeated ones count once");
        let mut reader = DisclosureReader::open(&path, &identities).unwrap();
        assert_eq!((reader.len(), reader.is_empty()), (people, people == 0));
        for number in (0..people).step_by(97) {
            assert!(reader.contains(&key.pseudonym("individual", &number.to_be_bytes())).unwrap());
            assert!(!reader.contains(&key.pseudonym("household", &number.to_be_bytes())).unwrap());
        }
        assert!(!reader.contains(&key.pseudonym("individual", &people.to_be_bytes())).unwrap());
    }
}

#[test]
fn entity_and_key_cannot_be_shifted_into_each_other() {
    let key = DisclosureKey::new([4; 32]);
    assert_ne!(key.pseudonym("case", b"file7"), key.pseudonym("casefile", b"7"));
    assert_ne!(key.pseudonym("case", b"7"), DisclosureKey::new([5; 32]).pseudonym("case", b"7"));
}

#[test]
fn a_set_cut_short_or_of_another_key_does_not_answer() {
    let dir = tempfile::tempdir().unwrap();
    let identity = Identity::generate();
    let path = dir.path().join("set.age");
    let key = DisclosureKey::new([4; 32]);
    let mut set = DisclosureSet::new();
    (0..9000_u32).for_each(|number| set.add(key.pseudonym("individual", &number.to_be_bytes())));
    set.seal(&path, &identity.recipient()).unwrap();
    let identities = Identities::new(vec![identity]);
    let other = Identities::new(vec![Identity::generate()]);
    assert!(matches!(DisclosureReader::open(&path, &other), Err(PackageError::WrongKey { .. })));
    let bytes = std::fs::read(&path).unwrap();
    // On a block boundary of the ciphertext, where cutting is hardest to see.
    let header = bytes.windows(5).position(|window| window == b"\n--- ").unwrap() + 5 + 44 + 16;
    for length in [bytes.len() - 1, header + 65_552, header] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        assert!(matches!(DisclosureReader::open(&path, &identities), Err(PackageError::SetUnreadable { .. })));
    }
}

/// A set of these numbers, sealed beside others.
fn sealed(dir: &std::path::Path, name: &str, numbers: impl Iterator<Item = u64>, recipient: &Recipient) -> SealedSet {
    let key = DisclosureKey::new([4; 32]);
    let path = dir.join(name);
    let mut set = DisclosureSet::new();
    numbers.for_each(|number| set.add(key.pseudonym("individual", &number.to_be_bytes())));
    let people = set.seal(&path, recipient).unwrap();
    SealedSet { path, people: Some(people) }
}

fn person(number: u64) -> Pseudonym {
    DisclosureKey::new([4; 32]).pseudonym("individual", &number.to_be_bytes())
}

#[test]
fn members_of_every_block_are_found_and_all_are_read_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let identity = Identity::generate();
    // Around whole blocks, where the first entry of one follows the last of another: 4,094 entries, then 4,096 each.
    for people in [4_093, 4_094, 4_095, 8_190, 8_191, 30_000] {
        let set = sealed(dir.path(), &format!("{people}"), 0..people, &identity.recipient());
        let identities = Identities::new(vec![Identity::parse(&secret(&identity)).unwrap()]);
        let mut reader = Sets::default().open(&set, &identities).unwrap();
        assert!((0..people).step_by(61).all(|number| reader.contains(&person(number)).unwrap()), "{people}");
        assert!((people..people + 200).all(|number| !reader.contains(&person(number)).unwrap()), "{people}");
        for edge in [[0; 16], [255; 16]] {
            assert!(!reader.contains(&edge).unwrap());
        }
        let (mut all, middle) = (Vec::new(), u128::MAX / 2);
        reader.between(0, Some(middle), |member| all.push(member)).unwrap();
        assert!(all.iter().all(|member| *member < middle));
        reader.between(middle, None, |member| all.push(member)).unwrap();
        assert_eq!(all.len() as u64, people);
        // The members at the edges of every block.
        for at in (0..all.len()).filter(|at| (at + 2) % 4_096 < 2 || (at + 3) % 4_096 < 2) {
            assert!(reader.contains(&all[at].to_be_bytes()).unwrap(), "{people}, {at}");
        }
        assert!(all.is_sorted());
    }
}

#[test]
fn a_set_that_is_not_evenly_spread_is_searched_too() {
    let dir = tempfile::tempdir().unwrap();
    let identity = Identity::generate();
    let path = dir.path().join("set");
    let mut set = DisclosureSet::new();
    // All but one lie close together at one end, where no proportion leads to.
    let close = |number: u128| (u128::MAX - 100_000 + number).to_be_bytes();
    (0..100_000).for_each(|number| set.add(close(number)));
    set.add([0; 16]);
    set.seal(&path, &identity.recipient()).unwrap();
    let mut reader = DisclosureReader::open(&path, &Identities::new(vec![identity])).unwrap();
    assert!(reader.contains(&[0; 16]).unwrap() && !reader.contains(&[1; 16]).unwrap());
    assert!((0..100_000).step_by(4_999).all(|number| reader.contains(&close(number)).unwrap()));
}

#[test]
fn several_sets_are_asked_counted_and_compared_with_a_list() {
    let dir = tempfile::tempdir().unwrap();
    let identity = Identity::generate();
    let recipient = identity.recipient();
    let sets: Vec<SealedSet> = (0..5_u64)
        .map(|at| sealed(dir.path(), &at.to_string(), at * 1_000..at * 1_000 + 4_500, &recipient))
        .chain([sealed(dir.path(), "empty", 0..0, &recipient)])
        .collect();
    let identities = Identities::new(vec![identity]);
    let asked = Sets::default();
    let holds = |number| asked.holding(&sets, &person(number), &identities).unwrap();
    assert_eq!(holds(0), [true, false, false, false, false, false]);
    assert_eq!(holds(4_000), [true, true, true, true, true, false]);
    assert_eq!(holds(8_500), [false; 6]);
    assert_eq!(asked.distinct(&sets, &identities).unwrap(), (8_500, vec![4_500, 4_500, 4_500, 4_500, 4_500, 0]));
    assert_eq!(asked.distinct(&[], &identities).unwrap(), (0, vec![]));
    let list: Vec<Pseudonym> = [8_499, 8_500, 17, 17].map(person).to_vec();
    assert_eq!(asked.among(&sets, &list, &identities).unwrap(), [true, false, true, true]);
}

#[test]
fn no_answer_is_given_where_one_set_is_missing_damaged_or_of_another_transfer() {
    let dir = tempfile::tempdir().unwrap();
    let identity = Identity::generate();
    let recipient = identity.recipient();
    let whole: Vec<SealedSet> =
        (0..4_u64).map(|at| sealed(dir.path(), &at.to_string(), 0..9_000 + at, &recipient)).collect();
    let identities = Identities::new(vec![identity]);
    let bytes = std::fs::read(&whole[2].path).unwrap();
    let asked = Sets::default();
    assert!(asked.holding(&whole, &person(1), &identities).is_ok(), "and is remembered");
    let refused = |sets: &[SealedSet]| {
        let told = |error: PackageError| {
            assert!(error.is_verification() || matches!(error, PackageError::Io { .. }), "{error}");
            error.to_string()
        };
        let one = told(asked.holding(sets, &person(1), &identities).unwrap_err());
        told(asked.distinct(sets, &identities).unwrap_err());
        told(asked.among(sets, &[person(1)], &identities).unwrap_err());
        one
    };
    let mut swapped = whole.clone();
    swapped[2].path = whole[1].path.clone();
    assert!(refused(&swapped).contains("holds 9001 people and its package 9002"));
    std::fs::write(&whole[2].path, &bytes[..bytes.len() - 5]).unwrap();
    assert!(refused(&whole).contains("damaged"));
    let mut flipped = bytes.clone();
    // In the first block, which every question reads.
    flipped[1_000] ^= 1;
    std::fs::write(&whole[2].path, &flipped).unwrap();
    assert!(refused(&whole).contains("damaged"));
    std::fs::remove_file(&whole[2].path).unwrap();
    assert!(refused(&whole).contains(&whole[2].path.display().to_string()));
}

fn secret(identity: &Identity) -> String {
    identity.to_file_text().lines().last().unwrap_or_default().to_owned()
}
