//! Which ways does an alert take? Those of the settings that are for its addressee.

use causeway_model::alert::{AlertKind, To};
use causeway_model::permission::Role;

use super::settings::{MailRoute, Settings, WebhookRoute};

/// A way of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way<'s> {
    /// By mail.
    Mail(&'s MailRoute),
    /// By webhook.
    Webhook(&'s WebhookRoute),
}

impl<'s> Way<'s> {
    /// The partner whose it is.
    pub(crate) fn partner(self) -> Option<&'s str> {
        match self {
            Way::Mail(route) => route.partner.as_deref(),
            Way::Webhook(route) => route.partner.as_deref(),
        }
    }
}

impl Settings {
    /// The way of that name.
    pub(crate) fn way(&self, name: &str) -> Option<Way<'_>> {
        let mail = self.mail.iter().find(|route| route.name == name).map(Way::Mail);
        mail.or_else(|| self.webhook.iter().find(|route| route.name == name).map(Way::Webhook))
    }
}

/// The names of the ways that an alert takes. A trial takes the one that it is about.
#[must_use]
pub fn ways<'s>(settings: &'s Settings, kind: AlertKind, to: &To, subject: &str) -> Vec<&'s str> {
    let mail = settings.mail.iter().map(|route| (&route.name, &route.roles, &route.partner, &route.only));
    let hooks = settings.webhook.iter().map(|route| (&route.name, &route.roles, &route.partner, &route.only));
    let takes = |name: &str, roles: &[Role], partner: Option<&str>, only: &[AlertKind]| {
        if kind == AlertKind::Trial {
            return name == subject;
        }
        let theirs = match to {
            To::Staff => roles.iter().any(|role| kind.roles().contains(role)),
            To::Partner(name) => partner == Some(name),
        };
        theirs && (only.is_empty() || only.contains(&kind))
    };
    let all = mail.chain(hooks).filter(|(name, roles, partner, only)| takes(name, roles, partner.as_deref(), only));
    all.map(|(name, ..)| name.as_str()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::home::Config;

    fn settings(alerts: &str) -> Settings {
        let text = format!("operation = \"x\"\ndata = \"d\"\nkeys = \"k\"\nsources = \"s\"\n{alerts}");
        toml::from_str::<Config>(&text).unwrap_or_else(|error| panic!("{error}")).alerts
    }

    const ALL: &str = r#"
        [alerts]
        receipt_within_days = 3
        [alerts.smtp]
        host = "mail.example"
        from = "gateway@operation.example"
        [[alerts.mail]]
        name = "duty-desk"
        address = "duty@operation.example"
        roles = ["registration-officer", "representative"]
        [[alerts.mail]]
        name = "protection"
        address = "dpo@operation.example"
        language = "fr"
        roles = ["data-protection-officer"]
        [[alerts.webhook]]
        name = "lantern"
        url = "https://hooks.lantern.example/causeway"
        secret_env = "LANTERN_SECRET"
        partner = "lantern-relief"
        only = ["receipt-overdue"]
    "#;

    #[test]
    fn an_alert_takes_the_ways_of_whom_it_is_for() {
        let settings = settings(ALL);
        settings.check().unwrap();
        assert_eq!((settings.receipt_within_days, settings.ends_within_days), (3, 30));
        let staff = |kind| ways(&settings, kind, &To::Staff, "t");
        assert_eq!(staff(AlertKind::ApprovalNeeded), ["duty-desk"]);
        assert_eq!(staff(AlertKind::UnusualVolume), ["duty-desk", "protection"]);
        assert!(staff(AlertKind::SchemaDrift).is_empty(), "there is no engineer");
        let partner = |name: &str, kind| ways(&settings, kind, &To::Partner(name.to_owned()), "t");
        assert_eq!(partner("lantern-relief", AlertKind::ReceiptOverdue), ["lantern"]);
        assert!(partner("lantern-relief", AlertKind::KeyExpires).is_empty(), "it asked for one kind only");
        assert!(partner("other-relief", AlertKind::ReceiptOverdue).is_empty());
        assert_eq!(ways(&settings, AlertKind::Trial, &To::Staff, "lantern"), ["lantern"]);
    }

    #[test]
    fn settings_that_make_no_sense_are_refused_by_what_is_wrong() {
        for (from, to, said) in [
            ("name = \"protection\"", "name = \"duty-desk\"", "two ways called"),
            ("name = \"protection\"", "name = \"duty desk\"", "no name of a way"),
            ("partner = \"lantern-relief\"", "", "needs either"),
            ("roles = [\"data-protection-officer\"]", "roles = [\"partner-operator\"]", "name the `partner`"),
            ("https://", "http://", "in the clear"),
            ("secret_env = \"LANTERN_SECRET\"", "", "its calls are signed"),
            ("secret_env = \"LANTERN_SECRET\"", "secret_file = \"whsec_aW52ZW50ZWQ=\"", "secret of `lantern` itself"),
            ("language = \"fr\"", "language = \"xx\"", "no language"),
            ("from =", "tls = \"off\"\nfrom =", "not this machine"),
            ("from =", "user = \"gateway\"\nfrom =", "none of them"),
            ("address = \"dpo@operation.example\"", "address = \"dpo\"", "with an @"),
        ] {
            let error = settings(&ALL.replacen(from, to, 1)).check().unwrap_err();
            assert!(error.to_string().contains(said) && !error.to_string().contains("whsec"), "{to}: {error}");
        }
        let without = &ALL[ALL.find("[[alerts.mail]]").unwrap_or_default()..];
        assert!(settings(without).check().is_err(), "mail without a server");
        let unknown = toml::from_str::<Config>(
            "operation = \"x\"\ndata = \"d\"\nkeys = \"k\"\nsources = \"s\"\n[alerts]\nsmpt = 1\n",
        );
        assert!(unknown.is_err());
    }
}
