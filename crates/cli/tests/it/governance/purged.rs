//! Is a package that was being erased gone, and does the ledger say so once, whenever whoever erased it died?

use super::place::{Kind, Place};

/// Marks of erasing.
pub const MARKS: [&str; 1] = ["purge-not-recorded"];

#[test]
fn dying_while_a_package_is_erased_leaves_no_bytes_and_one_entry() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let place = Place::new(kind, Some(60));
        let (code, said) = place.run("staff; partner lantern-relief; food; transfer; receipt_by partner partner; as wanjiru receipt add receipt.json");
        assert_eq!(code, 0, "{said}");
        for mark in MARKS.iter().chain(&["store-change-not-committed", "store-change-committed"]) {
            let (_, said) = place.run(&format!(
                "export CAUSEWAY_NOW=2026-06-05T09:00:00Z
                CAUSEWAY_CRASH_AT={mark} causeway work --until-idle > died.said 2>&1 && echo 'it did not die'
                ls home/data/packages"
            ));
            let is_first = *mark == MARKS[0];
            assert_eq!(said == "", is_first || *mark == "store-change-not-committed", "{kind:?} at {mark}: {said}");
        }
        let (code, said) = place.run(
            "export CAUSEWAY_NOW=2026-06-06T09:00:00Z; causeway work --until-idle; causeway work --until-idle
            ls home/data/packages; events package-erased | wc -l; causeway ledger verify | sed 's/:.*//'",
        );
        assert_eq!((code, said.as_str()), (0, "1\nledger is whole\n"), "{kind:?}");
    }
}
