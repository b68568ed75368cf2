//! In which installation is each command tried, by whom, and on what?

use std::fs;

use causeway_model::Person;
use causeway_model::permission::{Actor, Owner, Role, Thing};
use causeway_package::client::SigningPair;
use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::street::Street;

use super::lines::{Line, Whose};
use crate::api::place::{Program, random, signed};

/// Who tries: name, roles, and the partner for which the person works.
pub const ACTORS: &[(&str, &[Role], Option<&str>)] = &[
    ("representative", &[Role::Representative], None),
    ("registrar", &[Role::RegistrationOfficer], None),
    ("focal", &[Role::DataProtectionFocalPoint], None),
    ("protection", &[Role::DataProtectionOfficer], None),
    ("engineer", &[Role::ConfigurationEngineer], None),
    ("auditor", &[Role::Auditor], None),
    ("lantern-relief-admin", &[Role::PartnerAdministrator], Some("lantern-relief")),
    ("lantern-operator", &[Role::PartnerOperator], Some("lantern-relief")),
    ("lantern-auditor", &[Role::PartnerAuditor], Some("lantern-relief")),
    ("acacia-schools-admin", &[Role::PartnerAdministrator], Some("acacia-schools")),
    ("acacia-operator", &[Role::PartnerOperator], Some("acacia-schools")),
];

/// The actor of that name, as the installation knows it.
pub fn actor(_: &Street, name: &str) -> Actor {
    let (name, roles, partner) = ACTORS.iter().find(|(one, _, _)| *one == name).unwrap();
    Actor {
        person: Person::new(*name, format!("key of {name}")),
        roles: roles.iter().copied().collect(),
        operation: "kenya-example".to_owned(),
        partner: partner.map(str::to_owned),
    }
}

/// What a line acts on.
pub fn thing(line: &Line) -> Thing {
    let thing = Thing::of_operation("thing", "kenya-example");
    let thing = match line.whose {
        Whose::Operation => thing,
        Whose::Partner => thing.owned_by(Owner::Partner("lantern-relief".to_owned())),
        Whose::NewPartner => thing.owned_by(Owner::Partner("new-relief".to_owned())),
        Whose::Both => thing.owned_by(Owner::Both("lantern-relief".to_owned())),
    };
    match line.drafter {
        Some(name) => thing.drafted_by(Person::new(name, format!("key of {name}"))),
        None => thing,
    }
}

/// An installation with an officer of each role, two partners, an arrangement in force with a next version drafted, a transfer
/// delivered and one that waits for approval, and a staged set.
pub fn set_up(street: &Street) {
    street.people(&Spec::of(60).plant(Plant::none())).unwrap();
    let exchanges = [("food-people", "exchange-people.yaml")];
    street.set_up_with(&["lantern-relief", "acacia-schools"], &["food"], &exchanges).unwrap();
    for (name, roles, partner) in ACTORS.iter().filter(|(name, _, _)| !street_has(name)) {
        let mut more: Vec<&str> = roles.iter().flat_map(|role| ["--role", role.as_str()]).collect();
        let by = match partner {
            Some(partner) => {
                more.extend(["--partner", *partner]);
                format!("{partner}-admin")
            }
            None => "representative".to_owned(),
        };
        street.officer(name, &by, &more).unwrap();
    }
    let home = street.home().to_owned();
    let file = |name: &str| home.join(name).display().to_string();
    // A key that nobody has registered yet.
    let said = street.good(&["officer", "new", "--out", &street.key_of("newcomer")]).unwrap();
    let print = said.lines().find_map(|line| line.strip_prefix("fingerprint ")).unwrap();
    fs::write(home.join("newcomer.print"), print).unwrap();
    // One who leaves, of either side.
    street.officer("leaver", "representative", &["--role", "auditor"]).unwrap();
    let of = ["--role", "partner-auditor", "--partner", "lantern-relief"];
    street.officer("lantern-leaver", "lantern-relief-admin", &of).unwrap();
    // The next version of the arrangement, and a text that nobody knows yet.
    let text = fs::read_to_string(street.example("arrangement-food.yaml")).unwrap();
    fs::write(
        home.join("next.yaml"),
        text.replace("version: 1\n", "version: 2\n").replace("retention_days: 90", "retention_days: 60"),
    )
    .unwrap();
    fs::write(home.join("other.yaml"), text.replace("arrangement: food-2026", "arrangement: other-2026")).unwrap();
    let catalogue = fs::read_to_string(street.example("catalogue.yaml")).unwrap();
    fs::write(home.join("catalogue-next.yaml"), catalogue.replace("version: 1\n", "version: 3\n")).unwrap();
    // Another assessment, which waits for approval.
    let dpia = |name: &str| {
        format!(
            "assessment: {name}\narrangement: food-2026\nwritten_by: registration\nvalid_until: 2030-12-31\n\
             covers: [large]\ncovers_records: 10\nevidence: assessment 13 (invented)\n"
        )
    };
    fs::write(home.join("dpia-new.yaml"), dpia("dpia-new")).unwrap();
    fs::write(home.join("dpia-waits.yaml"), dpia("dpia-waits")).unwrap();
    street.good(&["assessment", "import", &file("dpia-waits.yaml")]).unwrap();
    // An exchange that asks for approval, and a request of it.
    let people = fs::read_to_string(street.example("exchange-people.yaml")).unwrap();
    fs::write(
        home.join("asked.yaml"),
        people.replace("exchange: food-people", "exchange: food-asked") + "\nneeds_approval: true\n",
    )
    .unwrap();
    fs::write(home.join("exchange-new.yaml"), people.replace("exchange: food-people", "exchange: food-new")).unwrap();
    street.good(&["exchange", "import", &file("asked.yaml")]).unwrap();
    // One that runs by itself.
    let schedule = "\nschedule: { cron: \"0 6 1 1 *\", time_zone: Africa/Nairobi, catch_up: skip }\n";
    let yearly = people.replace("exchange: food-people", "exchange: food-yearly") + schedule;
    fs::write(home.join("yearly.yaml"), yearly).unwrap();
    street.good(&["exchange", "import", &file("yearly.yaml")]).unwrap();
    let said = street.good(&["transfer", "request", "food-asked"]).unwrap();
    let waits = said.lines().find_map(|line| line.strip_prefix("transfer ")?.strip_suffix(" requested")).unwrap();
    fs::write(home.join("waits.id"), waits).unwrap();
    // Somebody is told of it, by a way that leads nowhere.
    let alerts = street.good(&["alert", "list"]).unwrap();
    fs::write(home.join("told.id"), alerts.split_whitespace().next().unwrap()).unwrap();
    let config = home.join("causeway.toml");
    let way = "[alerts.smtp]\nhost = \"localhost\"\ntls = \"off\"\nfrom = \"gateway@operation.example\"\n\
               [[alerts.mail]]\nname = \"duty-desk\"\naddress = \"duty@operation.example\"\nroles = [\"auditor\"]\n";
    fs::write(&config, format!("{}\n{way}", fs::read_to_string(&config).unwrap())).unwrap();
    // A transfer whose receipt lies ready.
    let sent = street.transfer("food-people").unwrap();
    fs::write(home.join("sent.id"), &sent.transfer).unwrap();
    let package = std::path::Path::new(&sent.package).file_name().unwrap().to_str().unwrap().to_owned();
    fs::write(home.join("sent.package"), package).unwrap();
    let receipt = street.sign_receipt(&sent.package, "accepted").unwrap();
    for end in ["", ".sig"] {
        fs::copy(format!("{}{end}", receipt.display()), file(&format!("receipt.json{end}"))).unwrap();
    }
    // What the partner signed about a program of its.
    let program = Program { name: "lantern-sync".to_owned(), key: SigningPair::from_seed(&random()) };
    let signed = signed(street, &program, "lantern-relief", |_| {});
    for end in ["", ".sig"] {
        fs::copy(format!("{}{end}", signed.display()), file(&format!("client.json{end}"))).unwrap();
    }
    // The key of somebody whom nobody registered, as a person is asked for.
    fs::write(home.join("nobody.key"), "00000000-0000-4000-8000-000000000000\n").unwrap();
    fs::set_permissions(home.join("nobody.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let one = r#"{"key":"00000000-0000-4000-8000-000000000003","reason":"at the desk","decision":{"kind":"objection","effective":"2026-01-01","reason":"person-asked"}}"#;
    for (name, text) in [
        ("merged.key", "00000000-0000-4000-8000-000000000001"),
        ("other.key", "00000000-0000-4000-8000-000000000002"),
        ("many.jsonl", one),
    ] {
        fs::write(home.join(name), text).unwrap();
        fs::set_permissions(home.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    // A set that waits for another officer, and one in use.
    let key = street.key_of("engineer");
    for set in ["autumn", "winter"] {
        let folder = file(set);
        street.good(&["configuration", "export", "--out", &folder]).unwrap();
        let catalogue = fs::read_to_string(home.join(set).join("catalogue.yaml")).unwrap();
        let version = |line: &str| line.strip_prefix("version: ").and_then(|text| text.parse::<u32>().ok());
        let now = catalogue.lines().find_map(version).unwrap();
        let next = catalogue.replace(&format!("version: {now}\n"), &format!("version: {}\n", now + 1));
        fs::write(home.join(set).join("catalogue.yaml"), next).unwrap();
        let codes = home.join(set).join("code-lists/sex.yaml");
        let text = fs::read_to_string(&codes).unwrap();
        fs::write(codes, text.replace("label: ", &format!("label: {set} "))).unwrap();
        street
            .good(&["configuration", "import", &folder, "--stage", set, "--officer", "engineer", "--key", &key])
            .unwrap();
        if set == "autumn" {
            let other = street.key_of("registrar");
            street.good(&["configuration", "activate", set, "--officer", "registrar", "--key", &other]).unwrap();
        }
    }
}

/// Officers that the street makes itself.
fn street_has(name: &str) -> bool {
    ["representative", "protection", "lantern-relief-admin", "acacia-schools-admin"].contains(&name)
}

/// The words of a line: `@FILE` is a file of the installation, `%FILE` what such a file holds.
pub fn filled(words: &str, street: &Street) -> Vec<String> {
    let filled = |word: &str| match (word.strip_prefix('@'), word.strip_prefix('%')) {
        (Some(file), _) => street.home().join(file).display().to_string(),
        (_, Some(file)) => fs::read_to_string(street.home().join(file)).unwrap(),
        _ => word.to_owned(),
    };
    words.split_whitespace().map(filled).collect()
}
