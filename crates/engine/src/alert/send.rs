//! How is an alert sent on one of its ways, and what becomes of it then?

use std::time::Duration;

use causeway_store::outbox::{Dispatch, End};
use causeway_store::query::AlertRow;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::route::{Way, ways};
use super::settings::{MailRoute, Settings, Smtp, WebhookRoute};
use super::{Call, Hook, Mail, MailServer, Postman, Sent};
use crate::command::held_back;
use crate::error::EngineError;
use crate::house::House;
use crate::letter::{Language, told};

/// A try that takes longer has failed: its lease must still hold when it ends.
const LONGEST_TRY: Duration = Duration::from_secs(40);

/// The pause after the first failure, and the longest one.
const FIRST_PAUSE_S: u64 = 60;
const LONGEST_PAUSE_S: u64 = 3600;

/// Failures in a row after which an alert is given up on one way: with the pauses above more than eight days.
const PATIENCE: u32 = 200;

/// How long after it was held back it is looked at again.
const HELD: SignedDuration = SignedDuration::from_mins(5);

/// While a try is under way, it is asked so often whether it may go on.
const ASKED: Duration = Duration::from_secs(2);

/// Sends it; how that ended.
pub(super) async fn send(
    house: &House,
    settings: &Settings,
    postman: &dyn Postman,
    alert: &AlertRow,
    dispatch: &Dispatch,
) -> End {
    let tried = tokio::time::timeout(LONGEST_TRY, carry(house, settings, postman, alert, &dispatch.route)).await;
    let sent = match tried {
        Ok(Ok(Carried::Tried(sent))) => sent,
        Ok(Ok(Carried::Held(why))) => {
            return End::Held { why, again_at: house.now().saturating_add(HELD).unwrap_or(Timestamp::MAX) };
        }
        // A secret that cannot be read, a way that is gone: people may mend it.
        Ok(Err(error)) => Sent::Failed(error.to_string()),
        Err(_) => Sent::Failed(format!("no answer within {} seconds", LONGEST_TRY.as_secs())),
    };
    ended(sent, dispatch.failures, house.now(), house.random())
}

/// What becomes of it: pure, so that every outcome can be tried.
fn ended(sent: Sent, failures: u32, now: Timestamp, chance: [u8; 32]) -> End {
    match sent {
        Sent::Confirmed => End::Sent { at: now },
        Sent::Refused(why) => End::Dead { why, at: now },
        Sent::Failed(why) if failures.saturating_add(1) >= PATIENCE => End::Dead { why, at: now },
        Sent::Failed(why) => {
            let again = SignedDuration::from_millis(i64::try_from(pause_ms(failures, chance)).unwrap_or(i64::MAX));
            End::Failed { why, again_at: now.saturating_add(again).unwrap_or(Timestamp::MAX) }
        }
    }
}

/// Doubles with each failure, and is spread by a fifth either way.
fn pause_ms(failures: u32, [first, second, ..]: [u8; 32]) -> u64 {
    let pause = FIRST_PAUSE_S.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE_S) * 1000;
    let spread = u64::from(u16::from_be_bytes([first, second]));
    pause * 4 / 5 + pause * 2 / 5 * spread / u64::from(u16::MAX)
}

/// What became of a try.
enum Carried {
    Tried(Sent),
    Held(String),
}

/// INVARIANT (a stop holds): nothing goes to a partner that is stopped, suspended or closed.
async fn carry(
    house: &House,
    settings: &Settings,
    postman: &dyn Postman,
    alert: &AlertRow,
    route: &str,
) -> Result<Carried, EngineError> {
    // Of the same name another's way may be by now.
    let is_theirs = ways(settings, alert.kind, &alert.to, &alert.subject).contains(&route);
    let Some(way) = settings.way(route).filter(|_| is_theirs) else {
        return Ok(Carried::Tried(Sent::Failed(format!("[alerts] has no way `{route}` for it any more"))));
    };
    let Some(partner) = way.partner() else {
        return hand_over(house, settings, postman, alert, way).await.map(Carried::Tried);
    };
    if let Some(why) = held_back(house, partner).await? {
        return Ok(Carried::Held(why.to_string()));
    }
    let held = async {
        loop {
            tokio::time::sleep(ASKED).await;
            match held_back(house, partner).await {
                Ok(None) => {}
                Ok(Some(why)) => break Ok(Carried::Held(why.to_string())),
                // Whoever cannot tell, stops.
                Err(error) => break Err(error),
            }
        }
    };
    tokio::select! {
        sent = hand_over(house, settings, postman, alert, way) => sent.map(Carried::Tried),
        held = held => held,
    }
}

async fn hand_over(
    house: &House,
    settings: &Settings,
    postman: &dyn Postman,
    alert: &AlertRow,
    way: Way<'_>,
) -> Result<Sent, EngineError> {
    match way {
        Way::Mail(to) => {
            let smtp = settings.smtp.as_ref().ok_or_else(|| EngineError::Wrong("[alerts] has no `smtp`".to_owned()))?;
            Ok(postman.mail(&server(house, smtp)?, &mail(house, smtp, to, alert)?).await)
        }
        Way::Webhook(to) => Ok(postman.call(&hook(house, to)?, &call(house, alert)).await),
    }
}

fn server(house: &House, smtp: &Smtp) -> Result<MailServer, EngineError> {
    let (root, environment) = (house.home.root(), house.surroundings.environment);
    let password = smtp.secret().read(root, environment)?;
    Ok(MailServer {
        host: smtp.host.clone(),
        port: smtp.port,
        tls: smtp.tls,
        login: smtp.user.clone().zip(password),
        ca: smtp.ca.as_ref().map(|ca| root.join(ca)),
    })
}

fn mail(house: &House, smtp: &Smtp, to: &MailRoute, alert: &AlertRow) -> Result<Mail, EngineError> {
    let language: Language = to.language.parse().map_err(|error| EngineError::Wrong(format!("[alerts] {error}")))?;
    let operation = house.operation();
    let said = told(alert.kind, language, [operation, &alert.id, &alert.subject], &alert.ids)?;
    Ok(Mail {
        from: smtp.from.clone(),
        to: to.address.clone(),
        message_id: format!("<{}.{}@{operation}>", alert.id, to.name),
        at: alert.posted_at,
        subject: said.title,
        text: said.text,
    })
}

fn hook(house: &House, to: &WebhookRoute) -> Result<Hook, EngineError> {
    let (root, environment) = (house.home.root(), house.surroundings.environment);
    let missing = || EngineError::Wrong(format!("way `{}` has no secret", to.name));
    Ok(Hook {
        url: to.url.clone(),
        secret: to.secret().read(root, environment)?.ok_or_else(missing)?,
        ca: to.ca.as_ref().map(|ca| root.join(ca)),
        private_address: to.private_address,
    })
}

fn call(house: &House, alert: &AlertRow) -> Call {
    let mut data = Map::new();
    data.insert("operation".to_owned(), Value::from(house.operation()));
    data.insert("subject".to_owned(), Value::from(alert.subject.as_str()));
    data.extend(alert.ids.iter().map(|(what, id)| (what.clone(), Value::from(id.as_str()))));
    let body = json!({ "type": alert.kind, "timestamp": alert.posted_at.to_string(), "data": data });
    Call { id: alert.id.clone(), at: house.now(), body: body.to_string() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_down_for_days_loses_nothing() {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut hours = Vec::new();
        for failures in 0.. {
            match ended(Sent::Failed("connection refused".into()), failures, now, [0; 32]) {
                End::Failed { again_at, .. } => now = again_at,
                End::Dead { .. } => break,
                End::Sent { .. } | End::Held { .. } => panic!("it was neither"),
            }
            hours.push(now.duration_since(Timestamp::UNIX_EPOCH).as_hours());
        }
        assert!(hours.iter().any(|hour| *hour > 24) && *hours.last().unwrap() > 6 * 24, "{hours:?}");
        assert!(hours.len() < 200);
    }

    #[test]
    fn pauses_grow_are_spread_and_stay_within_what_the_store_believes() {
        assert_eq!((pause_ms(0, [0; 32]), pause_ms(0, [255; 32])), (48_000, 72_000));
        assert_eq!((pause_ms(90, [0; 32]), pause_ms(90, [255; 32])), (2_880_000, 4_320_000));
        assert!((0..99).all(|failures| pause_ms(failures, [7; 32]) <= pause_ms(failures + 1, [7; 32])));
    }

    #[test]
    fn what_the_receiver_never_takes_is_a_dead_letter_at_once() {
        let now = Timestamp::UNIX_EPOCH;
        let dead = ended(Sent::Refused("550".into()), 0, now, [0; 32]);
        assert_eq!(dead, End::Dead { why: "550".into(), at: now });
        assert_eq!(ended(Sent::Confirmed, 7, now, [0; 32]), End::Sent { at: now });
    }
}
