//! Can the partner see that somebody was left out? What it decrypts must be what it would be if the person were not there.

use std::path::Path;

use causeway_flow::enforce::Register;
use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::{Exchange, FormatKind};
use causeway_model::{Code, ElementRef, Form};
use causeway_testkit::population::edit::{self, Store};
use causeway_testkit::population::{self, Plant, RawText, Spec};
use causeway_testkit::throw_away;
use rusqlite::Connection;

use super::examples::{catalogue, example, sources};
use super::small::{self, Stores, everything_agreed};
use super::street::{Opened, read, seal_and_open, seal_and_open_heeding};

const FILES: [&str; 4] =
    [population::REGISTRATION, population::BIOMETRICS, population::ASSISTANCE, population::VERIFICATION];

/// What the partner reads, to the byte: data, and everything of the inner manifest.
fn same(left_out: &Opened, never_there: &Opened, what: &str) {
    assert!(left_out.data == never_there.data, "{what}: the data differ");
    assert_eq!(left_out.inner_apart_from_chance(), never_there.inner_apart_from_chance(), "{what}");
}

fn food() -> Arrangement {
    let mut arrangement: Arrangement = read(&example("arrangement-food.yaml"));
    let mut counted = arrangement.elements[0].clone();
    counted.element = ElementRef::new("individual", "individual_id");
    counted.form = Form::AggregateOnly;
    arrangement.elements.push(counted);
    arrangement
}

/// A flat exchange in which each person carries a fact about the whole household.
const COUNTING: &str = r#"
exchange: counting
version: 1
arrangement: food-2026
root: individual
on_withheld_member: omit
fields:
  - { name: person_ref, from: individual_id, transform: [pseudonym] }
  - { name: given_name, from: given_name }
  - { name: members, reduce: count, of: household.members }
  - { name: languages, reduce: list, of: household.members.preferred_language }
  - { name: first_name, reduce: min, of: household.members.given_name }
format: { kind: json-lines, audience: machine }
deliver: { folder: { path: outbox } }
"#;

fn run(catalogue: &Catalogue, exchange: &Exchange, stores: &Path) -> Opened {
    let dir = throw_away::directory().unwrap();
    seal_and_open(catalogue, &food(), exchange, &sources(catalogue, stores), dir.path()).unwrap().0
}

/// The same, where this person objects.
fn run_without(catalogue: &Catalogue, exchange: &Exchange, stores: &Path, person: &str) -> Opened {
    let (dir, person) = (throw_away::directory().unwrap(), person.to_owned());
    let register = Register::new(move |key| (key == person.as_bytes()).then_some(Code::PersonObjects));
    let sources = sources(catalogue, stores);
    let sealed = seal_and_open_heeding(catalogue, &food(), exchange, &sources, register, dir.path());
    let (opened, clearance) = sealed.unwrap();
    assert_eq!(clearance.withheld.get(&Code::PersonObjects), Some(&1), "counted, as every other reason");
    opened
}

/// A copy of the stores, changed.
fn changed(from: &Path, change: impl FnOnce(&Path)) -> tempfile::TempDir {
    let dir = throw_away::directory().unwrap();
    for file in FILES {
        std::fs::copy(from.join(file), dir.path().join(file)).unwrap();
    }
    change(dir.path());
    dir
}

/// Somebody who lives with others, and somebody who lives alone, each with whom they live with.
fn chosen(dir: &Path) -> Vec<Vec<String>> {
    let store = Connection::open(dir.join(population::REGISTRATION)).unwrap();
    let members = |condition: &str| -> Vec<String> {
        let sql = format!(
            "SELECT individual_id FROM individual WHERE household_no = (SELECT household_no FROM individual \
             GROUP BY 1 HAVING {condition} ORDER BY 1 LIMIT 1) ORDER BY 1"
        );
        let mut statement = store.prepare(&sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let chosen = vec![members("COUNT(*) > 3"), members("COUNT(*) = 1")];
    assert!(chosen[0].len() > 3 && chosen[1].len() == 1);
    chosen
}

/// Every way in which one person is left out, in an element that every exchange here reads.
fn ways(dir: &Path, person: &str) -> Vec<(&'static str, tempfile::TempDir)> {
    let broken = |value: &'static [u8]| {
        changed(dir, |dir| {
            edit::set_column(dir, Store::Registration, "individual", person, "given_name", RawText(value)).unwrap()
        })
    };
    vec![
        ("marked for everyone", changed(dir, |dir| edit::set_mark(dir, person, "*").unwrap())),
        ("marked for the partner", changed(dir, |dir| edit::set_mark(dir, person, "lantern-relief").unwrap())),
        ("consent refused", changed(dir, |dir| edit::set_consent(dir, person, "refused").unwrap())),
        ("consent of no known kind", changed(dir, |dir| edit::set_consent(dir, person, "perhaps").unwrap())),
        ("a name that is not UTF-8", broken(b"In\xffvented")),
    ]
}

#[test]
fn whoever_is_left_out_was_never_there() {
    let stores = throw_away::directory().unwrap();
    population::generate(stores.path(), &Spec::of(240).plant(Plant::none())).unwrap();
    let (catalogue, stores) = (catalogue(), stores.path());
    let exchanges = [
        ("people", example("exchange-people.yaml")),
        ("nested", example("exchange-nested.yaml")),
        ("households", example("exchange-households.yaml")),
        ("counting", COUNTING.to_owned()),
    ];
    for household in chosen(stores) {
        let person = household.last().unwrap();
        let gone = changed(stores, |dir| edit::delete_person(dir, person).unwrap());
        let ways = ways(stores, person);
        for (name, exchange) in &exchanges {
            let exchange: Exchange = read(exchange);
            let never_there = run(&catalogue, &exchange, gone.path());
            assert!(
                run(&catalogue, &exchange, stores).data != never_there.data,
                "{name}: the person made no difference"
            );
            for (way, dir) in &ways {
                same(&run(&catalogue, &exchange, dir.path()), &never_there, &format!("{name}, {way}"));
            }
            same(
                &run_without(&catalogue, &exchange, stores, person),
                &never_there,
                &format!("{name}, by their own word"),
            );
        }
    }
}

#[test]
fn a_withheld_household_was_never_there() {
    let stores = throw_away::directory().unwrap();
    population::generate(stores.path(), &Spec::of(240).plant(Plant::none())).unwrap();
    let (catalogue, stores) = (catalogue(), stores.path());
    for household in chosen(stores) {
        let person = household.last().unwrap();
        let gone = changed(stores, |dir| household.iter().for_each(|person| edit::delete_person(dir, person).unwrap()));
        let ways = ways(stores, person);
        for text in [example("exchange-households.yaml"), COUNTING.to_owned()] {
            let text = text.replace("on_withheld_member: omit", "on_withheld_member: withhold-household");
            let exchange: Exchange = read(&text);
            let never_there = run(&catalogue, &exchange, gone.path());
            for (way, dir) in &ways {
                same(&run(&catalogue, &exchange, dir.path()), &never_there, &format!("{}, {way}", exchange.exchange));
            }
            let own_word = run_without(&catalogue, &exchange, stores, person);
            same(&own_word, &never_there, &format!("{}, by their own word", exchange.exchange));
        }
    }
}

/// Breaks and marks over the small stores, in every place where something is read of a person.
fn small_ways() -> Vec<(&'static str, Stores)> {
    fn way(change: impl FnOnce(&mut Stores) -> &mut Stores) -> Stores {
        let mut stores = Stores::new();
        change(&mut stores);
        stores
    }
    vec![
        ("mark", way(|s| s.add("mark", "2 p02 -"))),
        ("consent", way(|s| s.set("person", "p02", "consent", "-"))),
        ("own value", way(|s| s.set("person", "p02", "sex", "Q"))),
        ("value of the second table", way(|s| s.set("extra", "p02", "status", "maybe"))),
        ("value of a document", way(|s| s.set("document", "3", "kind", "Z"))),
        ("value that a transform refuses", way(|s| s.set("person", "p02", "family", "x"))),
    ]
}

fn small_run(exchange: &Exchange, stores: &Stores) -> Opened {
    let dir = throw_away::directory().unwrap();
    let mut arrangement = everything_agreed();
    arrangement.row_cap = 100_000;
    seal_and_open(&small::catalogue(), &arrangement, exchange, &stores.sources(), dir.path()).unwrap().0
}

#[test]
fn wherever_a_person_is_read_and_in_whatever_format_and_batches() {
    let item = "[ { name: g, from: given }, { name: s, from: sex }, { name: t, from: status }, { name: d, reduce: list, of: documents.kind }, { name: f, from: family, transform: [ { split: { separator: a, part: 2 } } ] } ]";
    let own = "{ name: s, from: sex }, { name: t, from: status }, { name: d, reduce: list, of: documents.kind }, { name: f, from: family, transform: [ { split: { separator: a, part: 2 } } ] }";
    let own: Vec<String> = own.split("}, {").map(|part| part.trim_matches(['{', '}', ' ']).to_owned()).collect();
    let people: Vec<String> =
        ["name: k, from: id".to_owned()].into_iter().chain(own).map(|field| format!("{{ {field} }}")).collect();
    let each = format!("{{ name: m, each: household.members, fields: {item} }}");
    let members = format!("{{ name: m, each: members, fields: {item} }}");
    let far = "{ name: far, each: household.district.households, fields: [ { name: no, from: no }, { name: m, reduce: list, of: members.given }, { name: n, reduce: count, of: members } ] }";
    let neighbours = far.replace("household.district", "district");
    let far_item = format!(
        "{{ name: far, each: household.district.households, fields: [ {{ name: no, from: no }}, {{ name: m, each: members, fields: {item} }} ] }}"
    );
    let near = "{ name: near, reduce: list, of: household.members.given }";
    let [neighbours_item, members_near] =
        [far_item.replace("household.district", "district"), "{ name: m, reduce: list, of: members.given }".to_owned()];
    let [count, first] =
        ["{ name: c, reduce: count, of: household.members }", "{ name: y, reduce: min, of: household.members.given }"];
    let flat: Vec<&str> = people.iter().map(String::as_str).chain([count, first]).collect();
    let mut nested = flat.clone();
    nested.push(&each);
    let mut through_others = flat.clone();
    through_others.push(far);
    let only_through = ["{ name: k, from: id }", &each, far];
    let shapes: [(&str, &str, Vec<&str>); 8] = [
        ("flat", "person", flat.clone()),
        ("nested", "person", nested),
        ("through others", "person", through_others),
        ("broken only in the list", "person", only_through.to_vec()),
        (
            "households",
            "household",
            vec!["{ name: k, from: no }", &members, "{ name: y, reduce: max, of: members.given }"],
        ),
        ("broken only far away", "person", vec!["{ name: k, from: id }", &far_item, near]),
        ("broken only at the neighbours", "household", vec!["{ name: k, from: no }", &members_near, &neighbours_item]),
        ("neighbours", "household", vec!["{ name: k, from: no }", &members, &neighbours]),
    ];
    for (name, root, fields) in shapes {
        for kind in [FormatKind::JsonLines, FormatKind::Parquet, FormatKind::Csv] {
            if kind == FormatKind::Csv && name != "flat" {
                continue;
            }
            let mut fields = fields.clone();
            if kind == FormatKind::Csv {
                fields.retain(|field| !field.contains("reduce: list"));
            }
            let mut exchange = small::exchange(root, &fields, "on_withheld_member: omit");
            exchange.format.kind = kind;
            let mut gone = Stores::new();
            gone.remove_person("p02");
            let never_there = small_run(&exchange, &gone);
            for (way, mut stores) in small_ways() {
                if kind == FormatKind::Csv && way == "value of a document" {
                    continue;
                }
                for batch in [3, 1, 100] {
                    stores.batches_of(batch);
                    let what = format!("{name}, {kind:?}, {way}, batches of {batch}");
                    same(&small_run(&exchange, &stores), &never_there, &what);
                }
            }
        }
    }
}

#[test]
fn parts_and_row_groups_do_not_tell_how_many_were_left_out_of_a_batch() {
    let fields = ["{ name: k, from: id }", "{ name: g, from: given }", "{ name: f, from: family }"];
    let filler = |row: usize| format!("{row:05} ").repeat(80);
    let mut stores = Stores::new();
    for row in 0..12_000 {
        let text = filler(row * 7919 % 12_000).replace(' ', "_");
        stores.add_fast(
            "person",
            &format!("x{row:05} h1 {} {} F 1980-01-01 XA0101 - 1 given AAA", &text[..240], &text[240..470]),
        );
    }
    for kind in [FormatKind::Parquet, FormatKind::JsonLines] {
        let mut exchange = small::exchange("person", &fields, "");
        exchange.format.kind = kind;
        exchange.package.part_mebibytes = 1;
        let mut left_out = stores.clone();
        left_out.set("person", "x00007", "consent", "refused");
        let mut gone = stores.clone();
        gone.remove_person("x00007");
        left_out.batches_of(1_000);
        gone.batches_of(1_000);
        let (left_out, gone) = (small_run(&exchange, &left_out), small_run(&exchange, &gone));
        assert!(left_out.inner.parts.len() > 1, "{kind:?}: one part proves nothing");
        same(&left_out, &gone, &format!("{kind:?}"));
    }
}
