//! Do the example exchanges release exactly what plain SQL over the same stores says, and account for everybody else?

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use causeway_flow::source::Source;
use causeway_flow::transform::Pseudonyms;
use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::Exchange;
use causeway_testkit::population::{self, Planting, Spec, Truth};
use rusqlite::Connection;
use serde_json::Value;

use super::street::{ROOT, Run, compile, read, run, seal_and_open};

pub fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/kenya").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn catalogue() -> Catalogue {
    read(&example("catalogue.yaml"))
}

pub fn sources(catalogue: &Catalogue, dir: &Path) -> Vec<Box<dyn Source>> {
    catalogue.sources.iter().map(|source| causeway_connect::source::open(source, dir).unwrap()).collect()
}

struct World {
    dir: PathBuf,
    truth: Truth,
    _kept: tempfile::TempDir,
}

/// Two thousand people, made once for all tests of this file.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let kept = causeway_testkit::throw_away::directory().unwrap();
        let dir = kept.path().to_path_buf();
        let truth = population::generate(&dir, &Spec::of(2_000)).unwrap();
        World { dir, truth, _kept: kept }
    })
}

fn walk(arrangement: &str, exchange: &str) -> Run {
    let catalogue = catalogue();
    let (arrangement, exchange): (Arrangement, Exchange) = (read(&example(arrangement)), read(&example(exchange)));
    assert!(!arrangement.check(&catalogue).has_errors(), "{:?}", arrangement.check(&catalogue));
    assert!(!exchange.check(&catalogue).has_errors(), "{:?}", exchange.check(&catalogue));
    let plan = compile(&catalogue, &arrangement, &exchange).unwrap_or_else(|why| panic!("{why:#?}"));
    run(&plan, &sources(&catalogue, &world().dir)).unwrap()
}

fn registration() -> Connection {
    Connection::open(world().dir.join(population::REGISTRATION)).unwrap()
}

/// Rows of a query as text; nothing is the empty text.
fn rows(store: &Connection, sql: &str, parameter: &str) -> Vec<Vec<String>> {
    let mut statement = store.prepare(sql).unwrap();
    let columns = statement.column_count();
    let parameters: Vec<&str> = if statement.parameter_count() == 1 { vec![parameter] } else { Vec::new() };
    let cell = |value: rusqlite::types::Value| match value {
        rusqlite::types::Value::Null => String::new(),
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other => panic!("{other:?}"),
    };
    let row =
        |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at).map(cell)).collect::<rusqlite::Result<Vec<_>>>();
    statement.query_map(rusqlite::params_from_iter(parameters), row).unwrap().map(Result::unwrap).collect()
}

fn one(store: &Connection, sql: &str, parameter: &str) -> String {
    rows(store, sql, parameter).first().map(|row| row[0].clone()).unwrap_or_default()
}

/// Cents of delivered assistance in dollars, by household.
fn delivered_usd() -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for line in std::fs::read_to_string(world().dir.join(population::ASSISTANCE)).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[4] == "USD" && cells[5] == "DELIVERED" {
            *sums.entry(cells[0].to_owned()).or_default() += cells[3].replace('.', "").parse::<u64>().unwrap();
        }
    }
    sums
}

fn pseudonym(partner: &str, purpose: &str, id: &str) -> String {
    let digits = id.replace('-', "");
    let bytes: Vec<u8> = (0..32).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect();
    let pseudonym = Pseudonyms::new(&ROOT, partner, purpose).of("individual", &bytes);
    pseudonym.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn food(id: &str) -> String {
    pseudonym("lantern-relief", "food-assistance", id)
}

/// Who lives in the four camps, by household.
fn inside() -> BTreeMap<String, Vec<String>> {
    let mut inside: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let sql = "SELECT household_no, individual_id FROM individual WHERE camp_pcode IN ('KE106322', 'KE111507', 'KE115655', 'KE123001') ORDER BY 2";
    for row in rows(&registration(), sql, "") {
        inside.entry(row[0].clone()).or_default().push(row[1].clone());
    }
    inside
}

fn planted(kinds: &[Planting]) -> BTreeSet<String> {
    kinds.iter().flat_map(|kind| world().truth.planted(*kind)).cloned().collect()
}

fn band(born: &str, at: &str, from: &[u32]) -> String {
    if born.is_empty() {
        return "unknown".to_owned();
    }
    let years = at[..4].parse::<u32>().unwrap() - born[..4].parse::<u32>().unwrap() - u32::from(at[5..] < born[5..]);
    let place = from.iter().rposition(|from| *from <= years).unwrap();
    match from.get(place + 1) {
        Some(next) => format!("{}-{}", from[place], next - 1),
        None => format!("{}+", from[place]),
    }
}

/// Released, withheld and quarantined are everybody who lives in the four camps, each once.
fn accounted(
    run: &Run,
    broken: &BTreeSet<String>,
    withheld: &BTreeSet<String>,
    key: impl Fn(&str) -> String,
    refs: &[String],
) {
    assert_eq!(run.keys("withheld", "individual"), withheld.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(
        run.keys("quarantined", "individual"),
        broken.iter().map(String::as_str).collect::<Vec<_>>(),
        "{:?}",
        run.clearance
    );
    let left_out: BTreeSet<&String> = broken.union(withheld).collect();
    let people: Vec<String> = inside().into_values().flatten().collect();
    let mut expected: Vec<String> = people.iter().filter(|id| !left_out.contains(id)).map(|id| key(id)).collect();
    let mut found = refs.to_vec();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(found.len() + broken.len() + withheld.len() + world().truth.outside() as usize, 2_000);
    let mut disclosed = run.disclosed.clone();
    let mut ids: Vec<String> = people.into_iter().filter(|id| !left_out.contains(id)).collect();
    disclosed.sort();
    ids.sort();
    assert_eq!(disclosed, ids);
    assert_eq!(run.clearance.withheld.values().sum::<u64>() as usize, withheld.len());
    assert_eq!(run.clearance.quarantined as usize, broken.len());
}

fn texts(run: &Run, name: &str) -> Vec<String> {
    run.records().iter().map(|record| record[name].as_str().unwrap().to_owned()).collect()
}

#[test]
fn people_flat() {
    let run = walk("arrangement-food.yaml", "exchange-people.yaml");
    accounted(&run, &planted(&Planting::BROKEN), &planted(&Planting::WITHHELD), food, &texts(&run, "person_ref"));
    let (store, sums, released) = (registration(), delivered_usd(), run.by("person_ref"));
    let bims = Connection::open(world().dir.join(population::BIOMETRICS)).unwrap();
    let mut with_document = 0;
    for (household, members) in inside() {
        for id in members {
            let Some(record) = released.get(&food(&id)) else { continue };
            let column =
                |name: &str| one(&store, &format!("SELECT {name} FROM individual WHERE individual_id = ?"), &id);
            let sex = BTreeMap::from([("F", "2"), ("M", "1"), ("U", "0"), ("X", "9")]);
            assert_eq!(record["sex"], sex[column("sex").as_str()]);
            assert_eq!(record["camp"], column("camp_pcode"));
            assert_eq!(record["relationship"], column("relationship_to_head"));
            assert_eq!(record["arrival_year"].to_string(), column("arrival_date")[..4]);
            assert_eq!(record["age_band"], band(&column("date_of_birth"), "2026-10-01", &[0, 5, 12, 18, 25, 50, 60]));
            let cents = sums.get(&household).copied().unwrap_or_default();
            assert_eq!(record["assistance_total_usd"], format!("{}.{:02}", cents / 100, cents % 100));
            let latest = one(
                &store,
                "SELECT document_number FROM document WHERE individual_id = ? ORDER BY issue_date DESC, document_number DESC",
                &id,
            );
            assert_eq!(record["latest_document"].as_str().unwrap_or_default(), latest);
            with_document += usize::from(!latest.is_empty());
            let face = one(
                &bims,
                "SELECT COUNT(*) > 0 FROM enrolment WHERE individual_id = ? AND modality = 'face' AND status = 'enrolled'",
                &id,
            );
            assert_eq!(record["has_face"], face == "1");
            let quality = one(&bims, "SELECT MAX(quality) FROM enrolment WHERE individual_id = ?", &id);
            assert_eq!(record["best_quality"].as_i64().map(|quality| quality.to_string()).unwrap_or_default(), quality);
        }
    }
    assert!(with_document > 100, "{with_document}");
    let conflicts = run.clearance.conflicts.get("individual.phone").copied().unwrap_or_default();
    assert!(conflicts > 0 && conflicts <= u64::from(world().truth.phone_conflicts), "{conflicts}");
}

#[test]
fn people_nested() {
    let run = walk("arrangement-food.yaml", "exchange-nested.yaml");
    let broken = planted(&[Planting::InvalidUtf8, Planting::Oversize]);
    accounted(&run, &broken, &planted(&Planting::WITHHELD), food, &texts(&run, "person_ref"));
    let (store, released) = (registration(), run.by("person_ref"));
    let items = |list: &Value, names: &[&str]| -> Vec<Vec<String>> {
        let row = |item: &Value| names.iter().map(|name| item[*name].as_str().unwrap().to_owned()).collect();
        list.as_array().unwrap().iter().map(row).collect()
    };
    let mut plain_names = 0;
    for id in inside().into_values().flatten() {
        let Some(record) = released.get(&food(&id)) else { continue };
        let sql = "SELECT document_type, trim(document_number) FROM document WHERE individual_id = ? ORDER BY 1, 2";
        assert_eq!(items(&record["documents"], &["type", "number"]), rows(&store, sql, &id));
        let sql = "SELECT language, level FROM language WHERE individual_id = ? ORDER BY 1, 2";
        assert_eq!(items(&record["languages"], &["language", "level"]), rows(&store, sql, &id));
        let sql = "SELECT category FROM specific_need WHERE individual_id = ? AND status = 'active' ORDER BY 1";
        let needs = rows(&store, sql, &id);
        assert_eq!(items(&record["needs"], &["category"]), needs);
        assert_eq!(record["active_needs"], needs.len());
        let sql = "SELECT upper(concat_ws(' ', given_name, middle_name, family_name)) FROM individual WHERE individual_id = ?";
        let name = one(&store, sql, &id);
        if name.is_ascii() {
            plain_names += 1;
            assert_eq!(record["full_name"], name);
        }
    }
    assert!(plain_names > 50, "{plain_names}");
}

#[test]
fn households_hold_only_members_who_may_be_shared() {
    let run = walk("arrangement-food.yaml", "exchange-households.yaml");
    let broken = planted(&[Planting::ImpossibleDate, Planting::InvalidUtf8, Planting::Oversize]);
    let withheld = planted(&Planting::WITHHELD);
    let members = |record: &Value| -> Vec<String> {
        record["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|member| member["person_ref"].as_str().unwrap().to_owned())
            .collect()
    };
    let refs: Vec<String> = run.records().iter().flat_map(members).collect();
    accounted(&run, &broken, &withheld, food, &refs);
    let (store, sums) = (registration(), delivered_usd());
    let left_out: BTreeSet<String> = broken.union(&withheld).cloned().collect();
    let by_members: BTreeMap<Vec<String>, Value> = run
        .records()
        .into_iter()
        .map(|record| {
            let mut members = members(&record);
            members.sort();
            (members, record)
        })
        .collect();
    let (mut expected_households, mut with_gap) = (0, 0);
    for (household, people) in inside() {
        let shared: Vec<&String> = people.iter().filter(|id| !left_out.contains(*id)).collect();
        if shared.is_empty() {
            continue;
        }
        expected_households += 1;
        with_gap += usize::from(shared.len() < people.len());
        let mut refs: Vec<String> = shared.iter().map(|id| food(id)).collect();
        refs.sort();
        let record = &by_members[&refs];
        let cents = sums.get(&household).copied().unwrap_or_default();
        assert_eq!(record["assistance_total_usd"], format!("{}.{:02}", cents / 100, cents % 100));
        let sql = "SELECT preferred_language FROM individual WHERE individual_id = ?";
        let mut languages: Vec<String> = shared.iter().map(|id| one(&store, sql, id)).collect();
        languages.sort();
        assert_eq!(record["languages"], Value::from(languages));
        for member in record["members"].as_array().unwrap() {
            let id = shared.iter().find(|id| member["person_ref"] == food(id)).unwrap();
            let sql = "SELECT document_type FROM document WHERE individual_id = ? ORDER BY 1";
            let types: Vec<String> = rows(&store, sql, id).into_iter().map(|mut row| row.remove(0)).collect();
            assert_eq!(member["document_types"], Value::from(types));
        }
    }
    assert_eq!(run.clearance.released, expected_households);
    assert!(with_gap > 20, "{with_gap}");
}

#[test]
fn pseudonymised_shares_no_value_with_another_partner() {
    let run = walk("arrangement-school.yaml", "exchange-school.yaml");
    let school = |id: &str| pseudonym("acacia-schools", "school-places", id);
    // Consent is not the basis here, and a mark against another partner is none against this one.
    let withheld = planted(&[Planting::MarkedForEveryone]);
    accounted(&run, &planted(&[Planting::ImpossibleDate]), &withheld, school, &texts(&run, "child"));
    let (store, released) = (registration(), run.by("child"));
    for id in inside().into_values().flatten() {
        let Some(record) = released.get(&school(&id)) else { continue };
        let column = |name: &str| one(&store, &format!("SELECT {name} FROM individual WHERE individual_id = ?"), &id);
        assert_eq!(record["district"], column("camp_pcode")[..5]);
        let expected = band(&column("date_of_birth"), "2026-10-01", &[0, 6, 14, 19]).replace("unknown", "not-known");
        assert_eq!(record["school_age"], expected);
    }
    let cells = |run: &Run| -> BTreeSet<String> {
        let values = |record: Value| record.as_object().unwrap().values().map(Value::to_string).collect::<Vec<_>>();
        run.records().into_iter().flat_map(values).collect()
    };
    let other = walk("arrangement-food.yaml", "exchange-people.yaml");
    assert_eq!(cells(&run).intersection(&cells(&other)).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn each_becomes_a_package_that_the_partner_opens() {
    let catalogue = catalogue();
    for (arrangement, exchange) in [
        ("arrangement-food.yaml", "exchange-people.yaml"),
        ("arrangement-food.yaml", "exchange-nested.yaml"),
        ("arrangement-food.yaml", "exchange-households.yaml"),
        ("arrangement-school.yaml", "exchange-school.yaml"),
    ] {
        let dir = causeway_testkit::throw_away::directory().unwrap();
        let (terms, flow): (Arrangement, Exchange) = (read(&example(arrangement)), read(&example(exchange)));
        let sources = sources(&catalogue, &world().dir);
        let (opened, clearance) = seal_and_open(&catalogue, &terms, &flow, &sources, dir.path()).unwrap();
        assert_eq!(opened.inner.released, clearance.released, "{exchange}");
        let names: Vec<&str> = opened.inner.about.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, flow.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>());
        // What is told of an output is what it is made of; a constant or an agreed form, never more.
        assert!(opened.inner.about.fields.iter().all(|field| !field.from.is_empty()), "{exchange}");
    }
}
