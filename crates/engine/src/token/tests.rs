//! Does only the registered key prove a program, for us and now, whatever a proof says of itself?

use std::path::Path;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PSS_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use causeway_package::client::assertion::{assertion, signed};
use causeway_package::client::{Algorithm, EncryptionPair, Jwk, SigningPair, Use};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::proof::{Claimed, is_a_key, verifies};
use super::{Brake, Refusal};

const AUDIENCE: &str = "https://gateway.example.org/oauth2/token";

fn now() -> Timestamp {
    "2027-02-01T09:00:00Z".parse().unwrap()
}

fn key() -> SigningPair {
    SigningPair::from_seed(&[4; 32])
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "typ": "JWT", "kid": key().public().thumbprint() })
}

fn claims() -> Value {
    let now = now().as_second();
    json!({ "iss": "sync", "sub": "sync", "aud": AUDIENCE, "iat": now, "exp": now + 60, "jti": "one" })
}

fn is_proven(text: &str, by: &Jwk) -> bool {
    Claimed::read(text).is_some_and(|claimed| claimed.prove(by, AUDIENCE, now()).is_some())
}

fn with(change: impl FnOnce(&mut Value, &mut Value)) -> bool {
    let (mut header, mut claims) = (header(), claims());
    change(&mut header, &mut claims);
    is_proven(&signed(&header, &claims, &key()), &key().public())
}

#[test]
fn a_proof_is_good_for_us_and_now() {
    assert!(is_proven(&assertion("sync", AUDIENCE, &key(), now(), "an-id"), &key().public()));
    type Change = fn(&mut Value, &mut Value);
    let fine: &[(&str, Change)] = &[
        ("as it is", |_, _| {}),
        ("without a type", |header, _| drop(header.as_object_mut().unwrap().remove("typ"))),
        ("without a key", |header, _| drop(header.as_object_mut().unwrap().remove("kid"))),
        ("one audience in a list", |_, claims| claims["aud"] = json!([AUDIENCE])),
        ("just over, by a clock that is a minute ahead", |_, claims| claims["exp"] = json!(now().as_second() - 59)),
        ("begun by a clock that is a minute ahead", |_, claims| claims["nbf"] = json!(now().as_second() + 60)),
        ("five minutes", |_, claims| claims["exp"] = json!(now().as_second() + 300)),
        ("fractions", |_, claims| claims["exp"] = json!(now().as_second() as f64 + 60.5)),
    ];
    for (what, change) in fine {
        assert!(with(change), "{what}");
    }
    let wrong: &[(&str, Change)] = &[
        ("no algorithm", |header, _| header["alg"] = json!("none")),
        ("no algorithm, in capitals", |header, _| header["alg"] = json!("NONE")),
        ("a secret's algorithm", |header, _| header["alg"] = json!("HS256")),
        ("another key's algorithm", |header, _| header["alg"] = json!("ES256")),
        ("an algorithm that is no text", |header, _| header["alg"] = json!(["EdDSA"])),
        ("a key to be fetched", |header, _| header["jku"] = json!("https://evil.example/keys")),
        ("a certificate to be fetched", |header, _| header["x5u"] = json!("https://evil.example/chain")),
        ("a chain of its own", |header, _| header["x5c"] = json!(["AAAA"])),
        ("a key of its own", |header, _| header["jwk"] = json!(key().public())),
        ("an extension that must be understood", |header, _| header["crit"] = json!(["exp"])),
        ("an extension of none", |header, _| header["crit"] = json!([])),
        ("a payload that is not encoded", |header, _| header["b64"] = json!(false)),
        ("compressed", |header, _| header["zip"] = json!("DEF")),
        ("a key that is a path", |header, _| header["kid"] = json!({ "path": "/dev/null" })),
        ("another type", |header, _| header["typ"] = json!("at+jwt")),
        ("for another audience", |_, claims| claims["aud"] = json!("https://other.example/oauth2/token")),
        ("for ours and another", |_, claims| claims["aud"] = json!([AUDIENCE, "https://other.example/oauth2/token"])),
        ("for the gateway as such", |_, claims| claims["aud"] = json!("https://gateway.example.org")),
        ("for nobody", |_, claims| drop(claims.as_object_mut().unwrap().remove("aud"))),
        ("over", |_, claims| claims["exp"] = json!(now().as_second() - 61)),
        ("without an end", |_, claims| drop(claims.as_object_mut().unwrap().remove("exp"))),
        ("an end that is a text", |_, claims| claims["exp"] = json!("4102444800")),
        ("for a day", |_, claims| claims["exp"] = json!(now().as_second() + 86_400)),
        ("for ever", |_, claims| claims["exp"] = json!(i64::MAX)),
        ("from before time", |_, claims| claims["exp"] = json!(i64::MIN)),
        ("an end beyond numbers", |_, claims| claims["exp"] = json!(1e300)),
        ("not yet", |_, claims| claims["nbf"] = json!(now().as_second() + 61)),
        ("a beginning that is a text", |_, claims| claims["nbf"] = json!("now")),
        ("made in the future", |_, claims| claims["iat"] = json!(now().as_second() + 61)),
        ("made long ago", |_, claims| claims["iat"] = json!(now().as_second() - 3_600)),
        ("nothing of its own", |_, claims| drop(claims.as_object_mut().unwrap().remove("jti"))),
        ("an empty own", |_, claims| claims["jti"] = json!("")),
        ("a long own", |_, claims| claims["jti"] = json!("x".repeat(201))),
        ("made by another", |_, claims| claims["iss"] = json!("other")),
        ("about another", |_, claims| claims["sub"] = json!("other")),
        ("about nobody", |_, claims| drop(claims.as_object_mut().unwrap().remove("sub"))),
    ];
    for (what, change) in wrong {
        assert!(!with(change), "{what}");
    }
}

#[test]
fn what_was_altered_or_made_by_another_key_proves_nothing() {
    let (good, by) = (signed(&header(), &claims(), &key()), key().public());
    let other = SigningPair::from_seed(&[5; 32]);
    assert!(is_proven(&good, &by) && !is_proven(&good, &other.public()));
    assert!(!is_proven(&signed(&header(), &claims(), &other), &by));
    let parts: Vec<&str> = good.split('.').collect();
    for altered in [
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{good}."),
        format!("{good}.{}", parts[2]),
        format!("{good}="),
        format!(" {good}"),
        format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86)),
        format!("{}.{}.{}", parts[1], parts[0], parts[2]),
        format!("{}+.{}.{}", parts[0], parts[1], parts[2]),
        good.replace('.', ""),
        String::new(),
        "..".to_owned(),
        "a".repeat(100_000),
    ] {
        assert!(!is_proven(&altered, &by), "{altered:.80}");
    }
    // A name that stands twice is read by some as the first, by others as the last.
    let twice = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let head = twice(r#"{"alg":"EdDSA","alg":"none"}"#);
    assert!(!is_proven(&format!("{head}.{}.{}", parts[1], parts[2]), &by));
    let signature =
        |signed: &str| URL_SAFE_NO_PAD.encode([0; 64].map(|zero: u8| zero ^ u8::try_from(signed.len() % 2).unwrap()));
    assert!(!is_proven(&format!("{}.{}", parts[..2].join("."), signature(&good)), &by));
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    // The classic: the row's public key, used as the secret of a MAC that the header asks for.
    use aws_lc_rs::hmac;
    let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "HS256", "typ": "JWT" }).to_string());
    let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims().to_string()));
    let public = key().public();
    for secret in [public.x.clone().unwrap().into_bytes(), serde_json::to_vec(&public).unwrap()] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), text.as_bytes());
        assert!(!is_proven(&format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag)), &public));
    }
}

#[test]
fn a_key_is_used_by_its_own_algorithm_alone() {
    let random = SystemRandom::new();
    let text = |alg: &str| {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "typ": "JWT" }).to_string());
        format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims().to_string()))
    };
    let point = |crv: &str, alg, key: &[u8]| {
        let (x, y) = key[1..].split_at((key.len() - 1) / 2);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let usage = Use::Signing;
        Jwk { kty: "EC".into(), crv: Some(crv.into()), x: Some(x), y: Some(y), n: None, e: None, usage, alg, kid: None }
    };
    let mut made: Vec<(Jwk, String)> = vec![(key().public(), signed(&header(), &claims(), &key()))];
    for (crv, algorithm, alg) in [
        ("P-256", &ECDSA_P256_SHA256_FIXED_SIGNING, Algorithm::ES256),
        ("P-384", &ECDSA_P384_SHA384_FIXED_SIGNING, Algorithm::ES384),
    ] {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let text = text(alg.as_str());
        let signature = pair.sign(&random, text.as_bytes()).unwrap();
        let jwk = point(crv, alg, pair.public_key().as_ref());
        made.push((jwk, format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))));
    }
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let mut signature = vec![0; rsa.public_modulus_len()];
    rsa.sign(&RSA_PSS_SHA256, &random, text("PS256").as_bytes(), &mut signature).unwrap();
    // As DER: a sequence of a number of 257 bytes, the first of them zero, and the exponent.
    let n = &rsa.public_key().as_ref()[9..9 + 256];
    let jwk = Jwk {
        kty: "RSA".into(),
        n: Some(URL_SAFE_NO_PAD.encode(n)),
        e: Some("AQAB".into()),
        ..point("P-256", Algorithm::PS256, &[0; 65])
    };
    let jwk = Jwk { crv: None, x: None, y: None, ..jwk };
    made.push((jwk, format!("{}.{}", text("PS256"), URL_SAFE_NO_PAD.encode(signature))));
    for (place, (jwk, _)) in made.iter().enumerate() {
        assert!(is_a_key(jwk), "{jwk:?}");
        for (other, (_, proof)) in made.iter().enumerate() {
            assert_eq!(is_proven(proof, jwk), place == other, "{place} {other}");
        }
    }
    let off = point("P-256", Algorithm::ES256, &[4; 65]);
    assert!(!is_a_key(&off), "a point beside its curve");
    let opening = EncryptionPair::from_seed(&[1; 32]).public();
    assert!(is_a_key(&opening) && !is_proven(&made[0].1, &opening), "a key that opens proves nothing");
}

/// RFC 7520 and the example of Ed25519: verified, or of an algorithm that is not taken.
#[test]
fn examples_of_the_standard_are_verified_or_of_another_algorithm() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/jose");
    let Ok(files) = std::fs::read_dir(folder) else {
        println!("skipped: no shared data");
        return;
    };
    let (mut verified, mut others) = (0, 0);
    for file in files.flatten().filter(|file| file.path().extension().is_some_and(|end| end == "json")) {
        let Ok(example) = serde_json::from_slice::<Value>(&std::fs::read(file.path()).unwrap()) else { continue };
        let Some(compact) = example["output"]["compact"].as_str().filter(|text| text.split('.').count() == 3) else {
            continue;
        };
        let alg = example["input"]["alg"].as_str().unwrap_or_default();
        let (text, signature) = compact.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let mut key = example["input"]["key"].clone();
        key["alg"] = alg.into();
        key["use"] = "sig".into();
        for private in ["d", "p", "q", "dp", "dq", "qi", "kid"] {
            key.as_object_mut().map(|members| members.remove(private));
        }
        match serde_json::from_value::<Jwk>(key) {
            Ok(jwk) if jwk.bytes().is_ok() => {
                assert!(verifies(&jwk, text, &signature), "{:?}", file.file_name());
                let mut altered = signature.clone();
                altered[7] ^= 1;
                assert!(!verifies(&jwk, text, &altered) && !verifies(&jwk, &text[1..], &signature));
                verified += 1;
            }
            _ => {
                assert!(!["EdDSA", "ES256", "ES384", "PS256"].contains(&alg), "{:?}: {alg}", file.file_name());
                others += 1;
            }
        }
        assert!(!is_proven(compact, &key_of_nobody()), "{:?}", file.file_name());
    }
    assert!(verified >= 1 && others >= 3, "{verified} verified, {others} of other algorithms");
}

fn key_of_nobody() -> Jwk {
    SigningPair::from_seed(&[77; 32]).public()
}

#[test]
fn who_fails_again_and_again_waits_longer_and_longer() {
    let (brake, mut at) = (Brake::default(), Instant::now());
    let fail = |at| brake.failed("10.0.0.1", Some("sync"), Refusal::InvalidClient, at);
    assert!(fail(at), "the first that nobody was told of");
    for _ in 0..3 {
        assert!(!fail(at));
    }
    assert_eq!(brake.waits("10.0.0.1", at), None, "four are free");
    let mut waits = Vec::new();
    for _ in 0..7 {
        fail(at);
        let wait = brake.waits("10.0.0.1", at).unwrap();
        waits.push(wait.as_secs() / 60);
        at += wait;
        assert_eq!(brake.waits("10.0.0.1", at), None);
    }
    assert_eq!(waits, [1, 2, 4, 8, 15, 15, 15]);
    assert_eq!(brake.waits("10.0.0.2", at), None, "others do not");
    let told = brake.untold().unwrap();
    assert_eq!(told["failures"], json!([{ "client": "sync", "why": "invalid_client", "times": 11 }]));
    assert_eq!(brake.untold(), None);
    at += Duration::from_secs(16 * 60);
    assert!(fail(at) && brake.waits("10.0.0.1", at).is_none(), "it begins anew");
    for number in 0..10_050 {
        brake.failed(&format!("net {number}"), None, Refusal::InvalidRequest, at);
    }
    assert_eq!(brake.untold().unwrap()["failures"].as_array().unwrap().len(), 2);
}
