//! What does such a client send, as it lies on the wire?

use serde_json::{Value, json};

use super::place::{PARTNER_ID, Secrets};
use crate::api::place::{Reply, http};

/// A token, by the password.
pub fn token(address: &str, secrets: &Secrets) -> String {
    let Secrets { user, password, .. } = secrets;
    let form =
        format!("grant_type=password&username={user}&password={password}&client_id={user}&scope=x&response_type=token");
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let reply = http(address, "POST", "/tenant/policy/oauth2/v2.0/token", &kind, &form);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

fn posts(address: &str, secrets: &Secrets, token: &str, path: &str, body: &Value) -> Reply {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("ocp-apim-subscription-key", secrets.key.as_str()),
        ("content-type", "application/json"),
    ];
    http(address, "POST", path, &headers, &body.to_string())
}

/// Sends records and waits, or has them queued.
pub fn ingests(
    address: &str,
    secrets: &Secrets,
    token: &str,
    (process, waits): (&str, bool),
    records: &[Value],
) -> Reply {
    let path = format!("/api/ingestion/v2/{PARTNER_ID}/{}", if waits { "data" } else { "asyncdata" });
    let body = json!({ "ShippingProcessId": process, "InteropID": "INT-1436", "Data": records });
    posts(address, secrets, token, &path, &body)
}

/// The first page, or the next one.
pub fn fetches(address: &str, secrets: &Secrets, token: &str, process: &str, cookie: Option<&str>) -> Reply {
    let body = json!({
        "ShippingProcessId": process, "PartnerId": PARTNER_ID, "InteropID": "INT-1436", "PagingCookie": cookie,
    });
    posts(address, secrets, token, "/primes/fetch/paging/v3/retrievedatawithpaging", &body)
}

/// Where the next page is.
pub fn cookie(reply: &Reply) -> Option<String> {
    reply.json()["PagingSummary"]["PagingCookie"].as_str().map(str::to_owned)
}

/// A new referral about somebody of these names.
pub fn referral(case: &str, guid: &str, [given, family, phone]: [&str; 3], sex: &str) -> Value {
    let fields = [
        ("progres_interventionstartdate", "2026-04-01"),
        ("progres_businessunit", "20000000-0000-4000-8000-000000000001"),
        ("progres_givenname", given),
        ("progres_familyname", family),
        ("progres_primaryphonenumber", phone),
        ("progres_sex", sex),
        ("progres_interventiontype", "psychosocial"),
    ];
    let fields: Vec<Value> = fields.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    json!({ "ExternalId": case, "ExternalGUID": guid, "Attachments": [], "Fields": fields })
}
