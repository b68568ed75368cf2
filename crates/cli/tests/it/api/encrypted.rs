//! Is TLS spoken by a process that has no key, and does a token that came for a certificate count with it alone?

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use causeway_testkit::server::Certificates;
use serde_json::Value;

use super::place::{Gateway, original, registered};
use crate::asked::answered;
use crate::copied::Copy;
use crate::governance::place::Kind;

/// A folder with certificates, made anew.
fn certificates(copy: &Copy, name: &str) -> PathBuf {
    let folder = copy.folder().join(name);
    fs::create_dir(&folder).unwrap();
    Certificates::make(&folder, "lantern-sync").unwrap();
    folder
}

/// Puts a server's certificate and key where they belong, by one rename each.
fn put(home: &Path, from: &Path) {
    for (file, to) in [("server.key", "secrets/api.key"), ("server.pem", "tls/server.pem")] {
        let beside = home.join("next");
        fs::copy(from.join(file), &beside).unwrap();
        fs::set_permissions(&beside, fs::Permissions::from_mode(0o600)).unwrap();
        fs::rename(&beside, home.join(to)).unwrap();
    }
}

struct Curl {
    authority: PathBuf,
    port: String,
}

impl Curl {
    /// Status and body; none where no connection came to be.
    fn ask(&self, path: &str, more: &[&str]) -> Option<(u16, String)> {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--max-time", "20", "--write-out", "\n%{http_code}", "--cacert"]).arg(&self.authority);
        curl.args(more).arg(format!("https://localhost:{}{path}", self.port));
        let said = curl.output().unwrap();
        if !said.status.success() {
            return None;
        }
        let text = String::from_utf8(said.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap();
        Some((status.parse().unwrap(), body.to_owned()))
    }

    fn until(&self, path: &str) -> (u16, String) {
        let begun = Instant::now();
        loop {
            if let Some(answered) = self.ask(path, &[]) {
                return answered;
            }
            assert!(begun.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

fn digest(certificate: &Path) -> String {
    let said =
        Command::new("openssl").args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(certificate).output();
    let said = String::from_utf8(said.unwrap().stdout).unwrap();
    said.rsplit('=').next().unwrap().trim().replace(':', "").to_lowercase()
}

#[test]
fn it_is_encrypted_without_a_key_and_a_certificate_binds_its_token() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let home = copy.street.home().to_owned();
    let (ours, next, others) =
        (certificates(&copy, "ours"), certificates(&copy, "next"), certificates(&copy, "others"));
    fs::create_dir(home.join("tls")).unwrap();
    put(&home, &ours);
    let config = home.join("causeway.toml");
    let text = fs::read_to_string(&config).unwrap().replace("http://127.0.0.1:8621", "https://localhost");
    fs::write(&config, format!("{text}\n[api.tls]\ncertificate = \"tls/server.pem\"\n")).unwrap();
    let print = digest(&ours.join("client.pem"));
    registered(&copy.street, "lantern-relief", "lantern-sync", |it| it.certificates = vec![print]);
    let gateway = Gateway::open(&copy);
    let port = gateway.address.rsplit(':').next().unwrap().to_owned();
    let curl = Curl { authority: ours.join("ca.pem"), port };
    assert_eq!(curl.until("/api/v1/openapi.json").0, 200);
    assert!(curl.ask("/api/v1/openapi.json", &["--tls-max", "1.2"]).is_none(), "TLS 1.2 is not spoken");
    let file = |folder: &Path, name: &str| folder.join(name).display().to_string();
    let showing = |folder: &Path| {
        ["--cert".to_owned(), file(folder, "client.pem"), "--key".to_owned(), file(folder, "client.key")]
    };
    let (mine, foreign) = (showing(&ours), showing(&others));
    fn words(list: &[String]) -> Vec<&str> {
        list.iter().map(String::as_str).collect()
    }
    let form = ["--data", "grant_type=client_credentials&client_id=lantern-sync"];
    assert_eq!(curl.ask("/oauth2/token", &form).unwrap().0, 401, "no certificate");
    assert_eq!(
        curl.ask("/oauth2/token", &[&words(&foreign)[..], &form].concat()).unwrap().0,
        401,
        "another certificate"
    );
    let (status, said) = curl.ask("/oauth2/token", &[&words(&mine)[..], &form].concat()).unwrap();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((status, said["certificate_bound"].as_bool()), (200, Some(true)), "{said}");
    let bearer = format!("Authorization: Bearer {}", said["access_token"].as_str().unwrap());
    let token = ["--header", bearer.as_str()];
    assert_eq!(curl.ask("/api/v1/me", &[&words(&mine)[..], &token].concat()).unwrap().0, 200);
    assert_eq!(curl.ask("/api/v1/me", &token).unwrap().0, 401, "a token that was stolen");
    assert_eq!(curl.ask("/api/v1/me", &[&words(&foreign)[..], &token].concat()).unwrap().0, 401, "by another program");
    // One whose time is over is not let in at all.
    let old = copy.folder().join("old.pem");
    let made = Command::new("openssl")
        .args([
            "x509",
            "-req",
            "-in",
            &file(&ours, "client.csr"),
            "-CA",
            &file(&ours, "ca.pem"),
            "-CAkey",
            &file(&ours, "ca.key"),
        ])
        .args(["-not_before", "20200101000000Z", "-not_after", "20210101000000Z", "-out", old.to_str().unwrap()])
        .output()
        .unwrap();
    if made.status.success() {
        let old = ["--cert", old.to_str().unwrap(), "--key", mine[3].as_str()];
        assert!(curl.ask("/api/v1/openapi.json", &old).is_none_or(|answered| answered.0 != 200), "it is over");
    }
    // Nothing but a handshake is signed by the key, whoever asks.
    let message = "7b7d".repeat(65);
    let ask = format!(r#"{{"ask":"tls-sign","scheme":1027,"message":"{message}"}}"#);
    let said = answered(&home, &crate::asked::message(&ask));
    assert!(said.contains("nothing that a TLS 1.3 server signs"), "{said}");
    // A certificate that takes the place of one is shown as soon as it is there.
    put(&home, &next);
    let curl = Curl { authority: next.join("ca.pem"), port: curl.port };
    assert_eq!(curl.until("/api/v1/openapi.json").0, 200);
    // Where nobody can sign, nothing is answered; as soon as somebody can, everything is.
    gateway.worker.ended();
    assert!(curl.ask("/api/v1/openapi.json", &[]).is_none());
    let mut worker = crate::serve::Process::begin(&copy.street, &["work"], |_| {});
    worker.says("at work");
    assert_eq!(curl.until("/api/v1/openapi.json").0, 200);
    worker.ended();
    gateway.serve.ended();
}
