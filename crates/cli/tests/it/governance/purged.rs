//! Is a package that was being erased gone, and does the ledger say so once, whenever whoever erased it died?

use super::place::{Kind, Place};

/// Marks of erasing, and one of changing pseudonyms, which the transcripts die at.
pub const MARKS: [&str; 2] = ["purge-not-recorded", "pseudonyms-begun"];

#[test]
fn dying_while_a_package_is_erased_leaves_no_bytes_and_one_entry() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let place = Place::new(kind, Some(60));
        let (code, said) = place.run("staff; partner lantern-relief; food; transfer; receipt_by partner partner; as wanjiru receipt add receipt.json");
        assert_eq!(code, 0, "{said}");
        for mark in [MARKS[0], "store-change-not-committed", "store-change-committed"] {
            let (_, said) = place.run(&format!(
                "export CAUSEWAY_NOW=2026-06-05T09:00:00Z
                CAUSEWAY_CRASH_AT={mark} causeway work --until-idle > died.said 2>&1
                ls home/data/packages; true"
            ));
            assert_eq!(said, "", "{kind:?} at {mark}");
        }
        let (code, said) = place.run(
            "export CAUSEWAY_NOW=2026-06-06T09:00:00Z; causeway work --until-idle; causeway work --until-idle
            ls home/data/packages; events package-erased | wc -l; causeway ledger verify | sed 's/:.*//'",
        );
        assert_eq!((code, said.as_str()), (0, "1\nledger is whole\n"), "{kind:?}");
    }
}
