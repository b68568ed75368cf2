//! Is the twin of an exchange what the exchange is, but for the people?

use causeway_flow::FlowError;
use causeway_flow::preview::{Inventing, MOST_IN_TWIN, Twin, twin};
use causeway_flow::seal::Sealing;
use causeway_flow::transform::Pseudonyms;
use causeway_model::Code;
use causeway_model::arrangement::Arrangement;
use causeway_model::exchange::Exchange;
use causeway_package::disclosure::DisclosureKey;
use causeway_package::inner::ArrangementRef;
use causeway_package::key::{Identities, Identity, SigningKey};
use causeway_package::{Data, Entropy, Environment, Limits, Opened};
use causeway_testkit::population::{self, Plant, Spec};
use causeway_testkit::throw_away;

use super::examples::{catalogue, example, sources};
use super::street::{codes, now, read, seal_and_open};

const EXAMPLES: [(&str, &str); 4] = [
    ("arrangement-food.yaml", "exchange-people.yaml"),
    ("arrangement-food.yaml", "exchange-nested.yaml"),
    ("arrangement-food.yaml", "exchange-households.yaml"),
    ("arrangement-school.yaml", "exchange-school.yaml"),
];

fn make(
    (arrangement, exchange): (&str, &str),
    records: usize,
    seed: u64,
    environment: Environment,
) -> Result<(Twin, Opened, tempfile::TempDir), FlowError> {
    let kept = throw_away::directory().unwrap();
    let (arrangement, exchange): (Arrangement, Exchange) = (read(&example(arrangement)), read(&example(exchange)));
    let identity = Identity::generate();
    let key = SigningKey::from_seed(&[3; 32]).meant_for(environment);
    let sealing = Sealing {
        staging: kept.path(),
        exchange: &exchange,
        now: now(),
        recipients: vec![identity.recipient().meant_for(environment)],
        signing_key: &key,
        entropy: Entropy::new([5; 32]),
        disclosure_key: &DisclosureKey::new([9; 32]),
        subject: "",
        transfer: "trial/1".to_owned(),
        sequence: 1,
        arrangement: ArrangementRef { id: arrangement.arrangement.clone(), version: 1, digest: "0".repeat(64) },
        purge_by: jiff::civil::date(2027, 1, 1),
        checkpoint: String::new(),
        sources: Vec::new(),
        snapshot_spread_s: 0,
        following: None,
    };
    let pseudonyms = Pseudonyms::new(&[7; 32], &arrangement.partner, &arrangement.purpose.code);
    let inventing = Inventing { records, seed, now: now() };
    let made = twin(&arrangement, &catalogue(), &pseudonyms, inventing, sealing)?;
    let out = kept.path().join("opened");
    std::fs::create_dir(&out).unwrap();
    let opened = causeway_package::open(
        &made.package.dir,
        &Identities::new(vec![identity]),
        &key.verifying_key(),
        &out,
        &Limits::default(),
    );
    Ok((made, opened.unwrap(), kept))
}

#[test]
fn a_twin_has_fields_forms_and_format_of_its_exchange_and_says_what_it_is() {
    let real = throw_away::directory().unwrap();
    population::generate(real.path(), &Spec::of(200).plant(Plant::none())).unwrap();
    for names in EXAMPLES {
        let (made, opened, _kept) = make(names, 120, 1, Environment::Test).unwrap();
        assert!(made.clearance.released > 60, "{names:?}: {:?}", made.clearance);
        assert_eq!(opened.inner.released, made.clearance.released);
        assert_eq!((opened.manifest.environment, opened.manifest.data), (Environment::Test, Data::Synthetic));
        assert_eq!((opened.inner.environment, opened.inner.data), (Environment::Test, Data::Synthetic));
        for file in &opened.data {
            assert!(file.file_name().unwrap().to_string_lossy().starts_with("SYNTHETIC-"), "{file:?}");
        }
        let from = &opened.inner.about.sources;
        assert!(!from.is_empty() && from.iter().all(|source| source.snapshot == "invented"), "{from:?}");

        let (arrangement, exchange): (Arrangement, Exchange) = (read(&example(names.0)), read(&example(names.1)));
        let dir = throw_away::directory().unwrap();
        let (catalogue, stores) = (catalogue(), sources(&catalogue(), real.path()));
        let (like, _) = seal_and_open(&catalogue, &arrangement, &exchange, &stores, dir.path()).unwrap();
        let (twin, like) = (&opened.inner, &like.inner);
        assert_eq!(twin.about.fields, like.about.fields);
        assert_eq!((twin.about.format, twin.about.audience), (like.about.format, like.about.audience));
        assert_eq!(twin.compression, like.compression);
        assert_eq!(like.data, Data::Real);
    }
}

#[test]
fn the_same_number_invents_the_same_people() {
    let data = |seed| {
        let (_, opened, _kept) = make(EXAMPLES[0], 30, seed, Environment::Test).unwrap();
        std::fs::read(&opened.data[0]).unwrap()
    };
    assert_eq!(data(7), data(7));
    assert_ne!(data(7), data(8));
}

#[test]
fn invented_people_are_not_signed_for_production_and_not_without_end() {
    let refused = make(EXAMPLES[0], 3, 1, Environment::Production).map(|_| ());
    assert_eq!(codes(refused), [Code::SyntheticInProduction]);
    let (made, ..) = make(EXAMPLES[3], MOST_IN_TWIN * 2, 1, Environment::Test).unwrap();
    assert!(made.clearance.released <= MOST_IN_TWIN as u64);
}
