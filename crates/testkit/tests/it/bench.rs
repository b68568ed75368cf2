//! Does a benchmark's population arrive in live databases whole?

use causeway_testkit::bench::{Spec, load};
use causeway_testkit::{server, throw_away};

#[test]
fn a_population_is_loaded_into_both_databases_and_the_file() {
    let (postgres, mariadb) = (server::postgres(), server::mariadb());
    postgres.database("bench_load", "invented").unwrap();
    mariadb.database("bench_load", "invented").unwrap();
    let folder = throw_away::directory().unwrap();
    let file = folder.path().join("assistance.csv");

    let load = || load(&Spec::of(700), || postgres.psql("bench_load"), || mariadb.client("bench_load"), &file);
    let answers = load().unwrap();
    assert_eq!(answers.everybody.rows, 700);

    let ask = |statement: &str| postgres.sql("bench_load", statement).unwrap().trim().to_owned();
    assert_eq!(ask("SELECT count(*), count(DISTINCT group_id), sum((dob IS NULL)::int) < 20 FROM individual"), {
        format!("700|{}|t", ask("SELECT count(*) FROM registration_group"))
    });
    assert_eq!(ask("SELECT sum(group_size) FROM registration_group"), "700");
    assert_eq!(
        ask("SELECT count(*) FROM document d LEFT JOIN individual i USING (individual_id) WHERE i.sex IS NULL"),
        "0"
    );
    let narrow = "SELECT count(*) FROM individual WHERE camp_pcode IN ('KE106322', 'KE111507', 'KE115655')";
    assert_eq!(ask(narrow), answers.narrow.rows.to_string());

    let enrolled = mariadb
        .sql(
            "bench_load",
            "SELECT count(*) > 1500, sum(template IS NULL) > 0, max(length(template)) < 1600 FROM biometric_enrolment",
        )
        .unwrap();
    assert_eq!(enrolled.trim(), "1\t1\t1");
    let entitled = std::fs::read_to_string(&file).unwrap();
    assert!(entitled.starts_with("entitlement_id,") && entitled.lines().count() > 250);

    // The tables are there now, so that a second load must not pass for one.
    assert!(load().is_err());
}
