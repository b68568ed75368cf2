//! What carries alerts out of the house in this binary?

use causeway_connect::post::{Unsent, mail, webhook};
use causeway_engine::alert::{Call, Hook, Mail, MailServer, Postman, Sending, Sent, SmtpTls};

/// Mail by SMTP and webhooks by HTTPS.
pub struct AllPostmen;

impl Postman for AllPostmen {
    fn mail<'a>(&'a self, server: &'a MailServer, mail: &'a Mail) -> Sending<'a> {
        let to = mail::Server {
            host: &server.host,
            port: server.port,
            protection: match server.tls {
                SmtpTls::Starttls => mail::Protection::Starttls,
                SmtpTls::Implicit => mail::Protection::Implicit,
                SmtpTls::Off => mail::Protection::Off,
            },
            login: server.login.as_ref().map(|(user, password)| (user.as_str(), password.as_str())),
            ca: server.ca.as_deref(),
        };
        let letter = mail::Letter {
            from: &mail.from,
            to: &mail.to,
            message_id: &mail.message_id,
            at: mail.at,
            subject: &mail.subject,
            text: &mail.text,
        };
        Box::pin(async move { sent(mail::send(to, letter).await) })
    }

    fn call<'a>(&'a self, hook: &'a Hook, call: &'a Call) -> Sending<'a> {
        let to = webhook::Hook {
            url: &hook.url,
            secret: &hook.secret,
            ca: hook.ca.as_deref(),
            private_address: hook.private_address,
        };
        let told = webhook::Call { id: &call.id, at: call.at, body: &call.body };
        Box::pin(async move { sent(webhook::call(to, told).await) })
    }
}

fn sent(outcome: Result<(), Unsent>) -> Sent {
    match outcome {
        Ok(()) => Sent::Confirmed,
        Err(Unsent::Refused(why)) => Sent::Refused(why),
        Err(Unsent::Failed(why)) => Sent::Failed(why),
    }
}
