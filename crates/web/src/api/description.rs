//! How does a program learn what it may ask? By a description (OpenAPI 3.1), made from the table of routes itself, and by a page for
//! people, which runs no script.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::table::{BASE, Route, Scope, TABLE};

/// The description.
#[must_use]
pub fn description() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut schemas = SchemaGenerator::new(settings);
    let mut paths = Map::new();
    for route in TABLE {
        let entry = paths.entry(format!("{BASE}{}", route.path)).or_insert_with(|| json!({}));
        if let Some(methods) = entry.as_object_mut() {
            methods.insert(route.method.to_lowercase(), operation(route, &mut schemas));
        }
    }
    paths.insert("/oauth2/token".to_owned(), json!({ "post": token() }));
    let mut components = Map::from_iter(schemas.take_definitions(true));
    components.insert("Problem".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Causeway: the partner API",
            "version": "1",
            "description": "For programs of partners. A token comes from `/oauth2/token`, for a proof that the program's registered key \
                            signed, or for its registered certificate; it counts for ten minutes. What is another partner's is not \
                            there.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": problems(),
            "securitySchemes": {
                "token": {
                    "type": "oauth2",
                    "flows": { "clientCredentials": {
                        "tokenUrl": "/oauth2/token",
                        "scopes": { "account": "what is about the partner itself", "exchange:NAME": "what is about this exchange" },
                    } },
                },
            },
        },
    })
}

fn operation(route: &Route, schemas: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> = names(route.path)
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "maxLength": 200 } }))
        .collect();
    for name in route.query {
        let schema = match *name {
            "limit" => json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 50 }),
            _ => json!({ "type": "string" }),
        };
        parameters.push(json!({ "name": name, "in": "query", "schema": schema }));
    }
    if route.needs_key() {
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
        parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "required": true, "schema": schema }));
    }
    let kind = if route.gives_bytes() { "application/octet-stream" } else { "application/json" };
    let mut gives = json!({ kind: { "schema": (route.gives)(schemas) } });
    if let (true, Some(kinds)) = (route.may_be_sealed(), gives.as_object_mut()) {
        let jwe =
            json!({ "schema": { "type": "string", "description": "a JWE in compact form, ECDH-ES and A256GCM" } });
        kinds.insert("application/jose".to_owned(), jwe);
    }
    let mut responses = Map::new();
    responses.insert(route.status.to_string(), json!({ "description": "as asked", "content": gives }));
    if route.is_of_uploads() {
        parameters.extend(upload_headers(route));
        upload_responses(route, schemas, &mut responses);
    }
    if route.may_be_on_its_way() {
        responses.insert("202".to_owned(), json!({ "description": "it is on its way: come again", "content": gives }));
    }
    if route.gives_bytes() {
        let part = json!({ "description": "the range that was asked for", "content": gives });
        responses.insert("206".to_owned(), part);
        responses.insert("304".to_owned(), json!({ "description": "it is what the caller has (`If-None-Match`)" }));
        responses.insert("416".to_owned(), json!({ "description": "there are no such bytes" }));
    }
    for (status, name, _) in PROBLEMS {
        responses.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{name}") }));
    }
    let mut operation = json!({
        "operationId": id(route),
        "summary": route.summary,
        "parameters": parameters,
        "responses": responses,
        "security": [{ "token": [] }],
        "x-scope": scope(route.scope),
    });
    if let (Some(takes), Some(members)) = (route.takes, operation.as_object_mut()) {
        let content = json!({ route.passes_on.unwrap_or("application/json"): { "schema": takes(schemas) } });
        members.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    if let (Some(action), Some(members)) = (route.action, operation.as_object_mut()) {
        members.insert("x-action".to_owned(), action.as_str().into());
    }
    operation
}

/// What pieces of files come with.
fn upload_headers(route: &Route) -> Vec<Value> {
    let header = |name: &str, required, schema: &Value| json!({ "name": name, "in": "header", "required": required, "schema": schema });
    let (count, last) = (json!({ "type": "integer", "minimum": 0 }), json!({ "enum": ["?0", "?1"] }));
    match route.method {
        "POST" => vec![header("Upload-Complete", true, &last), header("Upload-Length", false, &count)],
        "PATCH" => vec![header("Upload-Complete", true, &last), header("Upload-Offset", true, &count)],
        _ => Vec::new(),
    }
}

/// How much is here stands in headers; what is whole is an intake.
fn upload_responses(route: &Route, schemas: &mut SchemaGenerator, responses: &mut Map<String, Value>) {
    let headers = json!({ "Upload-Offset": { "schema": { "type": "integer" } }, "Upload-Complete": { "schema": { "type": "string" } } });
    if route.method == "POST" {
        let intake = schemas.subschema_for::<causeway_engine::ask::said::IntakeShown>();
        let content = json!({ "application/json": { "schema": intake } });
        responses.insert("202".to_owned(), json!({ "description": "it is whole, and taken in", "content": content }));
    } else if route.method == "DELETE" {
        responses.insert("204".to_owned(), json!({ "description": "it is given up" }));
    } else {
        responses.insert("204".to_owned(), json!({ "description": "so much is here", "headers": headers }));
    }
}

/// What every route may answer besides.
const PROBLEMS: &[(u16, &str, &str)] = &[
    (400, "Unreadable", "it cannot be read"),
    (401, "NoToken", "the call shows no token that counts"),
    (403, "Denied", "rules deny it"),
    (404, "NotThere", "there is nothing of this name"),
    (408, "Slow", "the body did not come in time"),
    (409, "OtherState", "not in the state that this is in"),
    (413, "TooLong", "the body is longer than may be"),
    (415, "OtherKind", "the body is of another kind"),
    (422, "NoSense", "it makes no sense as it stands"),
    (429, "TooMany", "this program has called too often"),
    (503, "ComeAgain", "it cannot be answered now"),
];

fn problems() -> Value {
    let content = json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    let response = |what: &str| json!({ "description": what, "content": content });
    PROBLEMS.iter().map(|(_, name, what)| ((*name).to_owned(), response(what))).collect::<Map<_, _>>().into()
}

/// The names in a path.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn id(route: &Route) -> String {
    let words = route.path.split('/').filter(|part| !part.is_empty() && !part.starts_with('{')).collect::<Vec<_>>();
    let one = if route.path.ends_with('}') { "-one" } else { "" };
    format!("{}-{}{one}", route.method.to_lowercase(), words.join("-"))
}

fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Account => "account",
        Scope::Exchange => "exchange:{exchange}",
        Scope::OfThing => "that of the thing's exchange",
        Scope::Any => "any",
    }
}

fn problem() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["code", "title", "status"],
        "properties": {
            "code": { "type": "string", "description": "a stable word for what is wrong" },
            "title": text,
            "status": { "type": "integer" },
            "detail": text,
            "violations": { "type": "array", "items": {
                "type": "object",
                "required": ["code", "detail", "help"],
                "properties": { "code": text, "detail": text, "help": text },
            } },
        },
    })
}

fn token() -> Value {
    let text = json!({ "type": "string" });
    let error = json!({ "type": "object", "required": ["error"], "properties": { "error": text } });
    let refused = |what: &str| json!({ "description": what, "content": { "application/json": { "schema": error } } });
    json!({
        "operationId": "token",
        "summary": "Gives a token to a program that proves itself (RFC 6749, 7523, 8705).",
        "requestBody": { "required": true, "content": { "application/x-www-form-urlencoded": { "schema": {
            "type": "object",
            "required": ["grant_type"],
            "properties": {
                "grant_type": { "const": "client_credentials" },
                "client_id": text,
                "client_assertion_type": { "const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" },
                "client_assertion": text,
                "scope": text,
            },
        } } } },
        "responses": {
            "200": { "description": "a token", "content": { "application/json": { "schema": {
                "type": "object",
                "required": ["access_token", "token_type", "expires_in", "scope", "certificate_bound"],
                "properties": {
                    "access_token": text, "token_type": { "const": "Bearer" }, "expires_in": { "type": "integer" }, "scope": text,
                    "certificate_bound": { "type": "boolean" },
                },
            } } } },
            "400": refused("it makes no sense, or the program may not"),
            "401": refused("nobody is proven"),
            "429": refused("too many failures: wait"),
        },
        "security": [],
    })
}

/// The description as it is told.
#[must_use]
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&description()).unwrap_or_default();
    text.push('\n');
    text
}

/// A page for people, which needs no script and fetches nothing.
#[must_use]
pub fn page() -> String {
    let mut rows = String::new();
    for route in TABLE {
        let action = route.action.map_or("–", |action| action.as_str());
        rows.push_str(&format!(
            "<tr><td><code>{}</code></td><td><code>{BASE}{}</code></td><td>{}</td><td>{}</td><td>{action}</td></tr>\n",
            route.method,
            route.path,
            // What the table says is ours; backticks are code.
            coded(route.summary),
            scope(route.scope),
        ));
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Causeway: the partner API</title>\n\
         <style>body{{font:1em/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}}\
         table{{border-collapse:collapse}}td,th{{border-bottom:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}}\
         </style></head><body>\n<h1>The partner API</h1>\n\
         <p>For programs of partners. A token comes from <code>POST /oauth2/token</code>; the whole description, for programs, is \
         <a href=\"{BASE}/openapi.json\">openapi.json</a>.</p>\n<table>\n\
         <tr><th>method</th><th>path</th><th>does</th><th>scope</th><th>action</th></tr>\n{rows}</table>\n</body></html>\n"
    )
}

fn coded(text: &str) -> String {
    let mut out = String::new();
    for (place, part) in text.split('`').enumerate() {
        if place > 0 {
            out.push_str(if place % 2 == 1 { "<code>" } else { "</code>" });
        }
        out.push_str(&part.replace('&', "&amp;").replace('<', "&lt;"));
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The golden file is what partners' generators read: a change of it is a change of the API.
    #[test]
    fn the_description_is_the_one_that_stands_in_the_repository() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
        let there = std::fs::read_to_string(path).unwrap_or_default();
        assert!(there == text(), "look at what changed, and write it with `causeway schema api > docs/openapi.json`");
    }

    #[test]
    fn everything_that_is_referred_to_is_there_and_every_operation_has_a_name_of_its_own() {
        let (text, all) = (text(), description());
        let schemas = all["components"]["schemas"].as_object().unwrap();
        let mut referred: Vec<&str> = text.split("\"#/components/schemas/").skip(1).collect();
        assert!(!referred.is_empty());
        referred.iter_mut().for_each(|rest| *rest = rest.split('"').next().unwrap());
        referred.iter().for_each(|name| assert!(schemas.contains_key(*name), "{name}"));
        let ids: BTreeSet<String> = TABLE.iter().map(id).collect();
        assert_eq!(ids.len(), TABLE.len());
        assert!(!text.contains("$schema") && !text.contains("definitions/") && !text.contains("$defs"));
    }

    #[test]
    fn the_page_runs_nothing_and_fetches_nothing() {
        let page = page();
        for word in ["<script", "src=", "@import", "url(", "http"] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(TABLE.iter().all(|route| page.contains(route.path)));
    }
}
