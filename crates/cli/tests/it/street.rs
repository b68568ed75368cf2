//! Do the four example exchanges run, and does each transfer end with a receipt and a whole ledger?

use std::path::{Path, PathBuf};

use causeway_testkit::population::{Planting, Spec};
use causeway_testkit::street::{EXCHANGES, Street};
use causeway_testkit::throw_away;

/// A street in a throw-away folder, with the example documents.
pub fn street(home: &Path) -> Street {
    let examples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/kenya");
    Street::new(env!("CARGO_BIN_EXE_causeway"), home, examples)
}

#[test]
fn the_four_examples_run_to_their_receipts() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    let truth = street.people(&Spec::of(2500)).unwrap();
    street.set_up().unwrap();
    for (exchange, _) in EXCHANGES {
        let sent = street.transfer(exchange).unwrap();
        let opened = street.open(&sent.package, &dir.path().join(format!("opened-{exchange}"))).unwrap();
        assert!(std::fs::read_dir(opened).unwrap().count() >= 2, "{exchange}");
        if exchange == "food-people" {
            let [released, withheld, quarantined] = sent.counts;
            assert_eq!(withheld, truth.withheld().count() as u64);
            assert_eq!(quarantined, truth.broken().count() as u64);
            assert_eq!(released + withheld + quarantined, u64::from(truth.people - truth.outside()));
        }
        let receipt = street.sign_receipt(&sent.package, "accepted").unwrap();
        let said = street.good(&["receipt", "add", &receipt.display().to_string()]).unwrap();
        assert!(said.contains("accepted"), "{said}");
        // The same receipt again changes nothing.
        let again = street.good(&["receipt", "add", &receipt.display().to_string()]).unwrap();
        assert!(again.contains("as before"), "{again}");
        street.good(&["ledger", "verify", "--against", &receipt.display().to_string()]).unwrap();
    }
    assert!(truth.planted(Planting::ConsentRefused).len() > 1);
}

#[test]
fn an_arrangement_without_two_officers_releases_nothing() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    street.people(&Spec::of(600)).unwrap();
    street.set_up().unwrap();
    street.good(&["arrangement", "show", "food-2026"]).unwrap();
    let text = std::fs::read_to_string(street.example("arrangement-food.yaml")).unwrap();
    let amended = dir.path().join("amended.yaml");
    std::fs::write(&amended, text.replace("version: 1\n", "version: 2\n")).unwrap();
    street.good(&["arrangement", "import", &amended.display().to_string()]).unwrap();
    let refused = street.run(&["transfer", "run", "food-people"]).unwrap();
    assert_eq!(refused.code, Some(4), "{}", refused.err);
    assert!(refused.err.contains("not-in-force") && refused.err.contains("help:"), "{}", refused.err);
}

#[test]
fn an_arrangement_for_another_direction_is_not_covered() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    street.people(&Spec::of(600)).unwrap();
    street.set_up().unwrap();
    let text = std::fs::read_to_string(street.example("arrangement-food.yaml")).unwrap();
    let amended = dir.path().join("amended.yaml");
    std::fs::write(
        &amended,
        text.replace("version: 1\n", "version: 2\n").replace("direction: provide", "direction: accept"),
    )
    .unwrap();
    street.good(&["arrangement", "import", &amended.display().to_string()]).unwrap();
    for officer in ["representative", "protection"] {
        let key = dir.path().join(format!("officers/{officer}.pem")).display().to_string();
        street.good(&["approve", "food-2026", "--officer", officer, "--key", &key]).unwrap();
    }
    let refused = street.run(&["transfer", "run", "food-people"]).unwrap();
    assert_eq!(refused.code, Some(4), "{}", refused.err);
    assert!(refused.err.contains("not-covered"), "{}", refused.err);
    // The attempt stands in the register.
    assert!(street.good(&["status"]).unwrap().contains("refused"));
}
