//! A source that is missing, changed, cut off or malformed.

use super::*;

/// A source spoilt, and what the refusal says: code, where.
type Spoil = (&'static str, fn(&Path), &'static str, &'static [&'static str]);

/// Cuts a file in the middle of a record at about 60 % of its bytes.
fn cut(bytes: Vec<u8>) -> Vec<u8> {
    let mut end = bytes.len() * 6 / 10;
    while bytes[end - 1] == b'\n' || bytes[end] == b'\n' {
        end += 1;
    }
    bytes[..end].to_vec()
}

const SPOILT: [Spoil; 13] = [
    (
        "an unreachable store",
        |at| fs::remove_file(at.join("progres.sqlite")).unwrap(),
        "source-unreachable",
        &["`progres", "doctor"],
    ),
    (
        "an unreachable file",
        |at| fs::remove_file(at.join("assistance.csv")).unwrap(),
        "source-unreachable",
        &["assistance"],
    ),
    (
        "a store that is none",
        |at| rewrite(at, "bims.sqlite", |_| b"this was never a database, ".repeat(400)),
        "source-unreachable",
        &["bims"],
    ),
    ("a store of no bytes", |at| rewrite(at, "bims.sqlite", |_| Vec::new()), "source-unreachable", &["bims", "doctor"]),
    (
        "a missing column",
        |at| sql(at, "progres.sqlite", "ALTER TABLE individual DROP COLUMN middle_name"),
        "column-missing",
        &["middle_name", "catalogue check"],
    ),
    (
        "a missing table",
        |at| sql(at, "progres.sqlite", "DROP TABLE document"),
        "column-missing",
        &["document", "catalogue check"],
    ),
    (
        "a missing header",
        |at| rewrite(at, "assistance.csv", |bytes| replaced(bytes, "amount", "betrag")),
        "column-missing",
        &["amount", "catalogue check"],
    ),
    (
        "a header that stands twice",
        |at| rewrite(at, "assistance.csv", |bytes| replaced(bytes, "programme", "amount")),
        "wrong-type",
        &["assistance.csv", "same name"],
    ),
    (
        "a retyped column",
        |at| {
            sql(
                at,
                "progres.sqlite",
                "ALTER TABLE individual DROP COLUMN arrival_date; ALTER TABLE individual ADD COLUMN arrival_date INTEGER NOT NULL DEFAULT 20110217",
            )
        },
        "",
        &[],
    ),
    (
        "a CSV file that ends in a record",
        |at| rewrite(at, "assistance.csv", cut),
        "source-ended-early",
        &["assistance", "again"],
    ),
    (
        "a JSON Lines file that ends in a record",
        |at| rewrite(at, "verification.jsonl", cut),
        "source-ended-early",
        &["verification", "again"],
    ),
    (
        "a CSV file with a line of another width",
        |at| {
            rewrite(at, "assistance.csv", |mut bytes| {
                bytes.extend_from_slice(b"one,two\n");
                bytes
            })
        },
        "wrong-type",
        &["assistance"],
    ),
    (
        "a JSON Lines file with a line that is none",
        |at| {
            rewrite(at, "verification.jsonl", |mut bytes| {
                bytes.extend_from_slice(b"{\"individual_id\": nobody}\n");
                bytes
            })
        },
        "wrong-type",
        &["verification"],
    ),
];

fn replaced(bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    String::from_utf8(bytes).unwrap().replacen(from, to, 1).into_bytes()
}

#[test]
fn a_spoilt_source_refuses_and_leaves_nothing_behind() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    let kept = dir.path().join("kept-sources");
    copy_folder(&street.sources(), &kept);
    for (case, spoil, code, says) in SPOILT {
        copy_folder(&kept, &street.sources());
        spoil(&street.sources());
        let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
        let code = if code.is_empty() { "too-many-quarantined" } else { code };
        teaches(case, &ended, 4, &[code, "help: "]);
        teaches(case, &ended, 4, says);
        nothing_half_done(case, &street, &ended, code);
    }
    copy_folder(&kept, &street.sources());
    let sent = street.transfer("food-people").unwrap();
    assert_eq!(sent.counts, [u64::from(PEOPLE), 0, 0], "whole again, and nothing of the attempts is left");
}

#[test]
fn a_source_that_ends_between_two_records_is_found_where_its_sender_states_the_count() {
    let dir = throw_away::directory().unwrap();
    let (street, truth) = installed_with(dir.path(), |truth, text| {
        let csv = format!("{{ path: assistance.csv, records: {} }}", truth.assistance_lines);
        let json = format!("{{ path: verification.jsonl, records: {} }}", truth.verification_lines);
        text.replace("{ path: assistance.csv }", &csv).replace("{ path: verification.jsonl }", &json)
    });
    let kept = dir.path().join("kept-sources");
    copy_folder(&street.sources(), &kept);
    for (file, lines, count) in
        [("assistance.csv", 1, truth.assistance_lines), ("verification.jsonl", 0, truth.verification_lines)]
    {
        copy_folder(&kept, &street.sources());
        let left = lines + count as usize * 6 / 10;
        rewrite(&street.sources(), file, |bytes| {
            bytes.split_inclusive(|byte| *byte == b'\n').take(left).flatten().copied().collect()
        });
        let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
        teaches(file, &ended, 4, &["source-ended-early", &count.to_string(), "help: "]);
        nothing_half_done(file, &street, &ended, "source-ended-early");
    }
    copy_folder(&kept, &street.sources());
    street.transfer("food-people").unwrap();
}

#[test]
fn a_table_without_a_row_is_no_error() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    sql(
        &street.sources(),
        "progres.sqlite",
        "DELETE FROM document; DELETE FROM specific_need; DELETE FROM confidentiality_mark",
    );
    sql(&street.sources(), "bims.sqlite", "DELETE FROM enrolment");
    rewrite(&street.sources(), "verification.jsonl", |_| Vec::new());
    rewrite(&street.sources(), "assistance.csv", |bytes| {
        bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap().to_vec()
    });
    let sent = street.transfer("food-people").unwrap();
    assert_eq!(sent.counts, [u64::from(PEOPLE), 0, 0]);
}
