//! Does a token come only to who proves itself, and open nothing but what it is for?

use causeway_package::client::assertion::signed as signed_as;
use causeway_package::client::{ActsAs, SigningPair};
use causeway_testkit::street::{Street, administrator};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::place::{AUDIENCE, Gateway, Program, call, http, original, random, registered, signed, word};
use crate::governance::place::{Kind, PASSWORD};

fn claims(name: &str) -> Value {
    #[expect(clippy::disallowed_methods, reason = "the program under test has the clock of the machine")]
    let now = Timestamp::now().as_second();
    json!({ "iss": name, "sub": name, "aud": AUDIENCE, "iat": now, "exp": now + 60, "jti": word() })
}

/// What a stranger, a thief and a careless program try; each is 401 and no word more.
fn tricks(program: &Program) -> Vec<(&'static str, String)> {
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": program.key.public().thumbprint() });
    let (name, other) = (program.name.as_str(), SigningPair::from_seed(&random()));
    let with = |change: &dyn Fn(&mut Value, &mut Value)| {
        let (mut header, mut claims) = (header.clone(), claims(name));
        change(&mut header, &mut claims);
        signed_as(&header, &claims, &program.key)
    };
    let now = claims(name)["iat"].as_i64().unwrap();
    vec![
        ("alg none", with(&|header, _| header["alg"] = json!("none"))),
        ("alg HS256", with(&|header, _| header["alg"] = json!("HS256"))),
        ("alg ES256", with(&|header, _| header["alg"] = json!("ES256"))),
        ("another's key", signed_as(&header, &claims(name), &other)),
        ("another's key by its name", {
            let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": other.public().thumbprint() });
            signed_as(&header, &claims(name), &other)
        }),
        ("its own key in the header", {
            let header = json!({ "alg": "EdDSA", "typ": "JWT", "jwk": other.public() });
            signed_as(&header, &claims(name), &other)
        }),
        ("jku", with(&|header, _| header["jku"] = json!("https://evil.example/jwks"))),
        ("x5u", with(&|header, _| header["x5u"] = json!("https://evil.example/chain.pem"))),
        ("crit", with(&|header, _| header["crit"] = json!(["exp"]))),
        ("wrong audience", with(&|_, claims| claims["aud"] = json!("https://other.example/oauth2/token"))),
        ("expired", with(&|_, claims| claims["exp"] = json!(now - 61))),
        ("not yet", with(&|_, claims| claims["nbf"] = json!(now + 120))),
        ("for a day", with(&|_, claims| claims["exp"] = json!(now + 86_400))),
        ("another program", with(&|_, claims| (claims["iss"], claims["sub"]) = (json!("nobody"), json!("nobody")))),
        ("no proof", "x".to_owned()),
    ]
}

fn a_token_comes_to_who_proves_itself(kind: Kind) {
    let original = original(kind);
    let copy = original.copy();
    let street = &copy.street;
    let program = registered(street, "lantern-relief", "lantern-sync", |_| {});
    let gateway = Gateway::open(&copy);
    let address = gateway.address.as_str();
    let proof = program.proof();
    let reply = Program::asks(address, &proof, "");
    let said = reply.json();
    assert_eq!(
        (reply.status, said["token_type"].as_str(), said["expires_in"].as_i64()),
        (200, Some("Bearer"), Some(600))
    );
    assert_eq!(said["scope"], "account exchange:food-people");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let token = said["access_token"].as_str().unwrap();
    let me = call(address, token, "GET", "/me", "");
    assert_eq!((me.status, me.json()["partner"].as_str().unwrap()), (200, "lantern-relief"), "{me:?}");
    assert!(me.header("ratelimit").is_some_and(|left| left.contains("r=599")), "{me:?}");
    // Once, and no more.
    let again = Program::asks(address, &proof, "");
    assert_eq!((again.status, again.body.as_str()), (401, r#"{"error":"invalid_client"}"#));
    // What is asked for is what it may be about, or nothing.
    let narrower = Program::asks(address, &program.proof(), "&scope=account").json();
    assert_eq!(narrower["scope"], "account");
    let wider = Program::asks(address, &program.proof(), "&scope=account%20exchange%3Aother");
    assert_eq!((wider.status, wider.json()["error"].as_str().unwrap()), (400, "invalid_scope"));
    // The token is kept nowhere as it is.
    if kind == Kind::Sqlite {
        let database = std::fs::read(street.home().join("data/causeway.sqlite")).unwrap();
        let log = std::fs::read(street.home().join("data/causeway.sqlite-wal")).unwrap_or_default();
        for bytes in [database, log] {
            assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()));
        }
    }
    // A stop holds it back, and what was stopped goes on when two resume it.
    street
        .good(&["--as", "representative", "partner", "suspend", "lantern-relief", "--reason", "a breach was told"])
        .unwrap();
    let held = call(address, token, "GET", "/me", "");
    assert_eq!((held.status, held.code().as_str()), (403, "partner-not-active"));
    assert_eq!(Program::asks(address, &program.proof(), "").json()["error"], "unauthorized_client");
    street.good(&["--as", "representative", "partner", "resume", "lantern-relief"]).unwrap();
    assert_eq!(call(address, token, "GET", "/me", "").status, 200);
    // Revoked is revoked: where `serve` still believes the token, `work` does not.
    let revoke = ["partner", "client", "revoke", "lantern-sync", "--reason", "the machine was lost"];
    street.good(&[&["--as", "registration"][..], &revoke].concat()).unwrap();
    assert_eq!(call(address, token, "GET", "/me", "").status, 401);
    assert_eq!(Program::asks(address, &program.proof(), "").status, 401);
    gateway.serve.ended();
    gateway.worker.ended();
    let leaves: Vec<_> = copy.leaves().into_iter().map(|leaf| leaf.event).collect();
    for event in ["client-added", "client-revoked", "tokens-refused"] {
        assert!(leaves.iter().any(|leaf| leaf == event), "{event}: {leaves:?}");
    }
}

#[test]
fn a_token_comes_to_who_proves_itself_on_sqlite() {
    a_token_comes_to_who_proves_itself(Kind::Sqlite);
}

#[test]
fn a_token_comes_to_who_proves_itself_on_postgres() {
    a_token_comes_to_who_proves_itself(Kind::Postgres);
}

#[test]
fn every_trick_is_401_and_whoever_tries_again_and_again_waits() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let program = registered(&copy.street, "lantern-relief", "lantern-sync", |_| {});
    let mut tried = tricks(&program);
    while !tried.is_empty() {
        // Five failures a minute are free: another gateway forgets them.
        let gateway = Gateway::open(&copy);
        for (what, proof) in tried.drain(..tried.len().min(5)) {
            let reply = Program::asks(&gateway.address, &proof, "");
            assert_eq!((reply.status, reply.body.as_str()), (401, r#"{"error":"invalid_client"}"#), "{what}");
        }
        let slow = Program::asks(&gateway.address, "x", "");
        let waits: u64 = slow.header("retry-after").unwrap_or_else(|| panic!("{slow:?}")).parse().unwrap();
        assert!(slow.status == 429 && (1..=61).contains(&waits), "{slow:?}");
        gateway.serve.ended();
        gateway.worker.ended();
    }
    let refused: Vec<_> = copy.leaves().into_iter().filter(|leaf| leaf.event == "tokens-refused").collect();
    assert_eq!(refused.len(), 3, "one entry a gateway, which was not there for a minute");
    let told = refused[0].body.to_string();
    assert!(told.contains("lantern-sync") && told.contains("invalid_client") && !told.contains("nobody"), "{told}");
}

#[test]
fn nothing_is_answered_without_a_token() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let program = registered(&copy.street, "lantern-relief", "lantern-sync", |_| {});
    let gateway = Gateway::open(&copy);
    let address = gateway.address.as_str();
    let token = program.token(address);
    for (what, headers) in [
        ("none", vec![]),
        ("another", vec![("authorization", format!("Bearer {}", "0".repeat(64)))]),
        ("a part", vec![("authorization", format!("Bearer {}", &token[..63]))]),
        ("another scheme", vec![("authorization", format!("Basic {token}"))]),
        ("two", vec![("authorization", format!("Bearer {token}")), ("authorization", format!("Bearer {token}"))]),
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = http(address, "GET", "/api/v1/me", &headers, "");
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, Some("Bearer")), "{what}");
    }
    let in_address = http(address, "GET", &format!("/api/v1/me?access_token={token}"), &[], "");
    assert_eq!(in_address.status, 401);
    // How a token is asked for is narrow too.
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for (what, path, headers, body) in [
        ("a secret in the address", "/oauth2/token?client_id=x", &form[..], "grant_type=client_credentials"),
        ("a parameter twice", "/oauth2/token", &form, "grant_type=client_credentials&grant_type=password"),
        ("JSON", "/oauth2/token", &[("content-type", "application/json")], "{}"),
        ("a password", "/oauth2/token", &form, "grant_type=password&username=a&password=b"),
        ("nothing", "/oauth2/token", &form, ""),
    ] {
        let reply = http(address, "POST", path, headers, body);
        assert_eq!(reply.status, 400, "{what}: {reply:?}");
    }
    gateway.serve.ended();
    gateway.worker.ended();
}

fn client(street: &Street, who: &str, words: &[&str]) -> (Option<i32>, String) {
    let ended = street.run(&[&["--as", who, "partner", "client"][..], words].concat()).unwrap();
    (ended.code, format!("{}{}", ended.out, ended.err))
}

#[test]
fn a_program_is_what_its_partner_signed_and_nobody_else() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let street = &copy.street;
    let admin = administrator("lantern-relief");
    let program = registered(street, "lantern-relief", "lantern-sync", |_| {});
    let file = |shape: &dyn Fn(&mut causeway_package::client::Registration)| {
        signed(street, &program, "lantern-relief", |registration| shape(registration)).display().to_string()
    };
    // Its next keys, by a file that was altered, by one that lets it do more, and by one that does not.
    let next = Program { name: "lantern-sync".into(), key: SigningPair::from_seed(&random()) };
    let fine = signed(street, &next, "lantern-relief", |it| {
        it.others_until = Some(it.made_at.to_zoned(jiff::tz::TimeZone::UTC).date().tomorrow().unwrap());
    });
    let altered = fine.with_extension("altered.json");
    std::fs::write(&altered, std::fs::read_to_string(&fine).unwrap().replace("account", "accounts")).unwrap();
    let (altered, fine) = (altered.display().to_string(), fine.display().to_string());
    let signature = format!("{fine}.sig");
    assert_eq!(client(street, &admin, &["rotate-key", &altered, "--signature", &signature]).0, Some(3));
    let wider = file(&|it| it.scopes.push("exchange:other".into()));
    let (code, said) = client(street, &admin, &["rotate-key", &wider]);
    assert!(code == Some(4) && said.contains("not-permitted"), "{said}");
    let other = file(&|it| it.acts_as = ActsAs::PartnerAdministrator);
    assert_eq!(client(street, &admin, &["rotate-key", &other]).0, Some(4));
    let long = file(&|it| it.others_until = Some("2099-01-01".parse().unwrap()));
    let (code, said) = client(street, &admin, &["rotate-key", &long]);
    assert!(code == Some(4) && said.contains("key-retired"), "{said}");
    let elsewhere = file(&|it| it.environment = causeway_package::Environment::Test);
    assert_eq!(client(street, &admin, &["rotate-key", &elsewhere]).0, Some(3));
    let (code, said) = client(street, &admin, &["rotate-key", &fine]);
    assert_eq!(code, Some(0), "{said}");
    let (_, shown) = client(street, &admin, &["show", "lantern-sync"]);
    assert_eq!(shown.matches("sig ").count(), 2, "both keys count: {shown}");
    // One that was made before is no next one, whoever brings it.
    let older = file(&|it| it.made_at = "2026-01-01T00:00:00Z".parse().unwrap());
    let (code, said) = client(street, &admin, &["rotate-key", &older]);
    assert!(code == Some(4) && said.contains("changed-meanwhile"), "{said}");
    // What lets it do more is for the operation to bring in, or the partner's administrator as a new registration.
    let (code, said) = client(street, "registration", &["add", &file(&|it| it.scopes.push("exchange:other".into()))]);
    assert_eq!(code, Some(0), "{said}");
    assert!(client(street, &admin, &["show", "lantern-sync"]).1.contains("exchange:other"));
    // A person cannot be called as a program is.
    let key = street.key_of("newcomer");
    street.good(&["officer", "new", "--out", &key]).unwrap();
    let words = [
        "officer",
        "add",
        "client/lantern-sync",
        "--role",
        "auditor",
        "--key",
        &format!("{key}.pub.pem"),
        "--fingerprint",
        "SHA256:x",
    ];
    assert_ne!(street.run(&words).unwrap().code, Some(0));
    assert_eq!(client(street, &administrator("acacia-schools"), &["show", "lantern-sync"]).0, Some(4));
    assert_eq!(client(street, &administrator("acacia-schools"), &["list"]).1.trim(), "");
}

#[test]
fn serve_reads_the_database_as_somebody_who_may_only_read() {
    let original = original(Kind::Postgres);
    let copy = original.copy();
    let (street, database) = (&copy.street, copy.database.as_deref().unwrap());
    let program = registered(street, "lantern-relief", "lantern-sync", |_| {});
    let user = format!("reader_{}", word());
    let server = causeway_testkit::server::postgres();
    server.sql("postgres", &format!("CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'")).unwrap();
    let grants = street.good(&["database", "grants", &user]).unwrap();
    server.sql(database, &grants).unwrap();
    let config = street.home().join("causeway.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let password = copy.folder().join("reading");
    std::fs::write(&password, PASSWORD).unwrap();
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let more = format!("[database.serve]\nuser = \"{user}\"\npassword_file = \"{}\"\n", password.display());
    std::fs::write(&config, format!("{text}\n{more}")).unwrap();
    let gateway = Gateway::open(&copy);
    let token = program.token(&gateway.address);
    assert_eq!(call(&gateway.address, &token, "GET", "/me", "").status, 200);
    let seen = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{user}'");
    assert_ne!(server.sql(database, &seen).unwrap().trim(), "0", "it is that user");
    let write = format!("SET ROLE {user}; DELETE FROM access_token");
    assert!(server.sql(database, &write).is_err(), "which may not write");
    gateway.serve.ended();
    gateway.worker.ended();
    server.sql(database, &format!("DROP OWNED BY {user}; DROP ROLE {user}")).unwrap();
    assert_ne!(street.run(&["database", "grants", "a; DROP"]).unwrap().code, Some(0));
}
