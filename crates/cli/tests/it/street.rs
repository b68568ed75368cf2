//! Do the four example exchanges run, and does each transfer end with a receipt and a whole ledger?

use std::path::{Path, PathBuf};

use causeway_testkit::population::{Plant, Planting, Spec};
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
fn an_amendment_that_not_every_party_signed_takes_nothings_place() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    street.people(&Spec::of(60).plant(Plant::none())).unwrap();
    street.set_up().unwrap();
    let amend = |from: &str, to: &str| {
        let text = std::fs::read_to_string(street.example("arrangement-food.yaml")).unwrap();
        let amended = dir.path().join("amended.yaml");
        std::fs::write(&amended, text.replace("version: 1\n", "version: 2\n").replace(from, to)).unwrap();
        street.run(&["arrangement", "amend", &amended.display().to_string()]).unwrap()
    };
    let unchanged = amend("version: 2\n", "version: 2\n");
    assert_eq!(unchanged.code, Some(4), "{}", unchanged.err);
    assert!(unchanged.err.contains("amendment-empty") && unchanged.err.contains("help:"), "{}", unchanged.err);
    let amended = amend("direction: provide", "direction: accept");
    assert!(amended.out.contains("direction shifted"), "{}{}", amended.out, amended.err);
    let refused = street.run(&["--as", "representative", "arrangement", "activate", "food-2026"]).unwrap();
    assert_eq!(refused.code, Some(4), "{}", refused.err);
    street.transfer("food-people").unwrap();
    street.conclude("food-2026", "lantern-relief").unwrap();
    let refused = street.run(&["transfer", "run", "food-people"]).unwrap();
    assert_eq!(refused.code, Some(4), "{}", refused.err);
    assert!(refused.err.contains("not-covered"), "another direction: {}", refused.err);
    // The attempt stands in the register.
    assert!(street.good(&["status"]).unwrap().contains("refused"));
}
