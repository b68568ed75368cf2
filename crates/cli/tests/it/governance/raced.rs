//! Is one of two people who decide at the same moment told that somebody else was first?

use super::place::{Kind, Place};

/// Two suspend a partner at once, each holding its change for a while before it is committed; done again where one of them
/// had not looked yet when the other was done.
const RACE: &str = r#"staff; partner lantern-relief
for round in 1 2 3 4 5; do
    for who in otieno wanjiru; do
        (CAUSEWAY_SLOW_AT=store-change-not-committed=2000 causeway partner suspend lantern-relief --reason "a breach was reported" --as $who > $who.said 2>&1 || true) &
    done
    wait
    cat otieno.said wanjiru.said
    ! grep -q changed-meanwhile otieno.said wanjiru.said || break
    causeway partner resume lantern-relief --as amina
done"#;

#[test]
fn one_of_two_at_once_is_told_that_it_changed_meanwhile() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let (code, said) = Place::new(kind, None).run(RACE);
        assert_eq!(code, 0, "{said}");
        assert_eq!(said.matches("changed-meanwhile: `lantern-relief`").count(), 1, "{kind:?}: {said}");
        assert!(said.contains("partner lantern-relief is suspended\n"), "{kind:?}: {said}");
    }
}
