//! Does nothing of what came in, or of what is told page by page, rest in the clear: by whichever way it came, also after a `kill -9`?

mod place;

use std::collections::BTreeSet;

use causeway_testkit::server;
use serde_json::{Value, json};

use super::search::Search;
use crate::api::place::{call, door, http_bytes, registered};
use crate::ping::place::{Secrets, added};
use crate::ping::wire;
use crate::referrals::place::{Place, Store, id, sent};
use place::{Logged, waited};

/// Values that are looked for, each with what it is.
#[derive(Default)]
struct Canaries(Vec<(String, String)>);

impl Canaries {
    /// A new one, in two scripts.
    fn plant(&mut self, name: &str) -> String {
        // The number is closed by a letter, so that none is the beginning of another.
        let number = format!("{:03}X", self.0.len());
        let parts = [format!("QZEINGANG{number}"), format!("ቅዝቃናርዬ{number}")];
        parts.iter().for_each(|part| self.0.push((name.to_owned(), part.clone())));
        parts.join(" ")
    }

    /// Three: a given name, a family name, a telephone number.
    fn three(&mut self, name: &str) -> [String; 3] {
        ["given name", "family name", "phone"].map(|what| self.plant(&format!("{what} {name}")))
    }

    fn search(&self) -> Search {
        let pieces = ["QZEINGANG", "ቅዝቃናርዬ"].map(|piece| ("piece of a canary", piece.as_bytes().to_vec()));
        Search::of(self.0.iter().map(|(name, value)| (name.as_str(), value.clone().into_bytes())).chain(pieces))
    }
}

/// Names of what is found that is no piece.
fn whole(search: &Search, bytes: &[u8]) -> BTreeSet<String> {
    let found = search.bytes("there", bytes).into_iter().map(|found| found.name);
    found.filter(|name| !name.starts_with("piece")).collect()
}

/// What stands in the referrals.
const STANDS: &str = "SELECT concat(coalesce(number, ''), ' ', coalesce(partner_case, ''), ' ', coalesce(given_name, ''), ' ', \
                      coalesce(family_name, ''), ' ', coalesce(phone, ''), ' ', coalesce(comment, '')) FROM referral";

/// New referrals: process and exchange.
const NEW: (&str, &str) = ("SHP-2731", "new-referral");
/// What the partner says of one.
const SAYS: (&str, &str) = ("SHP-2748", "intervention-status");

struct Desk<'d> {
    place: &'d Place,
    logged: Logged<'d>,
    secrets: Secrets,
    token: String,
    bearer: String,
    search: Search,
}

impl Desk<'_> {
    fn nothing_is_found(&self, when: &str) {
        assert_eq!(self.logged.found(&self.search), BTreeSet::new(), "{when}");
        let undo = if self.place.store == Store::Postgres { "encode(undo, 'hex')" } else { "hex(undo)" };
        let plans = self.place.asked(&format!("SELECT {undo} FROM causeway_applied")).join("\n");
        assert_eq!(self.search.bytes("plans for undoing", plans.as_bytes()), BTreeSet::new(), "{when}");
        if self.place.store == Store::Postgres {
            assert_eq!(self.search.bytes("our database", database(self.place).as_bytes()), BTreeSet::new(), "{when}");
        }
    }

    fn ingests(&self, process: &str, waits: bool, records: &[Value]) -> Value {
        let reply = wire::ingests(&self.logged.address, &self.secrets, &self.token, (process, waits), records);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// Sends by the partner API, and is told what became of it.
    fn told(&self, exchange: &str, records: &[Value], state: &str) -> Value {
        let intake = sent(&self.logged.address, &self.bearer, exchange, records);
        let get = |path: &str| call(&self.logged.address, &self.bearer, "GET", &format!("/intakes/{intake}{path}"), "");
        waited("it is not applied", || get("").json()["state"] == state);
        get("/outcomes").json()
    }

    fn count(&self, cases: &str) -> usize {
        self.place.asked(&format!("SELECT referral_id FROM referral WHERE partner_case LIKE '{cases}'")).len()
    }
}

/// Every row of every table of our own database on the server, bytes in hexadecimal.
fn database(place: &Place) -> String {
    let config = std::fs::read_to_string(place.street.home().join("causeway.toml")).unwrap();
    let name = config.split("governed_").nth(1).unwrap().split('"').next().unwrap();
    let name = format!("governed_{name}");
    let tables = server::postgres().sql(&name, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'").unwrap();
    let rows = |table: &str| server::postgres().sql(&name, &format!("SELECT t::text FROM {table} t")).unwrap();
    tables.lines().map(rows).collect()
}

fn by_every_way(store: Store) {
    let place = Place::of(store, |file, text| match file {
        // Two pages where there are two.
        "exchange-pending.yaml" => text.replace("page: 1000", "page: 1"),
        _ => text,
    });
    let mut canaries = Canaries::default();
    let pages = [1, 2].map(|of| (id(of), canaries.plant("number in a page")));
    for (id, number) in &pages {
        place.administer(&format!("UPDATE referral SET number = '{number}' WHERE referral_id = '{id}'"));
    }
    let ways = ["sync", "async", "json"].map(|way| (way, canaries.plant(&format!("id by {way}")), canaries.three(way)));
    let [bad, waits, before, after, killed] =
        ["bad", "waiting", "before", "after", "killed"].map(|name| canaries.plant(name));
    let secrets = added(&place);
    let program = place.program();
    let logged = Logged::begin(&place.street);
    let (token, bearer) = (wire::token(&logged.address, &secrets), program.token(&logged.address));
    let search = canaries.search();
    let mut desk = Desk { place: &place, logged, secrets, token, bearer, search };
    desk.logged.is_seen(&desk.search, &bad);

    // By PING's door, at once and queued; each with one whose code nobody knows.
    for (at, (way, case, names)) in ways.iter().enumerate() {
        let names = names.each_ref().map(String::as_str);
        let spoilt = names.map(|_| bad.as_str());
        let guid = |of: usize| id(u32::try_from(100 + 10 * at + of).unwrap());
        match *way {
            "json" => {
                let of = |case: &str, guid: String, [given, family, phone]: [&str; 3], sex: &str| {
                    json!({
                        "case": case, "referral": guid, "start_date": "2026-04-01", "given_name": given, "family_name": family, "phone": phone,
                        "business_unit": "20000000-0000-4000-8000-000000000001", "sex": sex, "intervention_type": "psychosocial",
                    })
                };
                let records = [of(case, guid(1), names, "125080000"), of("bad-json", guid(2), spoilt, &bad)];
                let told = desk.told(NEW.1, &records, "acknowledged");
                assert_eq!(told["items"][0]["external_id"], **case, "{told}");
            }
            _ => {
                let records = [
                    wire::referral(case, &guid(1), names, "125080000"),
                    wire::referral(&format!("bad-{way}"), &guid(2), spoilt, &bad),
                ];
                let said = desk.ingests(NEW.0, *way == "sync", &records);
                if *way == "sync" {
                    assert_eq!(
                        (&said["Data"][0]["Status"], &said["Data"][1]["Status"]),
                        (&json!("Accepted"), &json!("Rejected")),
                        "{said}"
                    );
                }
            }
        }
        waited("it is not applied", || desk.count(case) == 1);
        desk.nothing_is_found(way);
    }
    // What waits for a person, and what was there before.
    let says =
        |message: &str, of: u32, comment: &str| json!({ "message": message, "referral": id(of), "comment": comment });
    desk.told(SAYS.1, &[says("waits", 99, &waits)], "awaiting-review");
    desk.told(SAYS.1, &[says("before", 3, &before)], "acknowledged");
    desk.told(SAYS.1, &[says("after", 3, &after)], "acknowledged");
    desk.nothing_is_found("what waits, and plans for undoing");
    // Two pages of which one is asked for, by either door.
    let fetched = wire::fetches(&desk.logged.address, &desk.secrets, &desk.token, "SHP-2747", None);
    let rows = call(&desk.logged.address, &desk.bearer, "POST", "/exchanges/pending-referrals/rows", "{}");
    let shown = [&fetched, &rows].map(|reply| whole(&desk.search, reply.body.as_bytes()));
    assert!(shown.iter().all(|names| names.contains("number in a page")), "{fetched:?} {rows:?}");
    assert!(wire::cookie(&fetched).is_some() && rows.json()["next"].is_string(), "{fetched:?} {rows:?}");
    assert_eq!(desk.logged.nameless(), 2, "pages lie in files without a name");
    desk.nothing_is_found("pages");
    // Everything that was applied stands where it should: the search sees it there.
    let stands = whole(&desk.search, place.asked(STANDS).join("\n").as_bytes());
    let applied = canaries
        .0
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !["bad", "waiting", "before", "killed"].contains(name));
    assert_eq!(stands, applied.map(str::to_owned).collect());

    // Both die while a long body is applied, and pages wait.
    let many: Vec<Value> = (0..400)
        .map(|of| wire::referral(&format!("many-{of}"), &id(1_000 + of), [killed.as_str(); 3], "125080000"))
        .collect();
    std::thread::scope(|threads| {
        let (address, secrets, token) = (desk.logged.address.clone(), &desk.secrets, &desk.token);
        let asking = threads
            .spawn(move || std::panic::catch_unwind(|| wire::ingests(&address, secrets, token, (NEW.0, true), &many)));
        waited("nothing of it is applied", || desk.count("many-%") > 20);
        desk.logged.kill();
        let _it_was_cut = asking.join();
    });
    let there = desk.count("many-%");
    assert!((1..400).contains(&there), "{there} were applied before it died");
    desk.nothing_is_found("after both were killed");
    desk.logged.again();
    waited("it is not applied", || desk.count("many-%") == 400);
    desk.nothing_is_found("after it was taken up again");
    desk.logged.kill();
    place.street.good(&["ledger", "verify"]).unwrap();
}

#[test]
fn what_comes_in_rests_nowhere_in_the_clear_on_sqlite() {
    by_every_way(Store::Sqlite);
}

#[test]
fn what_comes_in_rests_nowhere_in_the_clear_on_postgres() {
    by_every_way(Store::Postgres);
}

#[test]
fn half_a_file_and_what_it_becomes_rest_nowhere_in_the_clear() {
    use crate::accept::documents::NUMBERS;
    use crate::accept::scene::{Scene, record};
    let scene = Scene::new();
    let street = &scene.street;
    let config = street.home().join("causeway.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}{}", door())).unwrap();
    let program =
        registered(street, "lantern-relief", "lantern-sync", |it| it.scopes = vec![format!("exchange:{NUMBERS}")]);
    let mut canaries = Canaries::default();
    let message = canaries.plant("id");
    let lines: Vec<Value> = (0..30).map(|of| record(&format!("{message} {of}"), 10, of)).collect();
    let numbers = (0..30).map(|of| ("number".to_owned(), format!("INVENTED{of:03}")));
    canaries.0.extend(numbers);
    let search = canaries.search();
    let bytes = std::fs::read(scene.envelope(1, &lines)).unwrap();
    let mut logged = Logged::begin(street);
    logged.is_seen(&search, &message);
    let piece = |logged: &Logged<'_>, (method, path): (&str, &str), offset: Option<usize>, last: &str, body: &[u8]| {
        let bearer = format!("Bearer {}", program.token(&logged.address));
        let offset = offset.map(|offset| offset.to_string());
        let mut headers = vec![
            ("authorization", bearer.as_str()),
            ("content-type", "application/octet-stream"),
            ("upload-complete", last),
        ];
        headers.extend(offset.iter().map(|offset| ("upload-offset", offset.as_str())));
        http_bytes(&logged.address, method, &format!("/api/v1{path}"), &headers, body)
    };
    let half = bytes.len() / 2;
    let begun = piece(&logged, ("POST", &format!("/exchanges/{NUMBERS}/uploads")), None, "?0", &bytes[..half]);
    assert_eq!(begun.status, 201, "{begun:?}");
    let path = format!("/uploads/{}", begun.json()["upload"].as_str().unwrap());
    assert_eq!(logged.found(&search), BTreeSet::new(), "half of it");
    logged.kill();
    assert_eq!(logged.found(&search), BTreeSet::new(), "half of it, after both were killed");
    logged.again();
    let whole = piece(&logged, ("PATCH", &path), Some(half), "?1", &bytes[half..]);
    assert_eq!(whole.status, 202, "{whole:?}");
    waited("it is not applied", || scene.tables()[29].contains("|ACC|"));
    logged.kill();
    assert_eq!(logged.found(&search), BTreeSet::new(), "what it became");
    let stands = search.bytes("there", scene.tables().join("\n").as_bytes());
    assert!(stands.iter().any(|found| found.name == "number"), "{stands:?}");
}
