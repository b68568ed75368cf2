//! What lies in the database of an operation that has been at work for years? Rows as the changes write them, made by the
//! database itself.

use causeway_model::arrangement::{Ending, State, Validity};
use causeway_store::Kind;

use crate::house::{House, at};

pub(super) const TRANSFERS: i64 = 100_000;
pub(super) const ARRANGEMENTS: i64 = 5_000;
pub(super) const PARTNERS: i64 = 500;
pub(super) const EXCHANGES: i64 = 700;
/// Also of refused requests.
pub(super) const OFFICERS: i64 = 2_000;
pub(super) const SETS: i64 = 500;

/// Last days of arrangements: those of 2031 have ended.
const LAST_DAY: &str = "'203' || (1 + i % 5) || '-0' || (1 + i % 9) || '-1' || (i % 10)";

/// Fills an empty database.
pub(super) async fn fill(house: &House) {
    let rows = tables(house);
    for (table, upto, values) in rows {
        let statement = match house.kind() {
            Kind::Sqlite => format!(
                "INSERT INTO {table} WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {upto}) \
                 SELECT {values} FROM n"
            ),
            Kind::Postgres => {
                format!("INSERT INTO {table} SELECT {values} FROM generate_series(1, {upto}::bigint) AS n(i)")
            }
        };
        house.sql(&statement).await;
    }
    house.sql("ANALYZE").await;
}

/// Table with its columns, how many rows, and what is in row `i`.
fn tables(house: &House) -> Vec<(&'static str, i64, String)> {
    let (sha256, first) = ("a".repeat(64), at(0).as_microsecond());
    let minute = format!("{first} + i * 60000000");
    let package = "'{\"state\":\"receipted\",\"package\":\"p-' || i || '\"}'";
    let sealed =
        format!("'{{\"released\":100,\"digest\":\"d\",\"manifest_sha256\":\"{sha256}\",\"purge_by\":\"2031-10-01\"}}'");
    let (in_force, expired) = (arrangement(true), arrangement(false));
    let asked = "'{\"exchange\":\"exchange-' || (i % 700) || '\",\"cycle\":null,\"place\":null,\"cut_off\":null,\"note\":null}'";
    let refused = "'{\"asker\":\"donor\",\"organisation\":\"an invented donor\",\"manner\":\"informal\",\
                   \"asked_on\":\"2031-05-04\",\"asked_for\":\"a list of households\",\"elements\":[\"household.id\"],\
                   \"reason\":\"counts are enough\",\"codes\":[\"element-not-agreed\"]}'";
    let profile = "'{\"partner\":\"partner-' || i || '\",\"title\":\"Invented Agency\",\"jurisdiction\":\"KEN\",\
                   \"hosting_country\":\"KEN\",\"synthetic_only\":false,\"recipients\":[]}'";
    let zeroes = house.raw().zeroes(32);
    vec![
        (
            "officer (name, role, public_key_pem, fingerprint, added_at, partner)",
            OFFICERS,
            format!("'officer-' || i, 'registration-officer', 'invented key', 'f' || i, {first}, NULL"),
        ),
        (
            "officer_role (officer, role, granted_at)",
            OFFICERS,
            format!("'officer-' || i, 'data-protection-focal-point', {first}"),
        ),
        (
            "partner (name, title, age_recipient, signing_key_pem, fingerprint, state, added_at, added_by)",
            PARTNERS,
            format!(
                "'partner-' || i, 'Invented Agency ' || i, 'age1invented', 'invented key', 'f' || i, 'active', {first}, 'officer-1'"
            ),
        ),
        (
            "partner_life (partner, profile_json, state_json, updated_at)",
            PARTNERS,
            format!("'partner-' || i, {profile}, '{}', {first}", partner()),
        ),
        (
            "attestation (partner, kind, evidence, valid_until, stated_by, stated_at)",
            PARTNERS,
            format!("'partner-' || i, 'confidentiality-undertaking', 'report', '2032-01-01', 'officer-1', {first}"),
        ),
        (
            "document (kind, name, version, text, sha256, imported_at, imported_by)",
            ARRANGEMENTS,
            format!("'arrangement', 'arrangement-' || i, 1, 'arrangement: ' || i, '{sha256}', {first}, 'officer-1'"),
        ),
        (
            "arrangement_life (arrangement, version, state, state_json, was_in_force, valid_until, updated_at)",
            ARRANGEMENTS,
            format!(
                "'arrangement-' || i, 1, CASE WHEN i % 5 = 0 THEN 'expired' ELSE 'in-force' END, \
                 CASE WHEN i % 5 = 0 THEN {expired} ELSE {in_force} END, 1, {LAST_DAY}, {first}"
            ),
        ),
        (
            "arrangement_event (arrangement, version, number, event, actor, happened_at)",
            8 * ARRANGEMENTS,
            format!("'arrangement-' || (1 + (i - 1) / 8), 1, 1 + i % 8, 'sign', 'officer-1', {first}"),
        ),
        (
            "arrangement_signature (arrangement, version, officer, party, sha256, signature, signed_at)",
            2 * ARRANGEMENTS,
            format!(
                "'arrangement-' || (1 + (i - 1) / 2), 1, 'officer-' || (1 + i % 2), 'party', '{sha256}', 'aa', {first}"
            ),
        ),
        (
            "assessment (name, arrangement, text, sha256, imported_by, imported_at)",
            ARRANGEMENTS,
            format!("'dpia-' || i, 'arrangement-' || i, 'x', '{X_SHA256}', 'officer-1', {first}"),
        ),
        (
            "transfer (id, exchange, exchange_version, arrangement, arrangement_version, requested_by, requested_at, expect_fewer, \
             state, state_json, updated_at, attempt_token, sequence, sealed_json)",
            TRANSFERS,
            format!(
                "'transfer-' || i, 'exchange-' || (i % {EXCHANGES}), 1, 'arrangement-' || (i % {ARRANGEMENTS}), 1, 'officer-1', {minute}, 0, \
                 CASE WHEN i % 2000 = 0 THEN 'requested' ELSE 'receipted' END, \
                 CASE WHEN i % 2000 = 0 THEN '{{\"state\":\"requested\"}}' ELSE {package} END, {minute}, 'token', i, {sealed}"
            ),
        ),
        (
            "request (transfer, exchange, asked_at, asked_json, asked_by, state, state_json, updated_at)",
            TRANSFERS,
            format!(
                "'transfer-' || i, 'exchange-' || (i % {EXCHANGES}), {minute}, {asked}, \
                 '{{\"name\":\"officer-1\",\"key\":\"f1\"}}', \
                 CASE WHEN i % 2000 = 0 THEN 'awaiting-approval' ELSE 'received' END, '{}', {minute}",
                request()
            ),
        ),
        (
            "refused_request (id, asked_on, entry_json, entered_at, entered_by)",
            OFFICERS,
            format!("'rr-' || i, {LAST_DAY}, {refused}, {minute}, 'officer-1'"),
        ),
        (
            "package (id, transfer, manifest_sha256, receipt_token_sha256, sealed_at, erased_at)",
            TRANSFERS,
            format!(
                "'p-' || i, 'transfer-' || i, '{sha256}', '{sha256}', {minute}, CASE WHEN i % 100 = 0 THEN NULL ELSE {minute} END"
            ),
        ),
        (
            "delivery (transfer, attempt, intent_at, outcome_at, outcome, detail)",
            TRANSFERS,
            format!("'transfer-' || i, 1, {first}, {first}, 'arrived', 'there'"),
        ),
        (
            "receipt (package, text, signature, outcome, records_loaded, accepted_at)",
            TRANSFERS,
            format!("'p-' || i, '{{}}', 'signature', 'accepted', 100, {first}"),
        ),
        (
            "staged_set (name, sha256, origin, staged_by, staged_key, signature, staged_at)",
            SETS,
            format!("'set-' || i, '{sha256}', 'file', 'officer-1', 'f1', 'aa', {minute}"),
        ),
        (
            "staged_document (staged, kind, name, version, text, sha256)",
            3 * SETS,
            format!("'set-' || (1 + (i - 1) / 3), 'exchange', 'exchange-' || (i % 3), 1, 'x', '{X_SHA256}'"),
        ),
        (
            "activation (number, staged, activated_by, activated_key, signature, activated_at, state_json)",
            SETS,
            format!("i, 'set-' || i, 'officer-2', 'f2', 'aa', {minute}, '[]'"),
        ),
        (
            "stop (id, scope, stopped_at, stopped_by, state, stop_json, updated_at)",
            SETS,
            format!("'st-' || i, 'all', {minute}, 'officer-1', 'lifted', '{{}}', {minute}"),
        ),
        (
            "ledger_leaf (idx, time_us, actor, event, subject, body, salt, hash)",
            5 * TRANSFERS,
            format!(
                "i, {first}, 'officer-1', 'transfer-requested', 'transfer-' || (i % {TRANSFERS}), '{{}}', {zeroes}, {zeroes}"
            ),
        ),
    ]
}

/// SHA-256 of the letter x.
const X_SHA256: &str = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

/// A state as the database keeps it, for the arrangement and the last day of row `i`.
fn arrangement(in_force: bool) -> String {
    let state = State::samples().into_iter().find(|state| matches!(state, State::InForce { .. })).unwrap();
    let State::InForce { mut terms, signatures, .. } = state else { panic!("it is in force") };
    terms.arrangement = "NAME".into();
    let day = "2999-12-31".parse().unwrap();
    terms.valid = Validity { from: "2026-01-01".parse().unwrap(), until: day };
    let state = if in_force {
        State::InForce { terms, signatures, assessment: Some("dpia".into()) }
    } else {
        State::Ended { terms, ending: Ending::Expired }
    };
    let json = serde_json::to_string(&state).unwrap();
    let json = json.replace("NAME", "arrangement-' || i || '").replace("2999-12-31", &format!("' || {LAST_DAY} || '"));
    format!("'{json}'")
}

fn partner() -> String {
    let states = causeway_model::partner::State::samples();
    serde_json::to_string(states.iter().find(|state| state.name() == "active").unwrap()).unwrap()
}

fn request() -> String {
    let by = causeway_model::Person::new("officer-1", "f1");
    serde_json::to_string(&causeway_model::request::State::AwaitingApproval { by }).unwrap()
}
