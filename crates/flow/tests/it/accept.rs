//! Do exactly the sound records go on, and is each other one told with all of its errors?

use arrow::array::AsArray;
use causeway_connect::records::records;
use causeway_flow::FlowError;
use causeway_flow::accept::{Checks, Opened, Records, Rejected, Validated, check_rules, validate};
use causeway_model::catalogue::Catalogue;
use causeway_model::document::Document;
use causeway_model::inbound::Inbound;
use causeway_package::inbound::{Source, sealed};
use causeway_package::key::{Identities, Identity};

const CATALOGUE: &str = r#"
catalogue: small
version: 1
sources: [ { name: store, connect: { sqlite: { path: a.sqlite } } } ]
targets: [ { name: registry, connect: { sqlite: { path: r.sqlite } } } ]
code_lists:
  - name: decision
    codes: [ { code: ACC, equivalents: { registry: accepted } }, { code: REJ, equivalents: { registry: rejected } }, { code: OWN } ]
entities:
  - name: person
    key: [id]
    tables: [ { name: main, source: store, table: person } ]
    subject: {}
    elements:
      - { name: id, type: uuid, sensitivity: 2, from: [ { table: main, column: id } ] }
      - { name: nin, type: text, sensitivity: 3, from: [ { table: main, column: nin } ] }
      - { name: decision, type: code(decision), sensitivity: 3, from: [ { table: main, column: decision } ] }
      - { name: asked_on, type: date, sensitivity: 2, from: [ { table: main, column: asked_on } ] }
      - { name: decided_on, type: date, sensitivity: 2, from: [ { table: main, column: decided_on } ] }
  - name: card
    key: [number]
    tables: [ { name: main, source: store, table: card } ]
    elements: [ { name: number, type: text, sensitivity: 2, from: [ { table: main, column: number } ] } ]
"#;

const INBOUND: &str = r#"
exchange: id-numbers
version: 1
direction: accept
arrangement: a
format: { kind: json-lines }
record:
  - { name: message, type: text, required: true, max_length: 40 }
  - { name: person, type: uuid, element: person.id, required: true }
  - { name: nin, type: text, element: person.nin, max_length: 6 }
  - { name: decision, type: code(decision), element: person.decision, vocabulary: registry }
  - { name: asked_on, type: date, element: person.asked_on }
  - { name: decided_on, type: date, element: person.decided_on }
  - { name: cards, at_most: 2, fields: [ { name: number, type: text, element: card.number, required: true, max_length: 4 } ] }
rules:
  - { name: in_order, holds: "!has(record.decided_on) || record.decided_on >= record.asked_on", reads: [record.decided_on, record.asked_on] }
external_id: message
match: [ [person] ]
apply:
  target: registry
  tables:
    - table: person
      key: [ { column: id } ]
      columns:
        - { column: id, from: person, on: never }
        - { column: nin, from: nin }
        - { column: decision, from: decision }
        - { column: asked_on, from: asked_on }
        - { column: decided_on, from: decided_on }
    - table: card
      each: cards
      key: [ { column: number } ]
      belongs: [person_id]
      columns: [ { column: number, from: number, on: insert } ]
      match: [ [number] ]
collect: [ upload ]
refuse_above_percent: 100
"#;

/// An invented person's id.
fn uuid(of: usize) -> String {
    format!("00000000-0000-4000-8000-{of:012}")
}

fn good(of: usize) -> String {
    format!(r#"{{"message":"m{of}","person":"{}","nin":"N{of}"}}"#, uuid(of))
}

pub(super) struct House {
    keys: Identities,
    recipient: causeway_package::key::Recipient,
    pub(super) inbound: Inbound,
    pub(super) checks: Checks,
}

/// How a file fared: which records go on, as text, and which do not, each as it was told.
type Fared = (Vec<String>, Vec<String>);

impl House {
    fn new(from: &str, to: &str) -> Self {
        assert!(INBOUND.contains(from), "{from}");
        Self::of(&INBOUND.replacen(from, to, 1))
    }

    pub(super) fn of(exchange: &str) -> Self {
        let inbound: Inbound = Document::parse("i.yaml", exchange).unwrap().read().unwrap();
        let catalogue: Catalogue = Document::parse("c.yaml", CATALOGUE).unwrap().read().unwrap();
        let identity = Identity::generate();
        let checks = Checks::compile(&inbound, &catalogue).unwrap();
        Self { recipient: identity.recipient(), keys: Identities::new(vec![identity]), inbound, checks }
    }

    pub(super) fn opened(&self, text: &[u8]) -> Opened {
        let body = sealed(text, &self.recipient).unwrap();
        Opened::on_receipt(Source::bytes(body), 64 << 20, &self.keys).unwrap()
    }

    pub(super) fn reading(&self) -> impl FnMut(&Opened) -> Result<Box<dyn Records>, FlowError> + '_ {
        |opened| {
            let plain = opened.read(&self.keys).unwrap();
            Ok(records(plain, self.inbound.format.kind).unwrap())
        }
    }

    pub(super) fn judged(&self, text: &[u8], told: &mut Vec<String>) -> Result<Validated, Rejected> {
        let mut sink = |line: &causeway_flow::accept::Quarantined<'_>| {
            let fields: Vec<String> = line.fields.iter().map(|one| format!("{} {}", one.field, one.code)).collect();
            told.push(format!("{} {}: {}", line.record, line.external_id.unwrap_or("-"), fields.join(", ")));
            Ok(())
        };
        validate(&self.opened(text), &self.checks, &mut self.reading(), &[7; 32], &mut sink).unwrap()
    }

    fn fared(&self, text: &[u8]) -> Fared {
        let mut told = Vec::new();
        let validated = self.judged(text, &mut told).unwrap();
        let mut on = Vec::new();
        let opened = self.opened(text);
        let mut take = |sound: causeway_flow::accept::Sound| {
            let batch = sound.batch();
            for head in &batch.heads {
                let cells = batch.records.columns().iter().zip(&head.present).map(|(column, came)| {
                    let shown = arrow::util::display::array_value_to_string(column, head.row).unwrap();
                    if *came { format!("{shown:?}") } else { "-".to_owned() }
                });
                let cells: Vec<String> = cells.skip(2).collect();
                let cards = head.lists[0].map(|(from, to)| {
                    let numbers = batch.nested[0].column(0).as_string::<i32>();
                    (from..to).map(|row| numbers.value(row).to_owned()).collect::<Vec<_>>().join("+")
                });
                on.push(format!("{} {} {}", head.number, cells.join(" "), cards.unwrap_or_else(|| "-".into())));
            }
            Ok(())
        };
        validated.each(&opened, &self.checks, &mut self.reading(), &[7; 32], &mut take).unwrap();
        (on, told)
    }
}

pub(super) fn lines(lines: &[&str]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
}

#[test]
fn every_error_of_a_record_is_told_and_what_is_sound_goes_on_in_our_codes() {
    let house = House::new("exchange", "exchange");
    let text = lines(&[
        &format!(
            r#"{{"message":"a","person":"{}","nin":null,"decision":"accepted","cards":[{{"number":"1"}},{{"number":"2"}}]}}"#,
            uuid(1)
        ),
        r#"{"message":"b","person":"nobody","nin":"TOO-LONG","decision":"perhaps","asked_on":"2026-02-30","cards":[{},{"number":"12345"}]}"#,
        &format!(r#"{{"message":"c","person":"{}","decision":"ACC","surplus":1,"surplus":2,"other":3}}"#, uuid(3)),
        &format!(r#"{{"message":"d","person":"{}","asked_on":"2026-02-02","decided_on":"2026-02-01"}}"#, uuid(4)),
        &format!(r#"{{"message":"e","person":"{}","decided_on":"2026-02-01"}}"#, uuid(5)),
        "not a record",
        &format!(r#"{{"person":"{}"}}"#, uuid(7)),
        &format!(
            r#"{{"message":"h","person":"{}","cards":[{{"number":"1"}},{{"number":"2"}},{{"number":"3"}}]}}"#,
            uuid(8)
        ),
        &format!(r#"{{"message":"i","person":"{}","cards":null,"nin":7}}"#, uuid(9)),
        &format!(r#"{{"message":"j","message":"k","person":"{}"}}"#, uuid(10)),
        "",
        &format!(r#"{{"message":"m\u0000","person":"{}"}}"#, uuid(12)),
        &format!(r#"{{"message":"","person":"{}"}}"#, uuid(13)),
        &format!(
            r#"{{"message":"l","person":"{}","nin":"N11","asked_on":"2026-01-01","decided_on":"2026-01-01","cards":[]}}"#,
            uuid(11)
        ),
    ]);
    let (on, told) = house.fared(&text);
    assert_eq!(on, [r#"1 "" "ACC" - - 1+2"#, r#"13 "N11" - "2026-01-01" "2026-01-01" "#]);
    assert_eq!(
        told,
        [
            "2 b: person wrong-type, nin value-oversize, decision code-unknown, asked_on date-impossible, \
             cards.number value-missing, cards.number value-oversize",
            "3 c: decision code-unknown, record field-unknown",
            "4 d: in_order rule-broken",
            "5 e: in_order rule-failed",
            "6 -: record record-unreadable",
            "7 -: message value-missing",
            "8 h: cards value-oversize",
            "9 i: cards wrong-type",
            "10 j: record field-twice",
            "11 m\0: message wrong-type",
            "12 -: message value-missing",
        ]
    );
}

#[test]
fn of_one_id_equal_records_are_one_and_unequal_ones_are_nobodys() {
    let house = House::new("exchange", "exchange");
    let other = format!(r#"{{"message":"m2","person":"{}"}}"#, uuid(99));
    let text = lines(&[&good(1), &good(2), &good(1), &other, &good(3)]);
    let (on, told) = house.fared(&text);
    assert_eq!(on, [r#"1 "N1" - - - -"#, r#"5 "N3" - - - -"#]);
    assert_eq!(told, ["2 m2: record external-id-twice", "4 m2: record external-id-twice"]);
    let validated = house.judged(&text, &mut Vec::new()).unwrap();
    let counts = validated.counts();
    assert_eq!((counts.records, counts.quarantined, counts.duplicate), (5, 2, 1));
    assert_eq!(validated.outcome(3).map(|outcome| outcome.as_str()), Some("duplicate"));
    assert_eq!(validated.outcome(1), None);
}

#[test]
fn a_file_with_too_much_that_is_bad_and_one_that_cannot_be_read_go_nowhere() {
    let house = House::new("refuse_above_percent: 100", "refuse_above_percent: 5");
    let mut all: Vec<String> = (0..100).map(good).collect();
    for bad in 0..5 {
        all[bad * 7] = "{}".into();
    }
    let text = |all: &[String]| all.join("\n").into_bytes();
    let mut told = Vec::new();
    assert!(house.judged(&text(&all), &mut told).is_ok());
    all[99] = "{}".into();
    let rejected = house.judged(&text(&all), &mut told).err().unwrap();
    assert_eq!(rejected.violations[0].code.as_str(), "too-many-quarantined");
    assert_eq!(rejected.counts.unwrap().quarantined, 6);

    let few = House::new("collect:", "limits: { records: 3 }\ncollect:");
    let rejected = few.judged(&text(&all[..4]), &mut Vec::new()).err().unwrap();
    assert_eq!((rejected.violations[0].code.as_str(), rejected.counts), ("too-many-records", None));

    let body = sealed(&[b'x'; 3_000], &house.recipient).unwrap();
    let opened = Opened::on_receipt(Source::bytes(body), 1_000, &house.keys).unwrap();
    let mut sink = |_: &causeway_flow::accept::Quarantined<'_>| Ok(());
    let rejected = validate(&opened, &house.checks, &mut house.reading(), &[7; 32], &mut sink).unwrap().err().unwrap();
    assert_eq!(rejected.violations[0].code.as_str(), "envelope-altered", "more than the exchange takes");
}

#[test]
fn csv_is_read_by_its_header_and_an_empty_cell_is_absent() {
    let lists = r#"  - { name: cards, at_most: 2, fields: [ { name: number, type: text, element: card.number, required: true, max_length: 4 } ] }
"#;
    let table = "    - table: card
      each: cards
      key: [ { column: number } ]
      belongs: [person_id]
      columns: [ { column: number, from: number, on: insert } ]
      match: [ [number] ]
";
    let house = House::of(&INBOUND.replace(lists, "").replace(table, "").replace("kind: json-lines", "kind: csv"));
    let judged = |text: String, told: &mut Vec<String>| house.judged(text.as_bytes(), told);
    let mut told = Vec::new();
    let rows = format!("message,person,nin\r\na,{},\r\nb,{},\"N,2\"\r\nc,{}\r\nd,,N4\r\n", uuid(1), uuid(2), uuid(3));
    let validated = judged(rows, &mut told).unwrap();
    assert_eq!(validated.counts().records, 4);
    assert_eq!(told, ["3 -: record record-unreadable", "4 d: person value-missing"]);
    let open = judged(format!("message,person\na,\"{}", uuid(1)), &mut told).err().unwrap();
    assert_eq!(open.violations[0].code.as_str(), "records-malformed");
    assert!(judged(String::new(), &mut told).unwrap().counts().records == 0);
}

#[test]
fn long_lines_many_records_and_hostile_json_are_told_in_bounded_memory() {
    let house = House::new("exchange", "exchange");
    let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(2 << 20));
    let deep = format!(r#"{{"message":"a","cards":{}}}"#, "[".repeat(100_000));
    let mut all = vec![good(0), long, deep, "{\"message\":\"\\ud800\"}".to_owned(), "\u{0}".to_owned()];
    all.extend((1..3_000).map(good));
    let (on, told) = house.fared(all.join("\n").as_bytes());
    assert_eq!((on.len(), told.len()), (3_000, 4));
    assert_eq!(told[0], "2 -: record record-unreadable");
    assert_eq!(told[1], "3 -: record record-unreadable");
    assert!(told[2].contains("message invalid-utf8"), "{}", told[2]);
}

#[test]
fn a_rule_that_cannot_be_compiled_is_a_finding_at_its_place() {
    let document = Document::parse("i.yaml", &INBOUND.replace("!has(record.decided_on) ||", "record.nin ==")).unwrap();
    let inbound: Inbound = document.read().unwrap();
    let found: Vec<String> = check_rules(&inbound).iter().map(|one| format!("{} {}", one.code, one.pointer)).collect();
    assert_eq!(found, ["rule-failed /rules/0/holds"]);
    let catalogue: Catalogue = Document::parse("c.yaml", CATALOGUE).unwrap().read().unwrap();
    assert_eq!(Checks::compile(&inbound, &catalogue).err().unwrap()[0].code.as_str(), "rule-failed");
}
