//! What do officers do meanwhile? Each task is a command as the program runs it, beside whoever works.

use std::path::{Path, PathBuf};

use causeway_engine::command::{self, Manner, NextKeys};
use causeway_engine::command::{Asked, record_decision};
use causeway_engine::drive::send_notices;
use causeway_engine::rights::Whose;
use causeway_engine::{Connectors, EngineError, House};
use causeway_model::request::TransferRequest;
use causeway_model::rights::{Decision, Kind, Reason, Scope as About};
use causeway_model::stop::Scope;
use causeway_package::key::{Identities, Identity, SigningKey};
use causeway_package::report::ReportReader;
use jiff::ToSpan;

use super::documents::{ARRANGEMENT, arrangement};

const PARTNER: &str = "lantern-relief";
const ADMIN: &str = "lantern-relief-admin";
const WHY: &str = "an invented reason";

/// What is done at a desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    Request(&'static str),
    Approve(String),
    Cancel(String),
    Stop,
    Resume,
    Suspend,
    Unsuspend,
    Amend(u32),
    SuspendPartner,
    ResumePartner,
    Object(i64),
    /// The partner says that its key is lost.
    Revoke(String),
    /// It brings another, of this secret text.
    Rotate(String),
    Receipt(Vec<u8>, Vec<u8>),
    Settle(String),
    Backup(PathBuf),
}

/// Carries a task out.
pub async fn carry(house: &House, connectors: &dyn Connectors, task: Task) -> Result<String, EngineError> {
    let home = house.home.root().to_owned();
    match task {
        Task::Request(exchange) => {
            let asked =
                TransferRequest { exchange: exchange.to_owned(), cycle: None, place: None, cut_off: None, note: None };
            let manner = Manner { expect_fewer: true, exceptionally: false };
            command::request_transfer(house, "registration", asked, manner).await.map(|asked| asked.transfer)
        }
        Task::Approve(transfer) => {
            let key = key(&home, "representative");
            command::approve_transfer(house, "representative", &key, &transfer).await.map(|done| format!("{done:?}"))
        }
        Task::Cancel(transfer) => {
            command::cancel_transfer(house, "registration", &transfer, WHY).await.map(|done| format!("{done:?}"))
        }
        Task::Stop => command::stop(house, "protection", Scope::All, WHY).await.map(|_| "stopped".to_owned()),
        Task::Resume => {
            for officer in ["representative", "protection"] {
                command::resume(house, officer, &key(&home, officer), &Scope::All).await?;
            }
            Ok("resumed".to_owned())
        }
        Task::Suspend => {
            let moved = command::suspend_arrangement(house, "representative", ARRANGEMENT, WHY).await;
            moved.map(|_| "suspended".to_owned())
        }
        Task::Unsuspend => {
            let moved = command::resume_arrangement(house, "representative", ARRANGEMENT).await;
            moved.map(|_| "in force again".to_owned())
        }
        Task::Amend(version) => amend(house, &home, version).await,
        Task::SuspendPartner => {
            let moved = command::suspend_partner(house, "representative", PARTNER, WHY).await;
            moved.map(|_| "partner suspended".to_owned())
        }
        Task::ResumePartner => {
            let moved = command::resume_partner(house, "representative", PARTNER).await;
            moved.map(|_| "partner active".to_owned())
        }
        Task::Object(person) => {
            let whose = Whose::find(house, None, &person.to_string()).await?;
            let decision = Decision {
                kind: Kind::Objection,
                scope: About::default(),
                effective: house.today(),
                reason: Reason::PersonAsked,
                consent: None,
            };
            let asked = Asked { whose, into: None, decision, reason: WHY.to_owned() };
            let recorded = record_decision(house, "protection", &asked).await?;
            send_notices(house, connectors, "protection").await?;
            Ok(format!("{} told, {} recalled", recorded.told.len(), recorded.recalled.len()))
        }
        Task::Revoke(print) => {
            let revoked = command::revoke_key(house, ADMIN, PARTNER, &print, WHY).await?;
            Ok(format!("{} lapsed", revoked.2.len()))
        }
        Task::Rotate(secret) => rotate(house, &home, &secret).await,
        Task::Receipt(json, signature) => {
            let accepted = command::accept_receipt(house, "registration", &json, &signature).await?;
            Ok(format!("{} {:?}", accepted.outcome, accepted.disagreements))
        }
        Task::Settle(transfer) => {
            let done = command::settle_dispute(house, "protection", &transfer, WHY).await;
            done.map(|done| format!("{done:?}"))
        }
        Task::Backup(to) => {
            causeway_engine::backup::make(house, "representative", &to).await.map(|_| "kept".to_owned())
        }
    }
}

async fn amend(house: &House, home: &Path, version: u32) -> Result<String, EngineError> {
    let path = home.join(format!("arrangement-{version}.yaml"));
    std::fs::write(&path, arrangement(version)).unwrap();
    command::draft_arrangement(house, "registration", &path, None).await?;
    command::propose_arrangement(house, "registration", ARRANGEMENT).await?;
    for officer in ["representative", "protection", ADMIN] {
        command::sign_arrangement(house, officer, ARRANGEMENT, None, &key(home, officer)).await?;
    }
    command::activate_arrangement(house, "representative", ARRANGEMENT).await?;
    Ok("amended".to_owned())
}

async fn rotate(house: &House, home: &Path, secret: &str) -> Result<String, EngineError> {
    let identity = || Identity::parse(secret).unwrap();
    let recipient = identity().recipient();
    let print = recipient.fingerprint().to_string();
    let next = NextKeys { recipient: Some(recipient), signing: None };
    let until = house.today().saturating_add(3.days());
    command::rotate_key(house, ADMIN, PARTNER, &next, until).await?;
    let challenge = home.join("partner/challenge.age");
    let _there_from_before = std::fs::remove_file(&challenge);
    command::challenge_partner(house, "registration", PARTNER, &challenge).await?;
    let mut lines = ReportReader::open(&challenge, &Identities::new(vec![identity()]))?.lines::<String>();
    let answer = format!("\"{}\"\n", lines.next().unwrap()?);
    let signature = SigningKey::load(&home.join("partner/signing.pem"))?.sign(answer.as_bytes());
    command::prove_key(house, ADMIN, PARTNER, answer.as_bytes(), &signature).await?;
    command::confirm_key(house, "representative", PARTNER, &print).await?;
    Ok("rotated".to_owned())
}

fn key(home: &Path, officer: &str) -> SigningKey {
    SigningKey::load(&home.join(format!("officers/{officer}.pem"))).unwrap()
}
