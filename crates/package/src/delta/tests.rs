//! Is a comparison exact, whatever comes in whatever order, and is what is kept of it the state?

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::compare::tag_of;
use super::*;
use crate::key::{Identities, Identity};

type People = BTreeMap<u16, u8>;

fn key() -> StateKey {
    StateKey::new([7; 32])
}

/// The canonical bytes of an invented record: who, a text in another script, what it holds.
fn record(who: u16, holds: u8) -> Vec<u8> {
    format!("ሰው {who}\u{1f}سلمى\u{1f}{holds}").into_bytes()
}

fn tag(who: u16) -> Tag {
    key().tags(vec![0]).of(&record(who, 0)).unwrap()
}

fn base_of(people: &People) -> Base {
    let mut comparison = Comparison::new(&key(), vec![0], Base::nobody(), 0);
    for (who, holds) in people {
        comparison.judge(&record(*who, *holds)).unwrap();
    }
    Base::of(comparison.finish().unwrap().set.entries())
}

fn compare(base: Base, people: &[(u16, u8)]) -> Result<(Compared, Vec<Verdict>), Unnamed> {
    let mut comparison = Comparison::new(&key(), vec![0], base, 0);
    let judged: Result<Vec<Verdict>, Unnamed> =
        people.iter().map(|(who, holds)| comparison.judge(&record(*who, *holds)).map(|it| it.verdict)).collect();
    let judged = judged?;
    Ok((comparison.finish()?, judged))
}

fn people() -> impl Strategy<Value = People> {
    prop::collection::btree_map(0_u16..300, 0_u8..4, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_comparison_says_of_everybody_what_is_true(
        before in people(), after in people(), order in any::<prop::sample::Index>(),
    ) {
        let mut sent: Vec<(u16, u8)> = after.iter().map(|(who, holds)| (*who, *holds)).collect();
        if !sent.is_empty() {
            let at = order.index(sent.len());
            sent.rotate_left(at);
        }
        let (compared, verdicts) = compare(base_of(&before), &sent).unwrap();
        for ((who, holds), verdict) in sent.iter().zip(&verdicts) {
            let right = match before.get(who) {
                None => Verdict::Added,
                Some(held) if held == holds => Verdict::Same,
                Some(_) => Verdict::Changed,
            };
            prop_assert_eq!(*verdict, right);
        }
        let gone: BTreeSet<Tag> = before.keys().filter(|who| !after.contains_key(who)).map(|who| tag(*who)).collect();
        prop_assert_eq!(compared.removed.iter().copied().collect::<BTreeSet<_>>(), gone);
        let count = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count() as u64;
        prop_assert_eq!((compared.added, compared.changed), (count(Verdict::Added), count(Verdict::Changed)));
        // What is kept, and the digest, are those of the state whole, however it was come by.
        let (whole, _) = compare(Base::nobody(), &sent).unwrap();
        prop_assert_eq!(&compared.state, &whole.state);
        prop_assert_eq!(compared.set.entries(), whole.set.entries());
        prop_assert!(compared.set.entries().windows(2).all(|two| tag_of(&two[0]) < tag_of(&two[1])));
    }

    #[test]
    fn who_comes_twice_is_told(before in people(), after in people(), which in any::<prop::sample::Index>(), holds in 0_u8..4) {
        prop_assume!(!after.is_empty());
        let mut sent: Vec<(u16, u8)> = after.iter().map(|(who, holds)| (*who, *holds)).collect();
        let (who, _) = sent[which.index(sent.len())];
        sent.push((who, holds));
        prop_assert_eq!(compare(base_of(&before), &sent).err(), Some(Unnamed::Twice));
    }
}

#[test]
fn who_has_no_name_is_told_and_cells_do_not_run_into_one_another() {
    let mut comparison = Comparison::new(&key(), vec![1], Base::nobody(), 0);
    assert_eq!(comparison.judge("Zuri\u{1f}\u{1f}1".as_bytes()).err(), Some(Unnamed::Empty));
    let tags = key().tags(vec![0, 1]);
    assert_ne!(tags.of("ab\u{1f}c".as_bytes()), tags.of("a\u{1f}bc".as_bytes()));
    assert!(tags.of("\u{1f}c".as_bytes()).is_some(), "one of two cells is enough");
    let other = StateKey::new([8; 32]);
    assert_ne!(other.tags(vec![0]).of(b"Zuri"), key().tags(vec![0]).of(b"Zuri"));
    assert_ne!(other.fingerprint(), key().fingerprint());
}

#[test]
fn a_sealed_set_is_read_only_as_what_was_kept() {
    let dir = tempfile::tempdir().unwrap();
    let identity = Identity::generate();
    let identities = Identities::new(vec![Identity::parse(identity.to_file_text().lines().last().unwrap()).unwrap()]);
    let people: Vec<(u16, u8)> = (0..5_000).map(|who| (who, 1)).collect();
    let path = dir.path().join("set.age");
    let (compared, _) = compare(Base::nobody(), &people).unwrap();
    let entries = compared.set.entries();
    let kept = compared.set.seal(&path, &identity.recipient()).unwrap();
    let read = Base::read(&path, &identities, &kept).unwrap();
    assert_eq!((read.len(), kept.count), (5_000, 5_000));
    let (again, verdicts) = compare(read, &people).unwrap();
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Same) && again.removed.is_empty());
    assert_eq!(again.set.entries(), entries);
    // Another count, another digest, another key, a byte less, a byte turned: none is taken for the base.
    let other = Kept { count: 4_999, ..kept.clone() };
    assert!(Base::read(&path, &identities, &other).is_err());
    let other = Kept { sha256: "0".repeat(64), ..kept.clone() };
    assert!(Base::read(&path, &identities, &other).is_err());
    assert!(Base::read(&path, &Identities::new(vec![Identity::generate()]), &kept).is_err());
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    assert!(Base::read(&path, &identities, &kept).is_err());
    let mut turned = bytes.clone();
    *turned.last_mut().unwrap() ^= 1;
    std::fs::write(&path, turned).unwrap();
    assert!(Base::read(&path, &identities, &kept).is_err());
}
