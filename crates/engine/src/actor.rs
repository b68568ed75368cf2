//! Who acts, and may they? Asked before anything changes; a refusal stands in the ledger.

use causeway_model::permission::{self, Action, Actor, Owner, Role, Thing};
use causeway_model::{Code, Person, Refused, Violation};
use causeway_store::StoreError;
use serde_json::json;

use crate::error::EngineError;
use crate::house::House;

/// Who acts where nobody is named.
pub const NOBODY: &str = "operator";

/// What the names begin with under which programs of partners act.
pub(crate) const CLIENTS: &str = "client/";

/// Somebody who looks at a list.
pub(crate) struct Looker {
    /// Nobody where it is whoever sits at the machine.
    who: Option<Actor>,
}

impl Looker {
    /// Whether `thing` is shown.
    pub(crate) fn sees(&self, action: Action, thing: &Thing) -> bool {
        self.who.as_ref().is_none_or(|who| permission::decide(who, action, thing).is_ok())
    }

    /// Whether it is one of the operation's own staff. Whoever has no role is nobody's: not registered, or revoked.
    pub(crate) fn is_own(&self) -> bool {
        self.who.as_ref().is_none_or(|who| who.partner.is_none() && !who.roles.is_empty())
    }

    /// The partner whose person it is.
    pub(crate) fn partner(&self) -> Option<&str> {
        self.who.as_ref()?.partner.as_deref()
    }
}

impl House {
    /// The person of that name with every role; without a role where nobody of that name is registered, or no more.
    pub async fn actor(&self, name: &str) -> Result<Actor, EngineError> {
        let officer = self.store.officer(name).await?.filter(|officer| officer.revoked_at.is_none());
        let operation = self.operation().to_owned();
        Ok(match officer {
            Some(officer) => Actor {
                person: Person::new(officer.name, officer.fingerprint),
                roles: officer.roles,
                operation,
                partner: officer.partner,
            },
            None => self.client_actor(name).await?,
        })
    }

    /// The program of that name, as the partner's person as whom it acts; nobody where there is none, or no more.
    async fn client_actor(&self, name: &str) -> Result<Actor, EngineError> {
        let (operation, person) = (self.operation().to_owned(), Person::new(name, ""));
        let client = match name.strip_prefix(CLIENTS) {
            Some(client) => self.store.client(client).await?.filter(|client| client.revoked_at.is_none()),
            None => None,
        };
        Ok(match client {
            Some(client) => {
                let role: Option<Role> = client.acts_as.parse().ok().filter(|role: &Role| role.is_partners());
                Actor { person, roles: role.into_iter().collect(), operation, partner: Some(client.partner) }
            }
            None => Actor { person, roles: [].into(), operation, partner: None },
        })
    }

    /// The person of that name, known by key where one is registered, revoked or not: who drafted stays who drafted.
    pub async fn person(&self, name: &str) -> Result<Person, EngineError> {
        let officer = self.store.officer(name).await?;
        Ok(Person::new(name, officer.map(|officer| officer.fingerprint).unwrap_or_default()))
    }

    /// Whoever brought an exchange into use, under whose authority things are done by it that nobody asks for; with the reason why that is
    /// no authority any more, where it is not.
    pub(crate) async fn authority(
        &self,
        name: &str,
        exchange: &str,
    ) -> Result<(Person, Option<Violation>), EngineError> {
        let (actor, thing) = (self.actor(name).await?, self.own(exchange));
        let may = |action| permission::decide(&actor, action, &thing).is_ok();
        if may(Action::ActivateConfiguration) || may(Action::ImportConfiguration) {
            return Ok((actor.person, None));
        }
        let detail =
            format!("`{name}`, who brought it into use, may not any more: let somebody else bring in its next version");
        Ok((self.person(name).await?, Some(Violation::new(Code::NotPermitted, exchange, detail))))
    }

    /// Asks whether `name` may do `action` to `thing`; who that is, if so.
    ///
    /// # Errors
    /// [`EngineError::Denied`], after it was entered in the ledger.
    pub async fn permit(&self, name: &str, action: Action, thing: &Thing) -> Result<Actor, EngineError> {
        let actor = self.actor(name).await?;
        let Err(mut violation) = permission::decide(&actor, action, thing) else { return Ok(actor) };
        let revoked = self.store.officer(name).await?.is_some_and(|officer| officer.revoked_at.is_some());
        if revoked {
            violation = Violation::new(Code::KeyRevoked, name, "this person and the key were revoked");
        } else if actor.roles.is_empty() {
            let detail = format!("nobody who may act is registered here as `{name}`: say who acts with `--as NAME`");
            violation = Violation::new(Code::NotPermitted, &thing.name, detail);
        }
        Err(self.deny(name, action.as_str(), &thing.name, violation.into()).await)
    }

    /// Enters in the ledger that `name` tried `what` on `subject` in vain, and why; the error to end with.
    pub async fn deny(&self, name: &str, what: &str, subject: &str, refused: Refused) -> EngineError {
        let body = json!({ "attempt": what, "violations": refused.violations });
        if let Err(error) = self.record(name, "attempt-denied", subject, body).await {
            return error;
        }
        EngineError::Denied { what: what.to_owned(), subject: subject.to_owned(), violations: refused.violations }
    }

    /// Asks whether `name` may be shown `thing`. Whoever is named is held to the table. Where nobody is named, it is whoever
    /// sits at the machine and could read the database itself.
    ///
    /// # Errors
    /// [`EngineError::Denied`], after it was entered in the ledger.
    pub async fn may_see(&self, name: &str, action: Action, thing: &Thing) -> Result<(), EngineError> {
        if self.sits_here(name).await? {
            return Ok(());
        }
        self.permit(name, action, thing).await.map(|_| ())
    }

    /// Whether a list shows `thing` to `name`; what it does not show stands in no ledger.
    pub async fn sees(&self, name: &str, action: Action, thing: &Thing) -> Result<bool, EngineError> {
        Ok(self.looker(name).await?.sees(action, thing))
    }

    /// Who looks at a list, to be asked for each row of it.
    pub(crate) async fn looker(&self, name: &str) -> Result<Looker, EngineError> {
        Ok(Looker { who: if self.sits_here(name).await? { None } else { Some(self.actor(name).await?) } })
    }

    /// Whether `name` is of the operation's own staff, or sits at the machine.
    ///
    /// INVARIANT (the partner cannot see whom we withheld): nothing that a partner's people are shown tells why a transfer was
    /// refused, nor how many were left out.
    pub async fn is_own_staff(&self, name: &str) -> Result<bool, EngineError> {
        Ok(self.looker(name).await?.is_own())
    }

    /// Whether nobody is named who is registered here.
    async fn sits_here(&self, name: &str) -> Result<bool, EngineError> {
        Ok(name == NOBODY && self.store.officer(name).await?.is_none())
    }

    /// Why a change came to nothing: denied by the state of the thing, or by somebody who was there first. Both stand in the
    /// ledger.
    pub(crate) async fn lost(&self, name: &str, what: &str, subject: &str, error: StoreError) -> EngineError {
        match error {
            StoreError::Denied { source, .. } => self.deny(name, what, subject, source).await,
            StoreError::ChangedMeanwhile { .. } | StoreError::Conflict { .. } => {
                let detail = "somebody else changed it between looking and deciding; nothing was changed by this";
                self.deny(name, what, subject, Refused::one(Code::ChangedMeanwhile, subject, detail)).await
            }
            error => error.into(),
        }
    }

    /// The operation's name.
    pub fn operation(&self) -> &str {
        &self.home.config().operation
    }

    /// A thing of the operation's own.
    pub fn own(&self, name: &str) -> Thing {
        Thing::of_operation(name, self.operation())
    }

    /// A thing of a partner's own.
    pub fn of_partner(&self, name: &str, partner: &str) -> Thing {
        self.own(name).owned_by(Owner::Partner(partner.to_owned()))
    }

    /// A thing of the operation's and a partner's.
    pub fn of_both(&self, name: &str, partner: &str) -> Thing {
        self.own(name).owned_by(Owner::Both(partner.to_owned()))
    }
}
