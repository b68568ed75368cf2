//! Does whoever serves hold no key and no password of a source, in its environment, its open files and its memory, while it is asked a
//! hundred times a second; and once calls have ended, nothing of whom they were about?

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use causeway_testkit::server;
use serde_json::{Value, json};

use super::memory::{memory, secrets};
use super::search::{Found, Search};
use crate::api::place::{Gateway, Program, call, http, registered, word};
use crate::ping::place::{Secrets, added};
use crate::ping::wire;
use crate::referrals::place::{Place, Store, exchanges, id};

/// How long it is asked, and how often: so many ask so often a second each.
const ASKED: Duration = Duration::from_secs(8);
const ASKERS: u32 = 5;
const EACH: u32 = 20;

/// Passwords of the two users of the referrals.
const PASSWORDS: [(&str, &str); 2] =
    [("referrals_reader", "QZLESER-invented-7f3a"), ("referrals_writer", "QZSCHREIBER-invented-9c1d")];

const LOOK: &str = "exchange: referral-look
version: 1
arrangement: referrals-2026
root: referral
population: { in: { element: direction, values: [out] } }
fields:
  - { name: id, from: referral_id }
  - { name: number, from: number }
format: { kind: json-lines, audience: machine }
deliver:
  online:
    cap: 1
    page: 1
    answer: plain
    look_up: { by: [{ find_by: referral_id }], answer: elements, hourly: 1000000, daily: 1000000, similar_most: 1000000 }
";

fn names(found: &BTreeSet<Found>) -> BTreeSet<&str> {
    found.iter().map(|found| found.name.as_str()).collect()
}

/// Everything that was asked, sent and told in these calls has one of these in it.
const PEOPLE: [&str; 2] = ["QZMENSCH", "ቅዝቃሰው"];

fn person(what: &str, of: u32) -> String {
    format!("{}{what}{of} {}{of}", PEOPLE[0], PEOPLE[1])
}

struct Load<'l> {
    address: &'l str,
    place: &'l Place,
    program: &'l Program,
}

impl Load<'_> {
    /// Asks about people, fetches rows by both doors and sends people in, for a while. Whether any of it
    /// was in the memory of whoever serves meanwhile.
    fn ask(&self, secrets: &Secrets, serve: u32) -> bool {
        let Self { address, program, .. } = self;
        let (bearer, token) = (program.token(address), wire::token(address, secrets));
        let (until, bearer, token) = (Instant::now() + ASKED, bearer.as_str(), token.as_str());
        let good = |path: &str, body: &Value| {
            let reply = call(address, bearer, "POST", path, &body.to_string());
            assert_eq!(reply.status, 200, "{reply:?}");
            reply.body
        };
        let mut seen = false;
        let asked = std::thread::scope(|threads| {
            let asking: Vec<_> = (0..ASKERS)
                .map(|_| {
                    threads.spawn(move || {
                        let (begun, mut asked) = (Instant::now(), 0);
                        while Instant::now() < until {
                            let by = json!({ "by": { "referral_id": id(1 + asked % 4) } });
                            assert!(good("/exchanges/referral-look/look-ups", &by).contains(PEOPLE[0]));
                            asked += 1;
                            let due = Duration::from_secs(1) * asked / EACH;
                            std::thread::sleep(due.saturating_sub(begun.elapsed()));
                        }
                        asked
                    })
                })
                .collect();
            threads.spawn(move || {
                while Instant::now() < until {
                    assert!(good("/exchanges/pending-referrals/rows", &json!({})).contains(PEOPLE[0]));
                    let fetched = wire::fetches(address, secrets, token, "SHP-2747", None);
                    assert!(fetched.status == 200 && fetched.body.contains(PEOPLE[0]), "{fetched:?}");
                    std::thread::sleep(Duration::from_millis(50));
                }
            });
            let sending = threads.spawn(move || {
                let mut of = 100;
                while Instant::now() < until {
                    of += 2;
                    let names = ["given", "family", "phone"].map(|what| person(what, of));
                    let names = names.each_ref().map(String::as_str);
                    let one = wire::referral(&person("case", of), &id(of), names, "125080000");
                    let reply = wire::ingests(address, secrets, token, ("SHP-2731", false), &[one]);
                    assert_eq!(reply.status, 200, "{reply:?}");
                    let one = json!({
                        "case": person("case", of + 1), "referral": id(of + 1), "start_date": "2026-04-01", "given_name": names[0],
                        "business_unit": "20000000-0000-4000-8000-000000000001", "family_name": names[1], "sex": "125080000",
                        "intervention_type": "psychosocial",
                    });
                    let body = json!({ "records": [one] }).to_string();
                    let (key, bearer) = (word(), format!("Bearer {bearer}"));
                    let headers = [("authorization", bearer.as_str()), ("idempotency-key", &key), ("content-type", "application/json")];
                    let reply = http(address, "POST", "/api/v1/exchanges/new-referral/intakes", &headers, &body);
                    assert_eq!(reply.status, 202, "{reply:?}");
                    std::thread::sleep(Duration::from_millis(100));
                }
                of
            });
            let people = regex::bytes::Regex::new(&PEOPLE.join("|")).unwrap();
            while Instant::now() < until {
                seen = seen || people.is_match(&memory(serve));
            }
            assert!(sending.join().unwrap() > 100);
            asking.into_iter().map(|one| one.join().unwrap()).sum::<u32>()
        });
        println!("{asked} look-ups in {} s", ASKED.as_secs());
        seen
    }
}

/// The server of all tests, whose new sessions wait: those that are open go on.
struct Held(String);

impl Held {
    fn now() -> Self {
        let held = Self(server::postgres().pid().to_string());
        held.signal("-STOP");
        held
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.0]).status().unwrap().success());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

/// A password is in memory only while somebody signs in with it: that takes a while here, and the search sees it in `work` then.
fn passwords_are_seen_while_somebody_signs_in(load: &Load<'_>, secrets: &Secrets, (serve, work): (u32, u32)) {
    let [reader, writer] = PASSWORDS.map(|(_, password)| regex::bytes::Regex::new(password).unwrap());
    let (bearer, token) = (load.program.token(load.address), wire::token(load.address, secrets));
    let (address, bearer, token) = (load.address, bearer.as_str(), token.as_str());
    let names = ["given", "family", "phone"].map(|what| person(what, 90));
    let one = wire::referral(&person("case", 90), &id(90), names.each_ref().map(String::as_str), "125080000");
    std::thread::scope(|threads| {
        let held = Held::now();
        // What becomes of them is of no matter.
        threads.spawn(move || call(address, bearer, "POST", "/exchanges/pending-referrals/rows", "{}"));
        threads.spawn(move || wire::ingests(address, secrets, token, ("SHP-2731", false), &[one]));
        let (begun, mut seen) = (Instant::now(), [false; 2]);
        while seen != [true; 2] {
            assert!(begun.elapsed() < Duration::from_secs(30), "the search sees no password where one is: {seen:?}");
            let (works, serves) = (memory(work), memory(serve));
            assert!(!reader.is_match(&serves) && !writer.is_match(&serves), "whoever serves holds a password");
            seen = [seen[0] || reader.is_match(&works), seen[1] || writer.is_match(&works)];
        }
        drop(held);
    });
}

#[test]
fn whoever_serves_holds_no_key_and_no_password_and_after_a_call_nothing_of_it() {
    let place = Place::new(Store::Postgres);
    let street = &place.street;
    for (user, password) in PASSWORDS {
        server::postgres().sql("postgres", &format!("ALTER ROLE {user} PASSWORD '{password}'")).unwrap();
        fs::write(street.sources().join("secrets").join(user.replace('_', "-")), password).unwrap();
    }
    for of in 1..=4 {
        place.administer(&format!(
            "UPDATE referral SET number = '{}' WHERE referral_id = '{}'",
            person("number", of),
            id(of)
        ));
    }
    let file = street.home().join("exchange-look.yaml");
    fs::write(&file, LOOK).unwrap();
    street.good(&["exchange", "import", &file.display().to_string()]).unwrap();
    let config = street.home().join("causeway.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}calls_a_minute = 1000000\n")).unwrap();
    let ping = added(&place);
    let program = registered(street, "lantern-relief", "desk", |it| {
        let names = exchanges().into_iter().map(|(name, _)| name).chain(["referral-look"]);
        it.scopes = names.map(|name| format!("exchange:{name}")).collect();
    });
    let gateway = Gateway::on(street);
    let (serve, work) = (gateway.serve.id(), gateway.worker.id());
    let mut secrets = secrets(street.home());
    secrets.extend(PASSWORDS.map(|(_, password)| ("password", password.into())));
    let search = Search::of(secrets.iter().map(|(name, value)| (*name, value.clone())));
    let load = Load { address: &gateway.address, place: &place, program: &program };
    assert!(load.ask(&ping, serve), "the search sees nothing of a call while it is answered");
    passwords_are_seen_while_somebody_signs_in(&load, &ping, (serve, work));

    // In the environment and in open files.
    let environment = fs::read(format!("/proc/{serve}/environ")).unwrap();
    assert_eq!(search.bytes("environment", &environment), BTreeSet::new());
    let kept = [street.home().join("keys"), street.sources()];
    let open: Vec<_> = fs::read_dir(format!("/proc/{serve}/fd"))
        .unwrap()
        .map(|entry| fs::read_link(entry.unwrap().path()).unwrap())
        .collect();
    assert!(open.iter().all(|file| !kept.iter().any(|kept| file.starts_with(kept))), "{open:?}");

    // In memory; the same search in that of `work` finds everything.
    std::thread::sleep(Duration::from_secs(1));
    let (held, works) = (memory(serve), memory(work));
    println!("{} and {} MiB of memory", held.len() >> 20, works.len() >> 20);
    assert_eq!(search.bytes("memory of serve", &held), BTreeSet::new());
    let found = search.bytes("memory of work", &works);
    let unseen = |name: &&&str| !name.starts_with("password") && !names(&found).contains(**name);
    let unseen: Vec<_> = secrets.iter().map(|(name, _)| name).filter(unseen).collect();
    assert_eq!(unseen, [&""; 0], "the search does not see them where they are");

    // Of calls that have ended.
    let people = Search::of(PEOPLE.map(|piece| (piece, piece.as_bytes().to_vec())));
    assert_eq!(people.bytes("memory of serve", &held), BTreeSet::new());
    assert!(load.place.asked("SELECT partner_case FROM referral").iter().any(|case| case.contains(PEOPLE[0])));
    gateway.serve.ended();
    gateway.worker.ended();
}
