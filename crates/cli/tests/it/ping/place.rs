//! The example at work, with a client that was written for PING's own API.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use causeway_testkit::throw_away;
use serde_json::{Value, json};

use crate::api::place::{Gateway, word};
use crate::referrals::place::{self, Store, exchanges, id};

pub const PARTNER_ID: &str = "PNR-1363";

/// What such a client has in its settings.
pub struct Secrets {
    pub user: String,
    pub password: String,
    pub key: String,
}

pub struct Place {
    pub referrals: place::Place,
    pub gateway: Gateway,
    pub secrets: Secrets,
    folder: PathBuf,
    _removed: Box<dyn std::any::Any>,
}

/// A program of this kind that may be about everything.
pub fn added(referrals: &place::Place) -> Secrets {
    let user = format!("desk-{}", word());
    let mut words = vec!["--as", "registration", "partner", "client", "add-ping", &user];
    words.extend(["--partner", "lantern-relief", "--partner-id", PARTNER_ID]);
    let all = exchanges();
    all.iter().for_each(|(name, _)| words.extend(["--exchange", name]));
    let said = referrals.street.good(&words).unwrap();
    let after = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    Secrets { password: after("password:"), key: after("subscription key:"), user }
}

/// A referral as such a client sends it.
pub fn referral(of: u32) -> Value {
    json!({ "ExternalId": format!("case-{of}"), "ExternalGUID": id(of), "Attachments": [], "Fields": {
        "progres_interventionstartdate": "2026-04-01", "progres_businessunit": "20000000-0000-4000-8000-000000000001",
        "progres_givenname": "Mónfà", "progres_familyname": "Inventée", "progres_dateofbirth": "2015-01-31",
        "progres_sex": 125_080_000, "progres_interventiontype": "psychosocial", "progres_comments": null,
    }})
}

impl Place {
    pub fn new(store: Store) -> Self {
        // Two pages where there are two.
        let small = |file: &str, text: String| match file {
            "exchange-pending.yaml" => text.replace("page: 1000", "page: 1"),
            _ => text,
        };
        let referrals = place::Place::of(store, small);
        let config = referrals.street.home().join("causeway.toml");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, format!("{text}calls_a_minute = 1000000\n")).unwrap();
        let secrets = added(&referrals);
        let gateway = Gateway::on(&referrals.street);
        let removed = throw_away::directory().unwrap();
        Self { referrals, gateway, secrets, folder: removed.path().to_owned(), _removed: Box::new(removed) }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a flow of the client; what it said last.
    pub fn runs(&self, flow: &str, records: Option<&[Value]>) -> Value {
        let transcript = self.folder.join(flow);
        fs::create_dir_all(&transcript).unwrap();
        self.calls(&["--transcript".as_ref(), transcript.as_os_str()], flow, &[], records)
    }

    /// Runs a flow of many calls, of which nothing is kept.
    pub fn loads(&self, flow: &str, words: &[&str], records: Option<&[Value]>) -> Value {
        self.calls(&[], flow, words, records)
    }

    fn calls(&self, before: &[&OsStr], flow: &str, words: &[&str], records: Option<&[Value]>) -> Value {
        let settings = self.folder.join("settings.json");
        fs::write(&settings, self.settings().to_string()).unwrap();
        let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ping/client.py");
        let mut command = Command::new("python3");
        command.arg(client).arg("--settings").arg(&settings).args(before).arg(flow).args(words);
        if let Some(records) = records {
            let file = self.folder.join(format!("{flow}.json"));
            fs::write(&file, json!(records).to_string()).unwrap();
            command.arg("--records").arg(&file);
        }
        let output = command.output().unwrap();
        let (said, why) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{flow}: {said}\n{why}");
        serde_json::from_str(said.lines().next_back().unwrap_or_default()).unwrap_or_else(|_| panic!("{said}"))
    }

    /// The transcript of every call, in order.
    pub fn transcripts(&self) -> Vec<PathBuf> {
        let inside = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let folders = inside(&self.folder).filter(|path| path.is_dir());
        let mut found: Vec<PathBuf> = folders.flat_map(|folder| inside(&folder)).collect();
        found.sort();
        found
    }

    fn settings(&self) -> Value {
        let Secrets { user, password, key } = &self.secrets;
        json!({
            "base_url": format!("http://{}", self.gateway.address), "tenant": "example.onmicrosoft.com",
            "policy": "B2C_1A_partners", "username": user, "password": password, "client_id": user, "scope": "openid",
            "subscription_key": key, "partner_id": PARTNER_ID, "interop_id": "INT-1436",
            "processes": {
                "pending": "SHP-2747", "detail": "SHP-2358", "intervention_update": "SHP-2748", "decisions": "SHP-2795",
                "decision_detail": "SHP-2796", "new_referral": "SHP-2731", "referral_status": "SHP-2284",
            },
            "fields": { "sex": "progres_sex", "comment": "progres_comments" },
            "answer": { "outcome": "Status" },
            "words": { "good": ["Accepted", "Updated"] },
            "expect": { "foreign-partner": [400], "unknown-process": [400], "wrong-password": [400] },
        })
    }

    /// Ends both; the ledger holds, and no secret was said.
    pub fn ended(self) {
        let said = self.gateway.serve.ended() + &self.gateway.worker.ended();
        for secret in [&self.secrets.password, &self.secrets.key] {
            assert!(!said.contains(secret.as_str()), "a secret stands in what was said");
        }
        self.referrals.street.good(&["ledger", "verify"]).unwrap();
    }
}
